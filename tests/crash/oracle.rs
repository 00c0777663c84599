//! The judge: the promise *never twice*, held against the carrier's log and the database.
//!
//! It knows no more than the documentation: each attempt is dialled at most once; every dial has its attempt; a phone
//! has one call at a time, and so has a lead; whoever did not answer, or whose call's fate is unknown, is not called
//! again by the same lead before the retry interval, and by nobody of the account before the least gap; and what the
//! database says of an attempt is what the carrier knows of it. It must never be told by the server what to expect.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::records::{Attempt, Dial, Millis};

/// The waits that were promised, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// `retry_interval_minutes`.
    pub interval_ms: Millis,
    /// `min_gap_minutes`.
    pub gap_ms: Millis,
    /// How far the two clocks may disagree.
    pub tolerance_ms: Millis,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// One attempt, two dials.
    DialledTwice { attempt: String },
    /// The carrier was asked for something that the database does not know.
    NotInDatabase { attempt: String },
    /// The carrier was asked before the attempt was committed.
    BeforeIntent { attempt: String, early_ms: Millis },
    /// Two calls at once.
    Overlap { on: String, attempts: [String; 2] },
    /// Called again too early.
    EarlyRedial { phone: String, attempts: [String; 2], after: String, missing_ms: Millis },
    /// The witnesses disagree.
    Contradiction { attempt: String, carrier: String, database: String },
    /// The attempt is still open although all is over.
    Open { attempt: String },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DialledTwice { attempt } => write!(f, "{attempt} was dialled twice"),
            Self::NotInDatabase { attempt } => write!(f, "{attempt} was dialled and is not in the database"),
            Self::BeforeIntent { attempt, early_ms } => {
                write!(f, "{attempt} was dialled {early_ms} ms before its intent")
            }
            Self::Overlap { on, attempts: [one, two] } => write!(f, "{on}: the calls {one} and {two} overlap"),
            Self::EarlyRedial { phone, attempts: [one, two], after, missing_ms } => {
                write!(f, "{phone}: {two} came {missing_ms} ms too early after {one} ({after})")
            }
            Self::Contradiction { attempt, carrier, database } => {
                write!(f, "{attempt}: the carrier says {carrier}, the database says {database}")
            }
            Self::Open { attempt } => write!(f, "{attempt} is still open"),
        }
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Attempts in the database.
    pub attempts: usize,
    /// Of them, refused by the carrier, as the database has it.
    pub refused: usize,
    /// Of them, withdrawn or found not to have been dialled, as the database has it.
    pub never_sent: usize,
    /// Of them, with an unknown end.
    pub unknown: usize,
    /// Of those, the ones that did not ring.
    pub unknown_silent: usize,
    /// Phones that rang.
    pub dials: usize,
    /// Requests that reached the carrier.
    pub requests: usize,
}

impl Figures {
    /// dials = attempts - refused - never sent; an unknown end leaves open which of them it was, and the carrier knows.
    pub const fn add_up(&self) -> bool {
        self.dials + self.refused + self.never_sent + self.unknown_silent == self.attempts
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempts, refused, never_sent, unknown, unknown_silent, dials, requests } = self;
        write!(
            f,
            "{dials} dials = {attempts} attempts - {refused} refused - {never_sent} never sent - {unknown_silent} unknown \
             that did not ring ({unknown} unknown in all, {requests} requests reached the carrier)"
        )
    }
}

/// Judges.
pub fn judge(dials: &[Dial], attempts: &[Attempt], waits: Waits) -> (Figures, Vec<Violation>) {
    let known: BTreeMap<&str, &Attempt> = attempts.iter().map(|attempt| (attempt.id.as_str(), attempt)).collect();
    let mut found = Vec::new();
    let mut asked: BTreeMap<&str, &Dial> = BTreeMap::new();
    for dial in dials {
        if asked.insert(&dial.attempt, dial).is_some() {
            found.push(Violation::DialledTwice { attempt: dial.attempt.clone() });
        }
        match known.get(dial.attempt.as_str()).map(|attempt| attempt.started_at - dial.at) {
            None => found.push(Violation::NotInDatabase { attempt: dial.attempt.clone() }),
            Some(early_ms) if early_ms > waits.tolerance_ms => {
                found.push(Violation::BeforeIntent { attempt: dial.attempt.clone(), early_ms });
            }
            Some(_) => {}
        }
    }
    found.extend(attempts.iter().filter_map(|attempt| witness(attempt, asked.get(attempt.id.as_str()).copied())));
    overlaps(dials, |dial| Some(dial.to.clone()), &mut found);
    overlaps(dials, |dial| known.get(dial.attempt.as_str()).map(|attempt| attempt.lead.clone()), &mut found);
    early_redials(dials, &known, waits, &mut found);
    (count(dials, attempts, &asked), found)
}

