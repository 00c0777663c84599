//! Moving committed pages from the log into the file, away from the dial path.
//!
//! A checkpoint syncs the database file, which takes as long as the disk likes. The writer therefore never does it in
//! the middle of its work: it says how long the log is, and a thread with a connection of its own does the moving. Only
//! when that thread cannot keep up (readers hold old snapshots, or writes never pause) does the writer restart the log
//! itself, because a log that grows without end fills the disk. The thread also gives the records, which are not synced
//! at commit, their second: whatever lies in their log longer than that is checkpointed. Who erased a person has it empty
//! both logs.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

/// Pages in the log at which the checkpointer is woken (4 MiB).
const WAKE: u32 = 1_000;
/// Pages in the log at which the writer restarts it by itself (64 MiB).
pub(crate) const TOO_LONG: u32 = 16_000;
/// The longest that a record stays out of the database file.
const RECORDS_LAG: Duration = Duration::from_secs(1);

/// Tries to empty a log while others read it, each as long as a connection waits.
const TRIES: u32 = 6;

#[derive(Debug, Default)]
struct State {
    /// Pages in the main log, and how many of them were there at the last checkpoint.
    main: u32,
    moved: u32,
    records: u32,
    /// Who wait for both logs to be empty.
    emptied: Vec<oneshot::Sender<bool>>,
    closing: bool,
}

impl State {
    const fn is_due(&self) -> bool {
        self.main.saturating_sub(self.moved) >= WAKE || !self.emptied.is_empty()
    }
}

/// What the writers tell the checkpointer.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

impl Signal {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The main log has so many pages.
    pub(crate) fn main_grew(&self, pages: u32) {
        let due = self.with(|state| {
            // Fewer pages than before: the log began again from its start.
            state.moved = if pages < state.main { 0 } else { state.moved };
            state.main = pages;
            state.is_due()
        });
        if due {
            self.changed.notify_one();
        }
    }

    /// The records' log has so many pages.
    pub(crate) fn records_grew(&self, pages: u32) {
        let first = self.with(|state| std::mem::replace(&mut state.records, pages.max(1)) == 0);
        if first {
            self.changed.notify_one();
        }
    }

    /// Empties both logs, so that what was overwritten in the files is not read out of them; whether that could be done.
    pub(crate) async fn empty(&self) -> bool {
        let (tell, told) = oneshot::channel();
        self.with(|state| state.emptied.push(tell));
        self.changed.notify_one();
        told.await.unwrap_or(false)
    }

    /// The store closes.
    pub(crate) fn close(&self) {
        self.with(|state| state.closing = true);
        self.changed.notify_one();
    }
}

/// The thread's whole life.
pub(crate) fn run(signal: &Signal, main: &Connection, records: &Connection) {
    loop {
        let (main_due, records_due, closing, emptied) = {
            let guard = signal.state.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = |state: &mut State| !state.is_due() && state.records == 0 && !state.closing;
            let mut guard = signal.changed.wait_while(guard, idle).unwrap_or_else(PoisonError::into_inner);
            if !guard.is_due() && !guard.closing {
                let early = |state: &mut State| !state.is_due() && !state.closing;
                let waited = signal.changed.wait_timeout_while(guard, RECORDS_LAG, early);
                guard = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            let emptied = std::mem::take(&mut guard.emptied);
            let due = (guard.is_due() || !emptied.is_empty(), guard.records > 0, guard.closing, emptied);
            if due.0 {
                guard.moved = guard.main;
            }
            guard.records = 0;
            due
        };
        if main_due || closing {
            passive(main);
        }
        if records_due || closing {
            passive(records);
        }
        if !emptied.is_empty() {
            // Most of it was moved above, so that the writers wait only for the rest.
            passive(records);
            let empty = truncate(main) && truncate(records);
            for tell in emptied {
                // Nobody waits for it any more.
                let _ = tell.send(empty);
            }
        }
        if closing {
            return;
        }
    }
}

fn passive(db: &Connection) {
    if let Err(error) = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "a checkpoint failed; the log keeps growing until one succeeds");
    }
}

/// Moves everything and cuts the log off; whether nobody stood in the way for long.
fn truncate(db: &Connection) -> bool {
    (0..TRIES).any(|_| {
        let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        busy.inspect_err(|error| tracing::warn!(%error, "a log could not be emptied")).is_ok_and(|busy| !busy)
    })
}

/// The writer's own way out of a log that is too long.
pub(crate) fn restart(db: &Connection) {
    if let Err(error) = db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log could not be restarted");
    }
}
