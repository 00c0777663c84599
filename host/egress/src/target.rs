//! Where a request wants to go, judged before anything is resolved.
//!
//! One parser decides what a text means, the one that the client uses too, so that no two readers can disagree about a
//! host. Each rule is about what was parsed, never about how it was spelt: `0x7f.1`, `2130706433` and `127.0.0.1` are one
//! address here. A literal address is judged now, because the client asks no resolver about it; a name is judged when it
//! is resolved (see [`crate::resolve`]).

use std::net::IpAddr;

use campanile_domain::plugin::hosts::HostPattern;
use serde_json::Value;
use url::{Host, Url};

use crate::address::{self, Range};
use crate::exemptions::Exemptions;

/// The longest URL, in bytes.
const URL_BYTES: usize = 8 << 10;
/// Ports below this belong to services that are not the web's, but for [`HTTPS_PORT`].
const FIRST_FREE_PORT: u16 = 1024;
const HTTPS_PORT: u16 = 443;

/// A place that a request may go to, as far as its URL tells.
#[derive(Clone, Debug)]
pub struct Target {
    /// Without user, password and fragment; the host in lower case without a dot at its end.
    pub url: Url,
    /// The operator lists its host and port.
    pub is_exempt: bool,
}

/// A place that a request may not go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No URL, or one that could be read in two ways.
    #[error(
        "{0} is not an absolute URL; write https://, a host and a path, without spaces, backslashes and line breaks"
    )]
    NotAUrl(String),
    /// Longer than [`URL_BYTES`].
    #[error("the URL has {0} bytes; {URL_BYTES} are allowed")]
    TooLong(usize),
    /// Not https.
    #[error("{scheme}://{host} is not https; plain http is only for the hosts that the operator lists")]
    Scheme {
        /// As written.
        scheme: String,
        /// Of the URL.
        host: String,
    },
    /// `user:password@host`.
    #[error("the URL names a user before its host {0}; take it out and use an auth block")]
    UserInfo(String),
    /// Nobody granted it.
    #[error("the host {0} is not granted; the manifest must ask for it in `hosts` and the tenant must grant it")]
    NotGranted(String),
    /// A port that is not the web's.
    #[error("port {0} is refused; use {HTTPS_PORT} or one from {FIRST_FREE_PORT} up")]
    Port(u16),
    /// An address that is not public.
    #[error("{host} is a {} address; only public ones may be reached, unless the operator lists the host and port", range.0)]
    Address {
        /// Of the URL.
        host: String,
        /// Which range.
        range: Range,
    },
}

/// Judges the URL that a guest wrote.
pub fn check(text: &str, hosts: &[HostPattern], settings: &Value, exemptions: &Exemptions) -> Result<Target, Refused> {
    let target = reach(parse(text)?, exemptions)?;
    let host = target.host();
    if hosts.iter().any(|pattern| pattern.covers(host, settings)) {
        Ok(target)
    } else {
        Err(Refused::NotGranted(host.to_owned()))
    }
}

/// Reads a text that cannot be read in two ways.
pub fn parse(text: &str) -> Result<Url, Refused> {
    if text.len() > URL_BYTES {
        return Err(Refused::TooLong(text.len()));
    }
    let strange = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\';
    let url = Url::parse(text).ok().filter(|_| !text.contains(strange));
    url.ok_or_else(|| Refused::NotAUrl(shown(text)))
}

/// Judges everything but the grant: a URL of the host's own (where tokens come from) is granted with its block.
pub fn reach(mut url: Url, exemptions: &Exemptions) -> Result<Target, Refused> {
    let named = url.host_str().map(str::to_owned);
    let host = named.filter(|host| !host.is_empty()).ok_or_else(|| Refused::NotAUrl(shown(url.as_str())))?;
    let bare = host.strip_suffix('.').unwrap_or(&host).to_owned();
    if bare.is_empty() || bare.ends_with('.') || (bare != host && url.set_host(Some(&bare)).is_err()) {
        return Err(Refused::NotAUrl(shown(&host)));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo(bare));
    }
    url.set_fragment(None);
    let port = url.port_or_known_default().unwrap_or(0);
    let is_exempt = exemptions.cover(&bare, port) && matches!(url.scheme(), "http" | "https");
    if is_exempt {
        return Ok(Target { url, is_exempt });
    }
    if url.scheme() != "https" {
        return Err(Refused::Scheme { scheme: url.scheme().to_owned(), host: bare });
    }
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    if let Some(Err(range)) = literal.map(address::check) {
        return Err(Refused::Address { host: bare, range });
    }
    if port != HTTPS_PORT && port < FIRST_FREE_PORT {
        return Err(Refused::Port(port));
    }
    Ok(Target { url, is_exempt })
}

/// A guest's text, short enough for a message.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    format!("{short:?}")
}

impl Target {
    /// The host in lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether both are one scheme, host and port.
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }
}

#[cfg(test)]
mod tests;
