//! Holds every write of the OpenAPI document against the audit.
//!
//! Each is sent with its example to a host of its own, so that none finds what another left; [`super::stage`] makes it possible.
//! Whatever was done has to be in the audit with the id of its request. A new route is here before its author thinks of it.

use campanile_domain::ports::store::{AuditFilter, Page};

use super::coverage::needs;
use super::stage::stage;
use super::{Answer, Host};

/// Writes that change nothing, and why.
const CHANGE_NOTHING: [(&str, &str); 8] = [
    ("/v1/gateways/{id}/check", "asks the provider"),
    ("/v1/sources/{id}/check", "asks the importer"),
    ("/v1/sinks/{id}/check", "asks the plugin"),
    ("/v1/scripts/check", "reads a draft"),
    ("/v1/scripts/test", "runs a draft"),
    ("/v1/scripts/run", "runs a draft on a call that is there"),
    ("/v1/plugins/{name}/versions/{version}/run", "asks a version about a call that is there"),
    ("/v1/evaluations/compare", "asks evaluators about a call that is there"),
];

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
        if method == "get" {
            continue;
        }
        let mut host = Host::new().await;
        let good = operation["responses"].as_object().unwrap().keys().rfind(|status| status.starts_with('2')).unwrap();
        let staged = stage(&mut host, &method, &pattern, good).await;
        let key = Some(if kind == "operator" { host.operator.as_str() } else { &host.live });
        let answer = staged.send(&host, key, &method, &operation).await;
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
