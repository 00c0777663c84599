//! Webhooks: how a message is signed, when it is tried again, and when an endpoint is given up.
//!
//! Standard Webhooks (standardwebhooks.com, specification 1.0): the headers `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, a secret that begins with `whsec_`, and a signature over `id.timestamp.body`. Whoever checks it
//! knows that we wrote the message, that nobody changed it, and that it is not an old one sent again by somebody else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::ids::EventId;
use crate::outbox;
use crate::time::{DAY_MS, MINUTE_MS, Timestamp};

/// What a secret begins with; the rest is base64.
pub const SECRET_PREFIX: &str = "whsec_";
/// The bytes of a new secret; Standard Webhooks asks for 24 to 64.
pub const SECRET_BYTES: usize = 32;
/// How long an answer is waited for, in milliseconds.
pub const TIMEOUT_MS: u32 = 15_000;
/// How much of an answer is kept, in bytes.
pub const KEPT_ANSWER_BYTES: usize = 1_024;
/// An endpoint that took nothing for so long is disabled, in milliseconds.
pub const GIVEN_UP_MS: i64 = 5 * DAY_MS;
/// How long the secret before a rotation goes on signing, in milliseconds.
pub const OLD_SECRET_MS: i64 = DAY_MS;
/// How long a delivery that is over is known, and how far back one can recover, in milliseconds.
pub const KEPT_MS: i64 = 30 * DAY_MS;
/// Endpoints of one account, beside those that are told after the calls of one assistant.
pub const MOST_OF_TENANT: usize = 20;
/// Endpoints of one account that are told after the calls of one assistant; an assistant has one at most.
pub const MOST_OF_ASSISTANTS: usize = 100;
/// Deliveries of one endpoint that wait before the log is read on for it.
pub const MOST_WAITING: i64 = 10_000;
/// The longest that an endpoint which cannot be reached is left alone, in milliseconds.
const LONGEST_PAUSE_MS: i64 = MINUTE_MS;
/// The first pause, in milliseconds.
const FIRST_PAUSE_MS: i64 = 5_000;
/// The longest wait that an endpoint may ask for, in milliseconds.
const LONGEST_ASKED_MS: u64 = 3_600_000;

/// The event that a webhook of the format [`WebhookFormat::Hosted`] is told of, and no other.
pub const HOSTED_EVENT: &str = "call.ended";

/// What a message says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// The event with its objects, as this host writes them.
    #[default]
    Standard,
    /// What hosted calling platforms send after a call.
    Hosted,
}

/// A text that signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is \"whsec_\" and base64 behind it")]
pub struct NotASecret;

/// A new secret of random bytes, as its owner is shown it.
pub fn secret(random: &[u8; SECRET_BYTES]) -> SecretString {
    SecretString::from(format!("{SECRET_PREFIX}{}", STANDARD.encode(random)))
}

/// The value of `webhook-signature`: one signature by each secret, separated by spaces.
///
/// # Errors
/// One of them is no secret.
pub fn signatures(secrets: &[SecretString], id: &str, at: Timestamp, body: &[u8]) -> Result<String, NotASecret> {
    let head = format!("{id}.{}.", seconds(at));
    let sign = |secret: &SecretString| {
        let text = secret.expose_secret().strip_prefix(SECRET_PREFIX).ok_or(NotASecret)?;
        let key = STANDARD.decode(text).map_err(|_| NotASecret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| NotASecret)?;
        mac.update(head.as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.iter().map(sign).collect::<Result<Vec<_>, _>>().map(|all| all.join(" "))
}

/// The value of `webhook-timestamp`: seconds since 1970.
pub const fn seconds(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

/// What an answer means. A redirect is no success: it is not followed, and whoever moved an endpoint changes its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 2xx.
    Delivered,
    /// 410: nobody wants to be told any more.
    Gone,
    /// Anything else, and no answer.
    Failed,
}

impl Verdict {
    /// Of a status; `None`: there was no answer in time.
    pub const fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..=299) => Self::Delivered,
            Some(410) => Self::Gone,
            _ => Self::Failed,
        }
    }
}

