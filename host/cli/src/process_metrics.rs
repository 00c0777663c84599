//! What is told about the process itself: which build it is, since when it runs, how much memory it holds.
//!
//! Under the names that every Prometheus client uses for it, so that dashboards made for any process show this one.

use campanile_domain::time::{SECOND_MS, Timestamp};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntGauge, Opts, Registry};

use crate::version;

/// Counted when somebody asks.
struct Memory(IntGauge);

/// The memory that the process holds, in bytes; `None` where the system does not tell.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<i64>().ok().map(|kib| kib << 10)
}

impl Collector for Memory {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.0.set(resident_bytes().unwrap_or_default());
        self.0.collect()
    }
}

/// Names them in the registry. `started` is by the sun's clock.
///
/// # Errors
/// They are there already.
pub fn register(registry: &Registry, started: Timestamp) -> prometheus::Result<()> {
    let about = version::about();
    let build = Opts::new("campanile_build_info", "Always 1; which build this is")
        .const_label("version", about.version)
        .const_label("commit", about.commit.unwrap_or_default());
    let build = IntGauge::with_opts(build)?;
    build.set(1);
    let start = Gauge::new("process_start_time_seconds", "When the process started, in seconds since 1970")?;
    start.set(started.millis() as f64 / SECOND_MS as f64);
    let memory = Memory(IntGauge::new("process_resident_memory_bytes", "Memory that the process holds")?);
    registry.register(Box::new(build))?;
    registry.register(Box::new(start))?;
    registry.register(Box::new(memory))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn a_test_holds_more_than_a_mebibyte() {
        assert!(super::resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }
}