/// What the carrier knows of an attempt, against what the database says.
fn witness(attempt: &Attempt, dial: Option<&Dial>) -> Option<Violation> {
    if attempt.outcome.starts_with("open") {
        return Some(Violation::Open { attempt: attempt.id.clone() });
    }
    let database = attempt.outcome.as_str();
    let agreed = match dial {
        None => ["withdrawn", "not_dialled", "refused", "unknown"].contains(&database),
        Some(dial) if dial.to != attempt.phone => false,
        Some(Dial { rang: Some((outcome, _)), .. }) => database == outcome || database == "unknown",
        Some(dial) if dial.reception == "refused" => ["refused", "not_dialled", "unknown"].contains(&database),
        Some(_) => ["not_dialled", "unknown"].contains(&database),
    };
    let carrier = || match dial {
        None => "nothing".to_owned(),
        Some(Dial { rang: Some((outcome, _)), to, .. }) => format!("{to} rang, {outcome}"),
        Some(dial) => format!("{}, {}", dial.to, dial.reception),
    };
    (!agreed).then(|| Violation::Contradiction {
        attempt: attempt.id.clone(),
        carrier: carrier(),
        database: format!("{}, {database}", attempt.phone),
    })
}

/// Two ringing phones at once, for whatever `of` groups them by.
fn overlaps(dials: &[Dial], of: impl Fn(&Dial) -> Option<String>, found: &mut Vec<Violation>) {
    let mut groups: BTreeMap<String, Vec<(Millis, Millis, &str)>> = BTreeMap::new();
    for dial in dials {
        if let (Some((_, ends_at)), Some(group)) = (&dial.rang, of(dial)) {
            groups.entry(group).or_default().push((dial.at, *ends_at, &dial.attempt));
        }
    }
    for (group, mut calls) in groups {
        calls.sort_unstable();
        let mut longest = calls[0];
        for call in &calls[1..] {
            if call.0 < longest.1 {
                let attempts = [longest.2.to_owned(), call.2.to_owned()];
                found.push(Violation::Overlap { on: group.clone(), attempts });
            }
            if call.1 > longest.1 {
                longest = *call;
            }
        }
    }
}

/// Ends after which the same lead waits the retry interval before this phone is dialled again.
const NOT_REACHED: [&str; 3] = ["unanswered", "busy", "voicemail"];

fn early_redials(dials: &[Dial], known: &BTreeMap<&str, &Attempt>, waits: Waits, found: &mut Vec<Violation>) {
    let mut by_phone: BTreeMap<&str, Vec<&Dial>> = BTreeMap::new();
    for dial in dials {
        by_phone.entry(&dial.to).or_default().push(dial);
    }
    let lead = |dial: &Dial| known.get(dial.attempt.as_str()).map(|attempt| attempt.lead.as_str());
    for (phone, mut dials) in by_phone {
        dials.sort_by_key(|dial| dial.at);
        for (index, before) in dials.iter().enumerate() {
            let later = &dials[index + 1..];
            let mut hold = |after: Option<&&Dial>, from: Millis, wait_ms: Millis, why: &str| {
                let Some(after) = after else { return };
                let missing_ms = from + wait_ms - after.at;
                if missing_ms > waits.tolerance_ms {
                    let attempts = [before.attempt.clone(), after.attempt.clone()];
                    found.push(Violation::EarlyRedial {
                        phone: phone.to_owned(),
                        attempts,
                        after: why.to_owned(),
                        missing_ms,
                    });
                }
            };
            let same_lead = later.iter().find(|after| lead(after) == lead(before));
            if let Some((outcome, ends_at)) = &before.rang {
                if outcome != "failed" {
                    hold(later.first(), *ends_at, waits.gap_ms, &format!("{outcome}, least gap"));
                }
                if NOT_REACHED.contains(&outcome.as_str()) {
                    hold(same_lead, *ends_at, waits.interval_ms, &format!("{outcome}, retry interval"));
                }
            }
            if let Some(attempt) = known.get(before.attempt.as_str()) {
                match attempt.outcome.as_str() {
                    "unknown" => hold(same_lead, attempt.ended_at.unwrap_or(before.at), waits.interval_ms, "unknown"),
                    "not_dialled" => hold(same_lead, before.at, waits.interval_ms, "not dialled"),
                    _ => {}
                }
            }
        }
    }
}

fn count(dials: &[Dial], attempts: &[Attempt], asked: &BTreeMap<&str, &Dial>) -> Figures {
    let with =
        |outcomes: &[&str]| attempts.iter().filter(|attempt| outcomes.contains(&attempt.outcome.as_str())).count();
    let rang: BTreeSet<&str> =
        asked.values().filter(|dial| dial.rang.is_some()).map(|dial| dial.attempt.as_str()).collect();
    let silent = |attempt: &&Attempt| attempt.outcome == "unknown" && !rang.contains(attempt.id.as_str());
    Figures {
        attempts: attempts.len(),
        refused: with(&["refused"]),
        never_sent: with(&["withdrawn", "not_dialled"]),
        unknown: with(&["unknown"]),
        unknown_silent: attempts.iter().filter(silent).count(),
        dials: dials.iter().filter(|dial| dial.rang.is_some()).count(),
        requests: dials.len(),
    }
}
