//! Reading what another system sent to the instance's address.
//!
//! The host has answered 2xx already and kept the request, so a plugin has time, cannot reply, and may be given the same
//! request again. Verify the signature before anything else ([`crate::secret`]): the address is a secret only until it is
//! written into somebody's log.

use serde::de::DeserializeOwned;

use crate::types::{PluginError, Webhook};
use crate::url::{query_of, read_pairs};

fn first(pairs: Vec<(String, String)>, name: &str) -> Option<String> {
    pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

impl Webhook {
    /// The value of a header, whatever its name's case; the first of several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The URL's parameters in order, decoded; a name may come again.
    pub fn query(&self) -> Vec<(String, String)> {
        read_pairs(query_of(&self.url))
    }

    /// The first parameter of the URL with this name.
    pub fn parameter(&self, name: &str) -> Option<String> {
        first(self.query(), name)
    }

    /// The body's form fields in order, decoded; a name may come again.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The first field of the form with this name.
    pub fn field(&self, name: &str) -> Option<String> {
        first(self.form(), name)
    }

    /// Whether the body says that it is JSON.
    pub fn is_json(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    }

    /// The body as JSON of the plugin's own type. Code `webhook_unreadable` where it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, PluginError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            PluginError::new("webhook_unreadable", format!("the body of the webhook is not what was expected: {error}"))
        })
    }
}

impl PluginError {
    /// A webhook that is not from whom it says: code `webhook_forged`, and what is wrong with it.
    pub fn forged(why: impl Into<String>) -> Self {
        Self::new("webhook_forged", why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(url: &str, kind: &str, body: &str) -> Webhook {
        Webhook {
            method: "POST".into(),
            url: url.into(),
            headers: vec![("content-type".into(), kind.into())],
            body: body.as_bytes().to_vec(),
            received_at: 0,
        }
    }

    #[test]
    fn forms_headers_and_parameters_are_found() {
        let hook =
            webhook("https://h.example/t?attempt=call_1&a=1&a=2", "application/x-www-form-urlencoded", "To=%2B1&x=");
        assert_eq!(hook.parameter("attempt").as_deref(), Some("call_1"));
        assert_eq!(hook.query().len(), 3);
        assert_eq!((hook.field("To").as_deref(), hook.field("x").as_deref()), (Some("+1"), Some("")));
        assert_eq!((hook.field("y"), hook.header("Content-Type").is_some(), hook.is_json()), (None, true, false));
    }

    #[test]
    fn json_is_read_into_a_type_or_named_as_unreadable() {
        let hook = webhook("https://h.example/t", "Application/Vnd.api+JSON; charset=utf-8", "[1,2]");
        assert!(hook.is_json());
        assert_eq!(hook.json::<Vec<u8>>().unwrap(), [1, 2]);
        assert_eq!(hook.json::<String>().unwrap_err().code, "webhook_unreadable");
        assert!(hook.parameter("attempt").is_none());
    }
}
