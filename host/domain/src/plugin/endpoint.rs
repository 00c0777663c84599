//! Addresses of auth blocks: where a person consents and where tokens come from.
//!
//! Most providers have one host for everybody. Some have one per customer (`https://{domain}/oauth/token`), and then the
//! host is a setting of the tenant's, to which the host of this program sends an application's secret. Hence three rules.
//! A setting stands for whole labels of the host and for nothing else: what it says becomes neither a port, nor a user, nor
//! a path. What it says is a DNS name. And the name that comes out must be covered by a host that the manifest asks for
//! and the tenant granted, as any request's must; only an address without a setting is granted with its block.
//!
//! A system inside the operator's own network has a port and perhaps no https. Where the setting that is the whole host
//! holds such an address and the operator lists its host and port, the address counts as it is, as a request's would.

use serde_json::Value;

use super::hosts::{HostPattern, host_in, is_dns_name};

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// The manifest's author wrote it so that no setting could make it right.
    #[error(
        "{0:?} is no address for an auth block; write https://, a host and a path, with settings only for whole labels of the host, for example https://{{domain}}/oauth/token or https://{{account}}.example.com/oauth/token"
    )]
    Form(String),
    /// The setting is missing or is not a text.
    #[error("the setting {0:?} is part of the provider's address and is not filled in")]
    Missing(String),
    /// The setting is no name.
    #[error(
        "the setting {setting:?} is {value:?} and is part of the provider's address; write a host name such as acme.example.com, without a port or a path"
    )]
    NoName {
        /// Which.
        setting: String,
        /// As filled in, cut.
        value: String,
    },
    /// Filled in, it leads where nobody granted.
    #[error("the host {0} is not granted; the manifest must ask for it in `hosts` and the tenant must grant it")]
    NotGranted(String),
}

/// A piece of a host between dots.
enum Piece<'a> {
    Text(&'a str),
    Setting(&'a str),
}

/// An address, taken apart: everything before its host, the host's pieces, everything after it.
struct Template<'a> {
    scheme: &'a str,
    pieces: Vec<Piece<'a>>,
    rest: &'a str,
}

fn is_setting_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `None`: it has no setting, and nothing is to be filled in.
fn template(text: &str) -> Result<Option<Template<'_>>, BadEndpoint> {
    if !text.contains(['{', '}']) {
        return Ok(None);
    }
    let bad = || BadEndpoint::Form(text.to_owned());
    let (scheme, behind) = text.split_once("://").ok_or_else(bad)?;
    let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
    let (authority, path) = behind.split_at(end);
    let host_end = authority.rfind(':').unwrap_or(authority.len());
    let (host, port) = authority.split_at(host_end);
    let is_port = port.is_empty() || (port.len() > 1 && port[1..].bytes().all(|byte| byte.is_ascii_digit()));
    if !scheme.bytes().all(|byte| byte.is_ascii_lowercase()) || !is_port || path.contains(['{', '}']) {
        return Err(bad());
    }
    let piece = |label| -> Result<Piece<'_>, BadEndpoint> {
        let inside = |label: &'_ str| label.len() > 2 && label.starts_with('{') && label.ends_with('}');
        match label {
            label if inside(label) && is_setting_name(&label[1..label.len() - 1]) => {
                Ok(Piece::Setting(&label[1..label.len() - 1]))
            }
            label if is_dns_name(&format!("{label}.x"), 2) => Ok(Piece::Text(label)),
            _ => Err(bad()),
        }
    };
    let pieces: Vec<_> = host.split('.').map(piece).collect::<Result<_, _>>()?;
    Ok(Some(Template { scheme, pieces, rest: &behind[host_end..] }))
}

/// The settings that an address names.
///
/// # Errors
/// It could not be right whatever they say.
pub fn settings_of(text: &str) -> Result<Vec<&str>, BadEndpoint> {
    let pieces = template(text)?.map(|template| template.pieces).unwrap_or_default();
    let name = |piece| match piece {
        Piece::Setting(name) => Some(name),
        Piece::Text(_) => None,
    };
    Ok(pieces.into_iter().filter_map(name).collect())
}

/// Scheme, host and port of an address that says all three.
fn origin(text: &str) -> Option<(&str, String, u16)> {
    let (scheme, behind) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let authority = behind.split(['/', '?', '#']).next()?;
    let (host, port) = authority.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    Some((scheme, host.to_ascii_lowercase(), port.parse().ok().filter(|_| is_port)?))
}

