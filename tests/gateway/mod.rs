//! Gateways that are plugins, from the upload to the phone that rings, against a provider that fails in every way.
//!
//! `twilio.rs` is the provider: the dials in its log are the truth that everything here is held to. `stage.rs` sets a host,
//! an account and a plugin up as a customer would. What a campaign comes to is in `outcomes.rs`, what faults of the provider
//! come to in `faults.rs`, what people do to a gateway that runs in `running.rs`, what a plugin's lies come to in
//! `lying.rs`, what becomes of secrets in `secrets.rs`; `shape.rs` holds the fake to the provider's own
//! description of its API.

mod call;
mod draining;
mod faults;
mod lying;
mod outcomes;
mod plan;
mod running;
mod secrets;
mod shape;
pub(crate) mod stage;
mod twilio;
pub(crate) mod wire;
