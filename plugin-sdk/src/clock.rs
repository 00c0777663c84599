//! The time of the world outside, for the kinds that live in it.
//!
//! Policies and evaluators have no clock: their input says when it is, so that the same input gives the same answer.

use crate::types::Timestamp;

/// Now, in Unix milliseconds (UTC).
pub fn now() -> Timestamp {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::clock::campanile::plugin::clock::now();
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.now)
}
