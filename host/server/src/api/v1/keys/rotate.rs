//! `POST /v1/keys/{id}/rotate`: a new key in place of another, without a moment in which neither is valid.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::KeyId;
use campanile_domain::ports::store::{Key as Row, KeyRotation};
use campanile_domain::time::HOUR_MS;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NewSecret, may_give};
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Optional;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema;
use crate::secret::{KeyKind, Secret, rng};

/// The longest that both are valid: a week.
const MOST_HOURS: u32 = 168;
const USUAL_HOURS: u32 = 24;

/// How a key is rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateRequest {
    /// For how many hours the old key stays valid beside the new one, 0 to 168; 24 if it is left out. With 0 it is over at
    /// once.
    #[serde(default)]
    #[schema(maximum = 168)]
    overlap_hours: Option<u32>,
}

/// A key in place of another.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedKey {
    /// The new key. Its secret is shown this once.
    key: NewSecret,
    /// The old one; `expires_at` says how long it is still valid.
    #[schema(value_type = schema::tenants::Key)]
    replaced: Row,
}

/// Makes a key with the name, the scopes and the lifetime of another, which expires after the overlap.
///
/// A key that expires lives as long as the old one was meant to from the day it was made.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "keys", params(("id" = String, Path, description = "`key_...`")),
    request_body(content = Option<RotateRequest>, example = json!({"overlap_hours": 48})),
    responses((status = 201, body = RotatedKey)), security(("key" = ["admin"])))]
pub(crate) async fn rotate_key(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<KeyId>,
    Optional(request): Optional<RotateRequest>,
) -> Result<(StatusCode, Json<RotatedKey>), Problem> {
    let hours = request.overlap_hours.unwrap_or(USUAL_HOURS);
    if hours > MOST_HOURS {
        let message = format!("{hours} hours is longer than a week; send 0 to {MOST_HOURS}");
        return Err(Problem::invalid(vec![FieldProblem::new("/overlap_hours", "range", message)]));
    }
    let old = app.store.key(key.of(), id).await?;
    may_give(&key, &old.scopes)?;
    let at = app.wall_clock.now();
    let secret = Secret::mint(if key.tenant.is_test() { KeyKind::Test } else { KeyKind::Live }, &*app.entropy);
    let rotation = KeyRotation {
        id: KeyId::mint(at, &mut rng(&*app.entropy)),
        hash: secret.hash,
        last_four: secret.last_four.clone(),
        at,
        old_until: at + i64::from(hours) * HOUR_MS,
    };
    let (new, replaced) = app.store.rotate_key(&key.writes(&app), id, rotation).await?;
    Ok((StatusCode::CREATED, Json(RotatedKey { key: NewSecret::of(new, secret), replaced })))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    async fn made(host: &Host, body: Value) -> (String, String) {
        let made = host.post(Some(&host.live), "/v1/keys", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        (made.body["secret"].as_str().unwrap().to_owned(), format!("/v1/keys/{}", made.body["id"].as_str().unwrap()))
    }

    #[tokio::test]
    async fn both_keys_are_valid_during_the_overlap_and_the_list_says_so() {
        let host = Host::new().await;
        let (old, path) = made(&host, json!({"name": "nightly", "scopes": ["campaigns:read"]})).await;
        let rotated = host.post_empty(Some(&host.live), &format!("{path}/rotate")).await;
        assert_eq!(rotated.status, 201, "{}", rotated.text);
        let new = &rotated.body["key"];
        assert_eq!(
            (&new["name"], &new["scopes"], &new["expires_at"]),
            (&json!("nightly"), &json!(["campaigns:read"]), &Value::Null)
        );
        let expiry = rotated.body["replaced"]["expires_at"].as_str().unwrap();
        assert_eq!(expiry, "2026-03-03T15:00:00Z", "a day from now");
        let listed = host.get(Some(&host.live), "/v1/keys").await;
        let row = listed.body["data"].as_array().unwrap().iter().find(|row| row["replaced_by"] == new["id"]);
        assert_eq!(row.unwrap()["expires_at"], expiry, "{}", listed.text);
        assert!(!listed.text.contains("cpn_"), "{}", listed.text);
        let secret = new["secret"].as_str().unwrap();
        for key in [secret, &old] {
            assert_eq!(host.get(Some(key), "/v1/campaigns").await.status, 200);
        }
        host.later(24 * 3_600_000);
        assert_eq!(host.get(Some(&old), "/v1/campaigns").await.problem(), (401, "CE0001"));
        assert_eq!(host.get(Some(secret), "/v1/campaigns").await.status, 200);
    }

    #[tokio::test]
    async fn an_overlap_of_nothing_ends_the_old_key_at_once_even_the_one_that_asks() {
        let host = Host::new().await;
        let me = host.get(Some(&host.live), "/v1/me").await.body["key"].as_str().unwrap().to_owned();
        let rotated = host.post(Some(&host.live), &format!("/v1/keys/{me}/rotate"), json!({"overlap_hours": 0})).await;
        assert_eq!(rotated.status, 201, "{}", rotated.text);
        assert_eq!(host.get(Some(&host.live), "/v1/me").await.problem(), (401, "CE0001"));
        assert_eq!(host.get(rotated.body["key"]["secret"].as_str(), "/v1/keys").await.status, 200);
    }

    #[tokio::test]
    async fn a_key_that_expires_is_followed_by_one_that_lives_as_long() {
        let host = Host::new().await;
        let week = json!({"name": "w", "scopes": ["leads:read"], "expires_at": "2026-03-09T15:00:00Z"});
        let (_, path) = made(&host, week).await;
        host.later(6 * 86_400_000 + 12 * 3_600_000);
        let rotated = host.post(Some(&host.live), &format!("{path}/rotate"), json!({"overlap_hours": 168})).await;
        assert_eq!(rotated.body["key"]["expires_at"], "2026-03-16T03:00:00Z", "seven days: {}", rotated.text);
        assert_eq!(rotated.body["replaced"]["expires_at"], "2026-03-09T15:00:00Z", "nothing lives longer for it");
    }

    #[tokio::test]
    async fn what_was_replaced_revoked_or_is_over_is_not_rotated() {
        let host = Host::new().await;
        let (_, path) = made(&host, json!({"name": "a", "scopes": ["leads:read"]})).await;
        let rotate = format!("{path}/rotate");
        assert_eq!(host.post_empty(Some(&host.live), &rotate).await.status, 201);
        let twice = host.post_empty(Some(&host.live), &rotate).await;
        assert_eq!((twice.problem(), twice.codes()), ((409, "CE0015"), vec!["key_replaced".to_owned()]));
        host.later(24 * 3_600_000);
        assert_eq!(host.post_empty(Some(&host.live), &rotate).await.codes(), ["key_expired"]);
        host.delete(Some(&host.live), &path).await;
        assert_eq!(host.post_empty(Some(&host.live), &rotate).await.codes(), ["key_revoked"]);
        let long = host.post(Some(&host.live), &rotate, json!({"overlap_hours": 169})).await;
        assert_eq!((long.problem(), long.pointers()), ((422, "CE0007"), vec!["/overlap_hours".to_owned()]));
    }
}
