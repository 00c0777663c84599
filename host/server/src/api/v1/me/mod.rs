//! `GET /v1/me`: what a key is good for.

use axum::Json;
use campanile_domain::ids::KeyId;
use campanile_domain::ports::store::Tenant;
use campanile_domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::AnyKey;
use crate::problem::Problem;
use crate::schema::tenants as schema;

/// Whom the key speaks for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// `key_...`
    #[schema(value_type = String)]
    key: KeyId,
    /// It is the operator's key, which opens no account but makes them.
    operator: bool,
    /// It opens a test twin: nothing it does reaches a real phone.
    test: bool,
    /// What it may do.
    scopes: Vec<String>,
    /// Not valid from then on.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// The account it opens; null for the operator's.
    #[schema(value_type = Option<schema::Tenant>)]
    tenant: Option<Tenant>,
}

/// Says whom the key speaks for and what it may do.
#[utoipa::path(get, path = "/v1/me", tag = "keys", responses((status = 200, body = Me)), security(("key" = []), ("operator" = [])))]
pub(crate) async fn me(AnyKey(found): AnyKey) -> Result<Json<Me>, Problem> {
    Ok(Json(Me {
        key: found.key,
        operator: found.tenant.is_none(),
        test: found.tenant.as_ref().is_some_and(Tenant::is_test),
        scopes: found.scopes,
        expires_at: found.expires_at,
        tenant: found.tenant,
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_key_learns_what_it_opens() {
        let host = Host::new().await;
        let live = host.get(Some(&host.live), "/v1/me").await;
        assert_eq!((live.status, &live.body["test"], &live.body["operator"]), (200, &false.into(), &false.into()));
        let test = host.get(Some(&host.test), "/v1/me").await;
        assert_eq!(test.body["tenant"]["twin_of"], live.body["tenant"]["id"]);
        assert_eq!(test.body["test"], true);
        let operator = host.get(Some(&host.operator), "/v1/me").await;
        assert_eq!((&operator.body["operator"], &operator.body["tenant"]), (&true.into(), &serde_json::Value::Null));
    }

    #[tokio::test]
    async fn nobody_is_told_the_same_whatever_is_wrong_with_the_key() {
        let host = Host::new().await;
        let none = host.get(None, "/v1/me").await;
        assert_eq!(none.problem(), (401, "CE0001"));
        assert_eq!(none.header("www-authenticate"), "Bearer");
        let expired = host.key("admin", Some("2020-01-01T00:00:00Z")).await;
        for key in ["cpn_live_unknown", "something", &expired] {
            let answer = host.get(Some(key), "/v1/me").await;
            assert_eq!((answer.problem(), &answer.body["detail"]), ((401, "CE0001"), &none.body["detail"]));
        }
    }
}
