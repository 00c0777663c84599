//! An importer's place in the other system: what the run at hand asks for, and where it is.
//!
//! Most systems are kept in step the same way: everything the first time, then what changed since the run before, and
//! now and then everything again, because few systems tell of what was deleted. [`Run`] is that, kept by the host as the
//! cursor; the importer adds how its system pages. A run that asks for changes remembers when it began, because what
//! changes while it pages belongs to the next one, and the next one begins a little earlier ([`Pace::overlap_ms`]),
//! because clocks and indexes of other systems are late. The host forgets nobody it sees twice.
//!
//! ```
//! # use campanile_plugin_sdk::{fake, importer::{IncomingLead, Page}, sync::{Pace, Run}};
//! # fake::install(fake::Host::default());
//! # fn ask(since: Option<i64>, after: Option<&String>) -> (Vec<&'static str>, Option<String>) { (vec!["7"], None) }
//! # fn pull(cursor: Option<&str>) -> Page {
//! let run = Run::<String>::at(cursor, Pace::daily());
//! let (people, next) = ask(run.since(), run.next());
//! run.page(people.into_iter().map(|id| Ok(IncomingLead::new(id, "+41441112233"))), next)
//! # }
//! # assert!(!pull(None).more);
//! ```

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::importer::{IncomingLead, Mode, Page, Rejected};
use crate::types::Timestamp;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How an importer keeps up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Everything is asked for again this long after it was last asked for, in milliseconds; 0: every time. `None`: only
    /// the first time, for systems that tell of deletions.
    pub full_every_ms: Option<i64>,
    /// How much earlier than the run before the changes of a run begin, in milliseconds.
    pub overlap_ms: i64,
}

impl Pace {
    /// Everything once a day and changes in between, overlapping by ten minutes.
    pub const fn daily() -> Self {
        Self::hours(24)
    }

    /// Everything again after so many hours (0: every time) and changes in between, overlapping by ten minutes.
    pub const fn hours(hours: u32) -> Self {
        Self { full_every_ms: Some(hours as i64 * HOUR_MS), overlap_ms: 10 * MINUTE_MS }
    }

    /// Everything once and changes ever after, overlapping by ten minutes: for systems that tell of deletions.
    pub const fn changes() -> Self {
        Self { full_every_ms: None, ..Self::daily() }
    }
}

/// What the host keeps; short names, because it goes with every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept<N> {
    /// What changed since then is asked for; none: everything.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// When everything was last begun to be asked for.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    full: Option<Timestamp>,
    /// When the run at hand began; none between runs.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    began: Option<Timestamp>,
    /// Where the run at hand is.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    next: Option<N>,
    /// How often the run at hand began again: a first page that tells the same next place is no circle then.
    #[serde(default, skip_serializing_if = "is_never")]
    again: u32,
}

const fn none<T>() -> Option<T> {
    None
}

const fn is_never(again: &u32) -> bool {
    *again == 0
}

/// One run; `N` is a place in the other system: its cursor, a number, the address of the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<N> {
    pace: Pace,
    since: Option<Timestamp>,
    full: Timestamp,
    began: Timestamp,
    next: Option<N>,
    again: u32,
}

impl<N: Serialize + DeserializeOwned> Run<N> {
    /// The run that the host's cursor is in the middle of, else the one after it. A cursor that this version of the
    /// importer did not write begins from the beginning.
    pub fn at(cursor: Option<&str>, pace: Pace) -> Self {
        let now = clock::now();
        let kept = cursor.and_then(|text| serde_json::from_str::<Kept<N>>(text).ok());
        match kept {
            Some(Kept { since, full, began: Some(began), next, again }) => {
                Self { pace, since, full: full.unwrap_or(began), began, next, again }
            }
            Some(Kept { since: Some(since), full, .. })
                if pace.full_every_ms.is_none_or(|every| full.is_some_and(|full| now < full.saturating_add(every))) =>
            {
                Self { pace, since: Some(since), full: full.unwrap_or(since), began: now, next: None, again: 0 }
            }
            _ => Self { pace, since: None, full: now, began: now, next: None, again: 0 },
        }
    }

    /// What changed since then is asked for; `None`: everything.
    pub const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// When it began: the same on every page of it.
    pub const fn began(&self) -> Timestamp {
        self.began
    }

    /// Where it is; `None` on its first page.
    pub const fn next(&self) -> Option<&N> {
        self.next.as_ref()
    }

