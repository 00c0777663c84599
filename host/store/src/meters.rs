//! What is counted about the writers: commits, how many writes share one, how long it takes, and who waits.
//!
//! The writer's thread and its callers only add to atomics; where nobody measures, nothing is counted.

use prometheus::{Histogram, HistogramOpts, HistogramTimer, IntCounter, IntGauge, Opts, Registry};

/// Writes in a group.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Seconds of a commit, which waits for the disk.
const COMMITS: [f64; 8] = [0.000_1, 0.000_5, 0.002, 0.005, 0.02, 0.1, 0.5, 2.5];

/// Of one database.
#[derive(Debug)]
pub(crate) struct Meters {
    committed: IntCounter,
    failed: IntCounter,
    sizes: Histogram,
    durations: Histogram,
    pub(crate) dial: IntGauge,
    pub(crate) bulk: IntGauge,
}

impl Meters {
    /// Named in the registry.
    pub(crate) fn new(database: &str, registry: &Registry) -> prometheus::Result<Self> {
        let of = |metric: &str, help: &str| Opts::new(metric, help).const_label("database", database);
        let commits = |result: &str| {
            let opts = of("campanile_store_commits_total", "Groups of writes by what became of their commit");
            IntCounter::with_opts(opts.const_label("result", result))
        };
        let waiting = |lane: &str| {
            let opts = of("campanile_store_waiting_operations", "Writes that wait for the writer");
            IntGauge::with_opts(opts.const_label("lane", lane))
        };
        let spread = |metric: &str, help: &str, buckets: &[f64]| {
            Histogram::with_opts(HistogramOpts::from(of(metric, help)).buckets(buckets.into()))
        };
        let this = Self {
            committed: commits("ok")?,
            failed: commits("failed")?,
            sizes: spread("campanile_store_group_operations", "Writes that shared a commit", &SIZES)?,
            durations: spread("campanile_store_commit_duration_seconds", "How long a commit took", &COMMITS)?,
            dial: waiting("dial")?,
            bulk: waiting("bulk")?,
        };
        for counter in [&this.committed, &this.failed] {
            registry.register(Box::new(counter.clone()))?;
        }
        for histogram in [&this.sizes, &this.durations] {
            registry.register(Box::new(histogram.clone()))?;
        }
        for gauge in [&this.dial, &this.bulk] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(this)
    }

    /// A commit takes until this is dropped.
    pub(crate) fn commit(&self) -> HistogramTimer {
        self.durations.start_timer()
    }

    /// A group came to its end.
    pub(crate) fn ended(&self, operations: usize, committed: bool) {
        self.sizes.observe(operations as f64);
        if committed { self.committed.inc() } else { self.failed.inc() }
    }
}
