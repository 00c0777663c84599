//! `GET /v1/leads/{id}/timeline`: what happened to a lead: its calls, and the decisions between them with question,
//! answer and log.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{AttemptKey, CallId, LeadId};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{Call, DecisionRecord};
use campanile_domain::settle::Clamp;
use campanile_domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::calls as schema;

/// What happened to a lead, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Timeline {
    /// `lead_...`
    #[schema(value_type = String)]
    lead: LeadId,
    /// Oldest first.
    data: Vec<Entry>,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `lead_created`, `call` or `decision`.
    kind: &'static str,
    /// With the kind `call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Call>)]
    call: Option<Box<Call>>,
    /// With the kind `decision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

/// What was decided, in full.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decision {
    /// About which call.
    #[schema(value_type = Option<String>)]
    call: Option<CallId>,
    /// `builtin` or `name@version`.
    by: String,
    /// The question.
    input: Value,
    /// The answer, or why there is none.
    output: Value,
    /// What it used: fuel, memory, calls of the host.
    #[schema(value_type = Object)]
    usage: Usage,
    /// How long it took, in microseconds; 0 where nobody measured.
    elapsed_us: u64,
    /// The guest's log.
    log: Vec<String>,
    /// The rules of the engine that changed the answer.
    #[schema(value_type = Vec<String>)]
    clamped_by: Vec<Clamp>,
}

/// Tells what happened to a lead: calls and decisions, by time.
#[utoipa::path(get, path = "/v1/leads/{id}/timeline", tag = "leads", params(("id" = String, Path, description = "`lead_...`")),
    responses((status = 200, body = Timeline)), security(("key" = ["leads:read"])))]
pub(crate) async fn lead_timeline(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<LeadId>,
) -> Result<Json<Timeline>, Problem> {
    let lead = app.store.lead(key.of(), id).await?;
    let calls = app.store.calls_of_lead(key.of(), id).await?;
    let decisions = app.store.decisions(key.of(), lead.key).await?;
    let begins = Entry { at: lead.created_at, kind: "lead_created", call: None, decision: None };
    Ok(Json(Timeline { lead: id, data: merge(begins, calls, decisions) }))
}

fn merge(begins: Entry, calls: Vec<Call>, decisions: Vec<DecisionRecord>) -> Vec<Entry> {
    let names: BTreeMap<AttemptKey, CallId> = calls.iter().map(|call| (call.key, call.id)).collect();
    let mut data = vec![begins];
    data.extend(calls.into_iter().map(|call| Entry {
        at: call.started_at,
        kind: "call",
        call: Some(Box::new(call)),
        decision: None,
    }));
    data.extend(decisions.into_iter().map(|record| {
        let at = record.at;
        let decision = Decision {
            call: names.get(&record.attempt).copied(),
            by: record.by,
            input: record.input,
            output: record.output,
            usage: record.usage,
            elapsed_us: record.elapsed_us,
            log: record.log,
            clamped_by: record.clamped_by,
        };
        Entry { at, kind: "decision", call: None, decision: Some(decision) }
    }));
    // Stable: at one instant a call stands before the decision about it.
    data.sort_by_key(|entry| entry.at);
    data
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn calls_and_decisions_are_told_in_their_order() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let told = host.get(Some(&host.live), &format!("/v1/leads/{lead}/timeline")).await;
        assert_eq!(told.status, 200, "{}", told.text);
        let data = told.body["data"].as_array().unwrap();
        let kinds: Vec<_> = data.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["lead_created", "call", "decision"]);
        assert_eq!(
            (&data[1]["call"]["id"], &data[2]["decision"]["call"]),
            (&call.as_str().into(), &call.as_str().into())
        );
        let times: Vec<_> = data.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
    }
}
