//! `POST /v1/scripts/run`: what a draft says of calls that happened. Nothing is kept and nobody is moved.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::policy::{Calendar, PolicyCall};
use campanile_domain::ports::store::{Call, DecisionRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::create::{check_source, rejected};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::ports::{ScriptRead, ScriptRole};
use crate::problem::{FieldProblem, Problem};
use crate::schema::scripts as schema;
use crate::trying::Which;

/// A draft and the calls that it is asked about: one, those of a lead, or a random sample of a campaign's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScriptRun {
    /// Rhai; at most 256 KiB.
    source: String,
    /// What the draft is called, in messages.
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}$")]
    name: Option<String>,
    /// Its settings.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// `call_...`
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^call_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    call: Option<CallId>,
    /// `lead_...`: its calls, the latest 50.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^lead_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    lead: Option<LeadId>,
    /// `cmp_...`: a random sample of its calls that are over, drawn from the latest 10,000.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// How many calls the sample has; 50 at most and when it is left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50)]
    sample: Option<usize>,
}

/// What a draft says of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ran {
    /// `call_...`
    #[schema(value_type = String)]
    call: CallId,
    /// `lead_...`
    #[schema(value_type = String)]
    lead: LeadId,
    /// What it decides where a decision was recorded: `{"answer": ...}` or `{"error": {"code", "message"}}`; null for a
    /// script that does not decide.
    #[schema(value_type = Option<Object>)]
    decision: Option<Value>,
    /// What was decided then.
    #[schema(value_type = Option<Object>)]
    decided: Option<Value>,
    /// What it answers about the call, in the same form; null for a script that does not evaluate.
    #[schema(value_type = Option<Object>)]
    evaluation: Option<Value>,
    /// What was determined then.
    #[schema(value_type = Object)]
    determined: Value,
    /// What the script logged.
    log: Vec<String>,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct RanAll {
    /// What the draft can be asked.
    #[schema(value_type = Vec<schema::ScriptRole>)]
    roles: Vec<ScriptRole>,
    /// By call.
    data: Vec<Ran>,
}

/// Asks a draft about calls that happened: what it decides from the question that was recorded, and what it answers about the
/// conversation. Nothing is kept and no lead is touched.
#[utoipa::path(post, path = "/v1/scripts/run", tag = "scripts",
    request_body(content = ScriptRun, example = json!({"source": "fn decide(lead) { builtin() }", "call": "call_01k9zr2v9pfb1sxkh5gqd0m8ea"})),
    responses((status = 200, body = RanAll)), security(("key" = ["plugins:write"])))]
pub(crate) async fn run_script(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Body(request): Body<ScriptRun>,
) -> Result<Json<RanAll>, Problem> {
    let ScriptRun { source, name, settings, call, lead, campaign, sample } = request;
    let mut faults: Vec<FieldProblem> = check_source(&source).err().into_iter().collect();
    let policy = format!("{}@draft", name.as_deref().unwrap_or("script")).parse::<PluginRef>().map_err(|_| {
        let message = "write 3 to 49 lower-case letters, digits and dashes, a letter first";
        faults.push(FieldProblem::new("/name", "invalid", message));
    });
    let (Ok(policy), true) = (policy, faults.is_empty()) else { return Err(Problem::invalid(faults)) };
    let which = Which::read(call, lead, campaign, sample)?;
    let ScriptRead { roles, .. } = app.scripts.check(key.of(), &source).await.map_err(rejected)?;
    let calls = which.calls(&app, key.of()).await?;
    let settings = Value::Object(settings);
    let mut draft = Draft { app: &app, tenant: key.of(), policy, source: &source, settings, of_lead: None };
    let mut data = Vec::with_capacity(calls.len());
    for call in calls {
        data.push(draft.ran(&roles, call).await?);
    }
    Ok(Json(RanAll { roles, data }))
}

/// A draft that is asked about call after call.
struct Draft<'a> {
    app: &'a App,
    tenant: TenantKey,
    policy: PluginRef,
    source: &'a str,
    settings: Value,
    /// The lead whose decisions were read last: calls of one lead come together.
    of_lead: Option<(LeadId, Vec<DecisionRecord>)>,
}

