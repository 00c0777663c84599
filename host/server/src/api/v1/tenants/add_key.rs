//! `POST /v1/tenants/{id}/keys`: the operator lets an account back in that has lost its last admin key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantId;
use http::StatusCode;

use crate::api::v1::keys::{KeyRequest, NewSecret, issue};
use crate::app::App;
use crate::auth::Operator;
use crate::body::Body;
use crate::path::Id;
use crate::problem::Problem;
use crate::secret::KeyKind;

/// Makes a key for an account, or for its test twin.
#[utoipa::path(post, path = "/v1/tenants/{id}/keys", tag = "tenants", params(("id" = String, Path, description = "`ten_...`")),
    request_body(content = KeyRequest, example = json!({"name": "new admin", "scopes": ["admin"]})),
    responses((status = 201, body = NewSecret)), security(("operator" = [])))]
pub(crate) async fn add_tenant_key(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(request): Body<KeyRequest>,
) -> Result<(StatusCode, Json<NewSecret>), Problem> {
    request.check(&app)?;
    let tenant = app.store.tenant_by_id(id).await?;
    let kind = if tenant.is_test() || request.test { KeyKind::Test } else { KeyKind::Live };
    let key = if request.test && !tenant.is_test() { app.store.twin_of(tenant.key).await?.key } else { tenant.key };
    let ctx = operator.writes(&app, key);
    let made = issue(&app, &ctx, kind, &request.name, request.scopes, request.expires_at).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn the_operator_lets_an_account_back_in() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}/keys", host.tenant);
        let made = host.post(Some(&host.operator), &path, json!({"name": "again", "scopes": ["admin"]})).await;
        assert_eq!(made.status, 201);
        let me = host.get(made.body["secret"].as_str(), "/v1/me").await;
        assert_eq!(me.body["tenant"]["id"], host.tenant.as_str());
        let wrong = host.post(Some(&host.operator), &path, json!({"name": "x", "scopes": ["leads"]})).await;
        assert_eq!((wrong.problem(), wrong.pointers()), ((422, "CE0007"), vec!["/scopes/0".to_owned()]));
    }
}
