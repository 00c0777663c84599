//! `POST /v1/keys`: a new key, shown once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::{KeyRequest, NewSecret, issue, may_give};
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::problem::Problem;
use crate::secret::KeyKind;

/// Makes a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/keys", tag = "keys",
    request_body(content = KeyRequest, example = json!({"name": "nightly import", "scopes": ["campaigns:read", "leads:write"]})),
    responses((status = 201, body = NewSecret)), security(("key" = ["admin"])))]
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Body(request): Body<KeyRequest>,
) -> Result<(StatusCode, Json<NewSecret>), Problem> {
    request.check(&app)?;
    may_give(&key, &request.scopes)?;
    let mut ctx = key.writes(&app);
    let mut kind = if key.tenant.is_test() { KeyKind::Test } else { KeyKind::Live };
    if request.test && kind == KeyKind::Live {
        kind = KeyKind::Test;
        ctx.tenant = app.store.twin_of(key.of()).await?.key;
    }
    let made = issue(&app, &ctx, kind, &request.name, request.scopes, request.expires_at).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_key_may_what_its_scopes_say_and_no_more() {
        let host = Host::new().await;
        let request = json!({"name": "reader", "scopes": ["campaigns:read", "campaigns:read"]});
        let made = host.post(Some(&host.live), "/v1/keys", request).await;
        assert_eq!((made.status, &made.body["scopes"]), (201, &json!(["campaigns:read"])));
        let secret = made.body["secret"].as_str().unwrap();
        assert!(secret.ends_with(made.body["last_four"].as_str().unwrap()));
        assert_eq!(host.get(Some(secret), "/v1/campaigns").await.status, 200);
        let refused = host.get(Some(secret), "/v1/keys").await;
        assert_eq!(refused.problem(), (403, "CE0002"));
        assert!(refused.body["detail"].as_str().unwrap().contains("\"admin\""));
    }

    #[tokio::test]
    async fn a_live_key_makes_test_keys_but_no_test_key_makes_a_live_one() {
        let host = Host::new().await;
        for (key, wanted) in [(&host.live, true), (&host.test, false), (&host.test, true)] {
            let made =
                host.post(Some(key), "/v1/keys", json!({"name": "t", "scopes": ["admin"], "test": wanted})).await;
            assert!(made.body["secret"].as_str().unwrap().starts_with("cpn_test_"));
            let me = host.get(made.body["secret"].as_str(), "/v1/me").await;
            assert_eq!(me.body["tenant"]["twin_of"], host.tenant.as_str());
        }
    }

    #[tokio::test]
    async fn faults_are_listed_together() {
        let host = Host::new().await;
        let request = json!({"name": "", "scopes": ["root"], "expires_at": "2001-01-01T00:00:00Z"});
        let answer = host.post(Some(&host.live), "/v1/keys", request).await;
        assert_eq!(answer.problem(), (422, "CE0007"));
        assert_eq!(answer.pointers(), ["/name", "/scopes/0", "/expires_at"]);
    }
}
