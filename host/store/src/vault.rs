//! Where secrets lie at rest: a small room with one door in and one door out.
//!
//! XChaCha20-Poly1305 with the operator's key. A ciphertext is sealed for its place (tenant, owner, name): whoever can
//! write the database file but does not have the key cannot move a secret to a row whose owner sends requests elsewhere,
//! because it does not open there. The blob names the key it was sealed with, so that a new key can be put first and old
//! ones kept behind until everything was set anew. Nonces come from randomness that is handed in; the seeds of ids are
//! guessable and must never be used here. Nothing in this room is ever printed.

use std::fmt;
use std::sync::Arc;

use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::sqlite::fault::{Done, broken, conflict};

/// The first byte of every blob: how the rest is laid out.
const LAYOUT: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// Fills bytes with what nobody can guess.
pub type Randomness = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The operator's keys for secrets.
#[derive(Clone)]
pub struct VaultKeys {
    /// 32 bytes each. The first seals; every one opens what it sealed.
    pub keys: Vec<[u8; 32]>,
    /// Where nonces come from.
    pub randomness: Randomness,
}

impl fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultKeys({})", self.keys.len())
    }
}

/// Where a secret lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Whose.
    pub tenant: i64,
    /// The public id of the owner, in text.
    pub owner: &'a str,
    /// The secret's name.
    pub name: &'a str,
}

impl Place<'_> {
    /// What the ciphertext is bound to; lengths keep two places from reading the same.
    fn bound(&self) -> Vec<u8> {
        let mut bound = b"campanile secret 1".to_vec();
        bound.extend(self.tenant.to_be_bytes());
        for part in [self.owner, self.name] {
            bound.extend((part.len() as u64).to_be_bytes());
            bound.extend(part.as_bytes());
        }
        bound
    }
}

struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

impl Key {
    fn of(bytes: &[u8; 32]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"campanile key id 1");
        digest.update(bytes);
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest.finalize()[..KEY_ID]);
        Self { id, cipher: XChaCha20Poly1305::new(bytes.into()) }
    }
}

/// The room.
pub(crate) struct Vault {
    keys: Vec<Key>,
    randomness: Option<Randomness>,
}

impl Vault {
    /// With the operator's keys; without any it refuses.
    pub(crate) fn new(keys: Option<&VaultKeys>) -> Self {
        Self {
            keys: keys.map(|keys| keys.keys.iter().map(Key::of).collect()).unwrap_or_default(),
            randomness: keys.map(|keys| Arc::clone(&keys.randomness)),
        }
    }

    /// Seals a secret for its place.
    pub(crate) fn seal(&self, place: Place<'_>, secret: &SecretString) -> Done<Vec<u8>> {
        let (Some(key), Some(randomness)) = (self.keys.first(), &self.randomness) else {
            let message = "this host has no key for secrets, so none can be kept; its operator gives it one (CAMPANILE_SECRET_KEY or --secret-key-file)";
            return Err(conflict("no_secret_key", message));
        };
        let mut nonce = [0; NONCE];
        randomness(&mut nonce);
        let bound = place.bound();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &bound };
        let sealed =
            key.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| broken("a secret cannot be sealed"))?;
        let mut blob = Vec::with_capacity(HEAD + sealed.len());
        blob.push(LAYOUT);
        blob.extend(key.id);
        blob.extend(nonce);
        blob.extend(sealed);
        Ok(blob)
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, place: Place<'_>, blob: &[u8]) -> Done<SecretString> {
        let Place { owner, name, .. } = place;
        let unreadable = |why: &str| broken(format!("the secret {name:?} of {owner} cannot be read: {why}"));
        if blob.len() < HEAD || blob[0] != LAYOUT {
            return Err(unreadable("it is not laid out as this release lays them out"));
        }
        let (head, sealed) = blob.split_at(HEAD);
        let (id, nonce) = head[1..].split_at(KEY_ID);
        let Some(key) = self.keys.iter().find(|key| key.id == id) else {
            return Err(unreadable("this host does not have the key that it was sealed with"));
        };
        let nonce = <[u8; NONCE]>::try_from(nonce).map_err(|_| unreadable("its nonce is cut"))?;
        let bound = place.bound();
        let opened = key.cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &bound });
        let opened = opened.map_err(|_| unreadable("it was changed, or sealed for another place"))?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| unreadable("it is no text"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    fn vault(keys: &[u8]) -> Vault {
        let count = AtomicU8::new(0);
        let randomness: Randomness = Arc::new(move |bytes| bytes.fill(count.fetch_add(1, Ordering::Relaxed)));
        Vault::new(Some(&VaultKeys { keys: keys.iter().map(|byte| [*byte; 32]).collect(), randomness }))
    }

    const HERE: Place<'static> = Place { tenant: 1, owner: "gw_1", name: "token" };

    fn text(opened: Done<SecretString>) -> Option<String> {
        opened.ok().map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn a_secret_comes_back_and_never_looks_the_same_twice() {
        let vault = vault(&[7]);
        let secret = SecretString::from("s3cr3t");
        let (one, two) = (vault.seal(HERE, &secret).unwrap(), vault.seal(HERE, &secret).unwrap());
        assert_ne!(one, two);
        assert!(!one.windows(6).any(|window| window == b"s3cr3t"));
        assert_eq!(text(vault.open(HERE, &one)), Some("s3cr3t".into()));
        assert_eq!(text(vault.open(HERE, &two)), Some("s3cr3t".into()));
    }

    #[test]
    fn it_opens_nowhere_else_and_not_when_a_bit_is_changed() {
        let vault = vault(&[7]);
        let blob = vault.seal(HERE, &SecretString::from("s3cr3t")).unwrap();
        let elsewhere = [
            Place { tenant: 2, ..HERE },
            Place { owner: "gw_2", ..HERE },
            Place { name: "other", ..HERE },
            Place { owner: "gw_1t", name: "oken", ..HERE },
        ];
        for place in elsewhere {
            assert_eq!(text(vault.open(place, &blob)), None, "{place:?}");
        }
        for bit in 0..blob.len() * 8 {
            let mut changed = blob.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(text(vault.open(HERE, &changed)), None, "bit {bit}");
        }
        assert_eq!(text(vault.open(HERE, &blob[..20])), None);
    }

    #[test]
    fn a_new_key_goes_first_and_the_old_one_still_opens() {
        let old = vault(&[7]).seal(HERE, &SecretString::from("old")).unwrap();
        let rotated = vault(&[8, 7]);
        let new = rotated.seal(HERE, &SecretString::from("new")).unwrap();
        assert_eq!(text(rotated.open(HERE, &old)), Some("old".into()));
        assert_eq!(text(vault(&[8]).open(HERE, &new)), Some("new".into()), "sealed with the first");
        assert_eq!(text(vault(&[8]).open(HERE, &old)), None);
        assert!(Vault::new(None).seal(HERE, &SecretString::from("x")).is_err());
    }
}
