//! `GET /v1/keys`: the keys of the account, never their secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Key as Row, Listed};

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the keys of the account, oldest first, revoked ones included.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(Paging),
    responses((status = 200, body = schema::Listed<schema::tenants::Key>)), security(("key" = ["admin"])))]
pub(crate) async fn list_keys(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Row>>, Problem> {
    let page = paging.page()?;
    let keys = app.store.keys(key.of()).await?;
    cut(keys, &page, |key| key.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn keys_are_listed_without_their_secrets() {
        let host = Host::new().await;
        let listed = host.get(Some(&host.live), "/v1/keys").await;
        assert_eq!(listed.status, 200);
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
        assert!(!listed.text.contains("cpn_"), "{}", listed.text);
        assert!(host.live.ends_with(listed.body["data"][0]["last_four"].as_str().unwrap()));
    }
}
