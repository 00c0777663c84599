//! How fast accounts may ask: a token bucket for each.
//!
//! A request is counted once it is known who asks, whatever becomes of it. Whoever is out of tokens is remembered by the hash
//! of the key, so that the rest of a flood is refused without asking the store: the one answer that may be given on an old
//! acquaintance is no. A bucket that has a token again lets the next request go to the store, which says whether the key is
//! still one and what the account's limits are now.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::TenantLimits;
use campanile_domain::time::{SECOND_MS, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The headers of draft-ietf-httpapi-ratelimit-headers.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Keys out of tokens that are remembered; with more, all are asked about again.
const MOST_EMPTY: usize = 4_096;
/// Of a token.
const PARTS: u64 = 1_000;

/// Where an account stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Tokens of a full bucket.
    pub burst: u32,
    /// Requests a second.
    pub per_second: u32,
    /// Tokens left.
    left: u32,
    /// Seconds until the bucket is full, rounded up.
    full_in_seconds: u64,
    /// Whether this request had a token.
    pub has_token: bool,
}

/// Seconds until something refused can be done: a rate is at least one a second.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;

impl Standing {
    /// What an answer tells of it: `"account";q=200;w=2` and `"account";r=13;t=2`, quota, window in seconds, rest, and seconds
    /// until all of it is there again.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let window = u64::from(self.burst).div_ceil(u64::from(self.per_second.max(1)));
        let policy = format!("\"account\";q={};w={window}", self.burst);
        let rest = format!("\"account\";r={};t={}", self.left, self.full_in_seconds);
        for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, rest)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    per_second: u32,
    burst: u32,
    /// In thousandths of a token: a rate of so many a second is so many thousandths a millisecond.
    parts: u64,
    at: Timestamp,
}

impl Bucket {
    fn full(limits: &TenantLimits, now: Timestamp) -> Self {
        let (per_second, burst) = (limits.requests_per_second, limits.requests_burst);
        Self { per_second, burst, parts: u64::from(burst) * PARTS, at: now }
    }

    /// Brings it to an instant; a clock that was put back fills nothing and takes nothing.
    fn fill(&mut self, now: Timestamp) {
        let passed = now.since(self.at).max(0).unsigned_abs();
        let filled = self.parts.saturating_add(passed.saturating_mul(u64::from(self.per_second)));
        self.parts = filled.min(u64::from(self.burst) * PARTS);
        self.at = now;
    }

    fn take(&mut self) -> Standing {
        let has_token = self.parts >= PARTS;
        if has_token {
            self.parts -= PARTS;
        }
        let missing = u64::from(self.burst) * PARTS - self.parts;
        let a_second = u64::from(self.per_second.max(1)) * SECOND_MS.unsigned_abs();
        Standing {
            burst: self.burst,
            per_second: self.per_second,
            left: u32::try_from(self.parts / PARTS).unwrap_or(u32::MAX),
            full_in_seconds: missing.div_ceil(a_second),
            has_token,
        }
    }
}

#[derive(Debug, Default)]
struct Accounts {
    buckets: BTreeMap<TenantKey, Bucket>,
    /// Hashes of keys whose account had no token when they last came.
    empty: BTreeMap<[u8; 32], TenantKey>,
}

/// The buckets of all accounts that have asked for something.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<Accounts>);

