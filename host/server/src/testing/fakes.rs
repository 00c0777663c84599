//! What the binary would answer to the questions of [`crate::ports`], as simple as tests need it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::evaluation::{Answer, Evaluation, EvaluationInput};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::{Checked, Choice, Health, PluginAnswer};
use campanile_domain::policy::Decision;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::gateway::GatewayError;
use campanile_domain::ports::outbound::OutboundFault;
use campanile_domain::ports::policy::{Calendar, PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner, Usage};
use campanile_domain::ports::post::{Letter, Post, Posted};
use campanile_domain::ports::store::{Assistant, GatewayRow, PluginVersion, SinkRow, SourceRow, Store};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Value::Undetermined;
use serde_json::Value;

use crate::ports::{Diagnostic, Entropy, GatewayKinds, ScriptRead, ScriptRole, Scripts, SinkDesk, SourceDesk};

/// Different every time and the same in every run.
#[derive(Default)]
pub(super) struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        use sha2::{Digest, Sha256};
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&Sha256::digest(count.to_be_bytes())[..chunk.len()]);
        }
    }
}

/// A wall clock that stands still until it is moved.
pub(super) struct Stopped(pub AtomicI64);

impl WallClock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// Knows the kinds and remembers what was installed.
#[derive(Default)]
pub(super) struct Kinds(pub Mutex<Vec<String>>);

#[async_trait]
impl GatewayKinds for Kinds {
    fn check(&self, kind: &str, settings: &Value) -> Result<Value, Vec<FieldError>> {
        match kind {
            "simulated" | "carrier" | "plugin" => Ok(settings.clone()),
            other => Err(vec![FieldError::new("/kind", "unknown_value", format!("there is no kind {other:?}"))]),
        }
    }

    async fn installed(&self, gateway: &GatewayRow) {
        let (mut known, id) = (self.0.lock().unwrap(), gateway.id.to_string());
        if !known.contains(&id) {
            known.push(id);
        }
    }

    async fn removed(&self, gateway: &GatewayRow) {
        self.0.lock().unwrap().retain(|id| *id != gateway.id.to_string());
    }

    async fn options(&self, _: &GatewayRow, setting: &str, query: &str) -> Result<Vec<Choice>, GatewayError> {
        match setting {
            "broken" => {
                Err(GatewayError { code: "http_unreachable".into(), message: "the provider cannot be reached".into() })
            }
            _ => Ok(vec![Choice { value: format!("{query}-1"), label: "The first".into() }]),
        }
    }

    async fn assistant_changed(&self, _: &Assistant) {}
}

#[async_trait]
impl SourceDesk for Kinds {
    fn allowed(&self) -> Result<(), FieldError> {
        Ok(())
    }

    async fn installed(&self, source: &SourceRow) {
        self.0.lock().unwrap().push(source.id.to_string());
    }

    fn removed(&self, source: &SourceRow) {
        self.0.lock().unwrap().retain(|id| *id != source.id.to_string());
    }

    fn due(&self) {}

    async fn check(&self, source: &SourceRow) -> PluginAnswer<Checked> {
        if source.settings["broken"] == true {
            return answered(Err(PluginFailure::new("http_unreachable", "the other system cannot be reached")));
        }
        answered(Ok(Checked { health: Health::Ready, summary: "connected as Ada".into(), missing: Vec::new() }))
    }

    async fn options(&self, _: &SourceRow, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>> {
        answered(match setting {
            "broken" => Err(PluginFailure::new("http_unreachable", "the other system cannot be reached")),
            _ => Ok(vec![Choice { value: format!("{query}-1"), label: "The first list".into() }]),
        })
    }
}

#[async_trait]
impl SinkDesk for Kinds {
    fn allowed(&self) -> Result<(), FieldError> {
        Ok(())
    }

    async fn installed(&self, sink: &SinkRow) {
        self.0.lock().unwrap().push(sink.id.to_string());
    }

    fn removed(&self, sink: &SinkRow) {
        self.0.lock().unwrap().retain(|id| *id != sink.id.to_string());
    }

    fn ring(&self) {}

    async fn check(&self, sink: &SinkRow) -> PluginAnswer<Checked> {
        if sink.settings["broken"] == true {
            return answered(Err(PluginFailure::new("http_unreachable", "the other system cannot be reached")));
        }
        answered(Ok(Checked { health: Health::Ready, summary: "connected as Ada".into(), missing: Vec::new() }))
    }

