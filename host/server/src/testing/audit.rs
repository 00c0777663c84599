//! Holds every write of the OpenAPI document against the audit.
//!
//! Each is sent with its example to a host of its own, so that none finds what another left; what it needs to be possible is done
//! before. Whatever was done has to be in the audit with the id of its request, whatever was not done must not. A new route is
//! here before its author thinks of it.

use campanile_domain::ports::store::{AuditFilter, Page};
use serde_json::{Value, json};

use super::coverage::{Things, call, needs};
use super::{Answer, Host};

/// Writes that change nothing, and why.
const CHANGE_NOTHING: [(&str, &str); 6] = [
    ("/v1/sources/{id}/check", "asks the importer"),
    ("/v1/sinks/{id}/check", "asks the plugin"),
    ("/v1/scripts/check", "reads a draft"),
    ("/v1/scripts/test", "runs a draft"),
    ("/v1/scripts/run", "runs a draft on a call that is there"),
    ("/v1/evaluations/compare", "asks evaluators about a call that is there"),
];

/// Writes that cannot be done here, and why; the store's own tests look for their rows.
const NOT_HERE: [(&str, &str); 3] = [
    ("/v1/calls", "the engine of a test calls nobody"),
    ("/v1/quarantine/release", "no host of a test was restored"),
    ("/v1/balance", "nothing is charged to the account of a test"),
];

