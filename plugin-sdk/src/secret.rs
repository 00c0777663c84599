//! Secrets, used and never read: the host signs and compares with them.
//!
//! Requests are not authorised with these but with an auth block of the manifest ([`crate::http::Request::auth`]); these
//! are for webhooks, for providers that want a request signed, and for assertions. A plugin that holds a secret in its
//! memory has built it into its code, and everybody who has the component has it too.

use serde::Serialize;

use crate::types::PluginError;

pub use crate::bindings::secret::campanile::plugin::secret::Digest;

fn refused(reason: String) -> PluginError {
    PluginError::new("secret", reason)
}

/// The HMAC (RFC 2104) of `data` under the secret `name`. Code `secret` where it is not declared or not set.
pub fn hmac(name: &str, digest: Digest, data: &[u8]) -> Result<Vec<u8>, PluginError> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::secret::campanile::plugin::secret::hmac(name, digest, data).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.secrets.hmac(name, digest, data)).map_err(refused)
}

/// Whether `candidate` is the secret `name`, compared in constant time. Code `secret` where it is not declared or not set.
pub fn equals(name: &str, candidate: &str) -> Result<bool, PluginError> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::secret::campanile::plugin::secret::equals(name, candidate).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.secrets.equals(name, candidate)).map_err(refused)
}

/// Whether `signature` (64 bytes) is one of `data` by the public key that the secret `name` holds. Code `secret` where it
/// is not set or is no key.
pub fn verify_ed25519(name: &str, data: &[u8], signature: &[u8]) -> Result<bool, PluginError> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::secret::campanile::plugin::secret::verify_ed25519(name, data, signature).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.secrets.verify_ed25519(name, data, signature)).map_err(refused)
}

/// A JWT of these claims, signed with the key that the secret `name` holds: RS256 or ES256 for a private key in PEM, HS256
/// for any other text. Code `secret` where it is not set or cannot sign.
pub fn sign_jwt<C: Serialize + ?Sized>(name: &str, claims: &C) -> Result<String, PluginError> {
    let claims = serde_json::to_string(claims).map_err(|error| refused(format!("the claims are no JSON: {error}")))?;
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::secret::campanile::plugin::secret::sign_jwt(name, &claims).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.secrets.sign_jwt(name, &claims)).map_err(refused)
}

/// Whether two byte strings are the same, looking at every byte whatever the first ones say: for an HMAC that the host
/// made and a signature that somebody sent. How long they are is told by the time it takes.
pub fn same(ours: &[u8], theirs: &[u8]) -> bool {
    let differing = |sum: u8, (one, other): (&u8, &u8)| sum | (one ^ other);
    ours.len() == theirs.len() && std::hint::black_box(ours.iter().zip(theirs).fold(0, differing)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Host, install};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmacs_are_those_of_the_rfcs() {
        install(Host::default().secret("key", "Jefe"));
        let data = b"what do ya want for nothing?";
        assert_eq!(hex(&hmac("key", Digest::Sha1, data).unwrap()), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(
            hex(&hmac("key", Digest::Sha256, data).unwrap()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(hex(&hmac("key", Digest::Sha512, data).unwrap()).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
    }

    #[test]
    fn a_secret_that_is_not_set_is_an_error_and_no_comparison() {
        install(Host::default().secret("key", "Jefe"));
        assert_eq!(equals("key", "Jefe"), Ok(true));
        assert_eq!(equals("key", "jefe"), Ok(false));
        assert!(equals("other", "").unwrap_err().message.contains("other"));
        assert_eq!(hmac("other", Digest::Sha1, b"").unwrap_err().code, "secret");
    }

    #[test]
    fn every_byte_is_compared() {
        assert!(same(b"", b"") && same(b"abc", b"abc"));
        for other in [&b"abd"[..], b"bbc", b"ab", b"abcd", b""] {
            assert!(!same(b"abc", other), "{other:?}");
        }
    }

    #[test]
    fn ed25519_is_that_of_rfc_8032() {
        install(Host::default().secret("key", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
        let signature = [
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ]
        .concat();
        let signature: Vec<u8> =
            (0..64).map(|at| u8::from_str_radix(&signature[2 * at..2 * at + 2], 16).unwrap()).collect();
        assert_eq!(verify_ed25519("key", &[0x72], &signature), Ok(true));
        assert_eq!(verify_ed25519("key", &[0x73], &signature), Ok(false));
        assert_eq!(verify_ed25519("key", &[0x72], &signature[1..]), Ok(false));
    }

    #[test]
    fn a_token_is_signed_over_its_claims() {
        install(Host::default().secret("key", "shared").secret("pem", "-----BEGIN PRIVATE KEY-----"));
        let token = sign_jwt("key", &serde_json::json!({"iss": "campanile"})).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        use base64::Engine;
        let mac = hmac("key", Digest::Sha256, signed.as_bytes()).unwrap();
        assert_eq!(signature, base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac));
        assert!(sign_jwt("pem", &()).is_err());
    }
}
