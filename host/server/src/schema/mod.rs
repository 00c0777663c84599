//! What goes over the wire, for the OpenAPI document.
//!
//! The domain's types are what is really sent, and they know nothing of OpenAPI; these are their portraits. Nothing is
//! ever built from them. They cannot drift: the tests hold every answer of every endpoint against its portrait, and a
//! field that is sent but not painted, or painted but not sent, fails.

pub mod assistants;
pub mod audit;
pub mod balance;
pub mod calls;
pub mod campaigns;
pub mod events;
pub mod explain;
pub mod imports;
pub mod leads;
pub mod plugins;
pub mod privacy;
pub mod replay;
pub mod scripts;
pub mod sinks;
pub mod sources;
pub mod tenants;
pub mod webhooks;

use utoipa::ToSchema;

/// One page of a list.
#[derive(ToSchema)]
pub struct Listed<T: ToSchema> {
    /// The rows.
    pub data: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}
