//! `GET /v1/quarantine`: whether this host was restored from a backup, and whether that holds it back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::QuarantineState;
use crate::app::App;
use crate::auth::Operator;
use crate::problem::Problem;

/// Says whether this host was restored from a backup and is held back until it is released.
#[utoipa::path(get, path = "/v1/quarantine", tag = "system",
    responses((status = 200, body = QuarantineState)), security(("operator" = [])))]
pub(crate) async fn get_quarantine(State(app): State<Arc<App>>, _: Operator) -> Result<Json<QuarantineState>, Problem> {
    Ok(Json(app.store.quarantine().await?.into()))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_host_that_was_never_restored_is_held_back_by_nothing() {
        let host = Host::new().await;
        let read = host.get(Some(&host.operator), "/v1/quarantine").await;
        assert_eq!((read.status, &read.body["status"]), (200, &"none".into()), "{}", read.text);
    }
}
