//! A call that was looked up, as an event.

use campanile_plugin_sdk::clock;
use campanile_plugin_sdk::gateway::Event;

use crate::calls::Call;
use crate::status::{self, Said};

/// Whole seconds as milliseconds.
pub fn seconds_as_ms(text: &str) -> Option<u64> {
    text.trim().parse::<u64>().ok()?.checked_mul(1_000)
}

/// A charge in micro-units of its currency; the API writes charges as negative numbers.
fn micros(price: &str) -> Option<i64> {
    let micros = -price.trim().parse::<f64>().ok()? * 1_000_000.0;
    (micros.is_finite() && micros.abs() < 1e15).then_some(micros.round() as i64)
}

/// The event. Its id changes with the status and once more when the price is known, so that a later look-up is news
/// where it brings news, and only there.
pub fn of_call(call: Call) -> Event {
    let read = status::read(Said { status: &call.status, answered_by: call.answered_by.as_deref(), sip: None });
    let cost = call.price.as_deref().and_then(micros).zip(call.price_unit.clone());
    let priced = if cost.is_some() { ":priced" } else { "" };
    let event_id = format!("{}:seen:{}{priced}", call.sid, call.status);
    let at = call.changed_at().unwrap_or_else(clock::now);
    let (cost_micros, currency) = cost.unzip();
    Event {
        code: read.code,
        answered_by: read.answered_by,
        failure: read.failure,
        talk_ms: call.duration.as_deref().and_then(seconds_as_ms),
        cost_micros,
        currency: currency.map(|unit| unit.to_ascii_uppercase()),
        extra: call.queue_time.into_iter().map(|ms| ("queue_time_ms".to_owned(), ms)).collect(),
        ..Event::new(call.sid, event_id, at, read.status)
    }
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, utc};
    use campanile_plugin_sdk::gateway::{Status, VoiceGateway};
    use campanile_plugin_sdk::types::{AnsweredBy, Failure};
    use serde_json::json;

    use super::*;
    use crate::TwilioVoice;
    use crate::settings::tests::account;

    #[test]
    fn prices_are_charges_to_the_micro() {
        assert_eq!(micros("-0.00850"), Some(8_500));
        assert_eq!(micros("-0.0000015"), Some(2));
        assert_eq!(micros("0.02"), Some(-20_000));
        assert_eq!((micros(""), micros("NaN"), micros("free"), micros("-1e30")), (None, None, None, None));
    }

    #[test]
    fn a_call_that_is_over_tells_everything() {
        let call = json!({
            "sid": "CA1", "status": "completed", "direction": "outbound-api", "answered_by": "machine_end_beep",
            "start_time": "Tue, 02 Jun 2026 07:30:00 +0000", "end_time": "Tue, 02 Jun 2026 07:30:42 +0000",
            "duration": "42", "price": "-0.01300", "price_unit": "USD", "queue_time": "1200",
        });
        install(Host::default().answer(Answer::json(&call)));
        let event = TwilioVoice::look_up("CA1", &account()).unwrap();
        assert_eq!(
            (event.status, event.answered_by, event.talk_ms),
            (Status::Completed, AnsweredBy::Machine, Some(42_000))
        );
        assert_eq!((event.cost_micros, event.currency.as_deref()), (Some(13_000), Some("USD")));
        assert_eq!(event.at, utc(2026, 6, 2, 7, 30) + 42_000);
        assert_eq!(event.extra, [("queue_time_ms".to_owned(), "1200".to_owned())]);
        let sent = &take_sent()[0];
        assert!(
            sent.url.ends_with("/Calls/CA1.json") && sent.method == "GET" && sent.auth.as_deref() == Some("account")
        );
    }

    #[test]
    fn a_price_that_comes_later_is_an_event_of_its_own() {
        let call = |price: serde_json::Value| {
            let call =
                json!({"sid": "CA1", "status": "no-answer", "duration": "", "price": price, "price_unit": "USD"});
            of_call(serde_json::from_value(call).unwrap())
        };
        install(Host::default());
        let (before, after) = (call(json!(null)), call(json!("-0.0040")));
        assert_eq!(
            (before.status, before.talk_ms, before.cost_micros, before.currency),
            (Status::Unanswered, None, None, None)
        );
        assert_eq!((after.cost_micros, after.failure), (Some(4_000), Failure::None));
        assert_ne!(before.event_id, after.event_id);
        assert_eq!(before.event_id, call(json!("")).event_id);
        assert_eq!(before.at, utc(2026, 1, 1, 12, 0));
    }

    #[test]
    fn a_call_that_nobody_knows_is_an_error() {
        install(Host::default().answer(Answer::json(&json!({"code": 20404})).with_status(404)));
        assert_eq!(TwilioVoice::look_up("CA1", &account()).unwrap_err().code, "http_not_found");
    }
}
