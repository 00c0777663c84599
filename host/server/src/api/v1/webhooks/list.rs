//! `GET /v1/webhooks`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, Webhook};

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the webhooks, oldest first.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", params(Paging),
    responses((status = 200, body = schema::Listed<schema::webhooks::Webhook>)), security(("key" = ["admin"])))]
pub(crate) async fn list_webhooks(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Webhook>>, Problem> {
    let page = paging.page()?;
    let webhooks = app.store.webhooks(key.of()).await?;
    cut(webhooks, &page, |webhook| webhook.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let (first, second) = (host.webhook().await.0, host.webhook().await.0);
        let listed = host.get(Some(&host.live), "/v1/webhooks?limit=1").await;
        assert_eq!(
            (&listed.body["data"][0]["id"], &listed.body["next_cursor"]),
            (&first.as_str().into(), &first.as_str().into())
        );
        let rest = host.get(Some(&host.live), &format!("/v1/webhooks?cursor={first}")).await;
        assert_eq!(rest.body["data"][0]["id"], second.as_str());
        for other in [&host.stranger, &host.test] {
            let none = host.get(Some(other), "/v1/webhooks").await;
            assert_eq!(none.body["data"].as_array().map(Vec::len), Some(0));
        }
    }
}
