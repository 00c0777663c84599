//! The words, dates and amounts of hosted calling platforms, beside this host's own.
//!
//! Statuses go both ways: out in answers, in by filters. A word that those platforms know and this host never comes to is a
//! filter that matches nothing, not a mistake.

use campanile_domain::attempt::{AnsweredBy, AttemptState, Outcome};
use campanile_domain::campaign::{CampaignState, Verb};
use campanile_domain::lead::LeadState;
use campanile_domain::money::Micros;
use campanile_domain::ports::store::Campaign;
use campanile_domain::time::{SECOND_MS, Timestamp};

/// Days of the week.
pub(super) const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What leads are filtered by: the word there, the word here.
const LEADS: [(&str, &str); 7] = [
    ("created", "created"),
    ("scheduled", "scheduled"),
    ("processing", "processing"),
    ("completed", "completed"),
    ("rescheduled", "rescheduled"),
    ("reached-max-retries", "max_retries"),
    ("blacklisted", "suppressed"),
];

/// What calls are filtered by: the word there, the word here; `None` for what no call here ever is.
const CALLS: [(&str, Option<&str>); 10] = [
    ("initiated", Some("initiated")),
    ("ringing", Some("ringing")),
    ("busy", Some("busy")),
    ("in-progress", Some("in_progress")),
    ("ended", None),
    ("completed", Some("completed")),
    ("ended_by_customer", None),
    ("ended_by_assistant", None),
    ("no-answer", Some("unanswered")),
    ("failed", Some("failed")),
];

/// The words for leads.
pub(super) fn lead_words() -> [&'static str; 7] {
    LEADS.map(|(theirs, _)| theirs)
}

/// The words for calls.
pub(super) fn call_words() -> [&'static str; 10] {
    CALLS.map(|(theirs, _)| theirs)
}

/// The status of a lead.
pub(super) fn lead(state: LeadState) -> &'static str {
    LEADS.into_iter().find(|(_, ours)| *ours == state.status()).map_or("", |(theirs, _)| theirs)
}

/// This host's word for the status of leads.
pub(super) fn lead_here(word: &str) -> Option<&'static str> {
    LEADS.into_iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| ours)
}

/// The status of a call.
pub(super) fn call(state: AttemptState) -> &'static str {
    let here = state.public_status();
    CALLS.into_iter().find(|(_, ours)| *ours == Some(here)).map_or("", |(theirs, _)| theirs)
}

/// This host's word for the status of calls.
pub(super) fn call_here(word: &str) -> Option<&'static str> {
    CALLS.into_iter().find(|(theirs, _)| *theirs == word).and_then(|(_, ours)| ours)
}

/// The status of a campaign; one that was stopped and one that paused for another reason are told apart.
pub(super) fn campaign(campaign: &Campaign) -> &'static str {
    match campaign.status {
        CampaignState::Draft => "draft",
        CampaignState::InProgress => "in-progress",
        CampaignState::Paused if campaign.status_reason.code == Verb::Stop.as_str() => "stopped",
        CampaignState::Paused => "paused",
        CampaignState::Completed => "completed",
    }
}

/// Who answered; nothing where nobody did.
pub(super) const fn answered_by(state: AttemptState, by: AnsweredBy) -> Option<&'static str> {
    match (state, by) {
        (_, AnsweredBy::Human) => Some("human"),
        (_, AnsweredBy::Machine) => Some("machine"),
        (AttemptState::InProgress | AttemptState::Ended(Outcome::Answered | Outcome::Voicemail), _) => Some("unknown"),
        _ => None,
    }
}

/// `2026-03-02T09:00:00.000000Z`
pub(super) fn date(at: Timestamp) -> String {
    let milliseconds = at.0.rem_euclid(SECOND_MS);
    let seconds = (at - milliseconds).to_string();
    format!("{}.{milliseconds:03}000Z", seconds.trim_end_matches('Z'))
}

/// A decimal text of eight places.
pub(super) fn decimal(amount: Micros) -> String {
    let (units, rest) = (amount.0.unsigned_abs() / 1_000_000, amount.0.unsigned_abs() % 1_000_000);
    format!("{}{units}.{rest:06}00", if amount.0 < 0 { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_word_that_leads_back_to_it() {
        for state in LeadState::ALL {
            assert_eq!(lead_here(lead(state)), Some(state.status()), "{state:?}");
        }
        let outcomes = [
            Outcome::Answered,
            Outcome::Voicemail,
            Outcome::Busy,
            Outcome::Unanswered,
            Outcome::Failed,
            Outcome::Unknown,
            Outcome::Cancelled,
        ];
        let open = [AttemptState::Intent, AttemptState::Ringing, AttemptState::InProgress, AttemptState::Unknown];
        let never = [AttemptState::Withdrawn, AttemptState::Refused, AttemptState::NotDialled, AttemptState::Placed];
        for state in outcomes.map(AttemptState::Ended).into_iter().chain(open).chain(never) {
            assert_eq!(call_here(call(state)), Some(state.public_status()), "{state:?}");
        }
    }

    #[test]
    fn dates_and_amounts_are_written_in_full() {
        assert_eq!(date(Timestamp(1_772_463_600_000)), "2026-03-02T15:00:00.000000Z");
        assert_eq!(date(Timestamp(1_772_463_600_045)), "2026-03-02T15:00:00.045000Z");
        assert_eq!(date(Timestamp(-1)), "1969-12-31T23:59:59.999000Z");
        for (micros, written) in [(80_000, "0.08000000"), (0, "0.00000000"), (-1_500_000, "-1.50000000")] {
            assert_eq!(decimal(Micros(micros)), written);
        }
    }
}
