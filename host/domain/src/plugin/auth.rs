//! Auth blocks: how the host adds credentials to a plugin's requests, as the manifest declares it.
//!
//! A request names a block; the host fills it in after the address was checked, only for the block's hosts. The guest
//! never sees a secret, and a secret is never pasted into a text of the guest's: a lead called `{{secret:x}}` stays a
//! name. Pure description; carrying it out is the egress' business.

use serde::{Deserialize, Serialize};

use super::hosts::HostPattern;

/// Where a piece of a credential comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A secret of the instance, by name.
    Secret(String),
    /// A setting of the instance, by name (an account number is no secret).
    Setting(String),
    /// The same for everybody.
    Text(String),
}

/// One block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthBlock {
    /// How it is done.
    #[serde(flatten)]
    pub style: AuthStyle,
    /// Only requests to these hosts carry it; empty: all hosts of the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostPattern>,
}

/// The seven ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "style", rename_all = "kebab-case")]
pub enum AuthStyle {
    /// `Authorization: Bearer TOKEN`.
    Bearer {
        /// The token.
        token: Credential,
    },
    /// `Authorization: Basic ...` (RFC 7617).
    Basic {
        /// The user.
        username: Credential,
        /// The password; may be an empty text.
        password: Credential,
    },
    /// A header of the provider's own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Credential,
        /// Put before the value, for example `Token `.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
    },
    /// A parameter of the URL's query.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: Credential,
    },
    /// OAuth 2 with a person's consent (RFC 6749 4.1, with PKCE): tokens of a connection, refreshed and rotated by the
    /// host.
    Oauth2AuthorizationCode {
        /// Where the person consents; its host may be a setting, as in [`super::endpoint`]. So may a `token_url`'s.
        authorize_url: String,
        /// Where codes and refresh tokens become access tokens.
        token_url: String,
        /// The application.
        client_id: Credential,
        /// Its secret.
        client_secret: Credential,
        /// What is asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        /// The word before the token where it is not `Bearer`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheme: Option<String>,
    },
    /// OAuth 2 without a person (RFC 6749 4.4).
    Oauth2ClientCredentials {
        /// Where the token comes from.
        token_url: String,
        /// The application.
        client_id: Credential,
        /// Its secret.
        client_secret: Credential,
        /// What is asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        /// The word before the token where it is not `Bearer`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheme: Option<String>,
    },
    /// A signed assertion that becomes a token (RFC 7523): service accounts.
    JwtBearer {
        /// Where the token comes from; also the audience, unless one is named.
        token_url: String,
        /// Who signs: the `iss` claim.
        issuer: Credential,
        /// On whose behalf: the `sub` claim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<Credential>,
        /// The `aud` claim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
        /// The private key in PEM (PKCS #8): always a secret.
        key: String,
        /// `RS256` or `ES256`.
        #[serde(default = "rs256")]
        algorithm: String,
        /// The `scope` claim.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
    },
}

fn rs256() -> String {
    "RS256".to_owned()
}

impl AuthBlock {
    /// Every piece that it is filled in with.
    pub fn credentials(&self) -> Vec<Credential> {
        match &self.style {
            AuthStyle::Bearer { token: one }
            | AuthStyle::Header { value: one, .. }
            | AuthStyle::Query { value: one, .. } => vec![one.clone()],
            AuthStyle::Basic { username, password } => vec![username.clone(), password.clone()],
            AuthStyle::Oauth2AuthorizationCode { client_id, client_secret, .. }
            | AuthStyle::Oauth2ClientCredentials { client_id, client_secret, .. } => {
                vec![client_id.clone(), client_secret.clone()]
            }
            AuthStyle::JwtBearer { issuer, subject, key, .. } => {
                let mut all = vec![issuer.clone(), Credential::Secret(key.clone())];
                all.extend(subject.clone());
                all
            }
        }
    }

    /// The addresses that it names, each under its field's name; [`super::endpoint`] says what may stand in them.
    pub fn endpoints(&self) -> Vec<(&'static str, &str)> {
        match &self.style {
            AuthStyle::Oauth2AuthorizationCode { authorize_url, token_url, .. } => {
                vec![("authorize_url", authorize_url.as_str()), ("token_url", token_url)]
            }
            AuthStyle::Oauth2ClientCredentials { token_url, .. } | AuthStyle::JwtBearer { token_url, .. } => {
                vec![("token_url", token_url)]
            }
            _ => Vec::new(),
        }
    }

    /// The hosts that it is for, of those that the manifest asks for.
    pub fn hosts_of<'a>(&'a self, manifest: &'a [HostPattern]) -> &'a [HostPattern] {
        if self.hosts.is_empty() { manifest } else { &self.hosts }
    }
}
