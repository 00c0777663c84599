//! The clock of a data folder.
//!
//! `--clock x600 --clock-start T` runs a folder on a faster clock, for demos and tests. The base is kept beside the data,
//! so that a restart goes on where the clock would be by now instead of calling yesterday's leads again; and such a folder
//! never runs on the sun's clock afterwards, because its due times would lie in another time.

use std::path::Path;
use std::sync::Arc;

use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::time::Timestamp;
use campanile_engine::shell::clock::{ScaledClock, SystemClock};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// Which clock calls live in.
#[derive(Args, Clone, Debug, Default)]
pub struct ClockFlags {
    /// Run faster than the sun, for example x600; only with the simulated carrier
    #[arg(long, value_name = "xN", value_parser = factor)]
    pub clock: Option<f64>,
    /// What the faster clock shows at the first start, RFC 3339, for example 2026-03-02T14:00:00Z
    #[arg(long, value_name = "TIME", requires = "clock")]
    pub clock_start: Option<Timestamp>,
}

fn factor(text: &str) -> Result<f64, String> {
    let number = text.strip_prefix('x').unwrap_or(text);
    match number.parse::<f64>() {
        Ok(factor) if (1.0..=100_000.0).contains(&factor) => Ok(factor),
        _ => Err(format!("{text:?} is not a factor from x1 to x100000")),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    start: Timestamp,
    began: Timestamp,
    factor: f64,
}

/// The clock that was chosen.
pub struct Chosen {
    /// The time that calls live in.
    pub engine: Arc<dyn EngineClock>,
    /// The factor, when it is not the sun's.
    pub factor: Option<f64>,
}

/// The name of the file in the data folder.
pub const FILE: &str = "clock.json";

/// Reads the folder's clock, or makes it at the first start.
pub fn choose(folder: &Path, flags: &ClockFlags) -> Result<Chosen, Failure> {
    let path = folder.join(FILE);
    let shown = path.display();
    let now = WallClock::now(&SystemClock);
    let kept: Option<Base> =
        match std::fs::read(&path) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes).map_err(|error| {
                Failure::other(format!("{shown} is damaged: {error}")).next("restore it from a copy")
            })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::other(format!("{shown} cannot be read: {error}"))),
        };
    let base = match (kept, flags.clock) {
        (None, None) => return Ok(Chosen { engine: Arc::new(SystemClock), factor: None }),
        (Some(base), None) => base,
        (Some(base), Some(factor)) if base.factor == factor => base,
        (Some(base), Some(_)) => {
            return Err(Failure::usage(format!("this data folder runs on a clock x{}", base.factor))
                .next("leave --clock out, or use another data folder"));
        }
        (None, Some(_)) if folder.join("campanile.db").exists() => {
            return Err(Failure::usage("this data folder has run on the sun's clock; its due times would not fit")
                .next("use another data folder"));
        }
        (None, Some(factor)) => {
            let base = Base { start: flags.clock_start.unwrap_or(now), began: now, factor };
            let text = serde_json::to_vec(&base).map_err(|error| Failure::other(error.to_string()))?;
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, text))
                .map_err(|error| Failure::other(format!("{shown} cannot be written: {error}")))?;
            base
        }
    };
    let engine = Arc::new(ScaledClock::continuing(base.start, base.began, base.factor));
    Ok(Chosen { engine, factor: Some(base.factor) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_goes_on_where_the_clock_would_be() {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-03-02T14:00:00Z".parse().unwrap();
        let flags = ClockFlags { clock: Some(600.0), clock_start: Some(start) };
        let mut shown = start;
        for flags in std::iter::once(flags).chain(std::iter::repeat_n(ClockFlags::default(), 100)) {
            let chosen = choose(folder.path(), &flags).unwrap();
            assert_eq!(chosen.factor, Some(600.0));
            let now = chosen.engine.now();
            assert!(now >= shown, "{now} after {shown}");
            shown = now;
        }
        assert!(choose(folder.path(), &ClockFlags { clock: Some(60.0), clock_start: None }).is_err());
    }

    #[test]
    fn a_factor_is_written_with_or_without_x() {
        assert_eq!(factor("x600"), Ok(600.0));
        assert_eq!(factor("60"), Ok(60.0));
        assert!(factor("fast").is_err() && factor("x0").is_err());
    }
}
