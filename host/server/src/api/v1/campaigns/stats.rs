//! `GET /v1/campaigns/{id}/stats`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{CallSums, Dimension, Lateness, Stats};
use campanile_domain::time::MINUTE_MS;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema::campaigns as schema;

/// What calls are told apart by.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuery {
    /// One or several of `hour`, `day`, `round`, `contact`, `caller_id` and `policy_version`, with commas between them: a
    /// table for each.
    #[param(
        pattern = "^(hour|day|round|contact|caller_id|policy_version)(,(hour|day|round|contact|caller_id|policy_version))*$"
    )]
    by: Option<String>,
}

/// What became of a campaign so far.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignStats {
    #[serde(flatten)]
    #[schema(value_type = schema::Stats)]
    stats: Stats,
    /// Of the calls that are over: a person answered; null before the first.
    answer_rate: Option<f64>,
    /// Leads that reached the goal, for each call that a person answered; null before the first.
    goal_rate: Option<f64>,
    /// What a reached goal cost, in millionths of the currency's unit; null before the first.
    #[schema(value_type = Option<i64>)]
    cost_per_goal_micros: Option<Micros>,
    /// Talk, in minutes.
    minutes: f64,
    /// How long after it was possible leads were called; null before the first.
    #[schema(value_type = Option<schema::Lateness>)]
    lateness: Option<Lateness>,
    /// The tables that were asked for, by the word of the query.
    by: BTreeMap<&'static str, Vec<Row>>,
}

/// Calls that have something in common.
#[derive(Serialize, ToSchema)]
#[schema(as = StatsRow)]
pub(crate) struct Row {
    /// What it is: an hour of the day `09` or a day `2026-03-02` in the campaign's zone, a round from 1, a contact's position
    /// from 0, a number, or who decided after the call (`builtin`, `engine`, `name@version`).
    key: String,
    /// Calls that are over.
    calls: u64,
    /// A person answered.
    answered: u64,
    /// A machine answered.
    voicemail: u64,
    /// They reached the lead's goal.
    goals_reached: u64,
    /// Of the calls: a person answered.
    answer_rate: Option<f64>,
    /// Of the answered calls: the goal was reached.
    goal_rate: Option<f64>,
    /// Talk, in minutes.
    minutes: f64,
    /// Charged to the account, in millionths of the currency's unit.
    #[schema(value_type = i64)]
    cost_micros: Micros,
    /// What a reached goal cost.
    #[schema(value_type = Option<i64>)]
    cost_per_goal_micros: Option<Micros>,
}

impl From<CallSums> for Row {
    fn from(sums: CallSums) -> Self {
        let CallSums { key, calls, answered, voicemail, goals_reached, talk_ms, cost_micros } = sums;
        Self {
            key,
            calls,
            answered,
            voicemail,
            goals_reached,
            answer_rate: share(answered, calls),
            goal_rate: share(goals_reached, answered),
            minutes: minutes(talk_ms),
            cost_micros,
            cost_per_goal_micros: each(cost_micros, goals_reached),
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn minutes(ms: i64) -> f64 {
    ms as f64 / MINUTE_MS as f64
}

fn each(cost: Micros, goals: u64) -> Option<Micros> {
    cost.0.checked_div(i64::try_from(goals).unwrap_or(i64::MAX)).map(Micros)
}

/// Calls that are no calls: nobody was dialled.
const NO_CALLS: [&str; 3] = ["refused", "withdrawn", "not_dialled"];

/// Counts leads by status and reason, attempts by outcome, and what it came to; with `by`, the calls by what they have in
/// common, each table for itself. Hours and days are those of the campaign's zone at the time of the call.
#[utoipa::path(get, path = "/v1/campaigns/{id}/stats", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`"), StatsQuery),
    responses((status = 200, body = CampaignStats)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn campaign_stats(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<CampaignId>,
    Query(query): Query<StatsQuery>,
) -> Result<Json<CampaignStats>, Problem> {
    let by = query.by.as_deref().map_or(Ok(Vec::new()), dimensions)?;
    let stats = app.store.stats(key.of(), id).await?;
    let told = app.store.breakdown(key.of(), id, &by).await?;
    let calls = stats.attempts.iter().filter(|(word, _)| !NO_CALLS.contains(&word.as_str())).map(|(_, n)| n).sum();
    let answered = stats.attempts.get("answered").copied().unwrap_or_default();
    let rows = |rows: Vec<CallSums>| rows.into_iter().map(Row::from).collect();
    Ok(Json(CampaignStats {
        answer_rate: share(answered, calls),
        goal_rate: share(stats.goals_reached, answered),
        cost_per_goal_micros: each(stats.cost_micros, stats.goals_reached),
        minutes: minutes(stats.talk_ms),
        lateness: told.lateness,
        by: told.by.into_iter().map(|(dimension, found)| (dimension.as_str(), rows(found))).collect(),
        stats,
    }))
}

fn dimensions(words: &str) -> Result<Vec<Dimension>, Problem> {
    let known = |word: &str| {
        Dimension::parse(word).ok_or_else(|| {
            let known = Dimension::ALL.map(Dimension::as_str).join(", ");
            let message = format!(
                "calls are not told apart by {word:?}; write one or several of {known}, with commas between them"
            );
            Problem::parameter("by", "unknown_value", message)
        })
    };
    words.split(',').map(|word| known(word.trim())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn leads_are_counted_by_status() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        host.lead(&campaign, "+14155552672").await;
        let stats = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/stats")).await;
        assert_eq!((stats.status, &stats.body["leads"]), (200, &2.into()));
        assert_eq!(stats.body["by_status"]["created"][""], 2);
        let nothing = ["answer_rate", "goal_rate", "cost_per_goal_micros", "lateness"].map(|name| &stats.body[name]);
        assert_eq!((nothing, &stats.body["by"]), ([&json!(null); 4], &json!({})), "nobody was called");
    }

    #[tokio::test]
    async fn calls_are_told_apart_by_what_is_asked_for() {
        let host = Host::new().await;
        let (lead, _) = host.called_lead().await;
        let lead = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await;
        let path = format!("/v1/campaigns/{}/stats", lead.body["campaign"].as_str().unwrap());
        let told = host.get(Some(&host.live), &format!("{path}?by=hour,caller_id,policy_version")).await;
        let row = |key: &str| {
            json!([{"key": key, "calls": 1, "answered": 1, "voicemail": 0, "goals_reached": 0, "answer_rate": 1.0,
                "goal_rate": 0.0, "minutes": 0.5, "cost_micros": 0, "cost_per_goal_micros": null}])
        };
        let wanted = json!({"hour": row("10"), "caller_id": row("+14155552670"), "policy_version": row("builtin")});
        assert_eq!((told.status, &told.body["by"]), (200, &wanted), "10:00 in New York");
        assert_eq!((&told.body["answer_rate"], &told.body["minutes"]), (&json!(1.0), &json!(0.5)));
        assert_eq!(told.body["lateness"], json!({"p50_ms": 0, "p99_ms": 0}));
        for wrong in ["by=week", "by=", "by=hour,,day", "per=day"] {
            let answer = host.get(Some(&host.live), &format!("{path}?{wrong}")).await;
            assert_eq!(answer.problem(), (400, "CE0011"), "{wrong}");
        }
    }
}
