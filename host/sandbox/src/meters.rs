//! What is counted about guests while they run: how long calls wait for their turn, and how full the pools are.
//!
//! What a call used is told to [`campanile_domain::ports::plugins::PluginCalls`], by whoever listens there; here is only
//! what no single call knows. Counting is a few atomic additions; where nobody measures, nothing is counted.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, HistogramTimer, IntGauge, Opts, Registry};

use crate::engines::{Metered, slots};

/// Seconds: a decision's turn comes in microseconds, and one that waits for a second is late.
const WAITS: [f64; 8] = [0.000_05, 0.000_5, 0.005, 0.05, 0.25, 1.0, 5.0, 30.0];

/// Of both engines.
#[derive(Debug)]
pub struct Meters {
    by_fuel: OfEngine,
    by_time: OfEngine,
}

/// Of one engine.
#[derive(Debug)]
pub struct OfEngine {
    waited: Histogram,
    running: IntGauge,
}

/// A call that is under way.
pub struct Running<'a>(&'a IntGauge);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl OfEngine {
    fn new(metered: Metered, registry: &Registry) -> prometheus::Result<Self> {
        let name = match metered {
            Metered::ByFuel => "by_fuel",
            Metered::ByTime => "by_time",
        };
        let help = "How long calls of plugins waited for a turn and a thread";
        let waited = HistogramOpts::new("campanile_plugin_queue_wait_seconds", help).buckets(WAITS.into());
        let gauge = |metric, help| IntGauge::with_opts(Opts::new(metric, help).const_label("engine", name));
        let this = Self {
            waited: Histogram::with_opts(waited.const_label("engine", name))?,
            running: gauge("campanile_plugin_calls_running", "Calls of plugins under way, each in a slot of the pool")?,
        };
        let all = gauge("campanile_plugin_slots", "Slots of the pool")?;
        all.set(slots(metered).into());
        registry.register(Box::new(this.waited.clone()))?;
        registry.register(Box::new(this.running.clone()))?;
        registry.register(Box::new(all))?;
        Ok(this)
    }

    /// A call waits until this is dropped.
    pub fn wait(&self) -> HistogramTimer {
        self.waited.start_timer()
    }

    /// A call is under way until this is dropped.
    pub fn run(&self) -> Running<'_> {
        self.running.inc();
        Running(&self.running)
    }
}

impl Meters {
    /// Named in the registry. `idle` says how many runners are.
    ///
    /// # Errors
    /// They are there already.
    pub fn new(idle: impl Fn() -> usize + Send + Sync + 'static, registry: &Registry) -> prometheus::Result<Self> {
        let help = "Runners of scripts that are warm and idle, each in a slot of the pool by_fuel";
        let gauge = IntGauge::new("campanile_script_runners_idle", help)?;
        registry.register(Box::new(Idle { idle: Box::new(idle), gauge }))?;
        Ok(Self {
            by_fuel: OfEngine::new(Metered::ByFuel, registry)?,
            by_time: OfEngine::new(Metered::ByTime, registry)?,
        })
    }

    /// Of an engine.
    pub const fn of(&self, metered: Metered) -> &OfEngine {
        match metered {
            Metered::ByFuel => &self.by_fuel,
            Metered::ByTime => &self.by_time,
        }
    }
}

/// Counted when somebody asks.
struct Idle {
    idle: Box<dyn Fn() -> usize + Send + Sync>,
    gauge: IntGauge,
}

impl Collector for Idle {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.gauge.set(i64::try_from((self.idle)()).unwrap_or(i64::MAX));
        self.gauge.collect()
    }
}
