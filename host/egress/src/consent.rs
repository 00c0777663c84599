//! A person's consent (RFC 6749 4.1 with PKCE, RFC 7636): where to send them, and what their code is worth.
//!
//! The API keeps the state and the verifier between the two and stores the tokens; nothing is remembered here.

use campanile_domain::plugin::auth::{AuthBlock, AuthStyle};
use campanile_domain::plugin::hosts::HostPattern;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString, Secrets};
use campanile_domain::ports::outbound::OutboundFault;
use serde_json::Value;
use url::Url;

use campanile_domain::ids::TenantKey;

use crate::credentials::{application, endpoint};
use crate::exemptions::Exemptions;
use crate::fill::Means;
use crate::token_endpoint::Question;

/// Whom a person is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The block that asks.
    pub block: &'a AuthBlock,
    /// The hosts of the manifest, for addresses that name a setting.
    pub hosts: &'a [HostPattern],
    /// The instance's settings.
    pub settings: &'a Value,
    /// The instance's secrets.
    pub secrets: &'a Secrets,
    /// Where the person comes back to.
    pub redirect_uri: &'a str,
}

/// See [`crate::Egress::authorize_url`].
pub fn authorize_url(
    ask: &Asking<'_>,
    exemptions: &Exemptions,
    state: &str,
    pkce_challenge: &str,
) -> Result<String, OutboundFault> {
    let Asking { block, hosts, settings, secrets, redirect_uri } = *ask;
    let AuthStyle::Oauth2AuthorizationCode { authorize_url, client_id, scopes, .. } = &block.style else {
        return Err(asks_nobody());
    };
    let authorize_url = endpoint("authorize_url", authorize_url, block.hosts_of(hosts), settings, exemptions)?;
    let may_be_sent_to = |url: &Url| {
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        url.scheme() == "https" || (url.scheme() == "http" && exemptions.cover(host, port))
    };
    let mut url = Url::parse(&authorize_url).ok().filter(may_be_sent_to).ok_or_else(|| {
        OutboundFault::Denied(format!("authorize_url is {authorize_url:?}; it must begin with https://"))
    })?;
    let id = Means { settings, secrets }.read(client_id)?;
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", id.expose_secret())
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state)
        .append_pair("code_challenge", pkce_challenge)
        .append_pair("code_challenge_method", "S256");
    if !scopes.is_empty() {
        query.append_pair("scope", &scopes.join(" "));
    }
    drop(query);
    Ok(url.into())
}

/// What a person came back with.
#[derive(Clone, Debug)]
pub struct Consent<'a> {
    /// Whose connection it will be.
    pub tenant: TenantKey,
    /// The block that asked.
    pub block: &'a AuthBlock,
    /// The hosts of the manifest, for addresses that name a setting.
    pub hosts: &'a [HostPattern],
    /// The instance's settings.
    pub settings: &'a Value,
    /// The instance's secrets.
    pub secrets: &'a Secrets,
    /// The same as in the authorize URL.
    pub redirect_uri: &'a str,
    /// Works once.
    pub code: SecretString,
    /// Of the challenge in the authorize URL.
    pub pkce_verifier: SecretString,
}

fn asks_nobody() -> OutboundFault {
    OutboundFault::Denied("only an auth block of style oauth2-authorization-code asks a person".to_owned())
}

/// The question that turns a code into tokens.
pub fn question(consent: &Consent<'_>, exemptions: &Exemptions) -> Result<Question, OutboundFault> {
    let AuthStyle::Oauth2AuthorizationCode { token_url, client_id, client_secret, .. } = &consent.block.style else {
        return Err(asks_nobody());
    };
    let means = Means { settings: consent.settings, secrets: consent.secrets };
    Ok(Question {
        tenant: consent.tenant,
        token_url: endpoint(
            "token_url",
            token_url,
            consent.block.hosts_of(consent.hosts),
            consent.settings,
            exemptions,
        )?,
        form: vec![
            ("grant_type", SecretString::from("authorization_code")),
            ("code", consent.code.clone()),
            ("redirect_uri", SecretString::from(consent.redirect_uri.to_owned())),
            ("code_verifier", consent.pkce_verifier.clone()),
        ],
        application: Some(application(client_id, client_secret, means)?),
        secrets: consent.secrets.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_is_sent_with_everything_that_the_provider_needs_and_no_secret() {
        let mut block: AuthBlock = serde_json::from_value(json!({
            "style": "oauth2-authorization-code",
            "authorize_url": "https://login.example/authorize?access_type=offline",
            "token_url": "https://login.example/token",
            "client_id": {"setting": "app"},
            "client_secret": {"secret": "app_secret"},
            "scopes": ["contacts", "calls read"],
        }))
        .unwrap();
        let secrets: Secrets = [("app_secret", "s3cr3t-value")].into_iter().collect();
        let url = |block: &AuthBlock, settings: Value, listed: &[&str]| {
            let (redirect_uri, settings) = ("https://us.example/cb", &settings);
            let hosts = &["{app}".parse().unwrap()];
            let ask = Asking { block, hosts, settings, secrets: &secrets, redirect_uri };
            authorize_url(&ask, &Exemptions::parse(listed).unwrap(), "st", "ch")
        };
        assert_eq!(
            url(&block, json!({"app": "id&1"}), &[]).unwrap(),
            "https://login.example/authorize?access_type=offline&response_type=code&client_id=id%261&\
             redirect_uri=https%3A%2F%2Fus.example%2Fcb&state=st&code_challenge=ch&code_challenge_method=S256&\
             scope=contacts+calls+read"
        );
        assert!(url(&block, json!({}), &[]).is_err());

        // A system inside, which the operator lists.
        let AuthStyle::Oauth2AuthorizationCode { authorize_url: place, .. } = &mut block.style else { unreachable!() };
        *place = "https://{app}/authorize".to_owned();
        let settings = json!({"app": "http://127.0.0.1:8080"});
        let inside = url(&block, settings.clone(), &["127.0.0.1:8080"]).unwrap();
        assert!(inside.starts_with("http://127.0.0.1:8080/authorize?response_type=code&"), "{inside}");
        assert!(url(&block, settings, &["127.0.0.1:8081"]).is_err());
    }
}
