//! How long an account keeps what: its own choice, in days, and the least that the rest of the house needs.
//!
//! Nothing is let go of by default. What is let go of is gone for this account alone: others that share a table or a day's
//! segment keep theirs. Counts, costs, the ledger and the audit are no part of it, and neither is the do-not-call list, whose
//! whole purpose is to outlive the leads.

use serde::{Deserialize, Serialize};

use crate::time::{DAY_MS, Timestamp};

/// The fewest days of transcripts, records and ended leads: a campaign may wait a week for an evaluator that reads them, and
/// what a provider sent about a call is kept as long anyway.
pub const LEAST_DAYS: u32 = 7;
/// The fewest days of the event log: as long as deliveries to sinks and webhooks are known, so that whoever is told late or
/// recovers what it missed finds every event that it may still ask for.
pub const LEAST_EVENTS_DAYS: u32 = 30;
/// The most days of anything; for longer there is "for ever".
pub const MOST_DAYS: u32 = 36_500;
/// How long a provider's webhook that could not be read is kept, in milliseconds, unless its account keeps ended leads for
/// less.
pub const UNREAD_WEBHOOKS_MS: i64 = 30 * DAY_MS;

/// What an account keeps for how many days; `None`: for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// What was said in calls.
    pub transcripts_days: Option<u32>,
    /// What policies, shadows and evaluators were asked and what they answered.
    pub records_days: Option<u32>,
    /// The person of a lead that ended, of its calls, and of what others wrote about leads.
    pub ended_leads_days: Option<u32>,
    /// The event log.
    pub events_days: Option<u32>,
}

/// What is let go of by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// What was said in calls.
    Transcripts,
    /// What was asked and answered about leads.
    Records,
    /// The persons of leads that ended.
    EndedLeads,
    /// What others wrote about leads: samples and rejected rows of files, webhooks, reports, complaints.
    Texts,
    /// The event log.
    Events,
}

impl Held {
    /// All of it, in the order in which it is let go of.
    pub const ALL: [Self; 5] = [Self::Transcripts, Self::Records, Self::EndedLeads, Self::Texts, Self::Events];
}

/// A number of days that cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADuration {
    /// The field.
    pub field: &'static str,
    /// The value, the rule and what to do.
    pub message: String,
}

impl Retention {
    /// What is wrong with it; empty when nothing is.
    pub fn faults(&self) -> Vec<NotADuration> {
        let why_events = "deliveries to sinks and webhooks are known for so long";
        let why = "evaluators may be waited for a week";
        let fields = [
            ("transcripts_days", self.transcripts_days, LEAST_DAYS, why),
            ("records_days", self.records_days, LEAST_DAYS, why),
            ("ended_leads_days", self.ended_leads_days, LEAST_DAYS, why),
            ("events_days", self.events_days, LEAST_EVENTS_DAYS, why_events),
        ];
        let wrong = fields.into_iter().filter_map(|(field, days, least, why)| {
            let days = days.filter(|days| !(least..=MOST_DAYS).contains(days))?;
            let message =
                format!("{days} is outside {least} to {MOST_DAYS} days ({why}); null keeps everything for ever");
            Some(NotADuration { field, message })
        });
        wrong.collect()
    }

    /// For how many days something is kept.
    pub const fn days(&self, of: Held) -> Option<u32> {
        match of {
            Held::Transcripts => self.transcripts_days,
            Held::Records => self.records_days,
            Held::EndedLeads | Held::Texts => self.ended_leads_days,
            Held::Events => self.events_days,
        }
    }

    /// What is older goes, at `now`; `None`: nothing does.
    pub fn before(&self, of: Held, now: Timestamp) -> Option<Timestamp> {
        self.days(of).map(|days| now - i64::from(days) * DAY_MS)
    }

    /// Nothing is ever let go of.
    pub fn is_for_ever(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outbox, webhook};

    #[test]
    fn the_least_is_what_others_wait_for() {
        assert!(i64::from(LEAST_EVENTS_DAYS) * DAY_MS >= webhook::KEPT_MS);
        assert!(webhook::KEPT_MS > outbox::WAITS_MS.iter().sum::<i64>() + webhook::GIVEN_UP_MS);
        // The longest that a campaign waits for an evaluator: `evaluation_timeout_minutes`.
        assert!(i64::from(LEAST_DAYS) * DAY_MS >= 10_080 * crate::time::MINUTE_MS);
    }

    #[test]
    fn a_fault_names_the_value_the_rule_and_the_way_out() {
        let chosen = Retention { transcripts_days: Some(6), events_days: Some(29), ..Retention::default() };
        let faults = chosen.faults();
        assert_eq!(faults.iter().map(|fault| fault.field).collect::<Vec<_>>(), ["transcripts_days", "events_days"]);
        assert!(faults[1].message.contains("29 is outside 30 to 36500 days") && faults[1].message.contains("null"));
        let least = Retention {
            transcripts_days: Some(7),
            records_days: Some(7),
            ended_leads_days: Some(MOST_DAYS),
            events_days: Some(30),
        };
        assert_eq!(least.faults(), []);
    }

    #[test]
    fn what_is_older_goes_and_for_ever_is_no_time() {
        let now = Timestamp(100 * DAY_MS);
        let chosen = Retention { ended_leads_days: Some(30), ..Retention::default() };
        assert_eq!(chosen.before(Held::EndedLeads, now), Some(Timestamp(70 * DAY_MS)));
        assert_eq!(chosen.before(Held::Texts, now), Some(Timestamp(70 * DAY_MS)));
        assert_eq!(chosen.before(Held::Events, now), None);
        assert!(Retention::default().is_for_ever() && !chosen.is_for_ever());
    }
}
