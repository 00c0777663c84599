//! `GET /v1/erasures`: that people were erased, not who.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Erasure, Listed};

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::paging::Paging;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists erasures, the latest first.
#[utoipa::path(get, path = "/v1/erasures", tag = "erasures", params(Paging),
    responses((status = 200, body = schema::Listed<schema::privacy::Erasure>)), security(("key" = ["admin"])))]
pub(crate) async fn list_erasures(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Erasure>>, Problem> {
    Ok(Json(app.store.erasures(key.of(), &paging.page()?).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn erasures_come_in_pages_and_name_nobody() {
        let host = Host::new().await;
        let ids = [host.erasure("+14155552671").await, host.erasure("+14155552672").await];
        let first = host.get(Some(&host.live), "/v1/erasures?limit=1").await;
        assert_eq!(first.body["data"][0]["id"], ids[1].as_str());
        assert!(!first.text.contains("5552672"));
        let next = format!("/v1/erasures?limit=1&cursor={}", first.body["next_cursor"].as_str().unwrap());
        assert_eq!(host.get(Some(&host.live), &next).await.body["data"][0]["id"], ids[0].as_str());
    }
}
