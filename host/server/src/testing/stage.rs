//! Makes everything ready for an operation of the document to answer as it should: what it names is there, and in the state that it
//! needs.
//!
//! Whoever sends the examples of the document stands on this: the examples of answers are what came back, and the audit is looked
//! at after every write. A new route that needs more than its neighbours has a line here before they are green. It is longer than four hundred lines because it is one
//! list, of every operation there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use campanile_domain::ports::store::{ClaimRequest, Fence, WriteContext};
use campanile_engine::shell::Handle;
use campanile_store::{Options, Profile};
use serde_json::{Value, json};

use super::world::{NOW, operator_key};
use super::{Answer, Host, names};
use crate::app::App;

/// What the document cannot give an example of.
const WASM: &str = "application/wasm";
const COMPONENT: &str = "acme-voice 1.0.0 voice-gateway";

/// Where a request goes, and with what.
#[derive(Debug)]
pub(super) struct Staged {
    /// The path with real ids, and what has to be in the query.
    pub path: String,
    /// The real objects that the example of the request names, in the order of their numbers.
    pub named: Vec<String>,
    /// The body, where an answer needs another one than the example.
    body: Option<Value>,
    /// The key, where it has to be another account's.
    key: Option<String>,
}

impl Staged {
    fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), named: Vec::new(), body: None, key: None }
    }

    /// The path's id is a real one.
    fn of(pattern: &str, id: &str) -> Self {
        Self { named: vec![id.to_owned()], ..Self::at(pattern.replace("{id}", id)) }
    }

    fn naming(mut self, id: impl Into<String>) -> Self {
        self.named.push(id.into());
        self
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn asking(mut self, query: &str) -> Self {
        self.path.push('?');
        self.path.push_str(query);
        self
    }

    /// Sends the example, its names replaced by those of real objects.
    pub(super) async fn send(&self, host: &Host, key: Option<&str>, method: &str, operation: &Value) -> Answer {
        let (method, key) = (method.to_uppercase(), self.key.as_deref().or(key));
        let content = operation.pointer("/requestBody/content").and_then(Value::as_object);
        let example = |kind: &str| content.and_then(|content| content.get(kind)).map(|content| &content["example"]);
        let real = |example: &Value| names::real(example, &self.named);
        match (&self.body, content) {
            (Some(body), _) => host.send(key, &method, &self.path, Some(body.clone())).await,
            (None, None) => host.send(key, &method, &self.path, None).await,
            (None, Some(content)) => match (example("application/json"), example("text/csv")) {
                (Some(json), _) => {
                    assert!(!json.is_null(), "{method} {} has no example of its request", self.path);
                    host.send(key, &method, &self.path, Some(real(json))).await
                }
                (None, Some(csv)) => host.send_file(key, &self.path, "text/csv", csv.as_str().unwrap()).await,
                (None, None) if content.contains_key(WASM) => host.send_file(key, &self.path, WASM, COMPONENT).await,
                (None, None) => host.hook(&self.path, b"{\"event\": \"call.ended\"}".to_vec()).await,
            },
        }
    }
}

