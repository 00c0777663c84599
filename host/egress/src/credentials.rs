//! Credentials for one request: which of the seven styles a block has, and whom to ask.

use std::sync::Arc;

use campanile_domain::plugin::auth::{AuthBlock, AuthStyle, Credential};
use campanile_domain::plugin::endpoint;
use campanile_domain::plugin::hosts::HostPattern;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use campanile_domain::ports::outbound::{OutboundFault, Principal};
use serde_json::Value;

use crate::assertion::{self, Claims};
use crate::connection::{Asked, Connections};
use crate::exemptions::Exemptions;
use crate::fetched::Fetched;
use crate::fill::{self, Means, Place};
use crate::token_endpoint::{Application, Question};

/// The grant of RFC 7523.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What a request is given.
#[derive(Clone)]
pub struct Credentials {
    pub place: Place,
    /// The token in it, where it can be replaced by a newer one.
    pub token: Option<SecretString>,
}

/// Whoever has or fetches tokens.
pub struct Keeper {
    pub connections: Arc<Connections>,
    pub fetched: Fetched,
    pub exemptions: Exemptions,
}

/// An address of a block (`field`) with its settings filled in.
pub fn endpoint(
    field: &str,
    url: &str,
    hosts: &[HostPattern],
    settings: &Value,
    exemptions: &Exemptions,
) -> Result<String, OutboundFault> {
    endpoint::fill(url, hosts, settings, |host, port| exemptions.cover(host, port))
        .map_err(|bad| OutboundFault::Denied(format!("{field}: {bad}")))
}

/// The application of a block that asks for tokens.
pub fn application(id: &Credential, secret: &Credential, means: Means<'_>) -> Result<Application, OutboundFault> {
    Ok(Application { id: means.read(id)?, secret: means.read(secret)? })
}

impl Keeper {
    /// Fills in a block, with a token that is newer than `stale` where it has one.
    pub async fn credentials(
        &self,
        principal: &Principal,
        name: &str,
        block: &AuthBlock,
        stale: Option<&SecretString>,
    ) -> Result<Credentials, OutboundFault> {
        let means = Means { settings: &principal.settings, secrets: &principal.secrets };
        let place = |url: &str| {
            endpoint("token_url", url, block.hosts_of(&principal.hosts), &principal.settings, &self.exemptions)
        };
        if let Some(place) = fill::directly(block, means)? {
            return Ok(Credentials { place, token: None });
        }
        let (scheme, token) = match &block.style {
            AuthStyle::Oauth2AuthorizationCode { token_url, client_id, client_secret, scheme, .. } => {
                let connection = principal.connections.iter().find(|(of, _)| of == name).map(|(_, id)| *id);
                let connection = connection.ok_or_else(|| {
                    OutboundFault::Unauthorised(format!(
                        "the auth block {name:?} has no connection; authorise one first"
                    ))
                })?;
                let asked = Asked {
                    tenant: principal.tenant,
                    connection,
                    token_url: place(token_url)?,
                    application: application(client_id, client_secret, means)?,
                    secrets: (*principal.secrets).clone(),
                };
                (scheme.as_deref(), self.connections.access(&asked, stale).await?)
            }
            AuthStyle::Oauth2ClientCredentials { token_url, client_id, client_secret, scopes, scheme } => {
                let token_url = place(token_url)?;
                let application = application(client_id, client_secret, means)?;
                let scope = scopes.join(" ");
                let basis = [&*token_url, application.id.expose_secret(), application.secret.expose_secret(), &scope];
                let basis = SecretString::from(basis.join("\n"));
                let mut form = vec![("grant_type", SecretString::from("client_credentials"))];
                if !scope.is_empty() {
                    form.push(("scope", SecretString::from(scope)));
                }
                let question = question(principal, &token_url, form, Some(application));
                let token = self.fetched.access(of(principal, name), basis, stale, |_| Ok(question)).await?;
                (scheme.as_deref(), token)
            }
            AuthStyle::JwtBearer { .. } => (None, self.service_account(principal, name, block, stale).await?),
            AuthStyle::Bearer { .. } | AuthStyle::Basic { .. } | AuthStyle::Header { .. } | AuthStyle::Query { .. } => {
                return Err(OutboundFault::Denied(format!("the auth block {name:?} cannot be filled in")));
            }
        };
        Ok(Credentials { place: fill::token(scheme, &token)?, token: Some(token) })
    }

    async fn service_account(
        &self,
        principal: &Principal,
        name: &str,
        block: &AuthBlock,
        stale: Option<&SecretString>,
    ) -> Result<SecretString, OutboundFault> {
        let AuthStyle::JwtBearer { token_url, issuer, subject, audience, key, algorithm, scopes } = &block.style else {
            return Err(OutboundFault::Denied(format!("the auth block {name:?} signs nothing")));
        };
        let means = Means { settings: &principal.settings, secrets: &principal.secrets };
        let hosts = block.hosts_of(&principal.hosts);
        let token_url = &endpoint("token_url", token_url, hosts, &principal.settings, &self.exemptions)?;
        let issuer = means.read(issuer)?;
        let subject = subject.as_ref().map(|subject| means.read(subject)).transpose()?;
        let key = means.read(&Credential::Secret(key.clone()))?;
        let claims = Claims {
            issuer: issuer.expose_secret(),
            subject: subject.as_ref().map(|subject| subject.expose_secret()),
            audience: audience.as_ref().unwrap_or(token_url),
            scopes,
        };
        let basis = format!("{token_url}\n{algorithm}\n{claims:?}\n{}", key.expose_secret());
        self.fetched
            .access(of(principal, name), SecretString::from(basis), stale, |now| {
                let assertion = assertion::sign(&claims, &key, algorithm, now)?;
                let form = vec![("grant_type", SecretString::from(JWT_BEARER)), ("assertion", assertion)];
                Ok(question(principal, token_url, form, None))
            })
            .await
    }
}

fn of(principal: &Principal, name: &str) -> crate::fetched::Block {
    (principal.tenant, principal.instance.clone(), name.to_owned())
}

fn question(
    principal: &Principal,
    token_url: &str,
    form: Vec<(&'static str, SecretString)>,
    application: Option<Application>,
) -> Question {
    let secrets = (*principal.secrets).clone();
    Question { tenant: principal.tenant, token_url: token_url.to_owned(), form, application, secrets }
}
