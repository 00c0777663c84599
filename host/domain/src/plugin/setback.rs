//! What a failure does to an installed plugin: how long it is left alone, and when a person must act.
//!
//! Sources and sinks live beside other systems that are down, busy or no longer take credentials. The rules are the same for
//! both, so that nobody has to learn two.

use crate::time::{HOUR_MS, SECOND_MS};

/// How long an instance is left alone after failure number `failures` (from 1) in a row, in milliseconds: 30 s doubling to an
/// hour, never less than the other system asked for, and up to a fifth more so that instances which failed together do not
/// come back together. `jitter` is random, 0 to 1.
pub fn back_off_ms(failures: u32, retry_after_ms: Option<u64>, jitter: f64) -> i64 {
    let doubled = (30 * SECOND_MS).saturating_mul(1 << failures.saturating_sub(1).min(12)).min(HOUR_MS);
    // What asks to be left alone for longer than a day is asked once a day.
    let asked = retry_after_ms.map_or(0, |wait| i64::try_from(wait).unwrap_or(i64::MAX)).min(24 * HOUR_MS);
    let wait = doubled.max(asked);
    wait + (wait as f64 * jitter.clamp(0.0, 1.0) / 5.0) as i64
}

/// Whether a failure says that the other system no longer takes the credentials, or that a setting is wrong: asking again
/// cannot help.
pub fn needs_a_person(code: &str) -> bool {
    matches!(code, "http_unauthorised" | "http_not_permitted" | "misconfigured")
}

/// What to do about a failure of an instance (`what`: "source", "sink"), for people.
pub fn next_step(code: &str, what: &str) -> String {
    match code {
        "http_unauthorised" | "http_not_permitted" => format!(
            "give the {what} a token that the other system takes, or authorise its connection again, then resume it"
        ),
        "misconfigured" => format!("put the settings right (POST /check says which), then resume the {what}"),
        "http_too_many_requests" => "nothing: it goes on by itself when the other system allows it".to_owned(),
        "http_unreachable" | "http_timed_out" | "http_broken" => {
            format!("nothing, if the other system is down: it goes on by itself; else look at the {what}'s settings")
        }
        "plugin_not_usable" => {
            format!(
                "activate a version, grant what it asks for or set the secret that is missing; the {what} goes on by itself then"
            )
        }
        code if code.starts_with("plugin_") => {
            "the plugin is at fault: look at its failures, then activate a version that works or roll back".to_owned()
        }
        "max_leads" => format!(
            "take leads out that are not needed or have the operator raise limits.max_leads; the {what} goes on by itself then"
        ),
        _ => "read the message; it goes on by itself if the other system recovers".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_an_hour_and_what_was_asked_for_is_kept() {
        assert_eq!(back_off_ms(1, None, 0.0), 30 * SECOND_MS);
        assert_eq!(back_off_ms(3, None, 0.0), 120 * SECOND_MS);
        assert_eq!(back_off_ms(60, None, 0.0), HOUR_MS);
        assert_eq!(back_off_ms(1, Some(90_000), 0.0), 90 * SECOND_MS);
        assert_eq!(back_off_ms(1, Some(u64::MAX), 0.0), 24 * HOUR_MS);
        assert_eq!(back_off_ms(1, None, 1.0), 36 * SECOND_MS);
    }
}
