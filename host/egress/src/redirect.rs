//! What a redirect asks for, and whether the host does it. Pure.
//!
//! Methods change as RFC 9110 15.4 has it: POST becomes GET on 301 and 302, everything but HEAD becomes GET on 303. A
//! redirect that would repeat any other request than GET or HEAD is not followed but handed to the guest as the answer,
//! because a dial is never sent twice. Where it leads is judged elsewhere, like any other target.

use http::{Method, StatusCode};
use url::Url;

/// The most that are followed for one request.
pub const MOST: usize = 5;

/// What becomes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is the guest's.
    Answer,
    /// Ask there.
    Follow {
        /// Not judged yet.
        url: String,
        /// GET or HEAD.
        method: Method,
    },
}

/// Reads an answer's status and `Location`.
///
/// # Errors
/// The location is no URL.
pub fn next(status: StatusCode, method: &Method, location: Option<&str>, from: &Url) -> Result<Next, String> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let method = match status.as_u16() {
        301 | 302 if *method == Method::POST => Method::GET,
        303 if *method != Method::HEAD => Method::GET,
        301 | 302 | 303 | 307 | 308 if reads => method.clone(),
        _ => return Ok(Next::Answer),
    };
    let Some(location) = location else { return Ok(Next::Answer) };
    // Joining forgives what a guest is not forgiven; the strict reading of a whole URL comes after it.
    let strange = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\';
    let url = from.join(location).ok().filter(|_| !location.contains(strange));
    let url = url.ok_or_else(|| {
        format!("a redirect of {} leads to something that is no URL", from.host_str().unwrap_or_default())
    })?;
    Ok(Next::Follow { url: url.into(), method })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(status: u16, method: Method, location: Option<&str>) -> Result<Next, String> {
        let from = Url::parse("https://api.example.com/v1/calls?x=1").unwrap();
        next(StatusCode::from_u16(status).unwrap(), &method, location, &from)
    }

    #[test]
    fn methods_change_as_the_standard_says_and_nothing_but_a_read_is_repeated() {
        let to = |method| Ok(Next::Follow { url: "https://api.example.com/there".into(), method });
        for (status, method, expected) in [
            (301, Method::GET, to(Method::GET)),
            (302, Method::HEAD, to(Method::HEAD)),
            (301, Method::POST, to(Method::GET)),
            (302, Method::POST, to(Method::GET)),
            (303, Method::POST, to(Method::GET)),
            (303, Method::PUT, to(Method::GET)),
            (303, Method::DELETE, to(Method::GET)),
            (303, Method::HEAD, to(Method::HEAD)),
            (307, Method::GET, to(Method::GET)),
            (308, Method::HEAD, to(Method::HEAD)),
            (301, Method::PUT, Ok(Next::Answer)),
            (302, Method::DELETE, Ok(Next::Answer)),
            (307, Method::POST, Ok(Next::Answer)),
            (308, Method::POST, Ok(Next::Answer)),
            (308, Method::PATCH, Ok(Next::Answer)),
            (300, Method::GET, Ok(Next::Answer)),
            (304, Method::GET, Ok(Next::Answer)),
            (201, Method::POST, Ok(Next::Answer)),
        ] {
            assert_eq!(ask(status, method.clone(), Some("/there")), expected, "{status} {method}");
        }
        assert_eq!(ask(302, Method::GET, None), Ok(Next::Answer));
    }

    #[test]
    fn a_location_is_read_from_where_the_request_went() {
        let url = |location| match ask(302, Method::GET, Some(location)) {
            Ok(Next::Follow { url, .. }) => url,
            other => format!("{other:?}"),
        };
        assert_eq!(url("b"), "https://api.example.com/v1/b");
        assert_eq!(url("?y=2"), "https://api.example.com/v1/calls?y=2");
        assert_eq!(url("//127.1/x"), "https://127.0.0.1/x");
        assert_eq!(url("http://other.example/"), "http://other.example/");
        for bad in ["https://[::1", "\\\\127.0.0.1\\x", "/a b", "https://a.example:99999/"] {
            assert!(ask(302, Method::GET, Some(bad)).is_err(), "{bad}");
        }
    }
}
