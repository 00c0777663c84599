//! Whether a plugin behaves as its kind must, tried in the real sandbox before anybody depends on it.
//!
//! Golden cases and hostile ones (nothing there, huge, strange letters, undetermined everywhere), and for the kinds that
//! reach out a provider that says every kind of no. A plugin may answer with an error of its own; it may not crash, run
//! out of its limits, or claim what the host knows to be wrong. A case is data and a rule; adding one is adding a line.

use std::sync::Arc;

use campanile_domain::hours::CallingHours;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::plugin::limits::{Cpu, Limits};
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::report::CaseResult;
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{Outbound, Principal};
use campanile_domain::ports::policy::Calendar;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use serde_json::{Map, Value, json};

use crate::capabilities::{Loan, Reach, State};
use crate::fault::Fault;
use crate::guest::Called;
use crate::sandbox::{Prepared, Sandbox};

mod evaluator;
mod gateway;
mod importer;
mod policy;
mod provider;
mod sink;

use provider::Provider;

/// Monday 2026-03-02, 08:01 UTC: when every case takes place.
const NOW: Timestamp = Timestamp(1_772_438_460_000);

/// What a case expects of the answer, beside that there is one.
type Rule = fn(&Value) -> Result<(), String>;

/// One thing to try.
struct Case {
    name: String,
    function: &'static str,
    arguments: Value,
    /// How the other system behaves, for the kinds that reach out.
    provider: Provider,
    rule: Rule,
}

impl Case {
    fn new(name: impl Into<String>, function: &'static str, arguments: Value) -> Self {
        Self { name: name.into(), function, arguments, provider: Provider::Unreachable, rule: anything }
    }

    fn provider(mut self, provider: Provider) -> Self {
        self.provider = provider;
        self
    }

    fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }
}

/// Any answer, and any error of the plugin's own.
fn anything(_: &Value) -> Result<(), String> {
    Ok(())
}

/// Anything but a yes.
fn refused(answer: &Value) -> Result<(), String> {
    match answer.get("ok") {
        None => Ok(()),
        Some(_) => Err("it must answer with an error".to_owned()),
    }
}

/// A text of every sort of letter, with what breaks naive handling of it.
fn strange() -> String {
    "Ζoë 李 \u{202e}txet\u{202c} 👩‍👩‍👧 e\u{301} \u{feff}{{secret:x}} \"quoted\" <b> \\ \u{0}".to_owned()
}

fn cases(kind: Kind) -> Vec<Case> {
    match kind {
        Kind::RetryPolicy | Kind::ScriptRunner => policy::cases(),
        Kind::CallEvaluator => evaluator::cases(),
        Kind::LeadImporter => importer::cases(),
        Kind::VoiceGateway => gateway::cases(),
        Kind::ResultSink => sink::cases(),
    }
}

/// A clock that stands, so that every run of the cases is the same run.
struct Standing;

impl WallClock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Settings that fit a manifest's schema: each default, else the least that its type allows.
fn settings(manifest: &Manifest) -> Value {
    manifest.settings.as_ref().map_or_else(|| json!({}), made)
}

/// The least that fits a schema: defaults, first choices, and what must be there.
fn made(schema: &Value) -> Value {
    let least =
        |limit: &str, usual: u64| schema.get(limit).and_then(Value::as_u64).unwrap_or(usual).clamp(0, 64) as usize;
    let first = schema.get("enum").and_then(Value::as_array).and_then(|choices| choices.first());
    if let Some(value) = schema.get("default").or(first) {
        return value.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => json!(false),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("array") => {
            let item = schema.get("items").map_or(Value::Null, made);
            Value::Array(vec![item; least("minItems", 0)])
        }
        Some("object") => {
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
            let properties = schema.get("properties").and_then(Value::as_object);
            let kept = properties
                .into_iter()
                .flatten()
                .filter(|(name, property)| is_required(name) || property.get("default").is_some());
            Value::Object(kept.map(|(name, property)| (name.clone(), made(property))).collect())
        }
        _ => json!("x".repeat(least("minLength", 1).max(1))),
    }
}

fn loan(kind: Kind, manifest: &Manifest, prepared: &Prepared, provider: Provider) -> Loan {
    let settings = settings(manifest);
    let secrets: Secrets = manifest.secrets.keys().map(|name| (name.clone(), format!("conformance-{name}"))).collect();
    let secrets = Arc::new(secrets);
    let principal = Principal {
        tenant: TenantKey(0),
        instance: "conformance".to_owned(),
        hosts: manifest.hosts.clone(),
        auth: manifest.auth.clone().into_iter().collect(),
        settings: Arc::new(settings.clone()),
        secrets: Arc::clone(&secrets),
        connections: Vec::new(),
    };
    let reach = |http| Reach::new(Arc::new(provider) as Arc<dyn Outbound>, Arc::new(principal), http);
    let hours = json!({"start": "09:00", "end": "18:00", "days": ["monday", "tuesday", "wednesday"]});
    let calendar = || Some(Calendar::new(CallingHours::from_json(&hours).ok()?, Zone::utc()));
    Loan {
        settings: settings.to_string().into(),
        calendar: if matches!(kind, Kind::RetryPolicy | Kind::CallEvaluator) { calendar() } else { None },
        clock: Some(Arc::new(Standing)),
        secrets,
        state: State::default(),
        reach: prepared.limits().http.map(reach),
    }
}

