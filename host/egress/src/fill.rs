//! Filling in an auth block: from settings and secrets to what is written into a request.
//!
//! A secret is looked up by name and put into a header or a parameter of its own; no text of a guest's is ever searched
//! for a place to put it. Messages name a secret and never show it.

use campanile_domain::plugin::auth::{AuthBlock, AuthStyle, Credential};
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString, Secrets};
use campanile_domain::ports::outbound::OutboundFault;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::blank;
use crate::headers;

/// What an instance has to fill a block in with.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// Its settings.
    pub settings: &'a Value,
    /// Its secrets.
    pub secrets: &'a Secrets,
}

impl Means<'_> {
    /// The text behind a credential.
    ///
    /// # Errors
    /// It is not filled in.
    pub fn read(&self, credential: &Credential) -> Result<SecretString, OutboundFault> {
        match credential {
            Credential::Text(text) => Ok(SecretString::from(text.clone())),
            Credential::Secret(name) => self.secrets.get(name).cloned().ok_or_else(|| {
                OutboundFault::Unauthorised(format!("the secret {name:?} is not filled in; enter it for this instance"))
            }),
            Credential::Setting(name) => match self.settings.get(name) {
                Some(Value::String(text)) => Ok(SecretString::from(text.clone())),
                Some(Value::Number(number)) => Ok(SecretString::from(number.to_string())),
                _ => Err(OutboundFault::Unauthorised(format!(
                    "the setting {name:?} is not filled in; enter it for this instance"
                ))),
            },
        }
    }
}

/// Where a credential is written.
#[derive(Clone)]
pub enum Place {
    Header(HeaderName, HeaderValue),
    Query(String, SecretString),
}

/// The header that a block fills in, if it is one; known before any secret is.
pub fn header_of(block: &AuthBlock) -> Result<Option<HeaderName>, OutboundFault> {
    match &block.style {
        AuthStyle::Query { .. } => Ok(None),
        AuthStyle::Header { name, .. } => match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) if name.as_str() == "cookie" || !headers::is_hosts_own(name.as_str()) => Ok(Some(name)),
            _ => Err(OutboundFault::Denied(format!("an auth block cannot fill in the header {name:?}; name another"))),
        },
        _ => Ok(Some(AUTHORIZATION)),
    }
}

