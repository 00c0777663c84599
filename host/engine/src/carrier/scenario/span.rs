//! Lengths of time in a scenario file: a number of seconds, a range, or a mean.
//!
//! Three spellings because people think in all three, and no more, because a scenario is a stage set and not a model of
//! telephony. A mean is drawn as the sum of two even draws (a triangle from nothing to twice the mean), which needs no
//! function that platforms compute differently.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::super::draw::Draw;

/// The most seconds that a scenario may name: two days, so that the latest news of a call comes while the carrier still
/// remembers it.
pub const LONGEST_SECONDS: f64 = 172_800.0;

/// A length of time, in seconds: `20`, `{ min = 5, max = 20 }` or `{ mean = 60 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Span {
    /// Always this.
    Fixed(f64),
    /// Evenly between the two.
    Between {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// From nothing to twice the mean, mostly near it.
    Mean {
        /// The mean.
        mean: f64,
    },
}

impl Span {
    /// Milliseconds. Takes two values of the stream whatever the spelling.
    pub(in super::super) fn draw_ms(self, draw: &mut Draw) -> i64 {
        let (one, two) = (draw.unit(), draw.unit());
        let seconds = match self {
            Self::Fixed(seconds) => seconds,
            Self::Between { min, max } => min + (max - min) * one,
            Self::Mean { mean } => mean * (one + two),
        };
        (seconds * 1000.0) as i64
    }

    /// The longest it can be, in milliseconds.
    pub fn longest_ms(self) -> i64 {
        let seconds = match self {
            Self::Fixed(seconds) => seconds,
            Self::Between { max, .. } => max,
            Self::Mean { mean } => 2.0 * mean,
        };
        (seconds * 1000.0) as i64
    }

    /// What is wrong with it, if anything.
    pub(super) fn fault(self) -> Option<String> {
        let ends = match self {
            Self::Fixed(seconds) => [seconds, seconds],
            Self::Between { min, max } => [min, max],
            Self::Mean { mean } => [mean, mean],
        };
        if let Some(wrong) = ends.into_iter().find(|end| !(0.0..=LONGEST_SECONDS).contains(end)) {
            return Some(format!("is {wrong} seconds; write 0 to {LONGEST_SECONDS}"));
        }
        (ends[0] > ends[1]).then(|| format!("has min {} above max {}; swap them", ends[0], ends[1]))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    min: Option<f64>,
    max: Option<f64>,
    mean: Option<f64>,
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Span;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("seconds: a number, { min = 5, max = 20 } or { mean = 60 }")
            }
            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Span, E> {
                Ok(Span::Fixed(seconds))
            }
            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Span, E> {
                Ok(Span::Fixed(seconds as f64))
            }
            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Span, E> {
                Ok(Span::Fixed(seconds as f64))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Span, A::Error> {
                match Parts::deserialize(MapAccessDeserializer::new(map))? {
                    Parts { min: Some(min), max: Some(max), mean: None } => Ok(Span::Between { min, max }),
                    Parts { min: None, max: None, mean: Some(mean) } => Ok(Span::Mean { mean }),
                    _ => Err(A::Error::custom("a length of time has either both min and max, or mean alone")),
                }
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        t: Span,
    }

    fn read(text: &str) -> Result<Span, String> {
        toml::from_str::<File>(&format!("t = {text}")).map(|file| file.t).map_err(|error| error.to_string())
    }

    #[test]
    fn three_spellings_are_read_and_others_are_told_what_to_write() {
        assert_eq!(read("20"), Ok(Span::Fixed(20.0)));
        assert_eq!(read("{ min = 1.5, max = 3 }"), Ok(Span::Between { min: 1.5, max: 3.0 }));
        assert_eq!(read("{ mean = 60 }"), Ok(Span::Mean { mean: 60.0 }));
        assert!(read("\"20s\"").unwrap_err().contains("{ min = 5, max = 20 }"));
        for wrong in ["{ min = 1 }", "{ min = 1, max = 2, mean = 1 }", "{}"] {
            assert!(read(wrong).unwrap_err().contains("either both min and max"), "{wrong}");
        }
        assert!(read("{ median = 3 }").unwrap_err().contains("median"));
    }

    #[test]
    fn draws_keep_to_the_range_and_to_the_mean() {
        let mut draw = Draw::of(1, "span", &[]);
        let between = Span::Between { min: 2.0, max: 4.0 };
        assert!((0..1000).all(|_| (2000..4000).contains(&between.draw_ms(&mut draw))));
        let sum: i64 = (0..10_000).map(|_| Span::Mean { mean: 60.0 }.draw_ms(&mut draw)).sum();
        assert!((59_000..61_000).contains(&(sum / 10_000)), "{}", sum / 10_000);
        assert_eq!(Span::Fixed(0.25).draw_ms(&mut draw), 250);
    }

    #[test]
    fn nonsense_is_a_fault() {
        let wrong = [Span::Fixed(-1.0), Span::Fixed(f64::NAN), Span::Between { min: 3.0, max: 2.0 }];
        assert!(wrong.iter().all(|span| span.fault().is_some()));
        assert_eq!(Span::Mean { mean: 30.0 }.fault(), None);
    }
}
