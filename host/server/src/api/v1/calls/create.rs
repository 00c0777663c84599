//! `POST /v1/calls`: one person, called now or not at all.
//!
//! The call goes the way of every other one, so no gate is asked in other words here: a lead of the campaign that holds the
//! assistant's single calls is added when all gates are open, the engine takes it, and the answer names the call. When
//! the engine takes nobody within [`PATIENCE`], the lead is taken back, and it is the store that says which of the two
//! was first.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::CampaignKind;
use campanile_domain::contact::Contact;
use campanile_domain::explain::Explained;
use campanile_domain::ids::{AssistantId, LeadId};
use campanile_domain::ports::store::{
    Assistant, Call, Campaign, LeadPatch, NewLead, SetStatus, StoreError, WriteContext,
};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{CallsOverride, CallsWrite, Key};
use crate::body::{Object, typed};
use crate::codes;
use crate::phones;
use crate::problem::{FieldProblem, Problem};
use crate::schema::calls as schema;

/// How long the engine may take to find a turn for the call.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody is called later than this after it was asked for, also when this host died meanwhile.
const EXPIRES_MS: i64 = MINUTE_MS;

/// A call to one person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SingleCall {
    /// `asst_...`: who speaks.
    #[schema(value_type = String, pattern = "^asst_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    assistant: AssistantId,
    /// Whom to call, as people write it.
    phone: String,
    /// Whose phone it is.
    #[serde(default)]
    name: Option<String>,
    /// Named data for the conversation: texts, numbers, booleans; null for undetermined.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, crate::schema::VariableValue>)]
    variables: Variables,
    /// The country of a phone without a country code, two letters; otherwise that of the assistant's zone.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
    /// Gates that need not be open; needs the scope `calls:override`. The do-not-call list is never among them.
    #[serde(default, rename = "override")]
    overridden: Vec<Overridable>,
}

impl SingleCall {
    /// A call behind every gate.
    pub(crate) const fn to(assistant: AssistantId, phone: String, variables: Variables) -> Self {
        Self { assistant, phone, name: None, variables, default_region: None, overridden: Vec::new() }
    }
}

/// A gate that a person may answer for.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Overridable {
    /// The person has asked to be called at an hour like this.
    CallingHours,
}

/// Calls one person now, behind the same gates as a campaign: calling hours (Monday to Friday, 9 to 18 in the assistant's
/// zone, unless the campaign that holds the single calls was edited), do-not-call, gaps, caps, money, slots. When one is
/// closed, nobody is called, and 409 names every gate that is closed. What came of the call: `GET /v1/calls/{id}`.
#[utoipa::path(post, path = "/v1/calls", tag = "calls",
    request_body(content = SingleCall, example = json!({
        "assistant": "asst_01k9zr2v9pfb1sxkh5gqd0m8ea", "phone": "+1 415-555-2690", "variables": {"first_name": "Ann"}})),
    responses((status = 201, body = schema::Call), (status = 409, description = "A gate is closed: nobody is called, and every closed gate is in errors")),
    security(("key" = ["calls:write"]), ("key" = ["calls:write", "calls:override"])))]
pub(crate) async fn place_call(
    State(app): State<Arc<App>>,
    key: Key<CallsWrite>,
    Object(body): Object,
) -> Result<(StatusCode, Json<Call>), Problem> {
    let asked: SingleCall = typed(Value::Object(body)).map_err(Problem::invalid)?;
    Ok((StatusCode::CREATED, Json(place(&app, &key, asked).await?)))
}

