//! The policy of `plugins/patient-retry`, for Extism: the same rules over the same facts, so that what differs between the
//! two figures is the way in and out.

mod question;

use extism_pdk::{FnResult, Json, plugin_fn};
use question::{Attempt, Decision, Question, Retry, Settings};

/// Decides.
#[plugin_fn]
pub fn decide(question: Json<Question>) -> FnResult<Json<Decision>> {
    Ok(Json(decision(question.into_inner())))
}

fn wait_ms(settings: &Settings, round: u32) -> i64 {
    let earlier = i32::try_from(round.saturating_sub(1)).unwrap_or(i32::MAX);
    let longest = f64::from(settings.longest_wait_hours) * 3_600_000.0;
    let wait = f64::from(settings.first_wait_minutes) * 60_000.0 * settings.growth.powi(earlier);
    wait.min(longest) as i64
}

fn at(not_before: i64, reason: String) -> Retry {
    Retry { not_before, not_after: None, contact: None, priority: None, variables: Vec::new(), reason }
}

fn decision(question: Question) -> Decision {
    let settings = &question.settings;
    let current: Vec<&Attempt> = question.attempts.iter().filter(|attempt| attempt.era == question.era).collect();
    let Some(last) = current.last() else { return question.builtin };
    let ended = last.ended_at.unwrap_or(question.now);
    let is_over = (question.max_retries + 1).saturating_sub(question.round) == 0 || question.attempts_left == 0;
    let wait = wait_ms(settings, question.round);
    let waits = format!("round {} waits {} min", question.round, wait / 60_000);
    if last.outcome == "voicemail" && settings.voicemails > 0 {
        let left = current.iter().filter(|attempt| attempt.outcome == "voicemail").count();
        if left >= settings.voicemails {
            return Decision::Complete(format!("{left} voicemails left, {} allowed", settings.voicemails));
        }
        if is_over {
            return Decision::GiveUp("voicemail, and no round is left".into());
        }
        return Decision::Retry(at(ended + wait, format!("voicemail {left} of {}; {waits}", settings.voicemails)));
    }
    let busy = current.iter().rev().take_while(|attempt| attempt.outcome == "busy").count();
    if last.outcome == "busy" && (1..=settings.busy_in_a_row).contains(&busy) {
        if is_over {
            return Decision::GiveUp("busy, and no round is left".into());
        }
        let mut retry = at(
            ended + i64::from(settings.busy_minutes) * 60_000,
            format!("busy: again in {} min", settings.busy_minutes),
        );
        retry.contact = question
            .contacts
            .iter()
            .find(|contact| contact.position == last.contact)
            .is_some_and(|contact| contact.usable)
            .then_some(last.contact);
        return Decision::Retry(retry);
    }
    match question.builtin {
        Decision::Retry(proposed) => {
            let reason = format!("{}; {waits}", proposed.reason);
            Decision::Retry(Retry { not_before: ended + wait, reason, ..proposed })
        }
        other => other,
    }
}
