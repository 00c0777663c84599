//! `GET /healthz`: the process answers. It asks nobody else, so that a slow disk does not get the process killed.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`
    status: &'static str,
}

/// Says that the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn anybody_may_ask() {
        let answer = Host::new().await.get(None, "/healthz").await;
        assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some("ok")));
        assert!(answer.header("x-request-id").starts_with("req_"));
    }
}
