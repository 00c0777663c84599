//! `PATCH /v1/retention`: keep something no longer than so many days.
//!
//! What is too old goes within the next hour and cannot be had back, so nothing is chosen for an account: the default is for
//! ever. A test twin chooses for itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::retention::Retention;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::v1::named;
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};
use crate::schema::privacy as schema;

/// What is to change; what is left out stays, null keeps it for ever.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionPatch {
    /// What was said in calls; 7 to 36500 days.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<u32>, minimum = 7, maximum = 36500)]
    transcripts_days: Option<Option<u32>>,
    /// What policies, shadows and evaluators were asked and answered; 7 to 36500 days.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<u32>, minimum = 7, maximum = 36500)]
    records_days: Option<Option<u32>>,
    /// The persons of leads that ended, from their end on, and what others wrote about leads; 7 to 36500 days.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<u32>, minimum = 7, maximum = 36500)]
    ended_leads_days: Option<Option<u32>>,
    /// The event log; 30 to 36500 days.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<u32>, minimum = 30, maximum = 36500)]
    events_days: Option<Option<u32>>,
}

/// Chooses how long the account keeps what. What is older goes within an hour and is not had back; counts, costs, the ledger, the
/// audit and the do-not-call list stay.
#[utoipa::path(patch, path = "/v1/retention", tag = "retention",
    request_body(content = RetentionPatch, example = json!({"transcripts_days": 90, "ended_leads_days": 365})),
    responses((status = 200, body = schema::Retention)), security(("key" = ["admin"])))]
pub(crate) async fn patch_retention(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Body(patch): Body<RetentionPatch>,
) -> Result<Json<Retention>, Problem> {
    let before = app.store.retention(key.of()).await?;
    let chosen = Retention {
        transcripts_days: patch.transcripts_days.unwrap_or(before.transcripts_days),
        records_days: patch.records_days.unwrap_or(before.records_days),
        ended_leads_days: patch.ended_leads_days.unwrap_or(before.ended_leads_days),
        events_days: patch.events_days.unwrap_or(before.events_days),
    };
    let faults = chosen.faults();
    if !faults.is_empty() {
        let told =
            faults.into_iter().map(|fault| FieldProblem::new(format!("/{}", fault.field), "range", fault.message));
        return Err(Problem::invalid(told.collect()));
    }
    Ok(Json(app.store.set_retention(&key.writes(&app), chosen).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_is_named_changes_and_null_is_for_ever() {
        let host = Host::new().await;
        let patch = |body| host.patch(Some(&host.live), "/v1/retention", body);
        assert_eq!(patch(json!({"transcripts_days": 90, "events_days": 30})).await.status, 200);
        let changed = patch(json!({"ended_leads_days": 365, "transcripts_days": null})).await;
        let wanted =
            json!({"transcripts_days": null, "records_days": null, "ended_leads_days": 365, "events_days": 30});
        assert_eq!(changed.body, wanted);
        assert_eq!(host.get(Some(&host.live), "/v1/retention").await.body, wanted);
        for other in [&host.stranger, &host.test] {
            let theirs = host.get(Some(other), "/v1/retention").await.body;
            assert_eq!(theirs["ended_leads_days"], json!(null), "chosen for one account alone");
        }
    }

    #[tokio::test]
    async fn too_few_days_are_refused_with_the_rule() {
        let host = Host::new().await;
        let refused =
            host.patch(Some(&host.live), "/v1/retention", json!({"events_days": 29, "records_days": 0})).await;
        assert_eq!(refused.problem(), (422, "CE0007"));
        let pointers: Vec<&str> =
            refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/records_days", "/events_days"]);
        assert!(refused.text.contains("29 is outside 30 to 36500 days"), "{}", refused.text);
        assert_eq!(host.get(Some(&host.live), "/v1/retention").await.body["events_days"], json!(null));
    }
}
