//! What the operator lists as reachable although the rules say no: tests, and systems on the operator's own premises.
//!
//! One entry is one host and one port, spelt exactly; there are no ranges and no wildcards. A tenant can add none. To a
//! listed pair plain http is allowed and its addresses are not checked; that a tenant granted the host is checked as ever.

use std::collections::BTreeSet;

use url::Url;

/// Pairs of host and port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemptions(BTreeSet<(String, u16)>);

/// A text that is no pair.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} exempts nothing; write one host and its port, for example crm.intern.example:8443 or 127.0.0.1:8080")]
pub struct NotAnExemption(pub String);

impl Exemptions {
    /// Reads `host:port` pairs.
    ///
    /// # Errors
    /// The first text that is none.
    pub fn parse<T: AsRef<str>>(pairs: impl IntoIterator<Item = T>) -> Result<Self, NotAnExemption> {
        let pair = |text: T| {
            let text = text.as_ref();
            pair(text).ok_or_else(|| NotAnExemption(text.to_owned()))
        };
        pairs.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a pair is listed; `host` as [`crate::target`] writes it.
    pub(crate) fn cover(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|(known, at)| known == host && *at == port)
    }
}

fn pair(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let url = Url::parse(&format!("http://{host}:{port}/")).ok()?;
    let read = url.host_str()?;
    // What the parser would change is a spelling that somebody mistook for another host.
    (read == host.to_ascii_lowercase() && !host.ends_with('.') && !host.contains('*')).then(|| (read.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_exact() {
        let listed = Exemptions::parse(["CRM.intern.example:8443", "127.0.0.1:80", "[::1]:9000"]).unwrap();
        assert!(
            listed.cover("crm.intern.example", 8443) && listed.cover("127.0.0.1", 80) && listed.cover("[::1]", 9000)
        );
        assert!(!listed.cover("crm.intern.example", 443) && !listed.cover("intern.example", 8443));
        assert!(!listed.cover("127.0.0.2", 80));
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for bad in [
            "",
            "crm.example",
            "crm.example:",
            "crm.example:0",
            "*.example:80",
            "127.1:80",
            "a/b:80",
            "x@y:80",
            "http://crm.example:80",
            "crm.example.:80",
            "2130706433:80",
            "::1:80",
            "crm.example:99999",
        ] {
            assert!(Exemptions::parse([bad]).is_err(), "{bad}");
        }
    }
}
