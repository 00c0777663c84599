//! The dialling engine.
//!
//! Three rooms. [`core`] decides: `step(event) -> effects`, plain data, no clock, no lock, the same answer every time.
//! [`shell`] does: it carries the effects out against the ports and brings the results back as events, on tokio when the
//! server runs. [`rehearsal`] drives the same core and the same hands on one thread, on a heap of instants, so that the
//! same seed gives the same bytes. [`carrier`] is the simulated carrier, a gateway like any other.
//!
//! The engine must never know a table, a URL or a guest: it speaks to the traits in `campanile_domain::ports`.

pub mod carrier;
pub mod core;
pub mod rehearsal;
pub mod shell;
