//! What goes over the wire between a server and the carrier's process.
//!
//! ```text
//! GET    /                              About
//! POST   /calls            Dial         201 Placed, 4xx Refusal, or nothing at all
//! GET    /calls?attempt=A&since=T       Finding
//! GET    /calls/{id}                    CallEvent, 404 Problem
//! DELETE /calls/{id}                    204, 404 Problem
//! ```
//! Events are posted to the dial's callback URL, one JSON object each. Both ends are built from this file, so nothing
//! here is a promise to anybody else.

use campanile_domain::ids::CallId;
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// It was dialled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Placed {
    pub provider_call_id: String,
}

/// Which attempt is searched, and since when it can have been dialled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Search {
    pub attempt: CallId,
    pub since: Timestamp,
}

/// What the carrier is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    /// Always `simulated`.
    pub carrier: String,
    pub seed: u64,
    pub now: Timestamp,
    pub find_lag_ms: i64,
}

/// Why something other than a dial did not work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Problem {
    pub code: String,
    pub message: String,
}
