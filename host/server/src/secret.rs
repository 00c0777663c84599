//! API keys, tokens and randomness.
//!
//! A key is shown once and never kept: the store gets its SHA-256. Two hundred random bits need no salt and no slow hash,
//! and looking a key up by its hash compares nothing that an attacker could time. The prefix says what a key opens, so
//! that a person and a secret scanner recognise one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use campanile_domain::ports::store::NewKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::ports::Entropy;

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A tenant.
    Live,
    /// A tenant's test twin.
    Test,
    /// The host itself: tenants are made with it.
    Operator,
}

impl KeyKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "cpn_live_",
            Self::Test => "cpn_test_",
            Self::Operator => "cpn_operator_",
        }
    }
}

/// A fresh key, the only time its text exists.
pub struct Secret {
    /// What the client presents.
    pub text: String,
    /// What the store keeps.
    pub hash: [u8; 32],
    /// What a list shows.
    pub last_four: String,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 40;

impl Secret {
    /// Makes one: 40 characters of 5 random bits each behind the prefix.
    pub fn mint(kind: KeyKind, entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; LENGTH];
        entropy.fill(&mut bytes);
        let mut text = kind.prefix().to_owned();
        text.extend(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])));
        let last_four = text[text.len() - 4..].to_owned();
        Self { hash: Self::hash(&text), text, last_four }
    }

    /// What the store keeps of a key.
    pub fn hash(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }

    /// Puts its hash into what the store is given.
    pub(crate) fn fill(&self, mut key: NewKey) -> NewKey {
        key.hash = self.hash;
        key.last_four.clone_from(&self.last_four);
        key
    }
}

/// A text that nobody can guess: 256 random bits in the alphabet of URLs.
pub(crate) struct Token(pub String);

impl Token {
    /// Makes one.
    pub(crate) fn mint(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Self::hash_of(&self.0)
    }

    /// What was kept, if this is its text.
    pub(crate) fn hash_of(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }
}

/// The S256 challenge of a verifier (RFC 7636 4.2).
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A generator for ids, seeded by the system.
pub(crate) fn rng(entropy: &dyn Entropy) -> ChaCha20Rng {
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    ChaCha20Rng::from_seed(seed)
}

/// A seed for the ids that a write mints.
pub(crate) fn seed(entropy: &dyn Entropy) -> u64 {
    rng(entropy).next_u64()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let challenge = super::challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
