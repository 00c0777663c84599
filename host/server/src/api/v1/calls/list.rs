//! `GET /v1/calls`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{CampaignId, LeadId};
use campanile_domain::ports::store::{Call, CallFilter, Listed};
use campanile_domain::time::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{CallsRead, Key};
use crate::paging::page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

const STATUSES: [&str; 7] = ["initiated", "ringing", "in_progress", "completed", "busy", "unanswered", "failed"];

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallsQuery {
    /// Of this campaign.
    #[param(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// Of this lead.
    #[param(value_type = Option<String>, pattern = "^lead_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    lead: Option<LeadId>,
    /// `initiated`, `ringing`, `in_progress`, `completed`, `busy`, `unanswered` or `failed`.
    #[param(pattern = "^(initiated|ringing|in_progress|completed|busy|unanswered|failed)$")]
    status: Option<String>,
    /// Started at or after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Started before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists calls, newest first.
#[utoipa::path(get, path = "/v1/calls", tag = "calls", params(CallsQuery),
    responses((status = 200, body = schema::Listed<schema::calls::Call>)), security(("key" = ["calls:read"])))]
pub(crate) async fn list_calls(
    State(app): State<Arc<App>>,
    key: Key<CallsRead>,
    Query(query): Query<CallsQuery>,
) -> Result<Json<Listed<Call>>, Problem> {
    if let Some(status) = query.status.as_ref().filter(|status| !STATUSES.contains(&status.as_str())) {
        let message = format!("{status:?} is not a status of calls; the statuses are: {}", STATUSES.join(", "));
        return Err(Problem::parameter("status", "unknown_value", message));
    }
    let page = page(query.limit, query.cursor)?;
    let CallsQuery { campaign, lead, status, since, until, .. } = query;
    let filter = CallFilter { campaign, lead, status, since, until };
    Ok(Json(app.store.calls(key.of(), &filter, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn calls_are_found_by_lead_status_and_time() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        for (query, found) in [
            (format!("lead={lead}"), 1),
            ("status=completed".into(), 1),
            ("status=busy".into(), 0),
            ("since=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z".into(), 1),
            ("until=2026-03-02T00:00:00Z".into(), 0),
        ] {
            let listed = host.get(Some(&host.live), &format!("/v1/calls?{query}")).await;
            assert_eq!((listed.status, listed.body["data"].as_array().map(Vec::len)), (200, Some(found)), "{query}");
            if found == 1 {
                assert_eq!(listed.body["data"][0]["id"], call.as_str());
            }
        }
        for wrong in ["status=dialled", "since=today", "lead=cmp_1", "order=asc"] {
            assert_eq!(
                host.get(Some(&host.live), &format!("/v1/calls?{wrong}")).await.problem(),
                (400, "CE0011"),
                "{wrong}"
            );
        }
    }
}
