//! Tries every path and method of the OpenAPI document as somebody who may not.
//!
//! The document is made from the routes, so a new route is here before its author thinks of it: as nobody (401), with
//! every scope but the one it needs (403), as another account (404). That whoever may is answered is [`super::examples`]'.

use std::collections::{BTreeMap, BTreeSet};

use campanile_domain::ports::store::SCOPES;
use serde_json::{Value, json};

use super::{Answer, Host};

/// Paths that anybody may ask.
const PUBLIC: [&str; 8] = [
    "/healthz",
    "/readyz",
    "/version",
    "/errors",
    "/errors/{code}",
    "/hooks/gateways/{id}/{token}",
    "/hooks/sources/{id}/{token}",
    "/hooks/connections/{id}/callback",
];

/// What the document cannot give an example of.
const WASM: &str = "application/wasm";
const COMPONENT: &str = "other-voice 1.0.0 voice-gateway";

/// A real object for every `{id}`.
pub(super) struct Things(BTreeMap<&'static str, String>);

impl Things {
    pub(super) async fn of(host: &Host) -> Self {
        let (lead, call) = host.called_lead().await;
        host.active_plugin("1.0.0").await;
        host.active_policy().await;
        host.staged("acme-judge 1.0.0 call-evaluator").await;
        let script = json!({"name": "patient", "source": "fn decide(lead) { retry(#{ after: hours(2) }) }"});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts", script).await.status, 201);
        let keys = host.get(Some(&host.live), "/v1/keys").await;
        let campaign = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"]
            .as_str()
            .unwrap()
            .to_owned();
        let assistant =
            host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await.body["assistant"].clone();
        let (sink, event) = host.failed_delivery().await;
        host.suppress("+14155550199").await;
        // Before there are lead files that wait.
        let erasure = host.erasure("+14155550198").await;
        Self(BTreeMap::from([
            ("event", event),
            ("/v1/tenants/", host.tenant.clone()),
            ("/v1/keys/", keys.body["data"][0]["id"].as_str().unwrap().to_owned()),
            ("/v1/assistants/", assistant.as_str().unwrap().to_owned()),
            ("/v1/gateways/", host.plugin_gateway("acme-voice@active").await),
            ("/v1/connections/", host.connection().await.0),
            ("/v1/campaigns/", campaign),
            ("/v1/leads/", lead),
            ("/v1/calls/", call),
            ("/v1/imports/", host.uploaded_import().await),
            // What is being reviewed cannot be confirmed meanwhile.
            ("/v1/imports/{id}/confirm", host.uploaded_import().await),
            ("/v1/jobs/", host.running_job().await),
            ("/v1/sources/", host.source().await),
            ("/v1/sinks/", sink),
            ("/v1/erasures/", erasure),
            ("/v1/webhooks/", host.webhook().await.0),
        ]))
    }

    /// The path with a real id, and whether it has one.
    pub(super) fn fill(&self, pattern: &str) -> (String, bool) {
        let mut path = pattern.to_owned();
        let names_one = pattern.contains("{id}") || pattern.contains("{name}") || pattern.contains("{phone}");
        let name = match pattern {
            "/v1/plugins/{name}/replay" | "/v1/plugins/{name}/versions/{version}/run" => "acme-policy",
            "/v1/plugins/{name}/secrets" | "/v1/plugins/{name}/secrets/{secret}" => "acme-judge",
            _ if pattern.starts_with("/v1/plugins/") => "acme-voice",
            _ if pattern.starts_with("/v1/scripts/") => "patient",
            _ if pattern.starts_with("/v1/sources/") => "client_secret",
            _ => "token",
        };
        path = path.replace("{name}", name).replace("{version}", "1.0.0").replace("{secret}", "token");
        path = path.replace("{run}", "run_00000000000000000000000000").replace("{external_id}", "crm%2F1042");
        if pattern.contains("{id}") {
            let begins = self.0.keys().filter(|begins| pattern.starts_with(**begins)).max_by_key(|begins| begins.len());
            let begins = begins.unwrap_or_else(|| panic!("{pattern} needs an object; add one to Things"));
            path = path.replace("{id}", &self.0[begins]);
        }
        path = path.replace("{event}", &self.0["event"]).replace("{phone}", "+14155550199");
        assert!(!path.contains('{'), "{pattern} has a parameter that this test does not know");
        if pattern == "/v1/imports" {
            path.push_str(&format!("?campaign={}", self.0["/v1/campaigns/"]));
        }
        (path, names_one || pattern == "/v1/imports")
    }
}

/// What a route needs, as the document says.
pub(super) fn needs(operation: &Value) -> Option<(String, Vec<String>)> {
    let security = operation["security"].as_array()?.first()?.as_object()?;
    let (name, scopes) = security.iter().next()?;
    Some((name.clone(), scopes.as_array()?.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()))
}

/// Scopes each of which opens the route by itself, as the document says.
fn alone(operation: &Value) -> Vec<String> {
    let all = operation["security"].as_array().unwrap().iter().filter_map(|one| one["key"].as_array());
    all.filter(|scopes| scopes.len() == 1).map(|scopes| scopes[0].as_str().unwrap().to_owned()).collect()
}

/// Scopes that do as well, or that only a part of a route's requests needs, as the document says.
fn also(operation: &Value) -> Vec<String> {
    let rest = operation["security"].as_array().unwrap().iter().skip(1);
    rest.flat_map(|one| one["key"].as_array().into_iter().flatten())
        .map(|scope| scope.as_str().unwrap().to_owned())
        .collect()
}

pub(super) async fn call(host: &Host, key: Option<&str>, method: &str, path: &str, operation: &Value) -> Answer {
    let method = method.to_uppercase();
    match operation.get("requestBody") {
        None => host.send(key, &method, path, None).await,
        Some(body) => {
            let content = body["content"].as_object().unwrap();
            match content.get("application/json") {
                Some(json) => {
                    let example = json.get("example").unwrap_or_else(|| panic!("{method} {path} has an example"));
                    host.send(key, &method, path, Some(example.clone())).await
                }
                None if content.contains_key(WASM) => host.send_file(key, path, WASM, COMPONENT).await,
                None => host.send_file(key, path, "text/csv", content["text/csv"]["example"].as_str().unwrap()).await,
            }
        }
    }
}

#[tokio::test]
async fn nobody_opens_nothing() {
    let host = Host::new().await;
    let things = Things::of(&host).await;
    let mut public = BTreeSet::new();
    for (method, pattern, operation) in host.document.operations() {
        if needs(&operation).is_none() {
            public.insert(pattern);
            continue;
        }
        let (path, _) = things.fill(&pattern);
        let answer = call(&host, None, &method, &path, &operation).await;
        assert_eq!(answer.problem(), (401, "CE0001"), "{method} {pattern}");
    }
    assert_eq!(public, PUBLIC.map(str::to_owned).into());
}

#[tokio::test]
async fn every_other_scope_is_not_enough() {
    let host = Host::new().await;
    let things = Things::of(&host).await;
    let mut asked = BTreeSet::new();
    for (method, pattern, operation) in host.document.operations() {
        let Some((kind, scopes)) = needs(&operation) else { continue };
        asked.extend(also(&operation));
        let (path, _) = things.fill(&pattern);
        if kind == "operator" {
            let answer = call(&host, Some(&host.live), &method, &path, &operation).await;
            assert_eq!(answer.problem(), (403, "CE0003"), "{method} {pattern}");
            continue;
        }
        if scopes.is_empty() {
            assert_eq!(pattern, "/v1/me", "only this path is open to every key");
            continue;
        }
        let answer = call(&host, Some(&host.operator), &method, &path, &operation).await;
        assert_eq!(answer.problem(), (403, "CE0003"), "{method} {pattern}");
        let enough = alone(&operation);
        for scope in SCOPES.into_iter().filter(|scope| *scope != "admin" && !enough.contains(&(*scope).to_owned())) {
            let key = host.key(scope, None).await;
            let answer = call(&host, Some(&key), &method, &path, &operation).await;
            assert_eq!(answer.problem(), (403, "CE0002"), "{method} {pattern} with {scope}");
            assert!(answer.body["detail"].as_str().unwrap().contains(&scopes[0]), "{}", answer.text);
        }
        asked.extend(scopes);
    }
    assert_eq!(asked.len(), SCOPES.len(), "{asked:?}");
}

#[tokio::test]
async fn another_account_finds_nothing() {
    let host = Host::new().await;
    let things = Things::of(&host).await;
    let before = host.get(Some(&host.live), "/v1/campaigns").await.text;
    for (method, pattern, operation) in host.document.operations() {
        let Some((kind, _)) = needs(&operation) else { continue };
        let (path, names_one) = things.fill(&pattern);
        if !names_one || kind == "operator" {
            continue;
        }
        for key in [&host.stranger, &host.test] {
            let answer = call(&host, Some(key), &method, &path, &operation).await;
            assert_eq!(answer.problem(), (404, "CE0004"), "{method} {pattern}: {}", answer.text);
        }
    }
    assert_eq!(host.get(Some(&host.live), "/v1/campaigns").await.text, before, "and changes nothing");
}
