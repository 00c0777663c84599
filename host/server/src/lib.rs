//! The HTTP API: the one door through which people and their programs reach Campanile.
//!
//! A handler reads a request strictly (an unknown field is a misspelt wish), asks who it is for, calls one intent of the
//! store, tells the engine, and answers. Everything that could be wrong is answered as a problem document with a stable
//! code, a pointer and a next step. [`router`] is the site map.
//!
//! This room never decides anything about calling: gates, states and money are the domain's, and what it keeps goes
//! through the store's intents. It never logs a phone, a key or a hook's token.

mod admission;
mod api;
mod app;
mod auth;
mod body;
mod bulk_update;
mod codes;
mod erasing;
mod frame;
mod hooks;
mod idempotency;
pub mod imports;
mod jobs;
mod key_use;
mod lead_copy;
mod line;
mod mcp;
mod metrics;
mod openapi;
mod paging;
mod path;
mod phones;
mod pipeline;
mod policies;
mod ports;
mod problem;
mod query;
mod reevaluation;
mod rehearsal;
mod replay;
mod request_id;
mod router;
pub mod schema;
mod secret;
mod streams;
mod strict;
mod system;
#[cfg(test)]
mod testing;
pub mod trying;

pub use self::admission::Admission;
pub use self::api::hosted::HostedPostCalls;
pub use self::app::{About, App, Config};
pub use self::codes::{Code, all as all_codes};
pub use self::erasing::resume_erasures;
pub use self::jobs::line::JobLine;
pub use self::jobs::resume::interrupt_jobs;
pub use self::line::Line;
pub use self::metrics::Metrics;
pub use self::pipeline::resume_plugins;
pub use self::ports::{
    Consent, ConsentAsk, Diagnostic, Entropy, GatewayKinds, PluginDesk, Rehearsals, ScriptRead, ScriptRole, Scripts,
    SinkDesk, SourceDesk,
};
pub use self::problem::{FieldProblem, Problem};
pub use self::router::{document as openapi, router};
pub use self::secret::{KeyKind, Secret};
pub use self::streams::Streams;
pub use self::system::metrics::metrics_router;
