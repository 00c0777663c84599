//! The sandbox as its callers see it: policies and scripts by name, through the port.
//!
//! One binary, because linking wasmtime once is enough. Futures are polled on the test's own thread without a runtime, as
//! a rehearsal does.

#![expect(clippy::unwrap_used, reason = "tests; what is not there fails them")]

mod allowances;
mod artefacts;
mod bundled;
mod frame;
mod from_source;
mod hostile;
mod kinds;
mod mapping;
mod patient_retry;
mod replay;
mod scripts;
mod shipped_scripts;
mod support;
mod waiting;
#[expect(dead_code, reason = "shared with the system tests, which make more of it")]
#[path = "../../../../tests/hostile/frame.rs"]
mod zoo;
