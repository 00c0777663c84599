//! The shell: carries effects out, brings results back.
//!
//! [`Hands`] perform one effect against the ports, [`Engine`] runs the core on tokio with them, [`Handle`] is the door for
//! the rest of the host, [`clock`] holds the clocks. Duties that belong to no campaign (the inbox) are loops beside the
//! core's; each can be read alone.

mod bell;
pub mod clock;
mod deciding;
mod duty;
mod engine;
mod evaluations;
mod gateways;
mod handle;
mod hands;
mod instances;
mod keeping;
mod meters;
mod places;
mod placing;
mod shadow;
mod sinks;
mod sources;
mod stalls;
mod webhook_meters;
mod webhooks;

pub use bell::Bell;
pub use engine::Engine;
pub use evaluations::EvaluationDuty;
pub use gateways::{Gateways, Installed};
pub use handle::Handle;
pub use hands::Hands;
pub use instances::{Importers, Instances, ResultSinks};
pub use keeping::KeepingDuty;
pub use shadow::Shadows;
pub use sinks::SinkDuty;
pub use sources::SourceDuty;
pub use stalls::StallDuty;
pub use webhook_meters::WebhookMeters;
pub use webhooks::WebhookDuty;
