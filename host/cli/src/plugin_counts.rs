//! What plugins did, as metrics: calls by kind and what they used, and what became of uploads at each gate.
//!
//! By kind and never by tenant or name: an account reads what its own plugins used at `/v1/plugins/{name}/usage`, and labels
//! that tenants choose would let them grow what the operator's scraper has to hold.

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::report::{Report, Stage};
use campanile_domain::ports::plugins::PluginCall;
use prometheus::{Counter, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};

/// Bytes of memory that a call had at most.
const MEMORY: [f64; 7] = [262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0, 33_554_432.0, 67_108_864.0, 268_435_456.0];
/// Seconds that compiling takes.
const COMPILING: [f64; 7] = [0.1, 0.5, 1.0, 5.0, 20.0, 60.0, 180.0];

/// The functions that stand between a free slot and a settled lead: their successes are counted without a look-up.
const fn often(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::RetryPolicy => &["decide"],
        Kind::VoiceGateway => &["place", "receive", "look-up", "find", "hang-up"],
        _ => &[],
    }
}

/// What the calls of one kind used.
#[derive(Debug)]
struct OfKind {
    succeeded: Vec<(&'static str, IntCounter)>,
    fuel: IntCounter,
    processor: Counter,
    memory: Histogram,
    host_calls: IntCounter,
    requests: IntCounter,
    sent: IntCounter,
    received: IntCounter,
}

/// Calls of plugins.
#[derive(Debug)]
pub struct PluginCounts {
    calls: IntCounterVec,
    kinds: Vec<(Kind, OfKind)>,
}

impl OfKind {
    fn new(kind: Kind, calls: &IntCounterVec, registry: &Registry) -> prometheus::Result<Self> {
        let of = |metric: &str, help: &str| Opts::new(metric, help).const_label("kind", kind.word());
        let count = |opts: Opts| {
            let counter = IntCounter::with_opts(opts)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let bytes = |direction: &str| {
            let opts = of("campanile_plugin_http_bytes_total", "Bytes of bodies that plugins sent and received");
            count(opts.const_label("direction", direction))
        };
        let processor =
            of("campanile_plugin_processor_seconds_total", "Processor time of calls that are limited in time");
        let processor = Counter::with_opts(processor)?;
        registry.register(Box::new(processor.clone()))?;
        let memory = of("campanile_plugin_memory_bytes", "Linear memory that a call had at most");
        let memory = Histogram::with_opts(HistogramOpts::from(memory).buckets(MEMORY.into()))?;
        registry.register(Box::new(memory.clone()))?;
        let succeeded = |name: &&'static str| (*name, calls.with_label_values(&[kind.word(), *name, "ok"]));
        Ok(Self {
            succeeded: often(kind).iter().map(succeeded).collect(),
            fuel: count(of("campanile_plugin_fuel_total", "Fuel of calls that are limited in fuel"))?,
            processor,
            memory,
            host_calls: count(of(
                "campanile_plugin_host_calls_total",
                "Calls that plugins made of the host's functions",
            ))?,
            requests: count(of("campanile_plugin_http_requests_total", "Requests that plugins sent"))?,
            sent: bytes("out")?,
            received: bytes("in")?,
        })
    }
}

impl PluginCounts {
    /// Named in the registry.
    ///
    /// # Errors
    /// They are there already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let calls = Opts::new("campanile_plugin_calls_total", "Calls of plugins and scripts by what came of them");
        let calls = IntCounterVec::new(calls, &["kind", "function", "result"])?;
        registry.register(Box::new(calls.clone()))?;
        let kinds = Kind::UPLOADABLE.into_iter().map(|kind| Ok((kind, OfKind::new(kind, &calls, registry)?)));
        let kinds = kinds.collect::<prometheus::Result<_>>()?;
        Ok(Self { calls, kinds })
    }

    /// A call ended. The result is `ok` or the failure's code, of which there are as many as kinds of faults.
    pub fn count(&self, call: &PluginCall) {
        let PluginCall { kind, function, usage, failure, .. } = call;
        let of = self.kinds.iter().find(|(known, _)| known == kind).map(|(_, of)| of);
        let found = of.and_then(|of| of.succeeded.iter().find(|(name, _)| name == function));
        match (failure, found) {
            (None, Some((_, counter))) => counter.inc(),
            _ => {
                let result = failure.as_ref().map_or("ok", |(code, _)| code.as_str());
                self.calls.with_label_values(&[kind.word(), *function, result]).inc();
            }
        }
        let Some(of) = of else { return };
        of.fuel.inc_by(usage.fuel);
        of.processor.inc_by(f64::from(usage.running_ms) / 1_000.0);
        of.memory.observe(usage.memory_bytes as f64);
        of.host_calls.inc_by(usage.host_calls.into());
        of.requests.inc_by(usage.http_requests.into());
        of.sent.inc_by(usage.bytes_out);
        of.received.inc_by(usage.bytes_in);
    }
}

/// What became of uploads.
#[derive(Debug)]
pub struct GateCounts {
    gates: Vec<(Stage, [IntCounter; 2])>,
    compiling: Histogram,
}

impl GateCounts {
    /// Named in the registry.
    ///
    /// # Errors
    /// They are there already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let help = "How long the compiler's process worked on an upload, or finding what it made before";
        let compiling = HistogramOpts::new("campanile_plugin_compile_duration_seconds", help);
        let compiling = Histogram::with_opts(compiling.buckets(COMPILING.into()))?;
        registry.register(Box::new(compiling.clone()))?;
        let mut gates = Vec::new();
        for (stage, word) in
            [(Stage::Admission, "admission"), (Stage::Compilation, "compilation"), (Stage::Conformance, "conformance")]
        {
            let count = |result: &str| {
                let opts = Opts::new("campanile_plugin_gates_total", "Uploads by gate and what became of them there");
                let counter = IntCounter::with_opts(opts.const_label("stage", word).const_label("result", result))?;
                registry.register(Box::new(counter.clone()))?;
                prometheus::Result::Ok(counter)
            };
            gates.push((stage, [count("passed")?, count("rejected")?]));
        }
        Ok(Self { gates, compiling })
    }

    /// A report left a gate. What the compiler refused counts as long as it worked, too.
    pub fn count(&self, stage: Stage, report: &Report, worked_ms: Option<i64>) {
        if let Some((_, [passed, rejected])) = self.gates.iter().find(|(known, _)| *known == stage) {
            if report.passed { passed.inc() } else { rejected.inc() }
        }
        if let Some(millis) = worked_ms {
            self.compiling.observe(millis as f64 / 1_000.0);
        }
    }
}
