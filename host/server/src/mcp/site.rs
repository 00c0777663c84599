//! From which page a request comes: protection against DNS rebinding.
//!
//! A page in somebody's browser can make a name of its own point at this host and then speak to it as its own server. Such a request
//! names the page's host in `Host` and the page in `Origin`. So `Host` has to be the public address's, or an IP address, or
//! `localhost`, none of which a stranger's name can be; and an `Origin`, which only browsers send, has to be the public address
//! itself, or another page of this machine when the public address is this machine's.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Uri, header};

use crate::app::App;
use crate::codes;
use crate::problem::{FieldProblem, Problem};

/// The request comes from no stranger's page.
pub(crate) struct OwnSite;

impl FromRequestParts<Arc<App>> for OwnSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        check(&parts.uri, &parts.headers, &app.config.public_url).map(|()| Self)
    }
}

/// An origin as RFC 6454 compares it.
#[derive(PartialEq, Eq)]
struct Site {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Site {
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let authority = uri.authority()?;
        let usual = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Some(Self { host: bare(authority.host()), port: authority.port_u16().or(usual), scheme })
    }
}

fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

fn address(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

fn check(uri: &Uri, headers: &HeaderMap, public_url: &str) -> Result<(), Problem> {
    let own = Site::of(public_url);
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let named = text(header::HOST).or(uri.authority().map(Authority::as_str)).unwrap_or_default();
    let host = named.parse::<Authority>().map(|authority| bare(authority.host())).unwrap_or_default();
    let is_own = own.as_ref().is_some_and(|own| own.host == host);
    if !(is_own || host == "localhost" || address(&host).is_some()) {
        let message = format!(
            "the request is for the host {named:?}, and this one is {public_url}; use that address, or have its operator \
             set the public URL by which it is reached"
        );
        return Err(refused("host", message));
    }
    let Some(origin) = text(header::ORIGIN) else { return Ok(()) };
    let local = own.as_ref().is_some_and(|own| is_loopback(&own.host));
    let allowed =
        Site::of(origin).is_some_and(|from| own.as_ref() == Some(&from) || (local && is_loopback(&from.host)));
    if allowed {
        return Ok(());
    }
    let message = format!(
        "the request was sent by a page of {origin:?}, and only pages of {public_url} may; connect with a client that is \
         no web page"
    );
    Err(refused("origin", message))
}

fn refused(code: &str, message: String) -> Problem {
    Problem::new(&codes::OTHER_SITE, message.clone()).with([FieldProblem::new("", code, message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(public_url: &str, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        check(&Uri::from_static("/mcp"), &headers, public_url).is_ok()
    }

    #[test]
    fn only_names_that_a_stranger_cannot_have_are_hosts() {
        for host in
            ["calls.example", "CALLS.example:443", "calls.example.", "127.0.0.1:8080", "localhost:1", "[::1]:8080"]
        {
            assert!(allowed("https://calls.example", host, None), "{host}");
        }
        for host in ["10.0.0.7:8080", "[fd00::1]"] {
            assert!(allowed("https://calls.example", host, None), "nobody rebinds an address: {host}");
        }
        for host in [
            "evil.example",
            "calls.example.evil.example",
            "localhost.evil.example",
            "",
            "a b",
            "127.0.0.1.evil.example",
        ] {
            assert!(!allowed("https://calls.example", host, None), "{host}");
        }
        assert!(!allowed("no url at all", "calls.example", None));
    }

    #[test]
    fn pages_are_the_public_address_s_or_this_machine_s_for_this_machine() {
        let public = |origin| allowed("https://calls.example", "calls.example", Some(origin));
        for own in ["https://calls.example", "https://calls.example:443", "HTTPS://Calls.Example"] {
            assert!(public(own), "{own}");
        }
        for other in [
            "http://calls.example",
            "https://calls.example:8443",
            "https://evil.example",
            "null",
            "",
            "http://localhost",
        ] {
            assert!(!public(other), "{other}");
        }
        let local = |origin| allowed("http://127.0.0.1:8080", "127.0.0.1:8080", Some(origin));
        for own in ["http://127.0.0.1:8080", "http://localhost:6274", "http://[::1]:3000"] {
            assert!(local(own), "{own}");
        }
        for other in ["https://evil.example", "http://localhost.evil.example", "null"] {
            assert!(!local(other), "{other}");
        }
    }

    #[test]
    fn the_authority_of_newer_http_is_a_host_too() {
        let of = |uri| check(&Uri::from_static(uri), &HeaderMap::new(), "https://calls.example").is_ok();
        assert!(of("https://calls.example/mcp"));
        assert!(!of("https://evil.example/mcp") && !of("/mcp"));
    }
}