/// An address with its settings filled in; one without settings stays as it is. `hosts`: what was granted, of the block
/// where it names any, else of the manifest. `is_listed`: whether the operator lists a host and port.
///
/// # Errors
/// See [`BadEndpoint`].
pub fn fill(
    text: &str,
    hosts: &[HostPattern],
    settings: &Value,
    is_listed: impl Fn(&str, u16) -> bool,
) -> Result<String, BadEndpoint> {
    let Some(template) = template(text)? else { return Ok(text.to_owned()) };
    let is_whole = template.pieces.len() == 1;
    if let [Piece::Setting(name)] = template.pieces[..]
        && let Some((scheme, host, port)) = settings.get(name).and_then(Value::as_str).and_then(origin)
        && template.rest.starts_with('/')
        && is_listed(&host, port)
        && hosts.iter().any(|pattern| pattern.covers(&host, settings))
    {
        return Ok(format!("{scheme}://{host}:{port}{}", template.rest));
    }
    let value = |name: &str| -> Result<String, BadEndpoint> {
        let written = settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let written = written.ok_or_else(|| BadEndpoint::Missing(name.to_owned()))?;
        // As in `hosts`: the setting that holds the whole address may hold a URL.
        let host = if is_whole { host_in(written) } else { written.to_ascii_lowercase() };
        if is_dns_name(&host, if is_whole { 2 } else { 1 }) {
            return Ok(host);
        }
        let value = written.chars().take(80).collect();
        Err(BadEndpoint::NoName { setting: name.to_owned(), value })
    };
    let label = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => Ok((*text).to_owned()),
        Piece::Setting(name) => value(name),
    };
    let host = template.pieces.iter().map(label).collect::<Result<Vec<_>, _>>()?.join(".");
    if !is_dns_name(&host, 2) || !hosts.iter().any(|pattern| pattern.covers(&host, settings)) {
        return Err(BadEndpoint::NotGranted(host));
    }
    Ok(format!("{}://{host}{}", template.scheme, template.rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hosts(patterns: &[&str]) -> Vec<HostPattern> {
        patterns.iter().map(|pattern| pattern.parse().unwrap()).collect()
    }

    fn filled(text: &str, patterns: &[&str], value: &str) -> Result<String, BadEndpoint> {
        fill(text, &hosts(patterns), &json!({"domain": value}), |_, _| false)
    }

    const WHOLE: &str = "https://{domain}/services/oauth2/token?x=1";
    const BELOW: &str = "https://{domain}.example.com:8443/oauth/token";

    #[test]
    fn an_address_without_settings_is_granted_with_its_block() {
        assert_eq!(
            fill("https://login.example/token", &[], &json!({}), |_, _| false).unwrap(),
            "https://login.example/token"
        );
    }

    #[test]
    fn a_setting_is_the_host_or_labels_of_it() {
        let whole = "https://acme.my.example.com/services/oauth2/token?x=1";
        for value in ["acme.my.example.com", "ACME.my.example.com", "https://acme.my.example.com:8443/lightning"] {
            assert_eq!(filled(WHOLE, &["{domain}"], value).unwrap(), whole, "{value}");
        }
        assert_eq!(filled(WHOLE, &["*.my.example.com"], "acme.my.example.com").unwrap(), whole);
        for (value, host) in [("acme", "acme.example.com"), ("Acme.eu", "acme.eu.example.com")] {
            let url = format!("https://{host}:8443/oauth/token");
            assert_eq!(filled(BELOW, &["*.example.com"], value).unwrap(), url);
        }
        // A provider with one host per region: only the regions that the manifest names.
        let region = "https://accounts.example.{domain}/token";
        assert!(filled(region, &["accounts.example.com", "accounts.example.eu"], "eu").is_ok());
        let sly = filled(region, &["accounts.example.com", "accounts.example.eu"], "evil.org");
        assert_eq!(sly, Err(BadEndpoint::NotGranted("accounts.example.evil.org".to_owned())));
    }

    #[test]
    fn a_value_that_is_no_name_leads_nowhere() {
        for value in [
            "evil.org/",
            "evil.org#",
            "evil.org?",
            "evil.org/x?y#",
            "user@evil.org",
            "user:pw@evil.org",
            "evil.org:443",
            "evil.org\\",
            "evil.org%2f",
            "%65vil.org",
            "evil..org",
            ".evil.org",
            "evil.org.",
            "evil org",
            "evil\norg",
            "evil.org\t",
            "-evil",
            "evil-",
            "évil",
            "127.1",
            "0x7f.1",
            "2130706433",
            "[::1]",
            "{other}",
            "*",
            "",
            "..",
            "/",
        ] {
            let below = filled(BELOW, &["*.example.com"], value);
            let is_refused = matches!(below, Err(BadEndpoint::NoName { .. } | BadEndpoint::Missing(_)));
            assert!(is_refused, "{value:?}: {below:?}");
        }
    }

    #[test]
    fn a_whole_host_is_the_one_that_is_granted() {
        for value in
            ["127.0.0.1", "localhost", "[::1]", "10.1", "https://", "2130706433", "a..b", "https://a b.c/", " acme.org"]
        {
            assert!(filled(WHOLE, &["{domain}"], value).is_err(), "{value:?}");
        }
        // The host of a URL is what stands behind its user.
        let sly = filled(WHOLE, &["login.example.com"], "https://login.example.com@evil.org/");
        assert_eq!(sly, Err(BadEndpoint::NotGranted("evil.org".to_owned())));
        assert_eq!(filled(WHOLE, &[], "acme.org"), Err(BadEndpoint::NotGranted("acme.org".to_owned())));
        for settings in [json!({}), json!({"domain": 7}), json!({"domain": null}), json!({"domain": ["a.org"]})] {
            assert_eq!(
                fill(WHOLE, &hosts(&["{domain}"]), &settings, |_, _| true),
                Err(BadEndpoint::Missing("domain".to_owned()))
            );
        }
    }

    #[test]
    fn an_address_that_the_operator_lists_counts_as_it_is() {
        let filled = |text: &str, patterns: &[&str], value: &str| {
            fill(text, &hosts(patterns), &json!({"domain": value}), |host, port| (host, port) == ("127.0.0.1", 8080))
                .ok()
        };
        let inside = Some("http://127.0.0.1:8080/services/oauth2/token?x=1".to_owned());
        assert_eq!(filled(WHOLE, &["{domain}"], "http://127.0.0.1:8080"), inside);
        assert_eq!(filled(WHOLE, &["{domain}"], "http://127.0.0.1:8080/lightning"), inside);
        assert_eq!(filled(WHOLE, &["login.example.com"], "http://127.0.0.1:8080"), None, "listed and not granted");
        assert_eq!(filled("https://{domain}:8443/token", &["{domain}"], "http://127.0.0.1:8080"), None);
        for other in [
            "http://127.0.0.1:8081",
            "http://127.0.0.1",
            "127.0.0.1:8080",
            "http://127.0.0.2:8080",
            "http://a@127.0.0.1:8080",
            "http://127.0.0.1:+8080",
            "http://127.0.0.1:08080x",
            "ftp://127.0.0.1:8080",
        ] {
            assert_eq!(filled(WHOLE, &["{domain}"], other), None, "{other}");
        }
    }

    #[test]
    fn a_setting_stands_for_nothing_but_labels_of_the_host() {
        assert_eq!(settings_of("https://{a}.{b}.example.com/x").unwrap(), ["a", "b"]);
        for bad in [
            "https://login.example.com/{domain}",
            "https://login.example.com?{domain}",
            "{domain}",
            "{scheme}://a.example/x",
            "https://{domain}@login.example.com/",
            "https://login.example.com:{port}/",
            "https://x{domain}.example.com/",
            "https://{domain}x.example.com/",
            "https://{a}{b}.example.com/",
            "https://{}.example.com/",
            "https://{a b}.org/",
            "https://{domain/x}.org/",
            "https://{domain",
            "https://domain}.org/",
            "https://{do{main}}.org/",
            "https://.{domain}/",
            "https://u:p@{domain}/",
            "https://{domain}:/x",
            "https://{domain}\\x/",
            "HTTPS://{domain}/",
        ] {
            assert!(matches!(settings_of(bad), Err(BadEndpoint::Form(_))), "{bad}");
            assert!(fill(bad, &hosts(&["{domain}"]), &json!({"domain": "acme.org"}), |_, _| true).is_err(), "{bad}");
        }
    }
}
