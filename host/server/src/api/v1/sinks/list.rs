//! `GET /v1/sinks`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, SinkRow};

use crate::app::App;
use crate::auth::{CallsRead, Key};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the sinks, oldest first.
#[utoipa::path(get, path = "/v1/sinks", tag = "sinks", params(Paging),
    responses((status = 200, body = schema::Listed<schema::sinks::Sink>)), security(("key" = ["calls:read"])))]
pub(crate) async fn list_sinks(
    State(app): State<Arc<App>>,
    key: Key<CallsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<SinkRow>>, Problem> {
    let page = paging.page()?;
    let sinks = app.store.sinks(Some(key.of())).await?;
    cut(sinks, &page, |sink| sink.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let id = host.sink().await;
        let listed = host.get(Some(&host.live), "/v1/sinks").await;
        assert_eq!((listed.status, &listed.body["data"][0]["id"]), (200, &id.as_str().into()), "{}", listed.text);
        let other = host.get(Some(&host.stranger), "/v1/sinks").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