fn result(name: &str, limits: &Limits, called: &Called<Value>, verdict: Result<String, String>) -> CaseResult {
    let usage = called.usage;
    let (used, limit) = match limits.cpu {
        Cpu::Fuel(limit) => (usage.fuel, limit),
        Cpu::Millis(limit) => (u64::from(usage.running_ms), u64::from(limit)),
    };
    let (passed, detail) = match verdict {
        Ok(detail) => (true, detail),
        Err(detail) => (false, detail),
    };
    let percent = u32::try_from(used.saturating_mul(100) / limit.max(1)).unwrap_or(u32::MAX);
    CaseResult { name: name.to_owned(), passed, detail, used, percent, memory_bytes: usage.memory_bytes }
}

/// The first 200 letters of an answer.
fn short(answer: &Value) -> String {
    answer.to_string().chars().take(200).collect()
}

fn judge(case: &Case, called: &Called<Value>) -> Result<String, String> {
    match &called.answer {
        Ok(answer) => (case.rule)(answer).map(|()| short(answer)).map_err(|why| format!("{why}: {}", short(answer))),
        Err(Fault::Refused { code, message, .. }) if code == "bad_question" => {
            Err(format!("the host could not ask: {message}"))
        }
        Err(fault) => Err(format!("{fault} ({})", fault.code())),
    }
}

/// Runs every case of the kind, up to the first that is given up for the time it takes; for a policy also the first one
/// twice, because the same input must give the same answer.
pub async fn conform(
    sandbox: &Sandbox,
    tenant: TenantKey,
    prepared: &Prepared,
    manifest: &Manifest,
) -> Vec<CaseResult> {
    let nothing = Map::new();
    let limits = sandbox.limits(tenant, prepared);
    let mut results = Vec::new();
    let mut first = None;
    for case in cases(manifest.kind) {
        let arguments = case.arguments.as_object().unwrap_or(&nothing);
        let ask = || {
            let loan = loan(manifest.kind, manifest, prepared, case.provider.clone());
            sandbox.call(tenant, prepared, loan, case.function, arguments)
        };
        let called = ask().await;
        results.push(result(&case.name, &limits, &called, judge(&case, &called)));
        // Dozens of cases that each wait to be given up would hold up every other upload for a quarter of an hour.
        if matches!(called.answer, Err(Fault::OutOfTime { .. } | Fault::TimedOut { .. })) {
            break;
        }
        if first.is_none() && manifest.kind == Kind::RetryPolicy {
            let again = ask().await;
            let same = again.answer == called.answer && again.usage.fuel == called.usage.fuel;
            let verdict = if same {
                Ok("the same answer on the same fuel".to_owned())
            } else {
                Err("the same question got another answer or took other fuel".to_owned())
            };
            results.push(result("the same question twice", &limits, &again, verdict));
        }
        first = first.or(Some(called));
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_fit_the_schema_they_are_made_for() {
        let manifest: Manifest = serde_json::from_value(json!({
            "name": "abc", "version": "1.0.0", "kind": "retry-policy", "summary": "s",
            "settings": {"type": "object", "required": ["a", "b", "c", "f", "h"], "properties": {
                "a": {"type": "string", "minLength": 5}, "b": {"type": "integer", "minimum": 10},
                "c": {"type": "string", "enum": ["x", "y"]}, "d": {"type": "boolean", "default": true},
                "e": {"type": "string"},
                "f": {"type": "object", "properties": {"g": {"type": "integer"}}},
                "h": {"type": "array", "minItems": 2, "items": {"type": "string"}}}}
        }))
        .unwrap();
        let made = settings(&manifest);
        assert_eq!(crate::schema::check(&made, manifest.settings.as_ref()), []);
        assert_eq!(made, json!({"a": "xxxxx", "b": 10, "c": "x", "d": true, "f": {}, "h": ["x", "x"]}));
    }

    #[test]
    fn every_kind_has_cases_and_no_two_share_a_name() {
        for kind in Kind::UPLOADABLE {
            let mut names: Vec<_> = cases(kind).into_iter().map(|case| case.name).collect();
            assert!(names.len() >= 6, "{kind}: {names:?}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), cases(kind).len(), "{kind}");
        }
    }
}
