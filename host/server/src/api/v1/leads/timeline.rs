//! `GET /v1/leads/{id}/timeline`: what happened to a lead: its calls, what evaluators made of them, and the decisions between
//! them, with question, answer and log.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{AttemptKey, CallId, LeadId};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{Call, DecisionRecord, EvaluationRecord, ShadowRecord};
use campanile_domain::replay::Made;
use campanile_domain::settle::Clamp;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::{Civil, Zone};
use serde::{Deserialize, Serialize};
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
    /// `lead_created`, `call`, `evaluation`, `decision` or `shadow`.
    kind: &'static str,
    /// With the kind `call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Call>)]
    call: Option<Box<Call>>,
    /// With the kind `decision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Box<Decision>>,
    /// With the kind `evaluation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<Box<Evaluated>>,
    /// With the kind `shadow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Shadowed>,
}

impl Entry {
    const fn at(at: Timestamp, kind: &'static str) -> Self {
        Self { at, kind, call: None, decision: None, evaluation: None, shadow: None }
    }
}

/// What was decided, in full.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decision {
    /// About which call.
    #[schema(value_type = Option<String>)]
    call: Option<CallId>,
    /// `builtin` or `name@version`.
    by: String,
    /// SHA-256 of the bytes that decided: of a component, or of a script's source. Null in old records and for `builtin`.
    digest: Option<String>,
    /// For a script, SHA-256 of the component that ran it.
    runner: Option<String>,
    /// The settings it decided with.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
    /// The calling hours and the zone that its calendar answered from, and every question to it with its answer, at most
    /// 256 of them.
    #[schema(value_type = Option<Object>)]
    calendar: Option<Value>,
    /// The question.
    input: Value,
    /// The answer, or why there is none.
    output: Value,
    /// What it used: fuel, memory, calls of the host.
    #[schema(value_type = Object)]
    usage: Usage,
    /// Its processor time, in microseconds; 0 where nobody measured.
    elapsed_us: u64,
    /// The guest's log.
    log: Vec<String>,
    /// The rules of the engine that changed the answer.
    #[schema(value_type = Vec<String>)]
    clamped_by: Vec<Clamp>,
    /// What became of the lead: status, when it is due again, the instant asked for and the first one inside the hours.
    #[schema(value_type = Option<Object>)]
    made: Option<Value>,
    /// What the engine changed, in a sentence with the zone's clock.
    changed: Option<String>,
}

/// What an evaluator was asked about a call, and what it answered. Whose answer counts stands with the call's variables.
#[derive(Serialize, ToSchema)]
pub(crate) struct Evaluated {
    /// About which call.
    #[schema(value_type = Option<String>)]
    call: Option<CallId>,
    /// `name@version`.
    by: String,
    /// The settings it was asked with.
    settings: Value,
    /// The variables that were still open.
    wanted: Vec<String>,
    /// Lines of the transcript that it was given.
    lines: u64,
    /// The answers, or why there are none.
    output: Value,
    /// What it used: fuel or time, memory, calls of the host, requests.
    #[schema(value_type = Object)]
    usage: Usage,
    /// The guest's log.
    log: Vec<String>,
}

/// What the campaign's shadow answered to the same question. It moved nobody.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shadowed {
    /// About which call.
    #[schema(value_type = Option<String>)]
    call: Option<CallId>,
    /// `name@version`.
    by: String,
    /// What was decided.
    decided: Value,
    /// What the shadow answered.
    answered: Value,
}

/// Tells what happened to a lead: calls, evaluations and decisions, by time.
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
    let begins = Entry::at(lead.created_at, "lead_created");
    let evaluations = app.store.evaluation_records(key.of(), lead.key).await?;
    let shadows = app.store.shadow_records(key.of(), lead.key).await?;
    Ok(Json(Timeline { lead: id, data: merge(begins, calls, evaluations, decisions, shadows) }))
}

/// `asked for Fri 2026-03-06 19:00, not before Mon 2026-03-09 09:00 (calling_hours)`, by the clock of the lead's zone.
fn changed(record: &DecisionRecord) -> Option<String> {
    if record.clamped_by.is_empty() {
        return None;
    }
    let made: Made = record.made.as_ref().and_then(|made| Made::deserialize(made).ok())?;
    let zone = record.input.get("zone").and_then(Value::as_str).and_then(|name| Zone::parse(name).ok())?;
    let shown = |at: Timestamp| {
        let Civil { year, month, day, hour, minute, weekday, .. } = zone.local(at);
        let weekday = format!("{weekday:?}");
        format!("{} {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}", &weekday[..3])
    };
    let rules = record.clamped_by.iter().map(|clamp| clamp.as_str()).collect::<Vec<_>>().join(", ");
    let asked =
        made.asked_for.map_or_else(|| "no instant asked for".to_owned(), |at| format!("asked for {}", shown(at)));
    let became = match (made.due, made.expected) {
        (Some(due), expected) => format!("not before {}", shown(expected.unwrap_or(due))),
        (None, _) => format!("the lead is {}", made.status),
    };
    Some(format!("{asked}, {became} ({rules})"))
}

