//! `POST /v1/sinks/{id}/deliveries/{event}/resend` and `POST /v1/sinks/{id}/resend_failed`: told again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{EventId, SinkId};
use campanile_domain::ports::store::Delivery;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::path::{Event, Id};
use crate::problem::Problem;
use crate::schema;

/// How many are told again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resent {
    /// Deliveries that wait again.
    resent: u64,
}

/// Tells one event again, whatever became of it. The sink sees the same event id; if a later event of the lead was
/// delivered meanwhile, it is told the lead as it is now.
#[utoipa::path(post, path = "/v1/sinks/{id}/deliveries/{event}/resend", tag = "sinks",
    params(("id" = String, Path, description = "`snk_...`"), ("event" = String, Path, description = "`evt_...`")),
    responses((status = 200, body = schema::sinks::Delivery)), security(("key" = ["leads:write"])))]
pub(crate) async fn resend_delivery(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    Event(event): Event<EventId>,
    _: Empty,
) -> Result<Json<Delivery>, Problem> {
    let delivery = app.store.resend(&key.writes(&app), id, event).await?;
    app.sinks.ring();
    Ok(Json(delivery))
}

/// Tells everything again that was given up.
#[utoipa::path(post, path = "/v1/sinks/{id}/resend_failed", tag = "sinks",
    params(("id" = String, Path, description = "`snk_...`")),
    responses((status = 200, body = Resent)), security(("key" = ["leads:write"])))]
pub(crate) async fn resend_failed(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    _: Empty,
) -> Result<Json<Resent>, Problem> {
    let resent = app.store.resend_failed(&key.writes(&app), id).await?;
    app.sinks.ring();
    Ok(Json(Resent { resent }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_given_up_waits_again() {
        let host = Host::new().await;
        let (sink, event) = host.failed_delivery().await;
        let path = format!("/v1/sinks/{sink}");
        host.fail_delivery(&sink, 7).await;
        let given_up = host.get(Some(&host.live), &path).await;
        assert_eq!((&given_up.body["failed"], &given_up.body["waiting"]), (&1.into(), &0.into()), "{}", given_up.text);
        let again = host.post_empty(Some(&host.live), &format!("{path}/resend_failed")).await;
        assert_eq!((again.status, &again.body["resent"]), (200, &1.into()), "{}", again.text);
        let one = host.post_empty(Some(&host.live), &format!("{path}/deliveries/{event}/resend")).await;
        assert_eq!((&one.body["status"], &one.body["failures"]), (&"waiting".into(), &0.into()), "{}", one.text);
        let unknown = format!("{path}/deliveries/evt_00000000000000000000000000/resend");
        assert_eq!(host.post_empty(Some(&host.live), &unknown).await.problem(), (404, "CE0004"));
    }
}
