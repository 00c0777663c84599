//! What a guest asks about local time, what it is told, and the record of both.
//!
//! A policy has two inputs: the question, and the calendar. A decision can be repeated only if both are kept, so every
//! question to the calendar is written down with its answer, up to a bound. On a replay the recorded answers come first; what
//! was not recorded is answered from the recorded calling hours and zone, by the same functions as at the time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::hours::CallingHours;
use crate::time::Timestamp;
use crate::zone::{Civil, Zone};

/// Questions of one call that are kept with their answers; later ones are counted.
pub const MOST_EXCHANGES: usize = 256;

/// The calling hours a guest may ask about. Zone questions are answered by [`crate::zone`] directly.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The campaign's hours.
    pub hours: CallingHours,
    /// The zone they follow.
    pub zone: Zone,
    /// On a replay: what was answered at the time, which comes before any answer of today. Empty otherwise.
    pub recorded: Arc<[Exchange]>,
}

impl Calendar {
    /// Of a campaign as it is.
    pub fn new(hours: CallingHours, zone: Zone) -> Self {
        Self { hours, zone, recorded: Arc::default() }
    }

    /// The first instant not before `at` inside the calling hours.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        self.hours.next_allowed(at, &self.zone)
    }
}

/// An answer, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said<T> {
    /// What was answered.
    Answer(T),
    /// An unknown zone, an impossible date.
    Error(String),
}

impl<T> From<Result<T, String>> for Said<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(answer) => Self::Answer(answer),
            Err(error) => Self::Error(error),
        }
    }
}

impl<T> From<Said<T>> for Result<T, String> {
    fn from(said: Said<T>) -> Self {
        match said {
            Said::Answer(answer) => Ok(answer),
            Said::Error(error) => Err(error),
        }
    }
}

/// One question to the calendar with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "asked", rename_all = "snake_case")]
pub enum Exchange {
    /// What the clocks of a zone show at an instant.
    Local {
        /// The instant.
        at: Timestamp,
        /// The zone's name as it was asked for.
        zone: String,
        /// What was answered.
        #[serde(flatten)]
        said: Said<Civil>,
    },
    /// When the clocks of a zone show something.
    Instant {
        /// What they show, `2026-03-02 09:00:00`, as it was asked for: it may be no date at all.
        civil: String,
        /// The zone's name as it was asked for.
        zone: String,
        /// What was answered.
        #[serde(flatten)]
        said: Said<Timestamp>,
    },
    /// The first instant inside the calling hours.
    NextOpen {
        /// Not before.
        at: Timestamp,
        /// What was answered; `None`: they never open.
        answer: Option<Timestamp>,
    },
}

/// What one call asked of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// In the order of asking, at most [`MOST_EXCHANGES`].
    #[serde(default)]
    pub asked: Vec<Exchange>,
    /// Questions past the bound.
    #[serde(default)]
    pub left_out: u32,
}

impl Consulted {
    /// Writes one down, while there is room.
    pub fn note(&mut self, exchange: impl FnOnce() -> Exchange) {
        if self.asked.len() < MOST_EXCHANGES {
            self.asked.push(exchange());
        } else {
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_exchange_is_read_as_it_was_written() {
        let civil = Zone::utc().local(Timestamp(1_772_442_000_000));
        let all = vec![
            Exchange::Local { at: Timestamp(5), zone: "Mars".into(), said: Said::Error("no such zone".into()) },
            Exchange::Local { at: Timestamp(1_772_442_000_000), zone: "UTC".into(), said: Said::Answer(civil) },
            Exchange::Instant {
                civil: "2026-02-31 09:00:00".into(),
                zone: "UTC".into(),
                said: Said::Answer(Timestamp(7)),
            },
            Exchange::NextOpen { at: Timestamp(9), answer: None },
        ];
        let written = serde_json::to_value(&all).unwrap();
        assert_eq!(
            written[0],
            json!({"asked": "local", "at": "1970-01-01T00:00:00.005Z", "zone": "Mars", "error": "no such zone"})
        );
        assert_eq!(written[2]["answer"], "1970-01-01T00:00:00.007Z");
        assert_eq!(serde_json::from_value::<Vec<Exchange>>(written).unwrap(), all);
    }

    #[test]
    fn the_bound_counts_what_it_leaves_out() {
        let mut consulted = Consulted::default();
        for at in 0..MOST_EXCHANGES as i64 + 3 {
            consulted.note(|| Exchange::NextOpen { at: Timestamp(at), answer: None });
        }
        assert_eq!((consulted.asked.len(), consulted.left_out), (MOST_EXCHANGES, 3));
    }
}
