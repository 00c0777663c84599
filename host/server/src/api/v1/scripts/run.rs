//! `POST /v1/scripts/run`: what a draft says of calls that happened. Nothing is kept and nobody is moved.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::policy::PolicyInput;
use campanile_domain::ports::policy::{Calendar, PolicyCall};
use campanile_domain::ports::store::{Call, DecisionRecord, KeptCalendar};
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
    name: Option<String>,
    /// Its settings.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Map<String, Value>,
    /// `call_...`
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    call: Option<CallId>,
    /// `lead_...`: its calls, the latest 50.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    lead: Option<LeadId>,
    /// `cmp_...`: a random sample of its calls that are over, drawn from the latest 10,000.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    /// How many calls the sample has; 50 at most and when it is left out.
    #[serde(default)]
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
    check_source(&request.source).map_err(|fault| Problem::invalid(vec![fault]))?;
    let ScriptRun { call, lead, campaign, sample, .. } = request;
    let which = Which::read(call, lead, campaign, sample)?;
    let ScriptRead { roles, .. } = app.scripts.check(key.of(), &request.source).await.map_err(rejected)?;
    let calls = which.calls(&app, key.of()).await?;
    let mut data = Vec::with_capacity(calls.len());
    for call in calls {
        data.push(ran(&app, key.of(), &request, &roles, call).await?);
    }
    Ok(Json(RanAll { roles, data }))
}

async fn ran(
    app: &App,
    tenant: TenantKey,
    request: &ScriptRun,
    roles: &[ScriptRole],
    call: Call,
) -> Result<Ran, Problem> {
    let settings = Value::Object(request.settings.clone());
    let told = |answer: Result<Value, (String, String)>| match answer {
        Ok(answer) => json!({ "answer": answer }),
        Err((code, message)) => json!({"error": {"code": code, "message": message}}),
    };
    let (mut decision, mut decided, mut evaluation, mut log) = (None, None, None, Vec::new());
    if roles.contains(&ScriptRole::RetryPolicy) {
        let lead = app.store.lead(tenant, call.lead).await?;
        let records = app.store.decisions(tenant, lead.key).await?;
        let of_call = |record: &&DecisionRecord| record.call == Some(call.id);
        if let Some(record) = records.iter().rev().find(of_call)
            && let Ok(input) = serde_json::from_value::<PolicyInput>(record.input.clone())
        {
            let campaign = app.store.campaign(tenant, call.campaign).await?;
            let kept = record.calendar.clone().and_then(|kept| serde_json::from_value::<KeptCalendar>(kept).ok());
            let calendar = match kept {
                Some(KeptCalendar { hours, zone, .. }) => Calendar::new(hours, zone),
                None => Calendar::new(campaign.config.calling_hours.clone(), input.zone.clone()),
            };
            let name = request.name.as_deref().unwrap_or("script");
            let policy = format!("{name}@draft").parse().map_err(|_| {
                let message = "write 3 to 49 lower-case letters, digits and dashes, a letter first";
                Problem::invalid(vec![FieldProblem::new("/name", "invalid", message)])
            })?;
            let asked = PolicyCall { tenant, policy, settings: settings.clone(), input, calendar };
            let answer = app.policies.consider(&asked, Some(&request.source)).await;
            log.extend(answer.log.iter().cloned());
            decision = Some(told(match answer.decision {
                Ok(decision) => Ok(serde_json::to_value(decision).map_err(Problem::internal)?),
                Err(failure) => Err((failure.code, failure.message)),
            }));
            decided = Some(record.output.clone());
        }
    }
    if roles.contains(&ScriptRole::CallEvaluator) {
        let (input, calendar) = app.store.question_about(tenant, call.id).await?;
        let answer = app.scripts.evaluate(tenant, &request.source, &settings, &input, calendar).await;
        log.extend(answer.log.iter().cloned());
        evaluation = Some(told(match answer.answer {
            Ok(evaluation) => Ok(serde_json::to_value(evaluation.answers).map_err(Problem::internal)?),
            Err(failure) => Err((failure.code, failure.message)),
        }));
    }
    let determined = serde_json::to_value(&call.variables).map_err(Problem::internal)?;
    Ok(Ran { call: call.id, lead: call.lead, decision, decided, evaluation, determined, log })
}

#[cfg(test)]
mod tests {
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
        let both = json!({"source": "fn evaluate(talk) { #{} }", "call": call, "lead": lead});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/run", both).await.codes(), ["one_of"]);
        let nobody = json!({"source": "fn evaluate(talk) { #{} }", "call": "call_00000000000000000000000000"});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/run", nobody).await.problem(), (404, "CE0004"));
    }
}
