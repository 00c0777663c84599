//! `/metrics`: the names that the page promises, and numbers that agree with what the API says of the same host.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use campanile_tests::account::always;
use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::{people, repo};
use serde_json::json;

const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A metric's type and the names of its labels.
type Shape = (String, BTreeSet<String>);

/// One sample: name, labels, value.
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// What was scraped.
struct Scrape {
    types: BTreeMap<String, String>,
    samples: Vec<Sample>,
}

impl Scrape {
    fn read(text: &str) -> Self {
        let mut types = BTreeMap::new();
        let mut samples = Vec::new();
        for line in text.lines() {
            if let Some(said) = line.strip_prefix("# TYPE ") {
                let (name, kind) = said.split_once(' ').unwrap();
                types.insert(name.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') && !line.is_empty() {
                let (id, value) = line.rsplit_once(' ').unwrap();
                let (name, labels) = id.split_once('{').unwrap_or((id, "}"));
                let labels = labels.trim_end_matches('}').split("\",").filter(|part| !part.is_empty()).map(|part| {
                    let (name, value) = part.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
                    (name.to_owned(), value.trim_end_matches('"').to_owned())
                });
                let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
                samples.push(Sample { name: name.to_owned(), labels: labels.collect(), value });
            }
        }
        Self { types, samples }
    }

    /// The name without what a histogram adds.
    fn family<'a>(&self, name: &'a str) -> &'a str {
        let bases = ["_bucket", "_sum", "_count"].into_iter().filter_map(|ending| name.strip_suffix(ending));
        let is_histogram = |base: &&str| self.types.get(*base).is_some_and(|kind| kind == "histogram");
        bases.into_iter().find(is_histogram).unwrap_or(name)
    }

    fn shapes(&self) -> BTreeMap<String, Shape> {
        let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
        for Sample { name, labels, .. } in &self.samples {
            let family = self.family(name);
            let kind = self.types.get(family).unwrap_or_else(|| panic!("{name} has no type")).clone();
            let shape = shapes.entry(family.to_owned()).or_insert((kind, BTreeSet::new()));
            shape.1.extend(labels.keys().filter(|label| *label != "le").cloned());
        }
        shapes
    }

    fn sum(&self, name: &str, wanted: &[(&str, &str)]) -> f64 {
        let fits = |sample: &&Sample| {
            sample.name == name
                && wanted.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|has| has == value))
        };
        self.samples.iter().filter(fits).map(|sample| sample.value).sum()
    }
}

/// The rows of the page: `| name | type | labels | meaning |`.
fn promised() -> BTreeMap<String, Shape> {
    let page = std::fs::read_to_string(repo::root().join("docs/metrics.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<_> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
        let [name, kind, labels, meaning, ..] = cells.as_slice() else { return None };
        assert!(meaning.len() > 10, "{line}");
        let labels = labels.split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        Some((name.trim_end_matches('`').to_owned(), ((*kind).to_owned(), labels)))
    };
    page.lines().filter_map(row).collect()
}

#[test]
fn a_busy_host_shows_what_the_page_promises_and_what_the_api_says() {
    let mut host = Host::start(&[
        "--metrics-listen",
        "127.0.0.1:0",
        "--clock",
        "x600",
        "--clock-start",
        campanile_tests::host::MONDAY,
    ]);
    let own = host.line("metrics on ");
    let account = host.account("Acme");
    let script = json!({"name": "one-more", "source": "fn decide(lead) { if lead.last.was(\"voicemail\") { complete(\"x\") } else { builtin() } }"});
    account.live.post("/v1/scripts", &script).ok();
    let scenario = json!({"rates": {"unanswered": 0.5, "answer": 0.5}});
    let fields = json!({"calling_hours": always(), "max_retries": 2, "policy": "one-more@active"});
    let campaign = account.simulated(7, &scenario, &fields);
    campaign.add(&(0..40).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    campaign.completed(Duration::from_secs(90));

    let bare = Api::new(own.trim_end_matches("/metrics"), ANSWER_LIMIT);
    let text = bare.get("/metrics").text;
    let scrape = Scrape::read(&text);
    assert_eq!(scrape.shapes(), promised(), "docs/metrics.md and the code differ");

    let stats = campaign.stats();
    let calls = campaign.calls().len() as f64;
    assert_eq!(scrape.sum("campanile_claimed_leads_total", &[]), calls, "{stats}");
    assert_eq!(scrape.sum("campanile_dials_total", &[]), calls, "{stats}");
    assert_eq!(scrape.sum("campanile_attempts_ended_total", &[]), calls, "{stats}");
    assert_eq!(scrape.sum("campanile_dial_lateness_seconds_count", &[]), calls);
    let unanswered = stats["attempts"]["unanswered"].as_u64().unwrap() as f64;
    assert_eq!(scrape.sum("campanile_attempts_ended_total", &[("outcome", "unanswered")]), unanswered);
    assert_eq!(scrape.sum("campanile_open_attempts", &[]), 0.0);
    let decided = scrape.sum("campanile_plugin_calls_total", &[("kind", "retry-policy"), ("result", "ok")]);
    assert!(decided > 0.0 && decided <= calls, "{decided} of {calls}");
    assert_eq!(scrape.sum("campanile_effect_duration_seconds_count", &[("effect", "decide")]), decided);
    assert_eq!(scrape.sum("campanile_plugin_memory_bytes_count", &[("kind", "retry-policy")]), decided);
    let one = scrape.sum("campanile_plugin_fuel_total", &[]) / decided;
    assert!((1_000.0..20_000_000.0).contains(&one), "{one} units of fuel a decision");
    let main = [("database", "main")];
    let groups = scrape.sum("campanile_store_commits_total", &main);
    assert_eq!(scrape.sum("campanile_store_group_operations_count", &main), groups);
    assert!(scrape.sum("campanile_store_group_operations_sum", &main) >= groups.max(calls));
    assert_eq!(scrape.sum("campanile_store_commits_total", &[("result", "failed")]), 0.0);
    let started =
        scrape.sum("campanile_http_requests_total", &[("route", "/v1/campaigns/{id}/start"), ("status", "200")]);
    assert_eq!(started, 1.0);
    assert!(scrape.sum("process_resident_memory_bytes", &[]) > f64::from(1 << 20));

    let operators = Scrape::read(&host.operator.get("/metrics").text);
    assert_eq!(operators.shapes(), scrape.shapes(), "the same with the operator's key");
    assert_eq!(host.api.get("/metrics").problem(), (401, "CE0001".into()));
    assert_eq!(account.live.get("/metrics").problem(), (403, "CE0003".into()));
    assert_eq!(bare.get("/v1/tenants").status, 404);
    let mut secrets =
        vec![account.id.clone(), campaign.id.clone(), account.live.key().to_owned(), "one-more".to_owned()];
    secrets.extend(campaign.leads().iter().map(|lead| lead["contacts"][0]["phone"].as_str().unwrap()[1..].to_owned()));
    assert!(secrets.len() == 44, "{}", secrets.len());
    for secret in &secrets {
        assert!(!text.contains(secret), "{secret} is in the metrics");
    }
}
