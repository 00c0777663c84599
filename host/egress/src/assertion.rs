//! Assertions that a service account signs (RFC 7523).
//!
//! Short-lived on purpose: an assertion is used once, at once, and is as good as a password while it lives.

use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use campanile_domain::ports::outbound::OutboundFault;
use campanile_domain::time::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// How long one is good for, in seconds.
const LASTS_S: i64 = 180;

/// Who says what to whom.
#[derive(Clone, Debug)]
pub struct Claims<'a> {
    pub issuer: &'a str,
    pub subject: Option<&'a str>,
    pub audience: &'a str,
    pub scopes: &'a [String],
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    iat: i64,
    exp: i64,
}

/// Signs them as of `now`.
///
/// # Errors
/// The key cannot sign with that algorithm; nothing of it is in the text.
pub fn sign(
    claims: &Claims<'_>,
    key: &SecretString,
    algorithm: &str,
    now: Timestamp,
) -> Result<SecretString, OutboundFault> {
    let pem = key.expose_secret().as_bytes();
    let (algorithm, key) = match algorithm {
        "RS256" => (Algorithm::RS256, EncodingKey::from_rsa_pem(pem)),
        "ES256" => (Algorithm::ES256, EncodingKey::from_ec_pem(pem)),
        other => {
            return Err(OutboundFault::Denied(format!(
                "an auth block signs with {other:?}; only RS256 and ES256 are known"
            )));
        }
    };
    let unusable = |_| {
        OutboundFault::Unauthorised(format!(
            "the private key cannot sign with {algorithm:?}; enter the whole PEM text, from BEGIN to END"
        ))
    };
    let iat = now.millis().div_euclid(1_000);
    let payload = Payload {
        iss: claims.issuer,
        sub: claims.subject,
        aud: claims.audience,
        scope: (!claims.scopes.is_empty()).then(|| claims.scopes.join(" ")),
        iat,
        exp: iat + LASTS_S,
    };
    jsonwebtoken::encode(&Header::new(algorithm), &payload, &key.map_err(unusable)?)
        .map(SecretString::from)
        .map_err(unusable)
}
