//! `GET /v1/sinks/{id}/deliveries`: what became of every event that concerned it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SinkId;
use campanile_domain::ports::store::{Delivery, Listed};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::v1::delivery_status;
use crate::app::App;
use crate::auth::{CallsRead, Key};
use crate::paging::page;
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// `waiting`, `delivered`, `skipped` or `failed`.
    #[param(pattern = "^(waiting|delivered|skipped|failed)$")]
    status: Option<String>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists what the sink was told, newest first: what was acknowledged, what it skipped and why, what waits and until when,
/// what was given up. What is over is kept for 30 days.
#[utoipa::path(get, path = "/v1/sinks/{id}/deliveries", tag = "sinks",
    params(("id" = String, Path, description = "`snk_...`"), DeliveriesQuery),
    responses((status = 200, body = schema::Listed<schema::sinks::Delivery>)), security(("key" = ["calls:read"])))]
pub(crate) async fn list_deliveries(
    State(app): State<Arc<App>>,
    key: Key<CallsRead>,
    Id(id): Id<SinkId>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Json<Listed<Delivery>>, Problem> {
    // A stranger's sink is not found, whatever is asked for.
    app.store.sink(key.of(), id).await?;
    let status = delivery_status(query.status.as_deref())?;
    let page = page(query.limit, query.cursor)?;
    Ok(Json(app.store.deliveries(key.of(), id, status, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_became_of_each_event_is_shown() {
        let host = Host::new().await;
        let (sink, event) = host.failed_delivery().await;
        let path = format!("/v1/sinks/{sink}/deliveries");
        let listed = host.get(Some(&host.live), &path).await;
        let row = &listed.body["data"][0];
        assert_eq!((listed.status, &row["event"]), (200, &event.as_str().into()), "{}", listed.text);
        assert_eq!(
            (&row["status"], &row["failures"], &row["type"]),
            (&"waiting".into(), &1.into(), &"lead.completed".into())
        );
        assert!(row["detail"].as_str().unwrap().contains("the row is locked"), "{row}");
        assert_eq!(
            host.get(Some(&host.live), &format!("{path}?status=failed")).await.body["data"].as_array().unwrap().len(),
            0
        );
        assert_eq!(host.get(Some(&host.live), &format!("{path}?status=lost")).await.problem(), (400, "CE0011"));
    }
}