/// A write that needs more than its example: where it goes and with what, once everything is ready for it.
async fn arranged(host: &Host, method: &str, pattern: &str) -> Option<(String, Option<Value>)> {
    let live = Some(host.live.as_str());
    let plain = |path: String| Some((path, None));
    match (method, pattern) {
        ("post", "/v1/assistants") => {
            let gateway = host.gateway().await;
            Some((pattern.into(), Some(json!({"name": "Mara", "time_zone": "Europe/Berlin", "gateway": gateway}))))
        }
        ("delete", "/v1/assistants/{id}") => plain(format!("/v1/assistants/{}", host.assistant().await)),
        ("post", "/v1/campaigns") => {
            Some((pattern.into(), Some(json!({"assistant": host.assistant().await, "name": "Summer"}))))
        }
        ("delete", "/v1/campaigns/{id}") => plain(pattern.replace("{id}", &host.campaign().await)),
        ("post", "/v1/campaigns/{id}/leads:update") => {
            let campaign = host.campaign().await;
            host.lead(&campaign, "+14155552671").await;
            Some((pattern.replace("{id}", &campaign), Some(json!({"all": true, "set": {"priority": 3}}))))
        }
        ("post", "/v1/erasures") => Some((pattern.into(), Some(json!({"phone": "+14155552671"})))),
        ("post", "/v1/webhooks/{id}/deliveries/{event}/resend") => {
            let (webhook, event) = host.answered_delivery(200).await;
            plain(format!("/v1/webhooks/{webhook}/deliveries/{event}/resend"))
        }
        ("post", "/v1/campaigns/{id}/evaluate") => {
            let (lead, _) = host.called_lead().await;
            let campaign = host.get(live, &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
            let path = format!("/v1/campaigns/{}", campaign.as_str().unwrap());
            let assistant = host.get(live, &path).await.body["assistant"].clone();
            let asks = json!({"variables": [{"name": "booked", "kind": "boolean", "description": "Booked?"}]});
            host.patch(live, &format!("/v1/assistants/{}", assistant.as_str().unwrap()), asks).await;
            host.patch(live, &path, json!({"evaluators": ["judge@active"]})).await;
            plain(format!("{path}/evaluate"))
        }
        ("post", "/v1/campaigns/{id}/start" | "/v1/campaigns/{id}/resume") => {
            let campaign = host.campaign().await;
            host.lead(&campaign, "+14155552671").await;
            if pattern.ends_with("resume") {
                host.post_empty(live, &format!("/v1/campaigns/{campaign}/start")).await;
                host.post_empty(live, &format!("/v1/campaigns/{campaign}/pause")).await;
            }
            plain(pattern.replace("{id}", &campaign))
        }
        ("put" | "delete", "/v1/campaigns/{id}/shadow") => {
            let path = pattern.replace("{id}", &host.campaign().await);
            host.active_policy().await;
            let policy = json!({"policy": "acme-policy@1.0.0"});
            if method == "put" {
                return Some((path, Some(policy)));
            }
            host.send(live, "PUT", &path, Some(policy)).await;
            plain(path)
        }
        ("post", "/v1/imports/{id}/resume") => plain(format!("{}/resume", host.half_an_import().await.0)),
        ("post", "/v1/imports/{id}/undo") => {
            let path = format!("/v1/imports?confirm=true&campaign={}", host.campaign().await);
            let sent = host.upload(&path, "text/csv", "Name,Phone\nAnn,+14155552671\n").await;
            host.background_done().await;
            plain(format!("{}/undo", sent.header("location")))
        }
        ("delete", "/v1/mappings/{name}") => {
            host.mapping("mine").await;
            plain("/v1/mappings/mine".into())
        }
        ("post", "/v1/plugins/{name}/grants") => {
            host.staged_plugin("1.0.0").await;
            let part = json!({"version": "1.0.0", "hosts": ["api.acme.example"]});
            Some(("/v1/plugins/acme-voice/grants".into(), Some(part)))
        }
        ("delete", "/v1/plugins/{name}/grants") => {
            host.active_plugin("1.0.0").await;
            plain("/v1/plugins/acme-voice/grants?host=api.acme.example".into())
        }
        ("post", "/v1/plugins/{name}/rollback") => {
            host.active_plugin("1.0.0").await;
            host.active_plugin("1.1.0").await;
            plain("/v1/plugins/acme-voice/rollback".into())
        }
        ("post", "/v1/plugins/{name}/versions/{version}/activate")
        | ("delete", "/v1/plugins/{name}/versions/{version}") => {
            host.staged_plugin("1.0.0").await;
            host.grant_all("1.0.0").await;
            plain(pattern.replace("{name}", "acme-voice").replace("{version}", "1.0.0"))
        }
        ("post", "/v1/plugins/{name}/versions/{version}/retire") => {
            host.active_plugin("1.0.0").await;
            plain("/v1/plugins/acme-voice/versions/1.0.0/retire".into())
        }
        ("post", "/v1/sinks") => {
            host.active_results().await;
            let body = json!({"name": "Results", "campaign": host.campaign().await, "plugin": "acme-results@active",
                "secrets": {"token": "s"}});
            Some((pattern.into(), Some(body)))
        }
        ("post", "/v1/sources") => {
            host.active_crm().await;
            let body = json!({"name": "CRM", "campaign": host.campaign().await, "plugin": "acme-crm@active",
                "secrets": {"client_secret": "s"}});
            Some((pattern.into(), Some(body)))
        }
        ("post", "/v1/sinks/{id}/resume") => {
            let path = format!("/v1/sinks/{}", host.sink().await);
            host.post_empty(live, &format!("{path}/pause")).await;
            plain(format!("{path}/resume"))
        }
        ("post", "/v1/sources/{id}/resume") => {
            let path = format!("/v1/sources/{}", host.source().await);
            host.post_empty(live, &format!("{path}/pause")).await;
            plain(format!("{path}/resume"))
        }
        ("post", "/v1/tenants/{id}/top_up") => {
            let tariff = json!({"per_minute_micros": 1, "minimum_seconds": 0, "rounding_seconds": 1});
            let billed = json!({"name": "Billed", "billing": {"currency": "EUR", "tariff": tariff}});
            let made = host.post(Some(&host.operator), "/v1/tenants", billed).await;
            let path = pattern.replace("{id}", made.body["tenant"]["id"].as_str().unwrap());
            Some((path, Some(json!({"amount_micros": 5}))))
        }
        _ => None,
    }
}

/// How many rows name the request of an answer, in whichever account.
async fn rows(host: &Host, answer: &Answer) -> usize {
    let request = answer.header("x-request-id").parse().unwrap();
    let mut found = 0;
    for tenant in host.app.store.tenants().await.unwrap() {
        let page = Page { cursor: None, limit: 200 };
        let all = host.app.store.audit(tenant.key, &AuditFilter::default(), &page).await.unwrap();
        found += all.data.iter().filter(|entry| entry.request_id == Some(request)).count();
    }
    found
}

#[tokio::test]
async fn every_write_leaves_a_row_with_its_request() {
    let (mut wrong, mut done) = (Vec::new(), 0);
    let operations = Host::new().await.document.operations();
    for (method, pattern, operation) in operations {
        let Some((kind, _)) = needs(&operation) else { continue };
        if method == "get" || NOT_HERE.iter().any(|(path, _)| *path == pattern) {
            continue;
        }
        let host = Host::new().await;
        let key = Some(if kind == "operator" { host.operator.as_str() } else { &host.live });
        let answer = match arranged(&host, &method, &pattern).await {
            Some((path, body)) => host.send(key, &method.to_uppercase(), &path, body).await,
            None => {
                let path = Things::of(&host).await.fill(&pattern).0;
                call(&host, key, &method, &path, &operation).await
            }
        };
        let place = format!("{} {pattern}", method.to_uppercase());
        let rows = rows(&host, &answer).await;
        let changes_nothing = CHANGE_NOTHING.iter().any(|(path, _)| *path == pattern);
        match (answer.status < 300, rows) {
            (_, 0) if changes_nothing => {}
            (true, 0) => wrong.push(format!("{place} left no row")),
            (true, _) if !changes_nothing => done += 1,
            (true, _) => wrong.push(format!("{place} changes nothing and left a row")),
            (false, 0) => wrong.push(format!("{place} was not done, so nothing was learnt: {}", answer.text)),
            (false, _) => wrong.push(format!("{place} was not done and left a row: {}", answer.text)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(done > 40, "{done}");
}
