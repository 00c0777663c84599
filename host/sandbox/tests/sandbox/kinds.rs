//! Importers, evaluators and sinks through their ports, with the components that the SDK's examples make.
//!
//! Called by the one test that builds, see `from_source.rs`. The other system is a function from path to answer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use campanile_domain::attempt::{AnsweredBy, Outcome};
use campanile_domain::evaluation::{EvaluationInput, Talk};
use campanile_domain::ids::{CallId, CampaignId, EventId, LeadId};
use campanile_domain::plugin::instance::{Health, Kept};
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::evaluator::Evaluator;
use campanile_domain::ports::gateway::{Evidence, Speaker, Utterance, Webhook};
use campanile_domain::ports::importer::Importer;
use campanile_domain::ports::outbound::{Outbound, OutboundReply, OutboundRequest, Principal, Sent};
use campanile_domain::ports::sink::Sink;
use campanile_domain::sink::{Ack, ResultEvent};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Value, VariableSpec, Variables};
use campanile_domain::zone::Zone;
use campanile_sandbox::{Installation, PluginEvaluator, PluginImporter, PluginSink, Sandbox};
use futures::executor::block_on;
use serde_json::{Value as Json, json};

use crate::support::{TENANT, fresh_policies, monday, office_hours};

struct Stopped;

impl WallClock for Stopped {
    fn now(&self) -> Timestamp {
        monday()
    }
}

/// Answers by what the URL ends with; anything else is a 503 that asks for a minute.
struct Other(Mutex<BTreeMap<&'static str, (u16, Json)>>);

impl Other {
    fn says(&self, path: &'static str, status: u16, body: Json) {
        self.0.lock().unwrap().insert(path, (status, body));
    }
}

#[async_trait]
impl Outbound for Other {
    async fn send(&self, _: &Principal, request: OutboundRequest) -> Sent {
        let path = request.url.split('?').next().unwrap_or_default().to_owned();
        let known = self.0.lock().unwrap().iter().find(|(end, _)| path.ends_with(*end)).map(|(_, told)| told.clone());
        let (status, body) = known.unwrap_or((503, json!({})));
        let wait = (status == 503).then(|| ("retry-after".to_owned(), "60".to_owned()));
        let headers = wait.into_iter().collect();
        let reply = OutboundReply { status, headers, body: body.to_string().into_bytes() };
        Sent { answer: Ok(reply), evidence: Evidence::Answered(status) }
    }
}

fn installed(sandbox: &Sandbox, components: &Path, name: &str, other: &Arc<Other>) -> Installation {
    let wasm = std::fs::read(components.join(format!("{name}.wasm"))).unwrap();
    let plugin = sandbox.install_component(TENANT, &wasm).unwrap();
    let mut secrets = Secrets::default();
    secrets.insert("token", "s3cr3t");
    secrets.insert("signing_secret", "sign");
    let principal = Principal {
        tenant: TENANT,
        instance: format!("src_{name}"),
        hosts: Vec::new(),
        auth: Vec::new(),
        settings: Arc::new(json!({"base_url": "https://other.example"})),
        secrets: Arc::new(secrets),
        connections: Vec::new(),
    };
    Installation {
        plugin,
        principal: Arc::new(principal),
        outbound: Arc::clone(other) as Arc<dyn Outbound>,
        clock: Arc::new(Stopped),
    }
}

/// Every kind is asked in types, keeps its state with a good answer and loses it with a bad one.
pub fn every_kind_is_asked_in_types(components: &Path) {
    let sandbox = fresh_policies();
    let other = Arc::new(Other(Mutex::default()));
    importer(PluginImporter::new(sandbox.clone(), installed(&sandbox, components, "importer", &other)), &other);
    evaluator(PluginEvaluator::new(sandbox.clone(), installed(&sandbox, components, "evaluator", &other)), &other);
    sink(PluginSink::new(sandbox.clone(), installed(&sandbox, components, "sink", &other)), &other);
    // One of another kind is told so.
    let wrong = PluginSink::new(sandbox.clone(), installed(&sandbox, components, "importer", &other));
    let told = block_on(wrong.check(Kept::default())).answer.unwrap_err();
    assert_eq!(told.code, "plugin_not_ready", "{told}");
}

fn importer(importer: PluginImporter, other: &Other) {
    let failed = block_on(importer.pull(Kept::default(), None, 50));
    let failure = failed.answer.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retry_after_ms, failed.kept), ("http_broken", Some(60_000), None));
    let people =
        |next: Json| json!({"people": [{"id": "1", "phone": "030 901820", "name": "Ann"}, {"id": "2"}], "next": next});
    other.says("/people", 200, people(json!("c1")));
    let first = block_on(importer.pull(Kept::default(), None, 50));
    let page = first.answer.unwrap();
    assert_eq!((page.leads.len(), page.rejected.len(), page.cursor.as_deref(), page.more), (1, 1, Some("c1"), true));
    assert_eq!(page.leads[0].variables.get("name"), Some(&Value::Text("Ann".into())));
    let kept = first.kept.unwrap();
    assert_eq!(kept.0, BTreeMap::from([("last_cursor".into(), "c1".into()), ("pulls".into(), "1".into())]));
    assert!(first.version.ends_with("@0.1.0") && first.usage.http_requests == 1 && !first.log.is_empty());
    let second = block_on(importer.pull(kept.clone(), Some("c1"), 50));
    assert_eq!(second.kept.unwrap().0["pulls"], "2");
    // Somebody who is there twice is nobody's page, and what was written beside it is not kept.
    other.says("/people", 200, json!({"people": [{"id": "1", "phone": "1"}, {"id": "1", "phone": "2"}], "next": null}));
    let twice = block_on(importer.pull(kept, Some("c1"), 50));
    assert_eq!((twice.answer.unwrap_err().code.as_str(), twice.kept), ("plugin_output_invalid", None));
    other.says("/me", 401, json!({}));
    let checked = block_on(importer.check(Kept::default())).answer.unwrap();
    assert_eq!((checked.health, checked.missing), (Health::Misconfigured, vec!["token".to_owned()]));
    other.says("/lists", 200, json!([{"id": "l", "name": "Spring"}]));
    assert_eq!(block_on(importer.options(Kept::default(), "list", "")).answer.unwrap()[0].label, "Spring");
    let webhook = Webhook {
        method: "POST".into(),
        url: "https://calls.example/hooks/sources/x".into(),
        headers: vec![("x-token".into(), "a-guess".into())],
        body: people(Json::Null).to_string().into_bytes(),
        received_at: monday(),
    };
    assert_eq!(block_on(importer.receive(Kept::default(), &webhook)).answer.unwrap_err().code, "webhook_forged");
    let signed = Webhook { headers: vec![("x-token".into(), "s3cr3t".into())], ..webhook };
    assert_eq!(block_on(importer.receive(Kept::default(), &signed)).answer.unwrap().leads.len(), 1);
}

