//! Asking a provider for a token (RFC 6749).
//!
//! The address rules hold here as for a guest's request; only the grant is the block's own, since whoever granted the
//! block saw its `token_url`. Nothing is followed and nothing repeated, with one exception: a provider that does not know
//! the application by the form is asked once more with basic authentication, because it has refused before it looked at
//! the grant. Whatever it says is quoted without any secret that was sent to it.

use std::time::Duration;

use bytes::Bytes;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString, Secrets};
use campanile_domain::ports::outbound::OutboundFault;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::blank;
use crate::departure::Departure;
use crate::target;
use crate::wire::{self, Order, Wire};

/// The longest answer, in bytes.
const ANSWER_BYTES: usize = 64 << 10;
/// The longest that one request for a token may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fields of the form that say nothing secret.
const NO_SECRETS: [&str; 4] = ["grant_type", "scope", "client_id", "redirect_uri"];

/// An application, as the provider knows it. An empty secret is a public one.
#[derive(Clone)]
pub struct Application {
    pub id: SecretString,
    pub secret: SecretString,
}

/// What is asked.
#[derive(Clone)]
pub struct Question {
    pub tenant: TenantKey,
    pub token_url: String,
    /// The form without the application.
    pub form: Vec<(&'static str, SecretString)>,
    pub application: Option<Application>,
    /// The instance's, for blanking.
    pub secrets: Secrets,
}

/// What was given.
#[derive(Clone, Debug)]
pub struct Granted {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// In seconds, from the question.
    pub lasts_s: Option<i64>,
}

/// No token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// The provider said no; asking the same again is no use. `is_grant`: to the code, the refresh token or the assertion.
    Refused { why: String, is_grant: bool },
    /// It may say yes later, or was not reached.
    Failed(OutboundFault),
}

impl NoToken {
    /// As a guest is told.
    pub fn into_fault(self) -> OutboundFault {
        match self {
            Self::Refused { why, .. } => OutboundFault::Unauthorised(why),
            Self::Failed(fault) => fault,
        }
    }
}