fn merge(
    begins: Entry,
    calls: Vec<Call>,
    evaluations: Vec<EvaluationRecord>,
    decisions: Vec<DecisionRecord>,
    shadows: Vec<ShadowRecord>,
) -> Vec<Entry> {
    let names: BTreeMap<AttemptKey, CallId> = calls.iter().map(|call| (call.key, call.id)).collect();
    let mut data = vec![begins];
    data.extend(
        calls
            .into_iter()
            .map(|call| (call.started_at, call))
            .map(|(at, call)| Entry { call: Some(Box::new(call)), ..Entry::at(at, "call") }),
    );
    data.extend(evaluations.into_iter().map(|record| {
        let EvaluationRecord { attempt, at, by, settings, wanted, lines, output, usage, log, .. } = record;
        let call = names.get(&attempt).copied();
        let evaluation = Evaluated { call, by, settings, wanted, lines, output, usage, log };
        Entry { evaluation: Some(Box::new(evaluation)), ..Entry::at(at, "evaluation") }
    }));
    data.extend(decisions.into_iter().map(|record| {
        let at = record.at;
        let changed = changed(&record);
        let decision = Decision {
            call: names.get(&record.attempt).copied(),
            by: record.by,
            digest: record.digest,
            runner: record.runner,
            settings: record.settings,
            calendar: record.calendar,
            input: record.input,
            output: record.output,
            usage: record.usage,
            elapsed_us: record.elapsed_us,
            log: record.log,
            clamped_by: record.clamped_by,
            made: record.made,
            changed,
        };
        Entry { decision: Some(Box::new(decision)), ..Entry::at(at, "decision") }
    }));
    data.extend(shadows.into_iter().map(|record| {
        let ShadowRecord { attempt, at, by, decided, answered, .. } = record;
        let shadow = Shadowed { call: names.get(&attempt).copied(), by, decided, answered };
        Entry { shadow: Some(shadow), ..Entry::at(at, "shadow") }
    }));
    // Stable: at one instant a call stands before its evaluation, and that before the decision.
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
        host.read_by("judge@1", &call).await;
        let told = host.get(Some(&host.live), &format!("/v1/leads/{lead}/timeline")).await;
        assert_eq!(told.status, 200, "{}", told.text);
        let data = told.body["data"].as_array().unwrap();
        let kinds: Vec<_> = data.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["lead_created", "call", "evaluation", "decision"]);
        let about = [&data[1]["call"]["id"], &data[2]["evaluation"]["call"], &data[3]["decision"]["call"]];
        assert_eq!(about, [call.as_str(); 3]);
        assert_eq!(
            (&data[2]["evaluation"]["by"], &data[2]["evaluation"]["log"][0]),
            (&"judge@1".into(), &"read it".into())
        );
        let times: Vec<_> = data.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
    }

    #[test]
    fn what_the_engine_changed_is_told_by_the_clock_of_the_zone() {
        use campanile_domain::ids::{CallId, CampaignKey, LeadKey, TenantKey};
        use serde_json::json;

        use super::*;

        let now: Timestamp = "2026-03-06T12:00:00Z".parse().unwrap();
        let mut record =
            crate::testing::decided(TenantKey(1), CampaignKey(1), LeadKey(1), AttemptKey(1), CallId(1), now);
        assert_eq!(changed(&record), None);
        record.clamped_by = vec![Clamp::CallingHours];
        record.made = Some(json!({"status": "rescheduled", "reason": null, "due": "2026-03-06T18:00:00Z",
            "asked_for": "2026-03-06T18:00:00Z", "expected": "2026-03-09T08:00:00Z", "clamped_by": ["calling_hours"]}));
        let told = "asked for Fri 2026-03-06 19:00, not before Mon 2026-03-09 09:00 (calling_hours)";
        assert_eq!(changed(&record).as_deref(), Some(told));
        record.clamped_by = vec![Clamp::AttemptsUsed];
        record.made = Some(json!({"status": "max_retries", "reason": "attempts_used", "due": null,
            "asked_for": "2026-03-06T18:00:00Z", "expected": null, "clamped_by": ["attempts_used"]}));
        let told = "asked for Fri 2026-03-06 19:00, the lead is max_retries (attempts_used)";
        assert_eq!(changed(&record).as_deref(), Some(told));
    }
}