/// Makes ready. `status` is which of its good answers the operation should give.
pub(super) async fn stage(host: &mut Host, method: &str, pattern: &str, status: &str) -> Staged {
    let staged = match pattern.split('/').nth(2).unwrap_or_default() {
        "assistants" => assistants(host, method, pattern).await,
        "gateways" if pattern.starts_with("/v1") => gateways(host, method, pattern).await,
        "campaigns" if pattern.contains("/leads") => leads_of_campaign(host, method, pattern, status).await,
        "campaigns" => campaigns(host, method, pattern).await,
        "leads" => {
            let lead = host.called_lead().await.0;
            Some(Staged::of(pattern, &lead))
        }
        "calls" => calls(host, method, pattern).await,
        "imports" => imports(host, method, pattern).await,
        "mappings" => {
            host.mapping("CRM export").await;
            Some(Staged::at(pattern.replace("{name}", "CRM%20export")))
        }
        "suppressions" | "suppressions:batch" => suppressions(host, method, pattern, status).await,
        "erasures" => {
            let phone = "+14155550123";
            let campaign = host.campaign().await;
            host.lead(&campaign, phone).await;
            if method == "post" {
                return Staged::at(pattern);
            }
            let erasure = host.erasure(phone).await;
            Some(Staged::of(pattern, &erasure))
        }
        "sources" if pattern.starts_with("/v1") => sources(host, method, pattern).await,
        "sinks" => sinks(host, method, pattern).await,
        "webhooks" => webhooks(host, method, pattern).await,
        "connections" if pattern.starts_with("/v1") => connections(host, method, pattern).await,
        "plugins" => plugins(host, method, pattern, status).await,
        "scripts" | "evaluations" => scripts(host, pattern).await,
        "events" => {
            let (lead, _) = host.called_lead().await;
            Some(Staged::at(pattern).asking("after=0&types=campaign.started").naming(host.campaign_of(&lead).await))
        }
        "jobs" => {
            let job = host.running_job().await;
            Some(Staged::of(pattern, &job))
        }
        "tenants" | "balance" => accounts(host, method, pattern).await,
        "keys" => {
            if pattern == "/v1/keys" && method == "post" {
                return Staged::at(pattern);
            }
            let body = json!({"name": "nightly import", "scopes": ["campaigns:read", "leads:write"]});
            let made = host.post(Some(&host.live), "/v1/keys", body).await;
            let key = made.body["id"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned();
            Some(Staged::of(pattern, &key))
        }
        "audit" => {
            host.assistant().await;
            Some(Staged::at(pattern))
        }
        "me" => {
            host.usual_rates().await;
            Some(Staged::at(pattern))
        }
        "quarantine" => {
            host.restore_from_a_backup().await;
            Some(Staged::at(pattern))
        }
        _ => outside(host, pattern).await,
    };
    let staged = staged.unwrap_or_else(|| panic!("{method} {pattern} is new: say in testing/stage.rs what it needs"));
    assert!(!staged.path.contains('{'), "{method} {pattern} names something that testing/stage.rs does not fill in");
    host.background_done().await;
    staged
}

async fn assistants(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    Some(match (method, pattern) {
        ("post", "/v1/assistants") => {
            let gateway = host.gateway().await;
            Staged::at(pattern).naming(gateway)
        }
        _ => {
            let assistant = host.assistant().await;
            Staged::of(pattern, &assistant)
        }
    })
}

async fn gateways(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    Some(match (method, pattern) {
        ("post", "/v1/gateways") => Staged::at(pattern),
        ("delete", _) => Staged::of(pattern, &host.gateway().await),
        _ => {
            host.active_plugin("1.0.0").await;
            let gateway = host.plugin_gateway("acme-voice@active").await;
            let staged = Staged::of(pattern, &gateway);
            let staged = Staged { path: staged.path.replace("{name}", "token"), ..staged };
            if pattern.ends_with("/options") { staged.asking("setting=number&query=spring") } else { staged }
        }
    })
}

async fn campaigns(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    let live = Some(host.live.as_str());
    if (method, pattern) == ("post", "/v1/campaigns") {
        return Some(Staged::at(pattern).naming(host.assistant().await));
    }
    let verb = pattern.strip_prefix("/v1/campaigns/{id}/").unwrap_or_default();
    if matches!(verb, "stats" | "explain" | "evaluate") {
        let (lead, _) = host.called_lead().await;
        let campaign = host.campaign_of(&lead).await;
        if verb == "evaluate" {
            host.asks_whether_booked(&campaign).await;
            host.patch(live, &format!("/v1/campaigns/{campaign}"), json!({"evaluators": ["judge@active"]})).await;
        }
        host.lead(&campaign, "+14155552672").await;
        return Some(Staged::of(pattern, &campaign));
    }
    let campaign = host.campaign().await;
    let path = format!("/v1/campaigns/{campaign}");
    match (method, verb) {
        ("post", "clone") => {}
        ("post", _) | ("get", "preflight") => drop(host.lead(&campaign, "+14155552671").await),
        _ => {}
    }
    if matches!(verb, "pause" | "resume" | "stop") {
        host.post_empty(live, &format!("{path}/start")).await;
    }
    if verb == "resume" {
        host.post_empty(live, &format!("{path}/pause")).await;
    }
    if verb == "shadow" {
        host.staged("busy-soon 1.1.0 retry-policy").await;
        if method != "put" {
            let policy = json!({"policy": "busy-soon@1.1.0", "settings": {"busy_minutes": 30}});
            host.send(live, "PUT", &format!("{path}/shadow"), Some(policy)).await;
        }
    }
    Some(Staged::of(pattern, &campaign))
}

async fn leads_of_campaign(host: &Host, method: &str, pattern: &str, status: &str) -> Option<Staged> {
    let live = Some(host.live.as_str());
    let campaign = host.campaign().await;
    let staged = Staged::of(pattern, &campaign);
    let path = format!("/v1/campaigns/{campaign}/leads");
    let known = json!({"phone": "+1 415-555-2690", "external_id": "crm-1042", "variables": {"first_name": "Ann"}});
    if status == "200" && !pattern.ends_with(":batch") {
        let made = host.post(live, &path, known).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    Some(match (method, pattern) {
        ("put", _) => Staged { path: staged.path.replace("{external_id}", "crm-1042"), ..staged },
        ("post", "/v1/campaigns/{id}/leads:update") => {
            let lead = host.lead(&campaign, "+14155552671").await;
            host.patch(live, &format!("/v1/leads/{lead}"), json!({"status": "completed"})).await;
            let again = json!({"filter": {"status": "completed", "reason": "by_hand"}, "set": {"status": "created", "priority": 5}});
            if status == "202" { staged.with(again) } else { staged }
        }
        ("get", _) => {
            host.lead(&campaign, "+14155552671").await;
            staged
        }
        _ => staged,
    })
}

async fn calls(host: &mut Host, method: &str, pattern: &str) -> Option<Staged> {
    if method == "post" {
        let assistant = host.assistant().await;
        host.answer_the_phone();
        return Some(Staged::at(pattern).naming(assistant));
    }
    let (_, call) = host.called_lead().await;
    Some(Staged::of(pattern, &call))
}

async fn imports(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    let verb = pattern.strip_prefix("/v1/imports").unwrap_or_default();
    Some(match (method, verb) {
        ("post", "") => {
            let campaign = host.campaign().await;
            Staged::at(pattern).asking(&format!("file_name=people.csv&campaign={campaign}")).naming(campaign)
        }
        ("get", "") => Staged::of(pattern, &host.uploaded_import().await),
        (_, "/{id}/resume") => {
            let (place, _) = host.half_an_import().await;
            Staged::of(pattern, place.strip_prefix("/v1/imports/")?)
        }
        ("post", "/{id}/undo") | ("get", "/{id}/rejects" | "/{id}") => {
            let path = format!("/v1/imports?confirm=true&file_name=people.csv&campaign={}", host.campaign().await);
            let sent = host.upload(&path, "text/csv", "Name,Phone\nAnn,+14155552671\nBob,12\n").await;
            host.background_done().await;
            Staged::of(pattern, sent.body["id"].as_str()?)
        }
        _ => Staged::of(pattern, &host.uploaded_import().await),
    })
}

async fn suppressions(host: &Host, method: &str, pattern: &str, status: &str) -> Option<Staged> {
    let phone = "+14155550155";
    if method != "post" || status == "200" && pattern == "/v1/suppressions" {
        let body = json!({"phone": phone, "reason": "asked by mail"});
        assert_eq!(host.post(Some(&host.live), "/v1/suppressions", body).await.status, 201);
    }
    Some(Staged::at(pattern.replace("{phone}", phone)))
}

async fn sources(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    if (method, pattern) == ("post", "/v1/sources") {
        host.active_crm().await;
        return Some(Staged::at(pattern).naming(host.campaign().await));
    }
    let source = host.source().await;
    let verb = pattern.strip_prefix("/v1/sources/{id}/").unwrap_or_default();
    let mut fills = BTreeMap::from([("{name}", "client_secret".to_owned())]);
    if verb.starts_with("runs") {
        fills.insert("{run}", host.rejecting_run(&source, "crm-1042").await);
    }
    if verb == "resume" {
        host.post_empty(Some(&host.live), &format!("/v1/sources/{source}/pause")).await;
    }
    let mut staged = Staged::of(pattern, &source);
    for (name, value) in fills {
        staged.path = staged.path.replace(name, &value);
    }
    Some(if verb == "options" { staged.asking("setting=list&query=spring") } else { staged })
}

async fn sinks(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    if (method, pattern) == ("post", "/v1/sinks") {
        host.active_results().await;
        return Some(Staged::at(pattern).naming(host.campaign().await));
    }
    let verb = pattern.strip_prefix("/v1/sinks/{id}/").unwrap_or_default();
    if verb.starts_with("deliveries") || verb == "resend_failed" {
        let (sink, event) = host.failed_delivery().await;
        if verb == "resend_failed" {
            // Until it is given up.
            host.fail_delivery(&sink, 7).await;
        }
        let staged = Staged::of(pattern, &sink);
        return Some(Staged { path: staged.path.replace("{event}", &event), ..staged }.naming(event));
    }
    let sink = host.sink().await;
    if verb == "resume" {
        host.post_empty(Some(&host.live), &format!("/v1/sinks/{sink}/pause")).await;
    }
    let staged = Staged::of(pattern, &sink);
    let staged = Staged { path: staged.path.replace("{name}", "token"), ..staged };
    Some(if verb == "options" { staged.asking("setting=list&query=spring") } else { staged })
}

async fn webhooks(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    let verb = pattern.strip_prefix("/v1/webhooks/{id}/").unwrap_or_default();
    if verb.starts_with("deliveries") {
        let (webhook, event) = host.answered_delivery(200).await;
        let staged = Staged::of(pattern, &webhook);
        return Some(Staged { path: staged.path.replace("{event}", &event), ..staged }.naming(event));
    }
    if (method, pattern) == ("post", "/v1/webhooks") {
        return Some(Staged::at(pattern));
    }
    let campaign = host.campaign().await;
    host.lead(&campaign, "+14155552671").await;
    Some(Staged::of(pattern, &host.webhook().await.0))
}

async fn connections(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    if (method, pattern) == ("post", "/v1/connections") {
        host.active_crm().await;
        return Some(Staged::at(pattern));
    }
    Some(Staged::of(pattern, &host.connection().await.0))
}

async fn plugins(host: &Host, method: &str, pattern: &str, status: &str) -> Option<Staged> {
    let verb = pattern.strip_prefix("/v1/plugins/{name}").unwrap_or(pattern);
    let name = match verb {
        "/replay" | "/versions/{version}/run" => "acme-policy",
        verb if verb.starts_with("/secrets") => "acme-judge",
        _ => "acme-voice",
    };
    match (method, verb) {
        ("post", "/v1/plugins") if status == "202" => {}
        (_, "/replay" | "/versions/{version}/run") => host.active_policy().await,
        (_, "/secrets" | "/secrets/{secret}") => {
            host.staged("acme-judge 1.0.0 call-evaluator").await;
            if method == "get" {
                let path = "/v1/plugins/acme-judge/secrets/token";
                host.send(Some(&host.live), "PUT", path, Some(json!({"value": "the key"}))).await;
            }
        }
        ("post", "/grants") | ("delete", "/versions/{version}") | ("post", "/v1/plugins") => {
            host.staged_plugin("1.0.0").await;
        }
        ("post", "/versions/{version}/activate") => {
            host.staged_plugin("1.0.0").await;
            host.grant_all("1.0.0").await;
        }
        ("post", "/rollback") => {
            host.active_plugin("1.0.0").await;
            host.active_plugin("1.1.0").await;
        }
        _ => host.active_plugin("1.0.0").await,
    }
    match verb {
        "/usage" => host.used("1.0.0").await,
        "/failures" => host.failed("1.0.0", 1).await,
        _ => {}
    }
    let path = pattern.replace("{name}", name).replace("{version}", "1.0.0").replace("{secret}", "token");
    let staged = Staged::at(path);
    if verb == "/versions/{version}/run" {
        return Some(staged.naming(host.called_lead().await.1));
    }
    Some(if (method, verb) == ("delete", "/grants") { staged.asking("host=api.acme.example") } else { staged })
}

async fn scripts(host: &Host, pattern: &str) -> Option<Staged> {
    let kept = json!({"name": "patient-retry", "source": "fn decide(lead) { retry(#{ after: hours(2) }) }"});
    if matches!(pattern, "/v1/scripts" | "/v1/scripts/{name}/replay") {
        host.post(Some(&host.live), "/v1/scripts", kept).await;
    }
    let staged = Staged::at(pattern.replace("{name}", "patient-retry"));
    if !matches!(pattern, "/v1/scripts/run" | "/v1/evaluations/compare") {
        return Some(staged);
    }
    let (lead, call) = host.called_lead().await;
    host.asks_whether_booked(&host.campaign_of(&lead).await).await;
    Some(staged.naming(call))
}

async fn accounts(host: &Host, method: &str, pattern: &str) -> Option<Staged> {
    if (method, pattern) == ("post", "/v1/tenants") {
        return Some(Staged::at(pattern));
    }
    if pattern.starts_with("/v1/balance") || pattern.ends_with("/top_up") {
        let (tenant, key) = host.paying_account().await;
        let staged = Staged::of(pattern, &tenant);
        return Some(Staged { key: pattern.starts_with("/v1/balance").then_some(key), ..staged });
    }
    host.usual_rates().await;
    Some(Staged::of(pattern, &host.tenant))
}

/// What is not below `/v1`.
async fn outside(host: &Host, pattern: &str) -> Option<Staged> {
    Some(match pattern {
        "/healthz" | "/readyz" | "/version" | "/metrics" | "/errors" => Staged::at(pattern),
        "/errors/{code}" => Staged::at("/errors/CE0007"),
        "/hooks/gateways/{id}/{token}" => Staged::at(host.gateway_with_hook().await.1),
        "/hooks/sources/{id}/{token}" => Staged::at(host.source_with_hook().await.1),
        "/hooks/connections/{id}/callback" => {
            let (id, state) = host.connection().await;
            Staged::of(pattern, &id).asking(&format!("code=good&state={state}"))
        }
        _ => return None,
    })
}

impl Host {
    /// The campaign of a lead.
    async fn campaign_of(&self, lead: &str) -> String {
        let read = self.get(Some(&self.live), &format!("/v1/leads/{lead}")).await;
        read.body["campaign"].as_str().unwrap().to_owned()
    }

    /// The assistant of a campaign asks for a variable.
    async fn asks_whether_booked(&self, campaign: &str) {
        let read = self.get(Some(&self.live), &format!("/v1/campaigns/{campaign}")).await;
        let path = format!("/v1/assistants/{}", read.body["assistant"].as_str().unwrap());
        let asks = json!({"variables": [{"name": "booked", "kind": "boolean", "description": "Was a visit booked?"}]});
        let set = self.patch(Some(&self.live), &path, asks).await;
        assert_eq!(set.status, 200, "{}", set.text);
    }

    /// The accounts may send as many requests as an account may send.
    async fn usual_rates(&self) {
        let tenants = self.app.store.tenants().await.unwrap();
        for tenant in tenants.into_iter().filter(|tenant| !tenant.is_test()) {
            let usual = json!({"limits": {"requests_burst": 200}});
            let set = self.patch(Some(&self.operator), &format!("/v1/tenants/{}", tenant.id), usual).await;
            assert_eq!(set.status, 200, "{}", set.text);
        }
    }

    /// An account that pays, and its key.
    async fn paying_account(&self) -> (String, String) {
        let key = self.billed_account(25_000_000).await;
        let me = self.get(Some(&key), "/v1/me").await;
        (me.body["tenant"]["id"].as_str().unwrap().to_owned(), key)
    }

    /// From now on an engine takes whoever waits to be called.
    fn answer_the_phone(&mut self) {
        let (store, runtime) = (Arc::clone(&self.app.store), tokio::runtime::Handle::current());
        let engine = Handle::standing_in(move |campaign| {
            let store = Arc::clone(&store);
            runtime.block_on(async move {
                let ctx = WriteContext::engine(store.tenants().await.unwrap()[0].key, NOW, 5);
                store.stage(&ctx, campaign, 10).await.unwrap();
                let request = ClaimRequest { campaign, slots: 1 };
                store.claim(&ctx, Fence::SOLE, request).await.unwrap().orders
            })
        });
        let app = Arc::into_inner(self.restarted()).unwrap();
        self.serve(App { engine, ..app });
    }

    /// The data is another host's from now on: one that was restored, and has an account.
    async fn restore_from_a_backup(&mut self) {
        let folder = self.folder.path().join("restored");
        std::fs::create_dir(&folder).unwrap();
        campanile_store::backup::quarantine(&folder, NOW).unwrap();
        let options = Options { profile: Profile::Durable { folder }, readers: 1, vault: None };
        let app = Arc::into_inner(self.restarted()).unwrap();
        let app = App { store: campanile_store::open(&options).unwrap(), ..app };
        self.operator = operator_key(&app).await;
        self.serve(app);
        let made = self.post(Some(&self.operator), "/v1/tenants", json!({"name": "Harbour Dental"})).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
}
