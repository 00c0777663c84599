//! The names of a request: its own, and the client's where it sent a sane one.

use axum::extract::Request;
use campanile_domain::ids::RequestId;
use http::HeaderName;

use crate::app::App;
use crate::secret::rng;

/// Carries them.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 64;
/// Somebody who sends a key here has taken one header for another; it is neither repeated nor logged.
const KEYS_BEGIN: &str = "cpn_";

/// The names of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// In audit and events.
    pub id: RequestId,
    /// In the answer: the client's own, if it sent a sane one.
    pub shown: String,
}

impl RequestIds {
    /// Of a request that begins.
    pub(crate) fn of(request: &Request, app: &App) -> Self {
        let minted = RequestId::mint(app.wall_clock.now(), &mut rng(&*app.entropy));
        let sent =
            request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|text| is_sane(text));
        match sent {
            Some(text) => Self { id: text.parse().unwrap_or(minted), shown: text.to_owned() },
            None => Self { id: minted, shown: minted.to_string() },
        }
    }
}

fn is_sane(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && !text.starts_with(KEYS_BEGIN)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sane_request_ids_are_repeated() {
        for sane in ["a", "req_01k9", "trace:1-2.3", &"x".repeat(64)] {
            assert!(is_sane(sane), "{sane}");
        }
        for strange in ["", "cpn_live_x", "a b", "a\nb", "\"", "ä", &"x".repeat(65)] {
            assert!(!is_sane(strange), "{strange}");
        }
    }
}
