//! `PATCH /v1/keys/{id}`: its name, and how long it is valid. What it may do never changes: that is another key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::KeyId;
use campanile_domain::ports::store::{Key as Row, KeyPatch};
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::check_expiry;
use crate::api::v1::check_name;
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyPatchRequest {
    /// For people; 1 to 255 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Not valid from then on; null: valid until it is revoked.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Timestamp>>,
}

fn named<'de, D: Deserializer<'de>>(sent: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    Option::deserialize(sent).map(Some)
}

/// Changes the name or the expiry of a key that is valid.
#[utoipa::path(patch, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path, description = "`key_...`")),
    request_body(content = KeyPatchRequest, example = json!({"name": "nightly import, Ann's laptop"})),
    responses((status = 200, body = schema::tenants::Key)), security(("key" = ["admin"])))]
pub(crate) async fn patch_key(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<KeyId>,
    Body(request): Body<KeyPatchRequest>,
) -> Result<Json<Row>, Problem> {
    let mut faults = Vec::new();
    if let Some(name) = &request.name {
        check_name(name, &mut faults);
    }
    check_expiry(&app, request.expires_at.flatten(), &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let patch = KeyPatch { name: request.name, expires_at: request.expires_at };
    let changed = app.store.patch_key(&key.writes(&app), id, patch, app.wall_clock.now()).await?;
    Ok(Json(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn a_name_and_an_expiry_change_and_hold_at_once() {
        let host = Host::new().await;
        let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "x", "scopes": ["leads:read"]})).await;
        let (id, secret) = (made.body["id"].as_str().unwrap(), made.body["secret"].as_str());
        let path = format!("/v1/keys/{id}");
        let patch = |body: Value| host.patch(Some(&host.live), &path, body);
        let named = patch(json!({"name": "y"})).await;
        assert_eq!((named.status, &named.body["name"], &named.body["expires_at"]), (200, &json!("y"), &Value::Null));
        let expires = patch(json!({"expires_at": "2026-03-02T16:00:00Z"})).await;
        assert_eq!((&expires.body["name"], &expires.body["expires_at"]), (&json!("y"), &json!("2026-03-02T16:00:00Z")));
        assert_eq!(patch(json!({"expires_at": null})).await.body["expires_at"], Value::Null);
        patch(json!({"expires_at": "2026-03-02T16:00:00Z"})).await;
        assert_eq!(host.get(secret, "/v1/leads").await.status, 200);
        host.later(3_600_000);
        assert_eq!(host.get(secret, "/v1/leads").await.problem(), (401, "CE0001"));
        let late = patch(json!({"expires_at": null})).await;
        assert_eq!((late.problem(), late.codes()), ((409, "CE0015"), vec!["key_expired".to_owned()]));
        let faults = patch(json!({"name": "", "expires_at": "2001-01-01T00:00:00Z", "scopes": ["admin"]})).await;
        assert_eq!((faults.problem(), faults.pointers()), ((422, "CE0007"), vec!["/scopes".to_owned()]));
        let faults = patch(json!({"name": "", "expires_at": "2001-01-01T00:00:00Z"})).await;
        assert_eq!(faults.pointers(), ["/name", "/expires_at"]);
    }

    #[tokio::test]
    async fn a_key_that_was_replaced_goes_on_expiring() {
        let host = Host::new().await;
        let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "x", "scopes": ["leads:read"]})).await;
        let path = format!("/v1/keys/{}", made.body["id"].as_str().unwrap());
        host.post_empty(Some(&host.live), &format!("{path}/rotate")).await;
        let refused = host.patch(Some(&host.live), &path, json!({"expires_at": null})).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["key_replaced".to_owned()]));
        let longer = host.patch(Some(&host.live), &path, json!({"expires_at": "2026-03-09T15:00:00Z"})).await;
        assert_eq!((longer.status, &longer.body["expires_at"]), (200, &json!("2026-03-09T15:00:00Z")));
    }
}