fn evaluator(evaluator: PluginEvaluator, other: &Other) {
    let wanted: Vec<VariableSpec> = serde_json::from_value(json!([
        {"name": "booked", "kind": "boolean", "description": "Booked?"},
        {"name": "plan", "kind": "choice", "choices": ["basic", "full"], "description": "Which?"},
    ]))
    .unwrap();
    let talk = Talk {
        call: CallId(1),
        lead: LeadId(2),
        campaign: CampaignId(3),
        started_at: monday(),
        zone: Zone::parse("Europe/Berlin").unwrap(),
        language: None,
        outcome: Outcome::Answered,
        answered_by: AnsweredBy::Human,
        talk_ms: 30_000,
        transcript: vec![Utterance { at_ms: 0, speaker: Speaker::Person, text: "Yes, the full one.".into() }],
        provided: Variables::new(),
        lead_variables: Variables::new(),
    };
    let input = EvaluationInput { talk, wanted, goal: Some("booked".into()) };
    other.says("/judge", 200, json!({"booked": true, "plan": "full"}));
    let evaluation = block_on(evaluator.evaluate(&input, office_hours())).answer.unwrap();
    assert_eq!(evaluation.answers["booked"].value, Value::Boolean(true));
    assert_eq!((evaluation.answers["plan"].evidence.as_slice(), evaluation.answers.len()), (&[0][..], 2));
    assert_eq!(evaluation.cost.unwrap().currency.as_str(), "USD");
    other.says("/judge", 429, json!({}));
    let busy = block_on(evaluator.evaluate(&input, office_hours())).answer.unwrap_err();
    assert_eq!(busy.code, "http_too_many_requests");
}

fn sink(sink: PluginSink, other: &Other) {
    let event = |external: Option<&str>| ResultEvent {
        id: EventId(1),
        kind: "lead.completed".into(),
        at: monday(),
        external_id: external.map(str::to_owned),
        phone: "+14155550100".parse().unwrap(),
        data: json!({"id": "lead_1"}),
        variables: Variables::new(),
    };
    other.says("/results", 201, json!({}));
    let events = [event(Some("7")), event(None)];
    let delivered = block_on(sink.deliver(Kept::default(), &events));
    let acks = delivered.answer.unwrap();
    assert!(matches!(acks.as_slice(), [Ack::Done, Ack::Skipped { .. }]), "{acks:?}");
    assert_eq!(delivered.kept.unwrap().0["written"], "1");
    other.says("/results", 503, json!({}));
    let acks = block_on(sink.deliver(Kept::default(), &events)).answer.unwrap();
    assert!(matches!(&acks[0], Ack::Failed(failure) if failure.retry_after_ms == Some(60_000)), "{acks:?}");
}
