//! What is counted about requests, and the text that a scraper reads.
//!
//! The registry is the host's: every room counts into it, and it is written out here. Labels come from lists that this
//! release knows (routes, methods, statuses), never from what a client sent, so that nobody can make a scrape grow.

use http::{Method, StatusCode};
use prometheus::{HistogramOpts, HistogramTimer, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

/// Seconds that an answer takes.
const DURATIONS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The registry and the requests in it.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    answered: IntCounterVec,
    took: HistogramVec,
}

/// The method as a label; there are endless ones.
const fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

impl Metrics {
    /// Counts requests in the registry that everything else counts in.
    ///
    /// # Errors
    /// Requests are counted in it already.
    pub fn new(registry: Registry) -> prometheus::Result<Self> {
        let answered =
            Opts::new("campanile_http_requests_total", "Requests by route, as in the OpenAPI document, and status");
        let answered = IntCounterVec::new(answered, &["method", "route", "status"])?;
        let took = HistogramOpts::new("campanile_http_request_duration_seconds", "How long answers took by route");
        let took = HistogramVec::new(took.buckets(DURATIONS.into()), &["method", "route"])?;
        registry.register(Box::new(answered.clone()))?;
        registry.register(Box::new(took.clone()))?;
        Ok(Self { registry, answered, took })
    }

    /// A request begins; it takes until what is returned is dropped. `route` is the pattern, `-` where there is none.
    pub(crate) fn begun(&self, asked: &Method, route: &str) -> HistogramTimer {
        self.took.with_label_values(&[method(asked), route]).start_timer()
    }

    /// It was answered.
    pub(crate) fn answered(&self, asked: &Method, route: &str, status: StatusCode) {
        self.answered.with_label_values(&[method(asked), route, status.as_str()]).inc();
    }

    /// Everything in the registry, in the text format of Prometheus (0.0.4).
    ///
    /// # Errors
    /// Two metrics share a name and differ in their labels' names.
    pub(crate) fn text(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_makes_up_is_no_label() {
        let metrics = Metrics::new(Registry::new()).unwrap();
        for word in ["BREW", "PROPFIND", "X1"] {
            let asked = Method::from_bytes(word.as_bytes()).unwrap();
            drop(metrics.begun(&asked, "-"));
            metrics.answered(&asked, "-", StatusCode::NOT_FOUND);
        }
        let text = metrics.text().unwrap();
        let line = "campanile_http_requests_total{method=\"other\",route=\"-\",status=\"404\"} 3";
        assert!(text.contains(line) && !text.contains("BREW"), "{text}");
    }
}