/// Calls one person now, or tells why not.
pub(crate) async fn place(app: &App, key: &Key<CallsWrite>, asked: SingleCall) -> Result<Call, Problem> {
    if asked.overridden.contains(&Overridable::CallingHours) {
        key.also::<CallsOverride>()?;
    }
    let assistant = named(app, key, asked.assistant).await?;
    let kind = match asked.overridden.as_slice() {
        [] => CampaignKind::SingleCalls,
        _ => CampaignKind::SingleCallsAtAnyHour,
    };
    let ctx = key.writes(app);
    let lead = read(asked, &assistant, ctx.now)?;
    let (campaign, made) = app.store.single_calls_of(&ctx, assistant.id, kind).await?;
    if made {
        app.engine.campaign_changed(campaign.key);
    }
    let live = app.engine.live_facts(campaign.key).await.ok_or_else(not_ready)?;
    let placed = app.store.single_call(&ctx, campaign.key, lead, live).await?;
    let committed = app.engine.placing(placed.key);
    app.engine.leads_changed(campaign.key);
    match call_of(app, key, placed.lead).await? {
        Some(call) => Ok(call),
        None => match tokio::time::timeout(PATIENCE, committed).await {
            Ok(Ok(call)) => Ok(app.store.call(key.of(), call).await?),
            unheard => take_back(app, key, placed.lead, &campaign, unheard.is_err()).await,
        },
    }
}

async fn named(app: &App, key: &Key<CallsWrite>, id: AssistantId) -> Result<Assistant, Problem> {
    let assistant = app.store.assistant(key.of(), id).await.map_err(|error| match error {
        StoreError::NotFound(_) => {
            let message = format!("there is no assistant {id} in this account; GET /v1/assistants lists them");
            Problem::invalid(vec![FieldProblem::new("/assistant", "unknown_assistant", message)])
        }
        other => other.into(),
    })?;
    if !assistant.config.outbound {
        let message = format!("the assistant {id} does not call out; set outbound: true on it, or name another one");
        return Err(Problem::conflict("assistant_not_outbound", message));
    }
    Ok(assistant)
}

fn read(asked: SingleCall, assistant: &Assistant, now: Timestamp) -> Result<NewLead, Problem> {
    let zone = Some(assistant.config.time_zone.name());
    let phone = phones::region(asked.default_region.as_deref(), zone, "/default_region")
        .and_then(|region| phones::read(&asked.phone, region, "/phone"))
        .map_err(|fault| Problem::invalid(vec![fault]))?;
    let contact = Contact { name: asked.name, ..Contact::new(0, phone) };
    Ok(NewLead {
        external_id: None,
        contacts: vec![contact],
        priority: 0,
        not_before: None,
        expires_at: Some(now + EXPIRES_MS),
        time_zone: None,
        variables: asked.variables,
        allow_duplicate: true,
    })
}

async fn call_of(app: &App, key: &Key<CallsWrite>, lead: LeadId) -> Result<Option<Call>, Problem> {
    Ok(app.store.calls_of_lead(key.of(), lead).await?.pop())
}

/// Nobody took the lead in time: from now on nobody does, unless it was taken at the last moment.
async fn take_back(
    app: &App,
    key: &Key<CallsWrite>,
    lead: LeadId,
    campaign: &Campaign,
    late: bool,
) -> Result<Call, Problem> {
    let patch = LeadPatch { status: Some(SetStatus::Completed), ..LeadPatch::default() };
    // Without the promise: it was kept with the call.
    let ctx = WriteContext { idempotency: None, ..key.writes(app) };
    app.store.patch_lead(&ctx, lead, patch).await?;
    if let Some(call) = call_of(app, key, lead).await? {
        return Ok(call);
    }
    if !late {
        return Err(not_ready());
    }
    let message = format!(
        "no turn came for the call within {} seconds, so it was taken back and nobody was called; ask again, or see what \
         holds up the calls of {}",
        PATIENCE.as_secs(),
        campaign.id
    );
    Err(Problem::new(&codes::CALL_NOT_NOW, message.clone()).with([FieldProblem::new("", "no_turn", message)]))
}

fn not_ready() -> Problem {
    Problem::new(&codes::NOT_READY, "the engine is starting or shutting down, and nobody was called; ask again")
}

