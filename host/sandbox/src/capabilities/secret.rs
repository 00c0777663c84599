//! `secret`: the host computes with secrets so that no guest needs to see one.
//!
//! Nothing that comes back lets a guest learn a secret: a digest, a verdict, a signed token. Comparisons take the same time
//! wherever the first difference is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_domain::plugin::secrets::ExposeSecret;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::Lent;
use crate::contract::campanile::plugin::secret::{Digest, Host};

fn hmac(digest: Digest, key: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    macro_rules! of {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(key).map_err(|error| error.to_string())?;
            mac.update(data);
            Ok(mac.finalize().into_bytes().to_vec())
        }};
    }
    match digest {
        Digest::Sha1 => of!(Sha1),
        Digest::Sha256 => of!(Sha256),
        Digest::Sha512 => of!(Sha512),
    }
}

/// 32 bytes written in base64 or hexadecimal.
fn public_key(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let hexadecimal = || -> Option<Vec<u8>> {
        let pairs = text.as_bytes().chunks_exact(2);
        (text.len() == 64)
            .then(|| pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect())?
    };
    hexadecimal().or_else(|| STANDARD.decode(text).ok())?.try_into().ok()
}

fn verify_ed25519(key: &str, data: &[u8], signature: &[u8]) -> Result<bool, String> {
    let wrong = "it holds no Ed25519 public key: 32 bytes in base64 or hexadecimal";
    let key = public_key(key).ok_or(wrong)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|_| wrong)?;
    let signature: Option<[u8; 64]> = signature.try_into().ok();
    Ok(signature.is_some_and(|bytes| key.verify_strict(data, &ed25519_dalek::Signature::from_bytes(&bytes)).is_ok()))
}

fn sign_jwt(key: &str, claims: &str) -> Result<String, String> {
    let claims: serde_json::Value = serde_json::from_str(claims).map_err(|_| "the claims are not JSON".to_owned())?;
    if !claims.is_object() {
        return Err("the claims are not a JSON object".to_owned());
    }
    let pem = key.as_bytes();
    let (algorithm, key) = match (EncodingKey::from_rsa_pem(pem), EncodingKey::from_ec_pem(pem)) {
        (Ok(key), _) => (Algorithm::RS256, key),
        (_, Ok(key)) => (Algorithm::ES256, key),
        _ if key.contains("-----BEGIN") => {
            return Err("it holds a PEM that is no private key of RSA or P-256".to_owned());
        }
        _ => (Algorithm::HS256, EncodingKey::from_secret(pem)),
    };
    jsonwebtoken::encode(&Header::new(algorithm), &claims, &key)
        .map_err(|_| "the key that it holds cannot sign".to_owned())
}

impl Lent {
    fn with_secret<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&str) -> Result<T, String>,
    ) -> wasmtime::Result<Result<T, String>> {
        self.count()?;
        Ok(match self.loan.secrets.get(name) {
            Some(secret) => work(secret.expose_secret()).map_err(|why| format!("the secret {name:?}: {why}")),
            None => Err(format!(
                "there is no secret {name:?}: it is not in the manifest, not granted, or not set for this instance"
            )),
        })
    }
}

impl Host for Lent {
    fn hmac(&mut self, name: String, digest: Digest, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.with_secret(&name, |secret| hmac(digest, secret.as_bytes(), &data))
    }

    fn equals(&mut self, name: String, candidate: String) -> wasmtime::Result<Result<bool, String>> {
        self.with_secret(&name, |secret| Ok(secret.as_bytes().ct_eq(candidate.as_bytes()).into()))
    }

    fn verify_ed25519(
        &mut self,
        name: String,
        data: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, String>> {
        self.with_secret(&name, |secret| verify_ed25519(secret, &data, &signature))
    }

    fn sign_jwt(&mut self, name: String, claims: String) -> wasmtime::Result<Result<String, String>> {
        self.with_secret(&name, |secret| sign_jwt(secret, &claims))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        // RFC 2202, case 2, and RFC 4231, case 2.
        let of = |digest| hex(&hmac(digest, b"Jefe", b"what do ya want for nothing?").unwrap());
        assert_eq!(of(Digest::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(of(Digest::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(of(Digest::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
    }

    #[test]
    fn a_signature_is_checked_whichever_way_the_key_is_written() {
        let signer = SigningKey::from_bytes(&[7; 32]);
        let signature = signer.sign(b"data").to_bytes();
        let public = signer.verifying_key().to_bytes();
        for written in [hex(&public), STANDARD.encode(public)] {
            assert_eq!(verify_ed25519(&written, b"data", &signature), Ok(true));
            assert_eq!(verify_ed25519(&written, b"date", &signature), Ok(false));
            assert_eq!(verify_ed25519(&written, b"data", &signature[..63]), Ok(false));
        }
        assert!(verify_ed25519("not a key", b"data", &signature).is_err());
    }

    #[test]
    fn a_text_signs_with_hs256_and_a_broken_key_is_told_apart() {
        let token = sign_jwt("a shared secret", r#"{"sub":"x"}"#).unwrap();
        assert_eq!(token.split('.').count(), 3);
        assert!(sign_jwt("a shared secret", "[]").is_err());
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        assert!(sign_jwt(broken, "{}").unwrap_err().contains("private key"));
    }
}