impl Rates {
    fn with<T>(&self, act: impl FnOnce(&mut Accounts) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the holder of this key is out of tokens for all that is known, and must not even be asked about.
    pub(super) fn is_out(&self, hash: &[u8; 32], now: Timestamp) -> Option<Standing> {
        self.with(|accounts| {
            let bucket = accounts.buckets.get_mut(accounts.empty.get(hash)?)?;
            bucket.fill(now);
            if bucket.parts < PARTS {
                return Some(bucket.take());
            }
            accounts.empty.remove(hash);
            None
        })
    }

    /// Counts a request of an account.
    pub(super) fn count(&self, hash: &[u8; 32], tenant: TenantKey, limits: &TenantLimits, now: Timestamp) -> Standing {
        self.with(|accounts| {
            let bucket = accounts.buckets.entry(tenant).or_insert_with(|| Bucket::full(limits, now));
            (bucket.per_second, bucket.burst) = (limits.requests_per_second, limits.requests_burst);
            bucket.fill(now);
            let standing = bucket.take();
            if !standing.has_token {
                if accounts.empty.len() >= MOST_EMPTY {
                    accounts.empty.clear();
                }
                accounts.empty.insert(*hash, tenant);
            }
            standing
        })
    }

    /// The limits of an account are other ones: its next request is looked at anew.
    pub(crate) fn limits_changed(&self, tenant: TenantKey) {
        self.with(|accounts| accounts.empty.retain(|_, of| *of != tenant));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const ONE: TenantKey = TenantKey(1);

    fn limits(per_second: u32, burst: u32) -> TenantLimits {
        TenantLimits { requests_per_second: per_second, requests_burst: burst, ..TenantLimits::default() }
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let rates = Rates::default();
        let limits = limits(100, 200);
        let ask =
            |ms| rates.is_out(&[1; 32], NOW + ms).is_none() && rates.count(&[1; 32], ONE, &limits, NOW + ms).has_token;
        assert_eq!((0..2_000).filter(|_| ask(0)).count(), 200);
        assert_eq!((0..1_000).filter(|ms| ask(*ms)).count(), 99, "one every ten milliseconds, the first after ten");
        assert_eq!((0..2_000).filter(|_| ask(60_000)).count(), 200, "a bucket holds no more than a burst");
        assert!(!ask(0), "a clock that was put back gives nothing");
        assert!(ask(10), "and goes on from there");
    }

    /// However requests come, an account has no more than burst plus rate times time, and is refused only when it had that.
    #[test]
    fn no_pattern_gets_more_than_its_share() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200 {
            let (per_second, burst) = (1 + random(50) as u32, 1 + random(30) as u32);
            let (rates, limits) = (Rates::default(), limits(per_second, burst));
            let (mut now, mut taken, mut model) = (0_u64, 0_u64, u64::from(burst) * PARTS);
            for _ in 0..400 {
                let pause = random(40);
                now += pause;
                model = (model + pause * u64::from(per_second)).min(u64::from(burst) * PARTS);
                let at = NOW + now as i64;
                let key = [random(3) as u8; 32];
                let had = rates.is_out(&key, at).is_none() && rates.count(&key, ONE, &limits, at).has_token;
                assert_eq!(had, model >= PARTS, "at {now} with {per_second}/s and {burst}");
                if had {
                    model -= PARTS;
                    taken += 1;
                }
            }
            assert!(taken * PARTS <= u64::from(burst) * PARTS + now * u64::from(per_second));
        }
    }

    #[test]
    fn buckets_are_the_accounts_and_not_the_keys() {
        let rates = Rates::default();
        let limits = limits(1, 2);
        let ask = |key: u8, tenant| rates.count(&[key; 32], TenantKey(tenant), &limits, NOW).has_token;
        assert_eq!([ask(1, 1), ask(2, 1), ask(3, 1), ask(9, 2)], [true, true, false, true]);
        assert!(rates.is_out(&[3; 32], NOW).is_some(), "it came and was refused");
        assert!(rates.is_out(&[1; 32], NOW).is_none(), "it has not come since");
        assert!(rates.is_out(&[9; 32], NOW).is_none());
        rates.limits_changed(ONE);
        assert!(rates.is_out(&[3; 32], NOW).is_none(), "the store is asked again");
    }

    #[test]
    fn other_limits_hold_from_the_next_request_on() {
        let rates = Rates::default();
        let ask = |limits: &TenantLimits, ms| rates.count(&[1; 32], ONE, limits, NOW + ms).has_token;
        assert_eq!((0..50).filter(|_| ask(&limits(1, 10), 0)).count(), 10);
        assert_eq!((0..50).filter(|_| ask(&limits(1_000, 10), 5)).count(), 5, "the time since counts at the new rate");
        ask(&limits(1, 1_000), 3_600_000);
        assert_eq!((0..50).filter(|_| ask(&limits(1, 3), 3_600_000)).count(), 3, "what is above a lower burst is gone");
    }

    #[test]
    fn what_is_remembered_of_floods_is_bounded() {
        let rates = Rates::default();
        for key in 0..10_000_u32 {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&key.to_le_bytes());
            rates.count(&hash, ONE, &limits(1, 1), NOW);
        }
        assert!(rates.with(|accounts| accounts.empty.len()) <= MOST_EMPTY);
    }

    #[test]
    fn headers_are_those_of_the_draft() {
        let rates = Rates::default();
        let mut headers = HeaderMap::new();
        rates.count(&[1; 32], ONE, &limits(100, 250), NOW).tell(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"account\";q=250;w=3");
        assert_eq!(headers["ratelimit"], "\"account\";r=249;t=1");
    }
}
