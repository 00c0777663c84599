//! The names things go by.
//!
//! Two names for one thing, each for its reader. Outside, a public id: a typed prefix and a UUIDv7 in Crockford base32
//! (`cmp_01k9...`), so that an id says what it names, sorts by age and cannot be guessed. Inside, an integer key, so
//! that rows are thin and the API of the hosted family, which speaks integers, has something to speak of. Neither is
//! ever minted here from thin air: the instant and the randomness are parameters.

use std::fmt;
use std::str::FromStr;

use rand_core::Rng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A UUIDv7: 48 bits of milliseconds, version and variant, 74 random bits.
fn uuid_v7(now: Timestamp, rng: &mut dyn Rng) -> u128 {
    let random = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
    let millis = (now.millis().max(0) as u128) & 0xffff_ffff_ffff;
    (millis << 80) | (0x7 << 76) | (random & 0x0fff_3fff_ffff_ffff_ffff) | (0x2 << 62)
}

fn encode(mut value: u128, out: &mut [u8; 26]) {
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != 26 {
        return None;
    }
    let mut value: u128 = 0;
    for (index, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte.to_ascii_lowercase())?;
        if index == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit as u128;
    }
    Some(value)
}

/// A text that is not the id it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of this kind; it starts with \"{prefix}_\" followed by 26 letters and digits")]
pub struct NotAnId {
    /// What was given.
    pub text: String,
    /// What such an id starts with.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(pub u128);

        impl $id {
            /// What the text form starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id (UUIDv7) for something that begins `now`.
            pub fn mint(now: Timestamp, rng: &mut dyn Rng) -> Self {
                Self(uuid_v7(now, rng))
            }

            /// The sixteen bytes that the database stores.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// Reads what [`Self::to_bytes`] wrote.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 26];
                encode(self.0, &mut text);
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(std::str::from_utf8(&text).unwrap_or_default())
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $id {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| NotAnId { text: text.to_owned(), prefix: $prefix })
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An account; owns everything.
    TenantId, "ten";
    /// Who speaks.
    AssistantId, "asst";
    /// An installed voice gateway.
    GatewayId, "gw";
    /// A campaign.
    CampaignId, "cmp";
    /// A person to reach in one campaign.
    LeadId, "lead";
    /// One dial of one contact; also the attempt id that the gateway is given.
    CallId, "call";
    /// An import of a lead file.
    ImportId, "imp";
    /// An installed importer: where leads come from.
    SourceId, "src";
    /// One run of a source.
    SourceRunId, "run";
    /// An installed sink: where results go.
    SinkId, "snk";
    /// An endpoint of another system that is told of events.
    WebhookId, "whk";
    /// An API key.
    KeyId, "key";
    /// An uploaded plugin or script version.
    PluginId, "plg";
    /// Shared credentials at another system.
    ConnectionId, "con";
    /// Long work that an account asked for.
    JobId, "job";
    /// A person that was erased.
    ErasureId, "ers";
    /// An entry of a tenant's event log.
    EventId, "evt";
    /// One HTTP request or one command; carried into logs and audit.
    RequestId, "req";
}

macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $key(pub i64);
    )*};
}

keys! {
    /// A tenant's row.
    TenantKey;
    /// An assistant's row.
    AssistantKey;
    /// A gateway's row.
    GatewayKey;
    /// A campaign's row.
    CampaignKey;
    /// A lead's row.
    LeadKey;
    /// An attempt's row.
    AttemptKey;
    /// An import's row.
    ImportKey;
    /// A source's row.
    SourceKey;
    /// A sink's row.
    SinkKey;
    /// A webhook's row.
    WebhookKey;
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn ids_print_parse_and_sort_by_age() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let old = CampaignId::mint(Timestamp(1_700_000_000_000), &mut rng);
        let new = CampaignId::mint(Timestamp(1_700_000_000_001), &mut rng);
        assert!(old < new && old.to_string() < new.to_string());
        assert_eq!(old.to_string().parse::<CampaignId>(), Ok(old));
        assert_eq!(CampaignId::from_bytes(old.to_bytes()), old);
        assert_eq!((old.0 >> 76) & 0xf, 7);
        assert_eq!((old.0 >> 62) & 0x3, 2);
        assert!(old.to_string().starts_with("cmp_") && old.to_string().len() == 30);
    }

    #[test]
    fn another_kind_of_id_is_refused() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let lead = LeadId::mint(Timestamp(0), &mut rng).to_string();
        let error = lead.parse::<CampaignId>().unwrap_err();
        assert!(error.to_string().contains("starts with \"cmp_\""), "{error}");
        assert!("cmp_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<CampaignId>().is_err());
    }
}
