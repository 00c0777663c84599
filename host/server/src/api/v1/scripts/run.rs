//! `POST /v1/scripts/run`: what a draft says of calls that happened. Nothing is kept and nobody is moved.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{CallId, CampaignId, LeadId};
use campanile_domain::plugin::PluginRef;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::create::{check_source, rejected};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::ports::{ScriptRead, ScriptRole};
use crate::problem::{FieldProblem, Problem};
use crate::schema::scripts as schema;
use crate::trying::{Asked, Past, Ran, Which};

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
    let asked = Asked {
        who: policy,
        draft: Some(&source),
        settings,
        decides: roles.contains(&ScriptRole::RetryPolicy),
        evaluates: roles.contains(&ScriptRole::CallEvaluator),
    };
    let mut draft = Past::of(&app, key.of(), asked);
    let mut data = Vec::with_capacity(calls.len());
    for call in calls {
        data.push(draft.ran(call).await?);
    }
    Ok(Json(RanAll { roles, data }))
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

    #[tokio::test]
    async fn what_is_no_script_is_not_run() {
        let host = Host::new().await;
        let body = json!({"source": "syntax error", "call": host.called_lead().await.1});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/run", body).await.problem(), (422, "CE0022"));
    }
}
