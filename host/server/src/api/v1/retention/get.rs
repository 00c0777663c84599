//! `GET /v1/retention`: how long the account keeps what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::retention::Retention;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::problem::Problem;
use crate::schema::privacy as schema;

/// Says for how many days the account keeps what; null is for ever.
#[utoipa::path(get, path = "/v1/retention", tag = "retention",
    responses((status = 200, body = schema::Retention)), security(("key" = ["admin"])))]
pub(crate) async fn get_retention(State(app): State<Arc<App>>, key: Key<Admin>) -> Result<Json<Retention>, Problem> {
    Ok(Json(app.store.retention(key.of()).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn everything_is_kept_for_ever_until_somebody_chooses() {
        let host = Host::new().await;
        let read = host.get(Some(&host.live), "/v1/retention").await;
        let wanted =
            json!({"transcripts_days": null, "records_days": null, "ended_leads_days": null, "events_days": null});
        assert_eq!((read.status, read.body), (200, wanted));
    }
}
