//! What is counted about requests: what became of them, and how long they took.

use campanile_domain::ports::outbound::{OutboundFault, OutboundReply};
use prometheus::{Histogram, HistogramOpts, HistogramTimer, IntCounter, Opts, Registry};

/// Seconds that a request takes with its redirects and tokens.
const DURATIONS: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0];
/// What became of a request.
const RESULTS: [&str; 9] =
    ["2xx", "3xx", "4xx", "5xx", "denied", "unreachable", "timed_out", "too_large", "unauthorised"];

/// The egress'.
#[derive(Debug)]
pub struct Meters {
    results: Vec<IntCounter>,
    took: Histogram,
}

impl Meters {
    /// Named in the registry.
    ///
    /// # Errors
    /// They are there already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let mut results = Vec::with_capacity(RESULTS.len());
        for result in RESULTS {
            let opts = Opts::new("campanile_egress_requests_total", "Requests of plugins by what became of them");
            let counter = IntCounter::with_opts(opts.const_label("result", result))?;
            registry.register(Box::new(counter.clone()))?;
            results.push(counter);
        }
        let help = "How long requests of plugins took, refused ones too";
        let took = HistogramOpts::new("campanile_egress_request_duration_seconds", help).buckets(DURATIONS.into());
        let took = Histogram::with_opts(took)?;
        registry.register(Box::new(took.clone()))?;
        Ok(Self { results, took })
    }

    /// A request takes until this is dropped.
    pub fn begun(&self) -> HistogramTimer {
        self.took.start_timer()
    }

    /// What became of it.
    pub fn ended(&self, answer: &Result<OutboundReply, OutboundFault>) {
        if let Some(counter) = self.results.get(result(answer)) {
            counter.inc();
        }
    }
}

/// The place in [`RESULTS`]. What is no answer of HTTP counts with the server's errors.
const fn result(answer: &Result<OutboundReply, OutboundFault>) -> usize {
    match answer {
        Ok(OutboundReply { status: 200..300, .. }) => 0,
        Ok(OutboundReply { status: 300..400, .. }) => 1,
        Ok(OutboundReply { status: 400..500, .. }) => 2,
        Ok(_) => 3,
        // A spent budget is the sandbox' word; it never gets here.
        Err(OutboundFault::Denied(_) | OutboundFault::BudgetSpent) => 4,
        Err(OutboundFault::Unreachable(_)) => 5,
        Err(OutboundFault::TimedOut) => 6,
        Err(OutboundFault::TooLarge) => 7,
        Err(OutboundFault::Unauthorised(_)) => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_has_its_word() {
        let reply = |status| Ok(OutboundReply { status, headers: Vec::new(), body: Vec::new() });
        let why = String::new;
        let cases = [
            (reply(204), "2xx"),
            (reply(304), "3xx"),
            (reply(404), "4xx"),
            (reply(503), "5xx"),
            (Err(OutboundFault::Denied(why())), "denied"),
            (Err(OutboundFault::Unreachable(why())), "unreachable"),
            (Err(OutboundFault::TimedOut), "timed_out"),
            (Err(OutboundFault::TooLarge), "too_large"),
            (Err(OutboundFault::Unauthorised(why())), "unauthorised"),
        ];
        let registry = Registry::new();
        let meters = Meters::new(&registry).unwrap();
        for (answer, word) in cases {
            assert_eq!(RESULTS[result(&answer)], word);
            meters.ended(&answer);
        }
        assert!(meters.results.iter().all(|counter| counter.get() == 1));
        assert!(Meters::new(&registry).is_err(), "a name is given once");
    }
}