    /// The same run from its first page: the other system no longer knows the place. Nobody is missed by it, since
    /// what was seen before is seen again.
    #[must_use]
    pub fn again(self) -> Self {
        Self { next: None, again: self.again.saturating_add(1), ..self }
    }

    /// The page that was read; `next` is the place of the one after it, `None` on the last.
    pub fn page(
        self,
        records: impl IntoIterator<Item = Result<IncomingLead, Rejected>>,
        next: Option<impl Into<N>>,
    ) -> Page {
        let next = next.map(Into::into);
        let more = next.is_some();
        let mode = match (self.since, more) {
            (Some(_), _) => Mode::Delta,
            (None, true) => Mode::SnapshotPart,
            (None, false) => Mode::SnapshotEnd,
        };
        let kept = if more {
            Kept { since: self.since, full: Some(self.full), began: Some(self.began), next, again: self.again }
        } else {
            let since = Some(self.began - self.pace.overlap_ms);
            Kept { since, full: Some(self.full), began: None, next: None, again: 0 }
        };
        let (mut leads, mut rejected) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                Ok(lead) => leads.push(lead),
                Err(record) => rejected.push(record),
            }
        }
        // Plain numbers and the importer's own type: nothing in it that JSON cannot say, unless the importer brought it.
        let cursor = serde_json::to_string(&kept).ok();
        Page { leads, rejected, mode, cursor, more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Host, install};

    type Numbered = Run<u32>;

    fn at(now: i64, cursor: Option<&str>, pace: Pace) -> Numbered {
        install(Host::default().now(now));
        Numbered::at(cursor, pace)
    }

    fn empty(run: Numbered, next: Option<u32>) -> Page {
        run.page([], next)
    }

    #[test]
    fn everything_comes_first_and_then_what_changed() {
        let pace = Pace { full_every_ms: Some(1_000), overlap_ms: 10 };
        let first = at(5_000, None, pace);
        assert_eq!((first.since(), first.next(), first.began()), (None, None, 5_000));
        let part = empty(first, Some(2));
        assert_eq!((part.mode, part.more), (Mode::SnapshotPart, true));

        let second = at(5_400, part.cursor.as_deref(), pace);
        assert_eq!((second.since(), second.next(), second.began()), (None, Some(&2), 5_000), "the same run");
        let end = empty(second, None);
        assert_eq!((end.mode, end.more), (Mode::SnapshotEnd, false));

        let changes = at(5_600, end.cursor.as_deref(), pace);
        assert_eq!((changes.since(), changes.next(), changes.began()), (Some(4_990), None, 5_600));
        let page = empty(changes, None);
        assert_eq!(page.mode, Mode::Delta);
        assert_eq!(at(5_999, page.cursor.as_deref(), pace).since(), Some(5_590));
        assert_eq!(at(6_000, page.cursor.as_deref(), pace).since(), None, "everything again after its time");
        let only_changes = Pace { full_every_ms: None, ..pace };
        assert_eq!(at(i64::MAX, page.cursor.as_deref(), only_changes).since(), Some(5_590));
    }

    #[test]
    fn a_place_that_is_lost_begins_the_same_run_again() {
        let pace = Pace::hours(0);
        let part = empty(at(100, None, pace), Some(7));
        let again = at(900, part.cursor.as_deref(), pace).again();
        assert_eq!((again.since(), again.next(), again.began()), (None, None, 100));
        let repeated = empty(again.clone(), Some(7));
        assert_ne!(repeated.cursor, part.cursor, "the same place after a new beginning is no circle");
        assert_eq!(at(900, repeated.cursor.as_deref(), pace).next(), Some(&7));
        for foreign in ["", "{", "[]", r#"{"next":"text"}"#, r#"{"began":1,"next":"text"}"#, "42"] {
            let run = at(900, Some(foreign), pace);
            assert_eq!((run.since(), run.next(), run.began()), (None, None, 900), "{foreign}");
        }
        let end = empty(again, None);
        assert_eq!(at(901, end.cursor.as_deref(), pace).since(), None, "everything every time");
    }

    #[test]
    fn leads_and_rejected_records_are_told_apart() {
        let page = at(0, None, Pace::daily()).page(
            [Ok(IncomingLead::new("a", "+41441112233")), Err(Rejected::new("b", "phone", "phone_missing", "none"))],
            None::<u32>,
        );
        assert_eq!((page.leads.len(), page.rejected.len()), (1, 1));
    }
}