/// How long a delivery waits after failure number `failures` (from 1), in milliseconds; `None`: it is given up. The waits
/// from half an hour on are longer by up to a tenth, by the event's own id, so that what failed together does not come
/// back together.
pub fn next_try_ms(failures: u32, event: EventId, retry_after_ms: Option<u64>) -> Option<i64> {
    let wait = outbox::next_try_ms(failures, None)?;
    let spread = if wait >= 30 * MINUTE_MS { wait / 10 * (event.0 % 1_000) as i64 / 1_000 } else { 0 };
    Some((wait + spread).max(asked(retry_after_ms)))
}

/// How long an endpoint that could not be reached `faults` times in a row is left alone, in milliseconds. One that answers,
/// whatever it answers, is not.
pub fn pause_ms(faults: u32, retry_after_ms: Option<u64>) -> i64 {
    let doubled = match faults {
        0 => 0,
        faults => FIRST_PAUSE_MS.saturating_mul(1 << (faults - 1).min(8)).min(LONGEST_PAUSE_MS),
    };
    doubled.max(asked(retry_after_ms))
}

fn asked(retry_after_ms: Option<u64>) -> i64 {
    retry_after_ms.unwrap_or(0).min(LONGEST_ASKED_MS) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::WAITS_MS;
    use crate::time::HOUR_MS;

    fn written(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn a_signature_is_what_others_compute() {
        let secret = written("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let (id, at, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp(1_614_265_330_999), br#"{"test": 2432232314}"#);
        let one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let signed = |secrets: &[SecretString]| signatures(secrets, id, at, body);
        assert_eq!(signed(std::slice::from_ref(&secret)).as_deref(), Ok(one));
        let both = signed(&[secret.clone(), secret]).unwrap();
        assert_eq!(both, format!("{one} {one}"));
        assert_eq!(signed(&[written("MfKQ")]), Err(NotASecret));
        assert_eq!(signed(&[written("whsec_???")]), Err(NotASecret));
    }

    #[test]
    fn a_new_secret_signs() {
        let secret = secret(&[7; SECRET_BYTES]);
        assert_eq!(secret.expose_secret().len(), SECRET_PREFIX.len() + 44);
        assert!(signatures(&[secret], "evt_1", Timestamp(0), b"").is_ok());
    }

    #[test]
    fn only_2xx_is_a_success() {
        let verdicts = [199, 200, 204, 299, 301, 308, 404, 410, 500].map(|status| Verdict::of(Some(status)));
        use Verdict::{Delivered, Failed, Gone};
        assert_eq!(verdicts, [Failed, Delivered, Delivered, Delivered, Failed, Failed, Failed, Gone, Failed]);
        assert_eq!(Verdict::of(None), Failed);
    }

    #[test]
    fn waits_are_the_promised_ones_and_at_most_a_tenth_longer() {
        for event in [0, 1, 999, 123_456, u128::MAX] {
            for (failures, wait) in (1..).zip(WAITS_MS) {
                let waits = next_try_ms(failures, EventId(event), None).unwrap();
                assert!((wait..=wait + wait / 10).contains(&waits), "{failures}: {waits}");
                assert!(wait >= HOUR_MS / 2 || waits == wait);
            }
            assert_eq!(next_try_ms(8, EventId(event), Some(5)), None);
        }
        assert_eq!(next_try_ms(1, EventId(0), Some(60_000)), Some(60_000));
        assert_eq!(next_try_ms(1, EventId(0), Some(u64::MAX)), Some(HOUR_MS));
    }

    #[test]
    fn who_cannot_be_reached_is_left_alone_for_a_minute_at_most() {
        let pauses: Vec<i64> = [0, 1, 2, 3, 4, 5, 60, u32::MAX].iter().map(|faults| pause_ms(*faults, None)).collect();
        assert_eq!(pauses, [0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
        assert_eq!(pause_ms(0, Some(120_000)), 120_000);
    }
}
