//! `PATCH /v1/tenants/{id}`: limits, and suspending.
//!
//! Limits of plugins can only be lower than everybody's and hold from the next call on. They bind the account's test twin as
//! well, and so do quotas and the rate of requests, from the next request on. The twin's own cannot be set: a twin that may
//! more would be a way around them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantId;
use campanile_domain::ports::store::{Tenant, TenantLimits};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check_limits;
use crate::app::App;
use crate::auth::Operator;
use crate::body::{Body, typed};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::tenants as schema;

/// A change of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantPatch {
    /// Limits by name; those that are left out stay, null takes an optional one away. Those of plugins likewise, one by
    /// one: `{"plugins": {"policy": {"fuel": 1000000}}}`, null gives all of them back.
    #[serde(default)]
    #[schema(value_type = Option<schema::LimitsPatch>)]
    limits: Option<Map<String, Value>>,
    /// True: until it is false again no call is made, and the account's keys read and stop things only.
    #[serde(default)]
    suspended: Option<bool>,
}

/// Changes the limits of an account, or suspends it.
#[utoipa::path(patch, path = "/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path, description = "`ten_...`")),
    request_body(content = TenantPatch, example = json!({"limits": {"max_concurrent_calls": 40, "plugins": {"policy": {"fuel": 1000000}, "stored_bytes": 100000000}}, "suspended": false})),
    responses((status = 200, body = schema::Tenant)), security(("operator" = [])))]
pub(crate) async fn patch_tenant(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(patch): Body<TenantPatch>,
) -> Result<Json<Tenant>, Problem> {
    let tenant = app.store.tenant_by_id(id).await?;
    let named = patch.limits.unwrap_or_default();
    if tenant.is_test() {
        let faults: Vec<_> = TenantLimits::OF_THE_ACCOUNT
            .into_iter()
            .filter(|name| named.contains_key(*name))
            .map(|name| {
                let message = format!("a test twin has {name} from its account; set limits.{name} of the account");
                FieldProblem::new(format!("/limits/{name}"), "of_the_account", message)
            })
            .collect();
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
    }
    let limits = merged(&tenant.limits, named)?;
    let suspended = patch.suspended.unwrap_or(tenant.suspended);
    let changed = app.store.update_tenant(&operator.writes(&app, tenant.key), limits, suspended).await?;
    app.plugins.allowance(changed.key, &changed.limits.plugins);
    app.admission.rates.limits_changed(changed.key);
    if !changed.is_test() {
        let twin = app.store.twin_of(changed.key).await?;
        app.plugins.allowance(twin.key, &twin.limits.plugins);
        app.admission.rates.limits_changed(twin.key);
    }
    app.engine.tenants_changed();
    Ok(Json(changed))
}

