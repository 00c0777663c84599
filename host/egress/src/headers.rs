//! Headers in both directions: which of a guest's are written, which of an answer's are told.
//!
//! Whatever frames a message or names its destination is the host's. `authorization` is the guest's only where no auth
//! block is named: providers with signatures of their own need it (`secret.hmac` and `secret.sign-jwt` are lent for that),
//! and a secret that the host adds must not have a rival. A redirect to another origin takes along nothing that could be a
//! credential, and since any header could be, only the few that cannot.

use campanile_domain::plugin::secrets::Secrets;
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// The most headers of a guest's request.
const MOST: usize = 64;
/// The most bytes of their names and values together.
const MOST_BYTES: usize = 16 << 10;

/// Written by the host or by nobody. `accept-encoding` because the host unpacks, and bounds what it unpacked.
const HOSTS_OWN: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What a request to another origin may keep.
const HARMLESS: [&str; 3] = ["accept", "accept-language", "user-agent"];
/// What describes a body, and goes when the body goes.
const OF_THE_BODY: [&str; 6] =
    ["content-type", "content-encoding", "content-language", "content-location", "content-md5", "digest"];
/// Not told to a guest: credentials, and what only the host's connection is concerned with.
const NOT_TOLD: [&str; 18] = [
    "authentication-info",
    "authorization",
    "connection",
    "keep-alive",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-access-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-refresh-token",
    "x-session-token",
    "x-subject-token",
];

/// Whether only the host may write a header of that name (lower case).
pub fn is_hosts_own(name: &str) -> bool {
    HOSTS_OWN.contains(&name) || name.starts_with("proxy-")
}

/// Reads a guest's headers. `filled` is the header that an auth block fills in, `authorised` whether a block is named.
///
/// # Errors
/// The rule that one of them breaks.
pub fn of_guest(
    pairs: &[(String, String)],
    authorised: bool,
    filled: Option<&HeaderName>,
) -> Result<HeaderMap, String> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if pairs.len() > MOST || bytes > MOST_BYTES {
        return Err(format!(
            "the request has {} headers of {bytes} bytes; {MOST} headers of {MOST_BYTES} bytes are allowed",
            pairs.len()
        ));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let shown: String = name.chars().take(60).collect();
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{shown:?} is not the name of a header"))?;
        if is_hosts_own(name.as_str()) {
            return Err(format!("the header {name} belongs to the host; leave it out"));
        }
        if (authorised && name == http::header::AUTHORIZATION) || filled == Some(&name) {
            return Err(format!("the request names an auth block, which fills in the header {name}; leave it out"));
        }
        let value = HeaderValue::from_str(value).map_err(|_| {
            format!("the value of the header {name} has characters that a header may not have; write visible ASCII")
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Takes out what may not go to another origin.
pub fn keep_harmless(headers: &mut HeaderMap) {
    let harmful: Vec<_> = headers.keys().filter(|name| !HARMLESS.contains(&name.as_str())).cloned().collect();
    for name in harmful {
        headers.remove(name);
    }
}

/// Takes out what described a body that is not sent any more.
pub fn drop_body(headers: &mut HeaderMap) {
    for name in OF_THE_BODY {
        headers.remove(name);
    }
}

/// What a guest is told of an answer's headers; a credential of its own that a provider sends back is blanked.
pub fn of_answer(headers: &HeaderMap, secrets: &Secrets) -> Vec<(String, String)> {
    let told = |name: &HeaderName| !NOT_TOLD.contains(&name.as_str()) && !name.as_str().starts_with("proxy-");
    let text = |value: &HeaderValue| secrets.blank(&String::from_utf8_lossy(value.as_bytes()));
    headers.iter().filter(|(name, _)| told(name)).map(|(name, value)| (name.to_string(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<HeaderMap, String> {
        of_guest(&[(name.to_owned(), value.to_owned())], false, None)
    }

    #[test]
    fn what_belongs_to_the_host_is_refused_in_any_case() {
        for name in [
            "Host",
            "Content-Length",
            "Transfer-Encoding",
            "Connection",
            "TE",
            "Upgrade",
            "Expect",
            "Cookie",
            "Proxy-Authorization",
            "proxy-anything",
            "Keep-Alive",
            "Trailer",
            "HTTP2-Settings",
            "Accept-Encoding",
        ] {
            assert!(read(name, "x").is_err_and(|why| why.contains("belongs to the host")), "{name}");
        }
        for name in ["Accept", "Content-Type", "Authorization", "X-Api-Key", "Version", "Idempotency-Key"] {
            assert!(read(name, "x").is_ok(), "{name}");
        }
    }

    #[test]
    fn a_block_has_no_rival() {
        let own = HeaderName::from_static("x-api-key");
        let ask = |name: &str| of_guest(&[(name.to_owned(), "x".to_owned())], true, Some(&own));
        assert!(ask("Authorization").is_err() && ask("X-API-Key").is_err() && ask("X-Other").is_ok());
    }

    #[test]
    fn what_is_no_header_is_denied_and_never_a_panic() {
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("a:b", "x"),
            ("näme", "x"),
            (":path", "x"),
            ("a\r\nhost", "x"),
            ("a", "x\r\nhost: y"),
            ("a", "\0"),
            ("a", "x\ny"),
            ("a", "\u{7f}"),
        ] {
            assert!(read(name, value).is_err(), "{name:?}: {value:?}");
        }
        let many: Vec<_> = (0..=MOST).map(|at| (format!("x-{at}"), String::new())).collect();
        assert!(of_guest(&many, false, None).is_err());
        assert!(read("x", &"v".repeat(MOST_BYTES)).is_err());
    }

    #[test]
    fn an_answer_tells_no_credential() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("set-cookie", "a=b"),
            ("x-auth-token", "t"),
            ("proxy-authenticate", "x"),
            ("content-type", "text/plain"),
            ("x-echo", "Bearer s3cr3t-value"),
            ("retry-after", "3"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let secrets: Secrets = [("token", "s3cr3t-value")].into_iter().collect();
        let mut told = of_answer(&headers, &secrets);
        told.sort();
        let expected = [("content-type", "text/plain"), ("retry-after", "3"), ("x-echo", "Bearer [secret token]")];
        assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
