//! `GET /v1/sources`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, SourceRow};

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the sources, oldest first.
#[utoipa::path(get, path = "/v1/sources", tag = "sources", params(Paging),
    responses((status = 200, body = schema::Listed<schema::sources::Source>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_sources(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<SourceRow>>, Problem> {
    let page = paging.page()?;
    let sources = app.store.sources(Some(key.of())).await?;
    cut(sources, &page, |source| source.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let id = host.source().await;
        let listed = host.get(Some(&host.live), "/v1/sources").await;
        assert_eq!((listed.status, &listed.body["data"][0]["id"]), (200, &id.as_str().into()), "{}", listed.text);
        let other = host.get(Some(&host.stranger), "/v1/sources").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