/// RFC 7396, for documents whose fields are all optional: objects are merged, null takes a field away.
fn merge(into: &mut Value, named: Value) {
    let Value::Object(named) = named else {
        *into = named;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    if let Value::Object(fields) = into {
        for (name, value) in named {
            if value.is_null() {
                fields.remove(&name);
            } else {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

fn merged(limits: &TenantLimits, mut named: Map<String, Value>) -> Result<TenantLimits, Problem> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(limits) else {
        return Err(Problem::internal("limits are no object"));
    };
    match named.remove("plugins") {
        None => {}
        Some(Value::Null) => drop(all.remove("plugins")),
        Some(plugins) => merge(all.entry("plugins").or_insert(Value::Null), plugins),
    }
    all.extend(named);
    let under = |fault: FieldProblem| fault.under("/limits");
    let limits: TenantLimits =
        typed(Value::Object(all)).map_err(|faults| Problem::invalid(faults.into_iter().map(under).collect()))?;
    let mut faults = Vec::new();
    check_limits(&limits, &mut faults);
    if faults.is_empty() { Ok(limits) } else { Err(Problem::invalid(faults)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn named_limits_change_and_the_others_stay() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let patch = json!({"limits": {"calls_per_second": 2.5}, "suspended": true});
        let changed = host.patch(Some(&host.operator), &path, patch).await;
        assert_eq!(changed.status, 200);
        assert_eq!(changed.body["limits"]["calls_per_second"], 2.5);
        assert_eq!(
            (&changed.body["limits"]["min_gap_minutes"], &changed.body["suspended"]),
            (&10.into(), &true.into())
        );
        let again = host.patch(Some(&host.operator), &path, json!({"limits": {"calls_per_second": null}})).await;
        assert_eq!((&again.body["limits"]["calls_per_second"], &again.body["suspended"]), (&json!(null), &true.into()));
    }

    #[tokio::test]
    async fn a_suspended_account_reads_and_stops_and_does_nothing_else() {
        let host = Host::new().await;
        let campaign = format!("/v1/campaigns/{}", host.campaign().await);
        let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "x", "scopes": ["leads:read"]})).await;
        let key = format!("/v1/keys/{}", made.body["id"].as_str().unwrap());
        let path = format!("/v1/tenants/{}", host.tenant);
        assert_eq!(host.patch(Some(&host.operator), &path, json!({"suspended": true})).await.status, 200);
        for read in ["/v1/me", "/v1/campaigns", "/v1/keys", &campaign] {
            assert_eq!(host.get(Some(&host.live), read).await.status, 200, "{read}");
        }
        let new = json!({"name": "y", "scopes": ["leads:read"]});
        for (method, path, body) in [
            ("POST", campaign.clone() + "/start", None),
            ("POST", campaign.clone() + "/leads", Some(json!({"phone": "+14155552671"}))),
            ("PATCH", campaign.clone(), Some(json!({"name": "x"}))),
            ("POST", "/v1/keys".to_owned(), Some(new.clone())),
        ] {
            let answer = host.send(Some(&host.live), method, &path, body).await;
            assert_eq!((answer.problem(), answer.codes()), ((409, "CE0015"), vec!["account_suspended".to_owned()]));
        }
        assert_eq!(
            host.send(Some(&host.live), "POST", &(campaign.clone() + "/pause"), None).await.problem().1,
            "CE0013"
        );
        assert_eq!(host.post_empty(Some(&host.live), &(key.clone() + "/rotate")).await.status, 201);
        assert_eq!(host.delete(Some(&host.live), &key).await.status, 204);
        assert_eq!(host.post(Some(&host.test), "/v1/keys", new.clone()).await.status, 201, "the twin calls nobody");
        host.patch(Some(&host.operator), &path, json!({"suspended": false})).await;
        assert_eq!(host.post(Some(&host.live), "/v1/keys", new).await.status, 201);
    }

    #[tokio::test]
    async fn faults_point_into_the_limits() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let answer =
            host.patch(Some(&host.operator), &path, json!({"limits": {"max_calls": 1, "min_gap_minutes": "x"}})).await;
        assert_eq!(answer.problem(), (422, "CE0007"));
        let mut pointers = answer.pointers();
        pointers.sort();
        assert_eq!(pointers, ["/limits/max_calls", "/limits/min_gap_minutes"]);
        let nobody = "/v1/tenants/ten_00000000000000000000000000";
        assert_eq!(host.patch(Some(&host.operator), nobody, json!({})).await.problem(), (404, "CE0004"));
    }

    #[tokio::test]
    async fn limits_of_plugins_are_lowered_one_by_one_and_bind_the_twin() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let patch = |plugins: serde_json::Value| host.patch_plugins(&path, plugins);
        assert_eq!(patch(json!({"policy": {"fuel": 1_000_000}})).await.status, 200);
        let both = patch(json!({"policy": {"memory_bytes": 5_000_000}, "stored_bytes": 10})).await;
        let wanted = json!({"stored_bytes": 10, "policy": {"memory_bytes": 5_000_000, "fuel": 1_000_000}});
        assert_eq!(both.body["limits"]["plugins"], wanted);
        let twin = host.get(Some(&host.test), "/v1/me").await;
        assert_eq!(twin.body["tenant"]["limits"]["plugins"], wanted, "{}", twin.text);
        let told = host.allowances();
        assert_eq!(told.len(), 2, "the account and its twin");
        assert!(told.iter().all(|allowance| json!(allowance) == wanted), "{told:?}");
        let back = patch(json!({"policy": null})).await;
        assert_eq!(back.body["limits"]["plugins"], json!({"stored_bytes": 10}));
        assert_eq!(patch(json!(null)).await.body["limits"]["plugins"], json!({}));
    }

    #[tokio::test]
    async fn a_limit_of_plugins_above_the_default_names_the_default() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let plugins = json!({"policy": {"fuel": 20_000_001, "http_requests": 1}, "sink": {"feul": 1}});
        let answer = host.patch_plugins(&path, plugins).await;
        assert_eq!(
            (answer.problem(), answer.pointers()),
            ((422, "CE0007"), vec!["/limits/plugins/sink/feul".to_owned()])
        );
        let answer = host.patch_plugins(&path, json!({"policy": {"fuel": 20_000_001, "http_requests": 1}})).await;
        assert_eq!(answer.codes(), ["above_default", "not_of_this_kind"]);
        assert!(answer.text.contains("the default of 20000000"), "{}", answer.text);
        let me = host.get(Some(&host.test), "/v1/me").await;
        let twin = format!("/v1/tenants/{}", me.body["tenant"]["id"].as_str().unwrap());
        let answer = host.patch_plugins(&twin, json!({"stored_bytes": 5})).await;
        assert_eq!((answer.problem(), answer.codes()), ((422, "CE0007"), vec!["of_the_account".to_owned()]));
    }
}