    async fn options(&self, _: &SinkRow, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>> {
        answered(match setting {
            "broken" => Err(PluginFailure::new("http_unreachable", "the other system cannot be reached")),
            _ => Ok(vec![Choice { value: format!("{query}-1"), label: "The first list".into() }]),
        })
    }
}

/// Lets messages go to names over https, and sends none.
pub(super) struct Letters;

#[async_trait]
impl Post for Letters {
    fn may_go(&self, url: &str) -> Result<(), String> {
        match url.strip_prefix("https://") {
            Some(rest) if !rest.starts_with("127.") => Ok(()),
            Some(_) => Err("127.0.0.1 is a loopback address; only public ones may be reached".into()),
            None => Err(format!("{url} is not https")),
        }
    }

    async fn post(&self, _: TenantKey, _: Letter) -> Result<Posted, OutboundFault> {
        unreachable!("the API sends no messages itself")
    }
}

fn answered<T>(answer: Result<T, PluginFailure>) -> PluginAnswer<T> {
    PluginAnswer { version: "acme-crm@1.0.0".into(), answer, kept: None, usage: Usage::default(), log: Vec::new() }
}

/// A script decides when it says so.
pub(super) struct Checker;

#[async_trait]
impl Scripts for Checker {
    async fn check(&self, _: TenantKey, source: &str) -> Result<ScriptRead, Vec<Diagnostic>> {
        assert!(source != "panic", "the secret of a panic");
        if source.starts_with("fn decide") {
            return Ok(ScriptRead { roles: vec![ScriptRole::RetryPolicy], settings: Value::Null });
        }
        if source.starts_with("fn evaluate") {
            return Ok(ScriptRead { roles: vec![ScriptRole::CallEvaluator], settings: Value::Null });
        }
        let (message, hint) = ("expected a function".to_owned(), "begin with fn decide".to_owned());
        Err(vec![Diagnostic { line: 1, column: 8, message, hint }])
    }

    /// Every answer is undetermined.
    async fn evaluate(
        &self,
        _: TenantKey,
        _: &str,
        _: &Value,
        input: &EvaluationInput,
        _: Calendar,
    ) -> PluginAnswer<Evaluation> {
        let unknown =
            || Answer { value: Undetermined, reason: "who knows".into(), evidence: Vec::new(), confidence: None };
        let answers = input.wanted.iter().map(|spec| (spec.name.clone(), unknown())).collect();
        answered(Ok(Evaluation { answers, cost: None }))
    }
}

/// Knows one policy that ships, and those that are in the store. It answers what it was asked, after the recorded builtin.
pub(super) struct Policies(pub Arc<dyn Store>);

#[async_trait]
impl PolicyRunner for Policies {
    async fn decide(&self, _: &PolicyCall) -> PolicyAnswer {
        unreachable!("the API lets nobody decide")
    }

    /// The built-in answer; with the setting `give_up`, the end.
    async fn consider(&self, call: &PolicyCall, draft: Option<&str>) -> PolicyAnswer {
        let decision = if call.settings["give_up"] == true || draft.is_some_and(|source| source.contains("give_up")) {
            Decision::GiveUp { reason: "enough".into() }
        } else {
            call.input.builtin.clone()
        };
        let digest = if draft.is_some() { "dd" } else { "aa" };
        let answer = PolicyAnswer::without_a_run(call.policy.to_string(), Ok(decision));
        PolicyAnswer { digest: Some(digest.into()), ..answer }
    }

    async fn resolve(&self, tenant: TenantKey, policy: &PluginRef) -> Result<String, PolicyFailure> {
        if policy.name == "known-policy" {
            return Ok("known-policy@1".into());
        }
        let versions = self.0.plugin_versions(Some(tenant), Some(&policy.name)).await.unwrap();
        let decides = |version: &PluginVersion| ["script", "retry-policy"].contains(&version.kind.as_str());
        let meant = |version: &PluginVersion| match &policy.version {
            None => version.active,
            Some(number) => *number == version.version,
        };
        if let Some((_, found)) = versions.iter().find(|(_, version)| decides(version) && meant(version)) {
            return Ok(format!("{}@{}", found.name, found.version));
        }
        Err(PolicyFailure { code: "policy_not_found".into(), message: format!("there is no policy {policy}") })
    }
}
