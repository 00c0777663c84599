//! What an error of the dial is about, and so who can do something.
//!
//! Only a 4xx comes here: the provider read the request and said no. The codes are Twilio's dictionary; a 4xx that is not
//! in it is taken for one of the moment, because that claims least: the contact stays callable, the campaign goes on, and
//! each refusal makes the next try later.

use campanile_plugin_sdk::gateway::{DialFault, Refusal, RefusalScope};
use campanile_plugin_sdk::http::Response;
use serde::Deserialize;

use crate::loose;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "loose::text")]
    code: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    message: Option<String>,
}

fn scope(status: u16, code: &str) -> RefusalScope {
    use RefusalScope::{ThisAccount, ThisCallerId, ThisMoment, ThisNumber};
    match code {
        // Invalid, unreachable, not permitted by country, not allowed for this account.
        "21211" | "21214" | "21215" | "21216" | "21217" | "21614" | "13223" | "13224" | "13225" | "13226" => ThisNumber,
        // Not verified, invalid, missing.
        "21210" | "21212" | "21213" | "13214" => ThisCallerId,
        // Too many at once, too many queued.
        "20429" | "10004" | "86008" | "22005" => ThisMoment,
        // Credentials, suspended, on trial, no such account; nothing to say to whoever answers.
        "20003" | "20005" | "20006" | "20404" | "10001" | "10002" | "21201" | "21205" | "21218" | "21219" | "21609" => {
            ThisAccount
        }
        _ if matches!(status, 401 | 403) => ThisAccount,
        _ => ThisMoment,
    }
}

/// The refusal that a 4xx is.
pub fn of(answer: &Response) -> DialFault {
    let problem: Problem = answer.json().unwrap_or_default();
    let code = problem.code.unwrap_or_else(|| answer.status.to_string());
    let scope = if answer.status == 429 { RefusalScope::ThisMoment } else { scope(answer.status, &code) };
    let message = problem.message.unwrap_or_else(|| answer.error().message);
    DialFault::Refused(Refusal { code, message, scope, retry_after_ms: answer.retry_after_ms() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str, headers: &[(&str, &str)]) -> Refusal {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match of(&Response { status, headers, body: body.as_bytes().to_vec() }) {
            DialFault::Refused(refusal) => refusal,
            DialFault::Unsure(why) => panic!("{why}"),
        }
    }

    #[test]
    fn each_code_is_about_something() {
        use RefusalScope::{ThisAccount, ThisCallerId, ThisMoment, ThisNumber};
        for (status, code, scope) in [
            (400, 21210, ThisCallerId),
            (400, 21212, ThisCallerId),
            (400, 21211, ThisNumber),
            (400, 21215, ThisNumber),
            (400, 21216, ThisNumber),
            (400, 21217, ThisNumber),
            (400, 21614, ThisNumber),
            (401, 20003, ThisAccount),
            (403, 20005, ThisAccount),
            (404, 20404, ThisAccount),
            (400, 21205, ThisAccount),
            (400, 21219, ThisAccount),
            (429, 20429, ThisMoment),
            (400, 22005, ThisMoment),
            (400, 99999, ThisMoment),
            (403, 99999, ThisAccount),
        ] {
            let refusal = refused(status, &format!(r#"{{"code": {code}, "message": "m", "status": {status}}}"#), &[]);
            assert_eq!((refusal.scope, refusal.code, refusal.message), (scope, code.to_string(), "m".into()), "{code}");
        }
    }

    #[test]
    fn too_many_requests_say_how_long_to_wait() {
        let refusal = refused(429, r#"{"code": "20429"}"#, &[("retry-after", "2")]);
        assert_eq!((refusal.scope, refusal.retry_after_ms), (RefusalScope::ThisMoment, Some(2_000)));
        assert_eq!(refused(429, r#"{"code": 21211}"#, &[]).scope, RefusalScope::ThisMoment);
    }

    #[test]
    fn a_body_that_is_no_json_is_told_as_it_is() {
        let refusal = refused(401, "<h1>no</h1>", &[]);
        assert_eq!((refusal.scope, refusal.code.as_str()), (RefusalScope::ThisAccount, "401"));
        assert!(refusal.message.contains("<h1>no</h1>"));
    }
}