impl Wire {
    /// Asks for a token.
    pub async fn ask_for_token(&self, question: &Question) -> Result<Granted, NoToken> {
        let known = |form: &[(&'static str, SecretString)]| {
            form.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>()
        };
        let mut form = known(&question.form);
        let Some(Application { id, secret }) = &question.application else {
            return self.ask_once(question, &form, None).await.map_err(|no| no.0);
        };
        form.push(("client_id", id.clone()));
        if secret.expose_secret().is_empty() {
            return self.ask_once(question, &form, None).await.map_err(|no| no.0);
        }
        form.push(("client_secret", secret.clone()));
        match self.ask_once(question, &form, None).await {
            Err((_, true)) => {
                let [id, secret] = [id, secret].map(|text| blank::form_encoded(text.expose_secret()));
                let pair = SecretString::from(blank::basic(&id, &secret));
                self.ask_once(question, &question.form, Some(&pair)).await.map_err(|no| no.0)
            }
            other => other.map_err(|no| no.0),
        }
    }

    /// The flag: the provider does not know the application, so it has not looked at the grant.
    async fn ask_once(
        &self,
        question: &Question,
        form: &[(&'static str, SecretString)],
        basic: Option<&SecretString>,
    ) -> Result<Granted, (NoToken, bool)> {
        let failed = |fault| (NoToken::Failed(fault), false);
        let denied = |why: String| failed(OutboundFault::Denied(format!("token_url: {why}")));
        let url = Url::parse(&question.token_url).map_err(|_| denied("it is not an absolute URL".to_owned()))?;
        let target = target::reach(url, &self.exemptions).map_err(|refused| denied(refused.to_string()))?;
        let host = target.host().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(pair) = basic {
            let value = HeaderValue::from_str(&format!("Basic {}", pair.expose_secret()));
            let mut value = value.map_err(|_| denied("the application's id or secret cannot be written".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form.iter().map(|(name, value)| (*name, value.expose_secret())))
            .finish();
        let order = Order { method: Method::POST, target, headers, body: Bytes::from(body) };
        let exchange = async {
            let response = self.exchange(question.tenant, order, &Departure::default()).await?;
            let status = response.status();
            Ok((status, wire::read(response, ANSWER_BYTES).await?))
        };
        let answered = tokio::time::timeout(PATIENCE, exchange).await.unwrap_or(Err(OutboundFault::TimedOut));
        let (status, body) = answered.map_err(failed)?;
        let sent = form.iter().map(|(name, value)| (*name, value.expose_secret()));
        let sent = sent.filter(|(name, _)| !NO_SECRETS.contains(name));
        let pair = basic.map(|pair| ("basic authentication", pair.expose_secret()));
        read(&host, status, &body, &blank::spellings(&question.secrets, sent.chain(pair)))
    }
}

/// Reads an answer; `secrets` is everything that it must not be quoted with.
fn read(host: &str, status: StatusCode, body: &[u8], secrets: &Secrets) -> Result<Granted, (NoToken, bool)> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("error");
    if status.is_success() && code.is_none() {
        let Some(access) = text("access_token").filter(|token| HeaderValue::from_str(token).is_ok()) else {
            let why = format!("{host} answered {} without a token", status.as_u16());
            return Err((NoToken::Failed(OutboundFault::Unreachable(why)), false));
        };
        return Ok(Granted {
            access: SecretString::from(access.to_owned()),
            refresh: text("refresh_token").map(|token| SecretString::from(token.to_owned())),
            lasts_s: answer.get("expires_in").and_then(seconds),
        });
    }
    let said = match (code, text("error_description").or(text("message"))) {
        (Some(code), Some(more)) => format!(": {code}: {more}"),
        (Some(one), None) | (None, Some(one)) => format!(": {one}"),
        (None, None) => String::new(),
    };
    let why = format!("{host} answered {}{}", status.as_u16(), blank::quoted(&said, secrets));
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT {
        return Err((NoToken::Failed(OutboundFault::Unreachable(why)), false));
    }
    let is_stranger = code == Some("invalid_client") || (status == StatusCode::UNAUTHORIZED && code.is_none());
    let why = format!("no token was given: {why}");
    Err((NoToken::Refused { why, is_grant: code == Some("invalid_grant") }, is_stranger))
}

/// Providers write numbers as numbers, with a fraction or as text.
fn seconds(value: &Value) -> Option<i64> {
    let number = value.as_i64().or_else(|| value.as_f64().map(|number| number as i64));
    number.or_else(|| value.as_str()?.trim().parse().ok()).filter(|seconds| *seconds >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(status: u16, body: &str) -> Result<Granted, (NoToken, bool)> {
        read("login.example", StatusCode::from_u16(status).unwrap(), body.as_bytes(), &Secrets::default())
    }

    #[test]
    fn lifetimes_come_in_three_spellings() {
        for written in ["3600", "3600.0", "\"3600\""] {
            let granted = ask(200, &format!("{{\"access_token\":\"t\",\"expires_in\":{written}}}")).unwrap();
            assert_eq!(granted.lasts_s, Some(3600), "{written}");
        }
        for written in ["null", "-5", "\"soon\""] {
            let granted = ask(200, &format!("{{\"access_token\":\"t\",\"expires_in\":{written}}}")).unwrap();
            assert_eq!(granted.lasts_s, None, "{written}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_a_failure() {
        let refused = |status, body: &str| match ask(status, body).unwrap_err() {
            (NoToken::Refused { is_grant, .. }, is_stranger) => Some((is_grant, is_stranger)),
            (NoToken::Failed(_), _) => None,
        };
        assert_eq!(refused(400, r#"{"error":"invalid_grant"}"#), Some((true, false)));
        assert_eq!(refused(401, r#"{"error":"invalid_client"}"#), Some((false, true)));
        assert_eq!(refused(401, "who?"), Some((false, true)));
        assert_eq!(refused(200, r#"{"error":"bad_verification_code"}"#), Some((false, false)));
        assert_eq!(refused(403, "{}"), Some((false, false)));
        for (status, body) in
            [(500, "{}"), (429, "{}"), (200, "{}"), (200, "<html>"), (200, r#"{"access_token":"a\nb"}"#)]
        {
            assert_eq!(refused(status, body), None, "{status} {body}");
        }
    }
}