/// A header's value out of a scheme or prefix and a secret.
fn value(front: &str, secret: &SecretString) -> Result<HeaderValue, OutboundFault> {
    let mut value = HeaderValue::from_str(&format!("{front}{}", secret.expose_secret())).map_err(|_| {
        OutboundFault::Unauthorised(
            "a credential has characters that a header may not have; enter it again without spaces and line breaks round it"
                .to_owned(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `Authorization: SCHEME TOKEN`; `Bearer` where nothing else is said.
pub fn token(scheme: Option<&str>, token: &SecretString) -> Result<Place, OutboundFault> {
    Ok(Place::Header(AUTHORIZATION, value(&format!("{} ", scheme.unwrap_or("Bearer")), token)?))
}

/// Fills in the styles that need no token of anybody's; `None` for the others.
pub fn directly(block: &AuthBlock, means: Means<'_>) -> Result<Option<Place>, OutboundFault> {
    Ok(Some(match &block.style {
        AuthStyle::Bearer { token: credential } => token(None, &means.read(credential)?)?,
        AuthStyle::Basic { username, password } => {
            let (user, password) = (means.read(username)?, means.read(password)?);
            if user.expose_secret().contains(':') {
                return Err(OutboundFault::Unauthorised(
                    "the user of a basic block may not contain a colon".to_owned(),
                ));
            }
            let pair = SecretString::from(blank::basic(user.expose_secret(), password.expose_secret()));
            Place::Header(AUTHORIZATION, value("Basic ", &pair)?)
        }
        AuthStyle::Header { value: credential, prefix, .. } => match header_of(block)? {
            Some(name) => Place::Header(name, value(prefix, &means.read(credential)?)?),
            None => return Ok(None),
        },
        AuthStyle::Query { name, value } => Place::Query(name.clone(), means.read(value)?),
        AuthStyle::Oauth2AuthorizationCode { .. }
        | AuthStyle::Oauth2ClientCredentials { .. }
        | AuthStyle::JwtBearer { .. } => return Ok(None),
    }))
}

/// Takes every parameter of that name out of a query.
pub fn without(url: &mut Url, name: &str) {
    if url.query_pairs().any(|(known, _)| known == name) {
        let rest: Vec<_> = url
            .query_pairs()
            .filter(|(known, _)| known != name)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !rest.is_empty() {
            url.query_pairs_mut().extend_pairs(rest);
        }
    }
}

impl Place {
    /// Writes it.
    pub fn write(&self, url: &mut Url, headers: &mut HeaderMap) {
        match self {
            Self::Header(name, value) => {
                headers.insert(name, value.clone());
            }
            Self::Query(name, value) => {
                without(url, name);
                url.query_pairs_mut().append_pair(name, value.expose_secret());
            }
        }
    }

    /// What was written, for blanking.
    pub fn text(&self) -> String {
        match self {
            Self::Header(_, value) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            Self::Query(_, value) => value.expose_secret().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(style: Value) -> Result<(String, String), OutboundFault> {
        let block: AuthBlock = serde_json::from_value(style).unwrap();
        let settings = json!({"account": "AC1", "number": 7});
        let secrets: Secrets = [("token", "s3cr3t+value"), ("broken", "a\nb")].into_iter().collect();
        let place = directly(&block, Means { settings: &settings, secrets: &secrets })?.unwrap();
        let mut url = Url::parse("https://api.example.com/x?a=1&key=theirs").unwrap();
        let mut headers = HeaderMap::new();
        place.write(&mut url, &mut headers);
        let shown = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        Ok((url.query().unwrap_or_default().to_owned(), shown.collect::<Vec<_>>().join("\n")))
    }

    #[test]
    fn the_direct_styles_are_written_where_they_belong() {
        let query = || "a=1&key=theirs".to_owned();
        let secret = json!({"secret": "token"});
        assert_eq!(
            filled(json!({"style": "bearer", "token": secret})),
            Ok((query(), "authorization: Bearer s3cr3t+value".to_owned()))
        );
        assert_eq!(
            filled(json!({"style": "basic", "username": {"setting": "account"}, "password": secret})),
            Ok((query(), "authorization: Basic QUMxOnMzY3IzdCt2YWx1ZQ==".to_owned()))
        );
        assert_eq!(
            filled(json!({"style": "header", "name": "X-Api-Key", "value": secret, "prefix": "Token "})),
            Ok((query(), "x-api-key: Token s3cr3t+value".to_owned()))
        );
        assert_eq!(
            filled(json!({"style": "query", "name": "key", "value": secret})),
            Ok(("a=1&key=s3cr3t%2Bvalue".to_owned(), String::new()))
        );
        assert_eq!(
            filled(json!({"style": "bearer", "token": {"setting": "number"}})),
            Ok((query(), "authorization: Bearer 7".to_owned()))
        );
    }

    #[test]
    fn what_is_missing_or_broken_is_named_and_not_shown() {
        let fault = |style| match filled(style) {
            Err(OutboundFault::Unauthorised(why) | OutboundFault::Denied(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(fault(json!({"style": "bearer", "token": {"secret": "none"}})).contains("\"none\""));
        assert!(fault(json!({"style": "bearer", "token": {"setting": "none"}})).contains("\"none\""));
        assert!(!fault(json!({"style": "bearer", "token": {"secret": "broken"}})).contains("a\nb"));
        assert!(fault(json!({"style": "header", "name": "Host", "value": {"text": "x"}})).contains("Host"));
    }
}
