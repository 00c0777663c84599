//! The log of a test, without the others'.
//!
//! One subscriber serves the whole test binary, because a subscriber that comes and goes while other threads log may
//! miss lines. A test runs on a thread of its own, so what it collects is its own.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct OfThisThread;

impl io::Write for OfThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to collect, once for all tests and before the first line.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let log = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::INFO);
        tracing::subscriber::set_global_default(log.with_writer(|| OfThisThread).finish()).unwrap();
    });
}

/// What this test has logged.
pub(crate) fn lines() -> String {
    LINES.with_borrow(|lines| String::from_utf8(lines.clone()).unwrap())
}

/// Every path as everybody, with its example and with nonsense: the log tells of all of it and holds no key, no phone and nothing
/// that a person said.
#[tokio::test]
async fn no_request_however_wrong_brings_a_key_a_phone_or_a_word_of_a_call_into_the_log() {
    use super::coverage::{Things, call, needs};

    let host = super::Host::new().await;
    let things = Things::of(&host).await;
    let mut asked = 0;
    for (method, pattern, operation) in host.document.operations() {
        // Whoever asks would shut the door behind them.
        let revokes = method == "delete" && pattern == "/v1/keys/{id}";
        if revokes || needs(&operation).is_none() {
            continue;
        }
        let path = things.fill(&pattern).0;
        for key in [None, Some(&host.operator), Some(&host.test), Some(&host.live)] {
            call(&host, key.map(String::as_str), &method, &path, &operation).await;
            asked += 1;
        }
        let join = if path.contains('?') { '&' } else { '?' };
        host.send(Some(&host.live), &method.to_uppercase(), &format!("{path}{join}phone=%2B14155552671"), None).await;
        let method = method.to_uppercase();
        for body in ["{\"phone\": \"+14155552671\", \"+14155552671\": \"Hello?\"}", "{\"phone\": +14155552671, Hello?"]
        {
            host.send_raw(&method, &path, "application/json", body.into()).await;
        }
    }
    for path in ["/v1/leads/+14155552671", "/v1/+14155552671", &format!("/hooks/gateways/{}/x", host.live)] {
        host.get(Some(&host.live), path).await;
    }
    host.get_as("/v1/me", &host.live).await;
    host.background_done().await;
    let text = lines();
    assert!(text.matches("route=").count() > asked, "every request is told of");
    let after_plus = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    assert!(text.split('+').skip(1).all(|rest| after_plus(rest) < 7), "a phone is in {text}");
    for secret in ["cpn_", "4155552671", "Hello?", "s3cr3t", "Bearer"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}
