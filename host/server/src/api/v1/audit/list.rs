//! `GET /v1/audit`: who did what, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{AuditEntry, Listed};

use super::AuditQuery;
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists what keys and the operator did in the account, newest first.
///
/// Kept for good. What the engine, a policy or a provider did is not here but in the timelines of leads.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = schema::Listed<schema::audit::AuditEntry>)), security(("key" = ["admin"])))]
pub(crate) async fn list_audit(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Listed<AuditEntry>>, Problem> {
    let (filter, page) = query.read()?;
    Ok(Json(app.store.audit(key.of(), &filter, &page).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    async fn entries(host: &Host, query: &str) -> Vec<Value> {
        let listed = host.get(Some(&host.live), &format!("/v1/audit?{query}")).await;
        assert_eq!(listed.status, 200, "{}", listed.text);
        listed.body["data"].as_array().unwrap().clone()
    }

    #[tokio::test]
    async fn a_change_names_who_what_and_which_fields_and_no_value() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let lead = host.lead(&campaign, "+14155552671").await;
        let me = host.get(Some(&host.live), "/v1/me").await.body["key"].clone();
        let patch = json!({"name": "Autumn", "calling_hours": {"start": "10:00", "end": "11:00", "days": ["monday"]}});
        let done = host.patch(Some(&host.live), &format!("/v1/campaigns/{campaign}"), patch).await;
        let entry = &entries(&host, "limit=1").await[0];
        assert_eq!(entry["actor"], json!({"kind": "key", "id": me, "name": "first key"}));
        assert_eq!((&entry["action"], &entry["target"]), (&json!("campaign.update"), &json!(campaign)));
        assert_eq!(entry["request_id"], done.header("x-request-id"));
        let changes = entry["changes"].as_array().unwrap();
        assert!(
            changes.contains(&json!("name"))
                && changes.iter().all(|name| { name == "name" || name.as_str().unwrap().starts_with("calling_hours") }),
            "{entry}"
        );

        let patch = json!({"variables": {"disease": "measles"}, "priority": 3});
        host.patch(Some(&host.live), &format!("/v1/leads/{lead}"), patch).await;
        let entry = &entries(&host, &format!("target={lead}")).await[0];
        assert_eq!(entry["changes"], json!(["variables", "priority"]));
        let path = format!("/v1/tenants/{}", host.tenant);
        host.patch(Some(&host.operator), &path, json!({"limits": {"max_leads": 7}, "suspended": true})).await;
        let entry = &entries(&host, "actor=operator&action=tenant.update").await[0];
        assert_eq!(
            (&entry["changes"], &entry["actor"]["id"]),
            (&json!(["suspended", "limits.max_leads"]), &Value::Null)
        );
        let all = host.get(Some(&host.live), "/v1/audit?limit=200").await.text;
        for secret in ["measles", "disease", "Autumn", "4155552671", &host.live, &host.operator] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }

    #[tokio::test]
    async fn entries_are_found_by_actor_action_target_and_time_and_paged() {
        let host = Host::new().await;
        let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "second", "scopes": ["admin"]})).await;
        let (second, id) = (made.body["secret"].as_str(), made.body["id"].as_str().unwrap());
        for n in 0..5 {
            host.engine_later(60_000);
            host.post(second, "/v1/keys", json!({"name": format!("k{n}"), "scopes": ["leads:read"]})).await;
        }
        assert_eq!(entries(&host, &format!("actor={id}")).await.len(), 5);
        assert_eq!(entries(&host, &format!("actor={id}&action=key.revoke")).await.len(), 0);
        assert_eq!(entries(&host, &format!("target={id}")).await[0]["action"], "key.create");
        assert_eq!(entries(&host, "since=2026-03-02T15:02:00Z&until=2026-03-02T15:04:00Z").await.len(), 2);
        let all = entries(&host, "limit=200").await;
        let created = entries(&host, &format!("target={}", host.tenant)).await;
        assert_eq!(created[0]["action"], "tenant.create", "{all:?}");
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let listed = host.get(Some(&host.live), &format!("/v1/audit?limit=2{cursor}")).await;
            paged.extend(listed.body["data"].as_array().unwrap().clone());
            match listed.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, all, "each once, newest first");
        assert!(all.windows(2).all(|pair| pair[0]["at"].as_str() >= pair[1]["at"].as_str()));
        let wrong = host.get(Some(&host.live), "/v1/audit?actor=ann").await;
        assert_eq!((wrong.problem(), wrong.pointers()), ((400, "CE0011"), vec!["?actor".to_owned()]));
        assert_eq!(host.get(Some(&host.live), "/v1/audit?cursor=keys-1").await.problem(), (400, "CE0011"));
        let theirs = host.get(Some(&host.stranger), "/v1/audit?limit=200").await;
        assert!(!theirs.text.contains(id), "{}", theirs.text);
        let operators = host.get(Some(&host.operator), &format!("/v1/tenants/{}/audit?limit=200", host.tenant)).await;
        assert_eq!(operators.body["data"], json!(all));
        let nobody = "/v1/tenants/ten_00000000000000000000000000/audit";
        assert_eq!(host.get(Some(&host.operator), nobody).await.problem(), (404, "CE0004"));
    }
}
