//! Quarantine: a host that was restored from a backup does not know whom it called since.
//!
//! Everybody who was called between the backup and the loss would be called again as if it had never happened. So a
//! restored host dials nobody until its operator has said how to go on: after every campaign's retry interval, counted
//! from the first start (the promise about attempts whose fate is unknown, for every attempt that may have been lost), or
//! at once, when it is known that nobody was called.

use serde::{Deserialize, Serialize};

use crate::gate::Verdict;
use crate::time::{MINUTE_MS, Timestamp};

/// How a restored host goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resumption {
    /// Each campaign after its retry interval, counted from the first start on the restored data.
    AfterRetryInterval,
    /// Nobody was called since the backup, or it does not matter.
    AtOnce,
}

impl Resumption {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AfterRetryInterval => "after_retry_interval",
            Self::AtOnce => "at_once",
        }
    }
}

/// The operator's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// When.
    pub at: Timestamp,
    /// Who: `operator` or a key.
    pub by: String,
    /// How to go on.
    pub resume: Resumption,
}

/// What is known of a restored host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantine {
    /// What this host knows ends here.
    pub backup_at: Timestamp,
    /// The first start on the restored data; `None` before it.
    pub began_at: Option<Timestamp>,
    /// `None`: nobody is dialled.
    pub release: Option<Release>,
}

impl Quarantine {
    /// What the gate says of a campaign with this retry interval; an instant may have passed, see [`Verdict::at`].
    pub fn verdict(&self, retry_interval_minutes: u32) -> Verdict {
        let Some(release) = &self.release else { return Verdict::Wait };
        match release.resume {
            Resumption::AtOnce => Verdict::Pass,
            Resumption::AfterRetryInterval => {
                let began = self.began_at.unwrap_or(release.at);
                Verdict::Until(began + i64::from(retry_interval_minutes) * MINUTE_MS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_dialled_before_the_operators_word_nor_sooner_than_the_interval() {
        let held = Quarantine { backup_at: Timestamp(0), began_at: Some(Timestamp(1_000)), release: None };
        assert_eq!(held.verdict(60).at(Timestamp(i64::MAX)), Verdict::Wait);
        let released = |resume| Quarantine {
            release: Some(Release { at: Timestamp(5_000), by: "operator".into(), resume }),
            ..held.clone()
        };
        let careful = released(Resumption::AfterRetryInterval);
        let opens = Timestamp(1_000 + 60 * MINUTE_MS);
        assert_eq!(careful.verdict(60).at(Timestamp(5_000)), Verdict::Until(opens));
        assert_eq!(careful.verdict(60).at(opens), Verdict::Pass);
        assert_eq!(released(Resumption::AtOnce).verdict(60), Verdict::Pass);
    }
}
