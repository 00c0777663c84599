//! What must be blanked out of a text that comes back from outside.
//!
//! The instance's secrets are known by name; tokens, codes and assertions are secrets too, and a provider may echo any of
//! them as it received them: encoded for a form or for basic authentication. All spellings are collected here, and
//! [`Secrets::blank`] does the rest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_domain::plugin::secrets::{ExposeSecret, Secrets};
use url::form_urlencoded::byte_serialize;

/// The longest text of a provider's that an error quotes, in characters.
const QUOTED: usize = 200;

/// As a form writes it.
pub fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// `user:password` as basic authentication writes it (RFC 7617).
pub fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// The secrets of an instance with `more` beside them, in every spelling that a request writes them in.
pub fn spellings<'a>(secrets: &'a Secrets, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Secrets {
    let mut all = Secrets::default();
    let known = secrets.names().filter_map(|name| Some((name, secrets.get(name)?.expose_secret())));
    for (name, value) in known.chain(more) {
        all.insert(name, value);
        let encoded = form_encoded(value);
        if encoded != value {
            all.insert(format!("{name} (encoded)"), encoded);
        }
    }
    all
}

/// A provider's text for an error: blanked, then cut, then without control characters.
pub fn quoted(text: &str, secrets: &Secrets) -> String {
    let blanked = secrets.blank(text);
    blanked.chars().take(QUOTED).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_blanked_before_the_text_is_cut() {
        let secrets: Secrets = [("key", "a+b/c==d")].into_iter().collect();
        let all = spellings(&secrets, [("code", "c0de value")]);
        let text = format!("{} a+b/c==d a%2Bb%2Fc%3D%3Dd c0de value c0de+value", "x".repeat(QUOTED - 4));
        let shown = all.blank(&text);
        assert!(!shown.contains("a+b") && !shown.contains("a%2B") && !shown.contains("c0de"), "{shown}");
        assert!(!quoted(&text, &all).contains("a+b"), "a piece of a secret is a secret");
        assert_eq!(quoted("a\r\nb", &all), "a  b");
    }
}
