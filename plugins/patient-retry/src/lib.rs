//! A patient retry policy: each round is further away than the one before, a busy line is called back soon, and a person
//! who never answers hears two voicemails and no more.
//!
//! It changes only *when*, and the voicemail rule. Whether a call reached its goal, which contact is next and who must
//! never be called again are the built-in policy's answers, which it passes on.

mod settings;

use campanile_plugin_sdk::policy::{Decision, Input, Retry, RetryPolicy};
use campanile_plugin_sdk::types::{Attempt, Outcome, PluginError};

pub use settings::Settings;

/// The policy.
pub struct PatientRetry;

impl RetryPolicy for PatientRetry {
    type Settings = Settings;

    fn decide(input: &Input, settings: &Settings) -> Result<Decision, PluginError> {
        let Some(last) = input.last() else { return Ok(input.builtin.clone()) };
        if last.outcome == Outcome::Voicemail && settings.voicemails > 0 {
            return Ok(after_voicemail(input, settings));
        }
        if last.outcome == Outcome::Busy && (1..=settings.busy_in_a_row).contains(&input.streak(Outcome::Busy)) {
            return Ok(after_busy(input, settings, last));
        }
        Ok(match &input.builtin {
            Decision::Retry(proposed) => Decision::Retry(Retry {
                not_before: ended(input, last) + settings.wait_ms(input.round),
                reason: format!("{}; {}", proposed.reason, waits(input, settings)),
                ..proposed.clone()
            }),
            other => other.clone(),
        })
    }
}

campanile_plugin_sdk::export!(retry_policy: PatientRetry);

fn ended(input: &Input, attempt: &Attempt) -> i64 {
    attempt.ended_at.unwrap_or(input.now)
}

fn waits(input: &Input, settings: &Settings) -> String {
    format!("round {} waits {} min", input.round, settings.wait_ms(input.round) / 60_000)
}

fn after_voicemail(input: &Input, settings: &Settings) -> Decision {
    let left = input.count(Outcome::Voicemail);
    if left >= settings.voicemails {
        return Decision::Complete(format!("{left} voicemails left, {} allowed", settings.voicemails));
    }
    if input.rounds_left() == 0 || input.attempts_left == 0 {
        return Decision::GiveUp("voicemail, and no round is left".into());
    }
    let at = input.last().map_or(input.now, |last| ended(input, last)) + settings.wait_ms(input.round);
    let reason = format!("voicemail {left} of {}; {}", settings.voicemails, waits(input, settings));
    Decision::Retry(Retry::at(at, reason))
}

fn after_busy(input: &Input, settings: &Settings, last: &Attempt) -> Decision {
    if input.rounds_left() == 0 || input.attempts_left == 0 {
        return Decision::GiveUp("busy, and no round is left".into());
    }
    let at = ended(input, last) + i64::from(settings.busy_minutes) * 60_000;
    let usable = input.contact(last.contact).is_some_and(|contact| contact.usable);
    let retry = Retry::at(at, format!("busy: again in {} min", settings.busy_minutes));
    Decision::Retry(if usable { retry.with_contact(last.contact) } else { retry })
}