impl Problem {
    /// 409 with every gate that is closed for a call.
    pub(crate) fn closed(gates: Vec<Explained>, earliest: Option<Timestamp>) -> Self {
        let then = match earliest {
            Some(at) => format!("; as far as the clock goes, it may be placed from {at} on"),
            None => "; no clock opens it".to_owned(),
        };
        let detail = match gates.as_slice() {
            [only] => format!("nobody was called: {}{then}", only.detail),
            all => format!("nobody was called: {} gates are closed, all of them are in errors{then}", all.len()),
        };
        let errors = gates.into_iter().map(|gate| FieldProblem::new("", gate.gate, gate.detail));
        Self::new(&codes::CALL_NOT_NOW, detail).with(errors)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    async fn assistant(host: &Host) -> String {
        let campaign = host.campaign().await;
        let read = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await;
        read.body["assistant"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_and_nobody_is_called() {
        let host = Host::new().await;
        let assistant = assistant(&host).await;
        let place = |body: serde_json::Value| host.post(Some(&host.live), "/v1/calls", body);
        let bad = place(json!({"assistant": assistant, "phone": "12"})).await;
        assert_eq!((bad.problem(), bad.pointers()), ((422, "CE0007"), vec!["/phone".to_owned()]), "{}", bad.text);
        let gate = place(json!({"assistant": assistant, "phone": "+14155552671", "override": ["do_not_call"]})).await;
        assert_eq!((gate.problem(), gate.pointers()), ((422, "CE0007"), vec!["/override/0".to_owned()]));
        let stranger = json!({"assistant": assistant, "phone": "+14155552671"});
        assert_eq!(host.post(Some(&host.test), "/v1/calls", stranger).await.codes(), ["unknown_assistant"]);
        let silent = json!({"outbound": false});
        host.patch(Some(&host.live), &format!("/v1/assistants/{assistant}"), silent).await;
        let mute = place(json!({"assistant": assistant, "phone": "+14155552671"})).await;
        assert_eq!((mute.problem(), mute.codes()), ((409, "CE0015"), vec!["assistant_not_outbound".to_owned()]));
        let held = host.get(Some(&host.live), "/v1/campaigns?kind=single_calls").await;
        assert_eq!(held.body["data"].as_array().map(Vec::len), Some(0));
    }

    #[tokio::test]
    async fn every_closed_gate_is_named_and_only_hours_are_a_persons_to_answer_for() {
        let host = Host::new().await;
        let assistant = assistant(&host).await;
        // A Saturday.
        host.engine_later(5 * 24 * 3_600_000);
        let body = json!({"assistant": assistant, "phone": "+14155552671"});
        let closed = host.post(Some(&host.live), "/v1/calls", body.clone()).await;
        assert_eq!((closed.problem(), closed.codes()), ((409, "CE0035"), vec!["calling_hours".to_owned()]));
        assert!(closed.body["detail"].as_str().unwrap().contains("2026-03-09T13:00:00Z"), "{}", closed.text);
        let leads = host.get(Some(&host.live), "/v1/leads?phone=%2B14155552671").await;
        assert_eq!(leads.body["data"].as_array().map(Vec::len), Some(0), "{}", leads.text);

        let mut beyond = body.clone();
        beyond["override"] = json!(["calling_hours"]);
        let key = host.key("calls:write", None).await;
        assert_eq!(host.post(Some(&key), "/v1/calls", beyond.clone()).await.problem(), (403, "CE0002"));
        let lead = host.get(Some(&host.live), "/v1/campaigns?kind=single_calls").await;
        let campaign = lead.body["data"][0]["id"].as_str().unwrap().to_owned();
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/pause")).await;
        let paused = host.post(Some(&host.live), "/v1/calls", body).await;
        assert_eq!(paused.codes(), ["campaign_running", "calling_hours"]);
    }

    #[tokio::test]
    async fn without_an_engine_the_call_is_taken_back() {
        let host = Host::new().await;
        let body = json!({"assistant": assistant(&host).await, "phone": "+14155552671", "name": "Ann"});
        let answer = host.post(Some(&host.live), "/v1/calls", body).await;
        assert_eq!(answer.problem(), (503, "CE0019"), "{}", answer.text);
        let leads = host.get(Some(&host.live), "/v1/leads?phone=%2B14155552671").await;
        assert_eq!(
            (&leads.body["data"][0]["status"], &leads.body["data"][0]["reason"]),
            (&"completed".into(), &"by_hand".into())
        );
        let campaigns = host.get(Some(&host.live), "/v1/campaigns").await;
        assert!(campaigns.body["data"].as_array().unwrap().iter().all(|one| one["kind"] == "campaign"));
    }
}
