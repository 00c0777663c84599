//! The kinds that reach out: any function of the contract, and another system that answers as the case says.
//!
//! A case lists exchanges in order: what the plugin is expected to send (only what the case cares about) and what comes
//! back. A request that no exchange expects, or one that never came, fails the case with the difference.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::limits::Cpu;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::gateway::Evidence;
use campanile_domain::ports::outbound::{Outbound, OutboundFault, OutboundReply, OutboundRequest, Principal, Sent};
use campanile_domain::ports::policy::Calendar;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use campanile_sandbox::{Digest, Loan, Options, Prepared, Reach, Sandbox, State};
use serde_json::{Map, Value, json};

use super::super::fixtures::difference;
use super::{Asked, Case};
use crate::exit::Failure;

const AUTHOR: TenantKey = TenantKey(1);
/// When every case takes place: Monday 2026-03-02, 09:00 UTC.
const NOW: Timestamp = Timestamp(1_772_442_000_000);

/// A component in a sandbox of its own.
pub struct ReachingBench {
    sandbox: Sandbox,
    prepared: Prepared,
    manifest: Manifest,
}

/// The other system of one case.
struct Script {
    exchanges: Vec<Value>,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    requests: usize,
    wrong: Option<String>,
}

struct Standing;

impl WallClock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A body as a case writes it: JSON where it is JSON, else a text.
fn shown(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}

fn reply(response: &Value) -> Result<OutboundReply, OutboundFault> {
    match response.get("fault").and_then(Value::as_str) {
        Some("timed_out") => return Err(OutboundFault::TimedOut),
        Some("too_large") => return Err(OutboundFault::TooLarge),
        Some(other) => return Err(OutboundFault::Unreachable(other.to_owned())),
        None => {}
    }
    let status = response.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let headers = response.get("headers").and_then(Value::as_object).into_iter().flatten();
    let headers = headers.filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())));
    let body = match response.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(other) => other.to_string().into_bytes(),
    };
    Ok(OutboundReply { status: status.unwrap_or(200), headers: headers.collect(), body })
}

#[async_trait]
impl Outbound for Script {
    async fn send(&self, _: &Principal, request: OutboundRequest) -> Sent {
        let OutboundRequest { method, url, headers, body, auth, .. } = request;
        let headers: Map<String, Value> = headers.into_iter().map(|(name, value)| (name, json!(value))).collect();
        let sent = json!({ "method": method, "url": url, "headers": headers, "body": shown(&body), "auth": auth });
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let at = said.requests;
        said.requests += 1;
        let Some(exchange) = self.exchanges.get(at) else {
            said.wrong.get_or_insert_with(|| format!("request {} is one too many: {method} {url}", at + 1));
            let why = OutboundFault::Unreachable("the case expects no such request".to_owned());
            return Sent { answer: Err(why), evidence: Evidence::NothingSent };
        };
        let expected = exchange.get("request").unwrap_or(&Value::Null);
        if let Some(wrong) = difference("", expected, &sent).filter(|_| !expected.is_null()) {
            said.wrong.get_or_insert_with(|| format!("request {}: {wrong}", at + 1));
        }
        let answer = reply(exchange.get("response").unwrap_or(&Value::Null));
        let evidence = answer.as_ref().map_or(Evidence::Lost, |reply| Evidence::Answered(reply.status));
        Sent { answer, evidence }
    }
}

impl ReachingBench {
    /// Compiles and links it.
    pub async fn new(manifest: &Manifest, component: &[u8]) -> Result<Self, Failure> {
        let sandbox = Sandbox::new(Options::default()).map_err(|error| {
            Failure::unavailable(format!("the sandbox cannot be started: {error}")).next("campanile doctor")
        })?;
        let prepared = sandbox.prepare(component, Digest::of(component), manifest.kind).await;
        let prepared = prepared.map_err(|fault| Failure::invalid(fault.to_string()).next("campanile plugin check"))?;
        Ok(Self { sandbox, prepared, manifest: manifest.clone() })
    }

    /// Puts one case.
    pub async fn ask(&self, case: &Case) -> Result<Asked, Failure> {
        let function = case.call.as_deref().unwrap_or(usual(&self.manifest));
        let script = Arc::new(Script { exchanges: case.http.clone(), said: Mutex::default() });
        let arguments = case.input.as_object().cloned().unwrap_or_default();
        let loan = self.loan(case, Arc::clone(&script) as Arc<dyn Outbound>);
        let called = self.sandbox.call(AUTHOR, &self.prepared, loan, function, &arguments).await;
        let answer = match called.answer {
            Ok(Value::Object(mut answer)) if answer.contains_key("error") => {
                Err(answer.remove("error").unwrap_or_default())
            }
            Ok(Value::Object(mut answer)) if answer.contains_key("ok") => Ok(answer.remove("ok").unwrap_or_default()),
            Ok(other) => Ok(other),
            Err(fault) if fault.to_string().starts_with("bad_question") => {
                return Err(Failure::invalid(format!("the question of {:?}: {fault}", case.name)));
            }
            Err(fault) => Err(json!({ "code": fault.code_for(self.manifest.kind), "message": fault.to_string() })),
        };
        let said = script.said.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = (said.requests < case.http.len())
            .then(|| format!("only {} of {} expected requests came", said.requests, case.http.len()));
        let answer = match said.wrong.clone().or(missing) {
            Some(wrong) => Err(json!({ "code": "requests_differ", "message": wrong })),
            None => answer,
        };
        let used = match self.prepared.limits().cpu {
            Cpu::Fuel(_) => called.usage.fuel,
            Cpu::Millis(_) => u64::from(called.usage.running_ms),
        };
        Ok(Asked { answer, used, memory_bytes: called.usage.memory_bytes, log: called.log })
    }

    fn loan(&self, case: &Case, outbound: Arc<dyn Outbound>) -> Loan {
        // A secret that a case may foresee: its own name.
        let secrets: Secrets = self.manifest.secrets.keys().map(|name| (name.clone(), name.clone())).collect();
        let secrets = Arc::new(secrets);
        let principal = Principal {
            tenant: AUTHOR,
            instance: "fixture".to_owned(),
            hosts: self.manifest.hosts.clone(),
            auth: self.manifest.auth.clone().into_iter().collect(),
            settings: Arc::new(case.settings.clone()),
            secrets: Arc::clone(&secrets),
            connections: Vec::new(),
        };
        let hours = case.calling_hours.clone().unwrap_or_else(CallingHours::always);
        let reach = |http| Reach::new(outbound, Arc::new(principal), http);
        Loan {
            settings: case.settings.to_string().into(),
            calendar: Some(Calendar::new(hours, Zone::utc())),
            clock: Some(Arc::new(Standing)),
            secrets,
            state: State::default(),
            reach: self.prepared.limits().http.map(reach),
        }
    }
}

/// What a case of a kind with one main function asks when it does not say.
fn usual(manifest: &Manifest) -> &'static str {
    use campanile_domain::plugin::Kind;
    match manifest.kind {
        Kind::LeadImporter => "pull",
        Kind::RetryPolicy | Kind::ScriptRunner => "decide",
        Kind::CallEvaluator => "evaluate",
        Kind::VoiceGateway => "place",
        Kind::ResultSink => "deliver",
    }
}
