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
    use serde_json::{Value, json};

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

    #[tokio::test]
    async fn the_last_use_of_a_key_is_told_to_the_minute() {
        let host = Host::new().await;
        let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "x", "scopes": ["leads:read"]})).await;
        let (id, secret) = (&made.body["id"], made.body["secret"].as_str());
        let last = async || {
            host.background_done().await;
            let listed = host.get(Some(&host.live), "/v1/keys").await;
            let key = listed.body["data"].as_array().unwrap().iter().find(|key| key["id"] == *id).cloned();
            key.unwrap()["last_used_at"].clone()
        };
        assert_eq!(last().await, Value::Null, "never");
        host.get(secret, "/v1/leads").await;
        assert_eq!(last().await, "2026-03-02T15:00:00Z");
        host.later(59_000);
        host.get(secret, "/v1/leads").await;
        assert_eq!(last().await, "2026-03-02T15:00:00Z", "a minute is not worth a write");
        host.later(1_000);
        host.get(secret, "/v1/campaigns").await;
        assert_eq!(last().await, "2026-03-02T15:01:00Z", "what it may not is a use as well");
    }
}