impl Draft<'_> {
    async fn ran(&mut self, roles: &[ScriptRole], call: Call) -> Result<Ran, Problem> {
        let (mut decision, mut decided, mut evaluation, mut log) = (None, None, None, Vec::new());
        if roles.contains(&ScriptRole::RetryPolicy)
            && let Some(record) = self.record(&call).await?
        {
            decided = Some(record.output.clone());
            decision = Some(self.decides(&record, &call, &mut log).await?);
        }
        if roles.contains(&ScriptRole::CallEvaluator) {
            let (input, calendar) = self.app.store.question_about(self.tenant, call.id).await?;
            let answer = self.app.scripts.evaluate(self.tenant, self.source, &self.settings, &input, calendar).await;
            log.extend(answer.log.iter().cloned());
            evaluation = Some(match answer.answer {
                Ok(evaluation) => json!({ "answer": evaluation.answers }),
                Err(failure) => failed(&failure.code, &failure.message),
            });
        }
        let determined = serde_json::to_value(&call.variables).map_err(Problem::internal)?;
        Ok(Ran { call: call.id, lead: call.lead, decision, decided, evaluation, determined, log })
    }

    /// The decision that was recorded about a call, the last where there are several.
    async fn record(&mut self, call: &Call) -> Result<Option<DecisionRecord>, Problem> {
        if self.of_lead.as_ref().is_none_or(|(lead, _)| *lead != call.lead) {
            let key = self.app.store.lead(self.tenant, call.lead).await?.key;
            self.of_lead = Some((call.lead, self.app.store.decisions(self.tenant, key).await?));
        }
        let mut records = self.of_lead.iter().flat_map(|(_, records)| records);
        Ok(records.rfind(|record| record.call == Some(call.id)).cloned())
    }

    /// What the draft decides when it is asked what was asked then.
    async fn decides(&self, record: &DecisionRecord, call: &Call, log: &mut Vec<String>) -> Result<Value, Problem> {
        let (input, kept) = match record.question().and_then(|input| Ok((input, record.consulted()?))) {
            Ok(question) => question,
            Err(why) => return Ok(failed(why, "what was asked then was not kept in a form that can be asked again")),
        };
        let calendar = match kept {
            Some(kept) => kept.into(),
            // The built-in policy decided, which asks no calendar.
            None => {
                let campaign = self.app.store.campaign(self.tenant, call.campaign).await?;
                Calendar::new(campaign.config.calling_hours, input.zone.clone())
            }
        };
        let (policy, settings) = (self.policy.clone(), self.settings.clone());
        let asked = PolicyCall { tenant: self.tenant, policy, settings, input, calendar };
        let answer = self.app.policies.consider(&asked, Some(self.source)).await;
        log.extend(answer.log);
        Ok(match answer.decision {
            Ok(decision) => json!({ "answer": decision }),
            Err(failure) => failed(&failure.code, &failure.message),
        })
    }
}

fn failed(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::Document;
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_draft_is_asked_about_a_call_a_lead_and_a_sample() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let campaign = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
        for wanted in [json!({ "call": call }), json!({ "lead": lead }), json!({"campaign": campaign, "sample": 7})] {
            let mut body = json!({"source": "fn evaluate(talk) { #{} }"});
            body.as_object_mut().unwrap().extend(wanted.as_object().unwrap().clone());
            let ran = host.post(Some(&host.live), "/v1/scripts/run", body).await;
            assert_eq!((ran.status, &ran.body["roles"]), (200, &json!(["call_evaluator"])), "{}", ran.text);
            let row = &ran.body["data"][0];
            assert_eq!((&row["call"], &row["lead"]), (&call.as_str().into(), &lead.as_str().into()), "{row}");
            assert!(row["evaluation"]["answer"].is_object() && row["decision"].is_null(), "{row}");
        }
        let run = |source: &str| {
            let body = json!({"source": source, "lead": lead});
            host.post(Some(&host.live), "/v1/scripts/run", body)
        };
        let row = run("fn decide(lead) { builtin() }").await.body["data"][0].clone();
        assert_eq!((&row["decision"]["answer"], &row["evaluation"]), (&row["decided"], &json!(null)), "{row}");
        let row = run("fn decide(lead) { give_up() }").await.body["data"][0].clone();
        assert_eq!(row["decision"]["answer"]["decision"], "give_up", "{row}");
        let tenant = host.tenant_key().await;
        let found = host.app.store.lead(tenant, lead.parse().unwrap()).await.unwrap();
        let mut record = host.app.store.decisions(tenant, found.key).await.unwrap().remove(0);
        record.input = json!({"of": "an earlier shape"});
        host.app.store.keep_decisions(vec![Document::try_from(&record).unwrap()]).await.unwrap();
        let row = run("fn decide(lead) { builtin() }").await.body["data"][0].clone();
        assert_eq!(row["decision"]["error"]["code"], "no_input", "it is told and not passed over: {row}");
        let both = json!({"source": "fn evaluate(talk) { #{} }", "call": call, "lead": lead});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/run", both).await.codes(), ["one_of"]);
        let named = json!({"source": "fn evaluate(talk) { #{} }", "call": call, "name": "Mine!"});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/run", named).await.pointers(), ["/name"]);
        let nobody = json!({"source": "fn evaluate(talk) { #{} }", "call": "call_00000000000000000000000000"});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/run", nobody).await.problem(), (404, "CE0004"));
    }
}
