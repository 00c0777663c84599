//! Secrets that sign for real, so that a test can hold a plugin against a provider's published vectors.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::Host;
use crate::secret::Digest;

/// By the names of the manifest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(BTreeMap<String, String>);

impl Host {
    /// Sets the secret `name`; one that is not set is an error for whoever asks.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secrets.0.insert(name.into(), value.into());
        self
    }
}

fn mac<M: Mac + KeyInit>(key: &str, data: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("an HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn bytes_of_key(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let pairs = (text.len() == 64 && text.is_ascii()).then(|| {
        (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16)).collect::<Result<Vec<_>, _>>().ok()
    });
    pairs.flatten().or_else(|| STANDARD.decode(text).ok())?.try_into().ok()
}

impl Secrets {
    fn get(&self, name: &str) -> Result<&str, String> {
        let unset = || format!("the secret {name:?} is not set; set it with Host::secret");
        self.0.get(name).map(String::as_str).ok_or_else(unset)
    }

    pub(crate) fn hmac(&self, name: &str, digest: Digest, data: &[u8]) -> Result<Vec<u8>, String> {
        let key = self.get(name)?;
        Ok(match digest {
            Digest::Sha1 => mac::<Hmac<Sha1>>(key, data),
            Digest::Sha256 => mac::<Hmac<Sha256>>(key, data),
            Digest::Sha512 => mac::<Hmac<Sha512>>(key, data),
        })
    }

    pub(crate) fn equals(&self, name: &str, candidate: &str) -> Result<bool, String> {
        self.get(name).map(|secret| secret == candidate)
    }

    pub(crate) fn verify_ed25519(&self, name: &str, data: &[u8], signature: &[u8]) -> Result<bool, String> {
        let key = bytes_of_key(self.get(name)?)
            .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok())
            .ok_or_else(|| format!("the secret {name:?} is no Ed25519 key: 32 bytes, in base64 or hexadecimal"))?;
        Ok(ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_strict(data, &signature).is_ok()))
    }

    pub(crate) fn sign_jwt(&self, name: &str, claims: &str) -> Result<String, String> {
        if self.get(name)?.contains("-----BEGIN") {
            return Err(format!("the fake host signs with HS256 only, and the secret {name:?} is a key in PEM"));
        }
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#), URL_SAFE_NO_PAD.encode(claims));
        let mac = self.hmac(name, Digest::Sha256, signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac)))
    }
}
