//! The provider's words for how a call goes, in the contract's.

use campanile_plugin_sdk::gateway::Status;
use campanile_plugin_sdk::types::{AnsweredBy, Failure};

/// What the provider says of a call at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    pub status: &'a str,
    pub answered_by: Option<&'a str>,
    /// The last SIP response, where the callback tells it.
    pub sip: Option<&'a str>,
}

/// The same, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub status: Status,
    pub answered_by: AnsweredBy,
    pub failure: Failure,
    /// The provider's own words.
    pub code: String,
}

/// Who answered. A fax machine is a machine; [`read`] tells it from one that takes messages.
pub fn answered_by(word: &str) -> AnsweredBy {
    match word {
        "human" => AnsweredBy::Human,
        "fax" | "machine" => AnsweredBy::Machine,
        other if other.starts_with("machine_") => AnsweredBy::Machine,
        _ => AnsweredBy::Unknown,
    }
}

fn status(word: &str) -> Status {
    match word {
        "queued" | "initiated" => Status::Initiated,
        "ringing" => Status::Ringing,
        "in-progress" | "answered" => Status::InProgress,
        "completed" => Status::Completed,
        "busy" => Status::Busy,
        "no-answer" => Status::Unanswered,
        "failed" => Status::Failed,
        "canceled" => Status::Cancelled,
        _ => Status::Other,
    }
}

/// Why a failed call failed, by its SIP response (RFC 3261 21, RFC 8197, RFC 8688).
fn failure(sip: Option<&str>) -> Failure {
    match sip.and_then(|sip| sip.parse::<u16>().ok()) {
        Some(404 | 410 | 484 | 604) => Failure::NumberInvalid,
        Some(603 | 607) => Failure::CalleeRejected,
        Some(608) => Failure::CallerIdBlocked,
        Some(500..=599) => Failure::ProviderFault,
        _ => Failure::Other,
    }
}

/// Reads what was said. A failed call that met a busy line is busy; a completed one that met a fax machine failed.
pub fn read(said: Said<'_>) -> Read {
    let fax = said.answered_by == Some("fax");
    let (status, failure) = match (status(said.status), said.sip) {
        (Status::Failed, Some("486" | "600")) => (Status::Busy, Failure::None),
        (Status::Failed, sip) => (Status::Failed, failure(sip)),
        (Status::Completed, _) if fax => (Status::Failed, Failure::Other),
        (other, _) => (other, Failure::None),
    };
    let mut code = said.status.to_owned();
    let over_badly = !matches!(status, Status::Completed) && status.is_final();
    for detail in [said.answered_by.filter(|_| fax), said.sip.filter(|_| over_badly)].into_iter().flatten() {
        code = format!("{code} {detail}");
    }
    Read { status, answered_by: said.answered_by.map_or(AnsweredBy::Unknown, answered_by), failure, code }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: &str, answered_by: &str, sip: &str) -> (Status, AnsweredBy, Failure, String) {
        let some = |text: &'static str| (!text.is_empty()).then_some(text);
        let (answered_by, sip) = (some(answered_by.to_owned().leak()), some(sip.to_owned().leak()));
        let Read { status, answered_by, failure, code } = read(Said { status, answered_by, sip });
        (status, answered_by, failure, code)
    }

    #[test]
    fn every_word_of_the_provider_has_one_here() {
        use AnsweredBy::Unknown;
        for (word, status) in [
            ("queued", Status::Initiated),
            ("initiated", Status::Initiated),
            ("ringing", Status::Ringing),
            ("in-progress", Status::InProgress),
            ("completed", Status::Completed),
            ("busy", Status::Busy),
            ("no-answer", Status::Unanswered),
            ("canceled", Status::Cancelled),
            ("paused", Status::Other),
        ] {
            assert_eq!(of(word, "", ""), (status, Unknown, Failure::None, word.to_owned()), "{word}");
        }
    }

    #[test]
    fn machines_are_machines_and_a_fax_takes_no_message() {
        for word in ["machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "machine"] {
            let (status, by, failure, _) = of("completed", word, "200");
            assert_eq!((status, by, failure), (Status::Completed, AnsweredBy::Machine, Failure::None), "{word}");
        }
        assert_eq!(of("completed", "human", "200").1, AnsweredBy::Human);
        assert_eq!(of("completed", "unknown", "").1, AnsweredBy::Unknown);
        let fax = (Status::Failed, AnsweredBy::Machine, Failure::Other, "completed fax".to_owned());
        assert_eq!(of("completed", "fax", ""), fax);
        assert_eq!(of("in-progress", "fax", "").0, Status::InProgress);
    }

    #[test]
    fn a_failure_is_about_what_the_line_answered() {
        for (sip, status, failure) in [
            ("404", Status::Failed, Failure::NumberInvalid),
            ("410", Status::Failed, Failure::NumberInvalid),
            ("484", Status::Failed, Failure::NumberInvalid),
            ("604", Status::Failed, Failure::NumberInvalid),
            ("486", Status::Busy, Failure::None),
            ("600", Status::Busy, Failure::None),
            ("603", Status::Failed, Failure::CalleeRejected),
            ("607", Status::Failed, Failure::CalleeRejected),
            ("608", Status::Failed, Failure::CallerIdBlocked),
            ("503", Status::Failed, Failure::ProviderFault),
            ("403", Status::Failed, Failure::Other),
            ("", Status::Failed, Failure::Other),
            ("what", Status::Failed, Failure::Other),
        ] {
            let (is, _, why, code) = of("failed", "", sip);
            assert_eq!((is, why), (status, failure), "{sip}");
            assert_eq!(code, format!("failed {sip}").trim_end());
        }
    }
}
