//! The carrier's only source of chance: a name that is hashed into a generator.
//!
//! A draw is named by what it is for and by whom it concerns, never by when it is made. That is what makes two policies
//! meet the same people, a live run and a rehearsal tell the same story, and a fault switched on leave every other value
//! where it was. The arithmetic is whole numbers and exactly rounded doubles, so that every platform gets the same
//! values; logarithms and powers, which differ between libraries, must never appear here.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of values that depends on its name only.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `seed` for `purpose` about the thing that `parts` name.
    pub fn of(seed: u64, purpose: &str, parts: &[u64]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update((purpose.len() as u64).to_be_bytes());
        hash.update(purpose.as_bytes());
        for part in parts {
            hash.update(part.to_be_bytes());
        }
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 inclusive to 1 exclusive, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`. Takes one value whatever `p` is, so that the values after it stay the same.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// 0 to `n` exclusive; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// One of `all`, or nothing of nothing.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_whole_name_and_on_nothing_else() {
        let first = |seed, purpose, parts: &[u64]| Draw::of(seed, purpose, parts).bits();
        assert_eq!(first(1, "call", &[2, 3]), first(1, "call", &[2, 3]));
        let others =
            [first(2, "call", &[2, 3]), first(1, "calls", &[2, 3]), first(1, "call", &[3, 2]), first(1, "call", &[2])];
        assert!(others.iter().all(|other| *other != first(1, "call", &[2, 3])));
    }

    #[test]
    fn values_lie_in_their_ranges() {
        let mut draw = Draw::of(7, "range", &[]);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&draw.unit()) && draw.below(6) < 6);
        }
        assert!(!draw.chance(0.0) && draw.chance(1.0));
        assert_eq!((draw.below(0), draw.pick::<u8>(&[])), (0, None));
    }
}
