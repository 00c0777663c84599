//! The carrier's log: one JSON object per line, on the disk before anybody is answered.
//!
//! It is read after a crash to find out who was rung, when, and for how long, so a line is written whole, flushed and
//! synced before the caller learns anything, and the file is only ever appended to. A `dial` line with `rings` true is
//! a ringing phone from `at` until `ends_at`, or until the `at` of a `hung_up` line of the same call if that is earlier.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::CallId;
use campanile_domain::phone::Phone;
use campanile_domain::ports::gateway::Dial;
use campanile_domain::time::Timestamp;
use campanile_engine::carrier::Placing;
use serde::Serialize;

/// One line. Instants are the carrier's clock.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Entry {
    /// A request to dial reached the carrier.
    Dial {
        attempt: CallId,
        to: Phone,
        caller_id: Phone,
        number: u32,
        at: Timestamp,
        /// `placed`, `refused`, `lost_answer` or `lost_request`.
        answer: &'static str,
        /// Whether a phone rings.
        rings: bool,
        call: Option<String>,
        outcome: Option<&'static str>,
        ends_at: Option<Timestamp>,
    },
    /// A live call was hung up by the caller.
    HungUp { call: String, at: Timestamp },
}

impl Entry {
    /// The line of a dial.
    pub fn dial(dial: &Dial, placing: &Placing, at: Timestamp) -> Self {
        Self::Dial {
            attempt: dial.attempt,
            to: dial.to,
            caller_id: dial.caller_id,
            number: dial.number,
            at,
            answer: placing.reception.as_str(),
            rings: placing.reception.rings(),
            call: placing.call.as_ref().map(|call| call.provider_call_id.clone()),
            outcome: placing.call.as_ref().map(|call| call.outcome.as_str()),
            ends_at: placing.call.as_ref().map(|call| call.ends_at),
        }
    }
}

/// The open file.
#[derive(Clone)]
pub(super) struct Log(Arc<Mutex<File>>);

impl Log {
    /// Opens the file for appending, making it if it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(OpenOptions::new().create(true).append(true).open(path)?))))
    }

    /// Writes a line and returns when it is on the disk.
    pub async fn write(&self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let file = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&line)?;
            file.sync_data()
        });
        written.await.map_err(io::Error::other)?
    }
}
