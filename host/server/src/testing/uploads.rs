//! Plugins, gateways of plugins and connections that tests find when they come.

use campanile_domain::importer::{PageMode, RejectedRecord};
use campanile_domain::plugin::failure::PluginFailure as InstanceFailure;
use campanile_domain::plugin::secrets::ExposeSecret;
use campanile_domain::ports::store::{NewVersion, PluginFailure, PluginUsage, SecretOwner, SourceTurn};
use campanile_domain::source::ReadPage;
use serde_json::{Value, json};

use super::desk::Desk;
use super::host::{Answer, Host};
use super::world::NOW;

impl Host {
    /// What the desk was told of versions.
    pub(crate) fn told(&self) -> Vec<String> {
        self.desk.0.lock().unwrap().clone()
    }

    /// Time passes on the wall.
    pub(crate) fn later(&self, ms: i64) {
        self.wall.0.fetch_add(ms, std::sync::atomic::Ordering::Relaxed);
    }

    /// Time passes for the engine.
    pub(crate) fn engine_later(&self, ms: i64) {
        self.engine_time.advance_to(self.app.engine_clock.now() + ms);
    }

    /// A voice gateway that a host has left in the middle; its version.
    pub(crate) async fn compiling_plugin(&self) -> String {
        let content = b"acme-voice 1.0.0 voice-gateway".to_vec();
        let report = Desk::report(&content);
        let new = NewVersion {
            name: "acme-voice".into(),
            version: Some("1.0.0".into()),
            kind: "voice-gateway".into(),
            content,
            report: Some(report),
        };
        let ctx = self.context(self.tenant_key().await);
        self.app.store.add_plugin_version(&ctx, new).await.unwrap().version.version
    }

    /// Another plugin, through the gates: `name version kind`.
    pub(crate) async fn staged(&self, line: &str) {
        self.sent_plugin(line).await;
    }

    async fn sent_plugin(&self, line: &str) {
        let sent = self.upload("/v1/plugins", "application/wasm", line).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        self.background_done().await;
    }

    /// A voice gateway that passed every gate.
    pub(crate) async fn staged_plugin(&self, version: &str) {
        self.sent_plugin(&format!("acme-voice {version} voice-gateway")).await;
    }

    /// Lets the voice gateway have a part of what a version asks for.
    pub(crate) async fn grant(&self, version: &str, mut part: Value) {
        part["version"] = version.into();
        let given = self.post(Some(&self.live), "/v1/plugins/acme-voice/grants", part).await;
        assert_eq!(given.status, 200, "{}", given.text);
    }

    /// Lets it have everything.
    pub(crate) async fn grant_all(&self, version: &str) {
        let all = json!({"hosts": ["api.acme.example"], "secrets": ["token"], "auth": ["account"]});
        self.grant(version, all).await;
    }

    /// Takes something back.
    pub(crate) async fn revoke(&self, what: &str) {
        let left = self.delete(Some(&self.live), &format!("/v1/plugins/acme-voice/grants?{what}")).await;
        assert_eq!(left.status, 200, "{}", left.text);
    }

    /// A voice gateway in force.
    pub(crate) async fn active_plugin(&self, version: &str) {
        self.staged_plugin(version).await;
        self.grant_all(version).await;
        let path = format!("/v1/plugins/acme-voice/versions/{version}/activate");
        let active = self.post_empty(Some(&self.live), &path).await;
        assert_eq!(active.status, 200, "{}", active.text);
    }

    /// A gateway that dials through it.
    pub(crate) async fn plugin_gateway(&self, plugin: &str) -> String {
        let body = json!({"name": "Acme", "kind": "plugin", "plugin": plugin, "settings": {"account": "acme-4711"},
            "secrets": {"token": "s3cr3t"}});
        let made = self.post(Some(&self.live), "/v1/gateways", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// A secret of the gateway at a path, which no answer tells.
    pub(crate) async fn secret_of(&self, path: &str, name: &str) -> String {
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let secrets = self.app.store.secrets(self.tenant_key().await, SecretOwner::Gateway(id)).await.unwrap();
        secrets.get(name).unwrap().expose_secret().to_owned()
    }

    /// The voice gateway was used.
    pub(crate) async fn used(&self, version: &str) {
        let nothing = PluginUsage::nothing(self.tenant_key().await, "acme-voice", version, NOW);
        self.app
            .store
            .add_plugin_usage(vec![PluginUsage {
                calls: 3,
                cpu_us: 940,
                memory_bytes: 1_179_648,
                host_calls: 6,
                http_requests: 3,
                ..nothing
            }])
            .await
            .unwrap();
    }

    /// The voice gateway failed.
    pub(crate) async fn failed(&self, version: &str, times: usize) {
        let failure = |count: usize| PluginFailure {
            name: "acme-voice".into(),
            version: version.into(),
            code: "plugin_trapped".into(),
            message: format!("wasm trap: out of bounds memory access (call {count})"),
            at: NOW,
        };
        let ctx = self.context(self.tenant_key().await);
        self.app.store.add_plugin_failures(&ctx, (0..times).map(failure).collect()).await.unwrap();
    }

    /// An importer in force that needs a person's consent.
    pub(crate) async fn active_crm(&self) {
        self.sent_plugin("acme-crm 1.0.0 lead-importer").await;
        let asks =
            json!({"version": "1.0.0", "hosts": ["api.acme.example"], "secrets": ["client_secret"], "auth": ["crm"]});
        let given = self.post(Some(&self.live), "/v1/plugins/acme-crm/grants", asks).await;
        assert_eq!(given.status, 200, "{}", given.text);
        let active = self.post_empty(Some(&self.live), "/v1/plugins/acme-crm/versions/1.0.0/activate").await;
        assert_eq!(active.status, 200, "{}", active.text);
    }

    /// A source and the path of its hook.
    pub(crate) async fn source_with_hook(&self) -> (String, String) {
        let known = self.get(Some(&self.live), "/v1/plugins/acme-crm").await;
        if known.status != 200 {
            self.active_crm().await;
        }
        let body = json!({"name": "CRM", "campaign": self.campaign().await, "plugin": "acme-crm@active",
            "secrets": {"client_secret": "s3cr3t"}});
        let made = self.post(Some(&self.live), "/v1/sources", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let hook = made.body["hook_url"].as_str().unwrap().strip_prefix("https://calls.example").unwrap();
        (made.body["id"].as_str().unwrap().to_owned(), hook.to_owned())
    }

    /// A source.
    pub(crate) async fn source(&self) -> String {
        self.source_with_hook().await.0
    }

    async fn turn(&self, source: &str) -> SourceTurn {
        let tenant = self.tenant_key().await;
        let key = self.app.store.source(tenant, source.parse().unwrap()).await.unwrap().key;
        self.app.store.source_turn(&self.context(tenant), key).await.unwrap().unwrap()
    }

    /// The other system does not take the source's credentials.
    pub(crate) async fn failed_run(&self, source: &str) {
        let turn = self.turn(source).await;
        let ctx = self.context(turn.source.tenant);
        let failure = InstanceFailure::new("http_not_permitted", "401 Unauthorized");
        self.app.store.fail_source(&ctx, turn.source.key, turn.run, failure).await.unwrap();
    }

    /// A run with a record that cannot be called; its id.
    pub(crate) async fn rejecting_run(&self, source: &str, external_id: &str) -> String {
        let turn = self.turn(source).await;
        let rejected = RejectedRecord {
            external_id: external_id.into(),
            field: "phone".into(),
            code: "missing".into(),
            message: "the record has no phone".into(),
        };
        let page = ReadPage {
            records: Vec::new(),
            rejected: vec![rejected],
            mode: PageMode::Delta,
            cursor: None,
            more: false,
        };
        let ctx = self.context(turn.source.tenant);
        self.app.store.source_page(&ctx, turn.source.key, turn.run, page, None).await.unwrap();
        let runs = self.get(Some(&self.live), &format!("/v1/sources/{source}/runs")).await;
        runs.body["data"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A connection that waits for a person, and the state that the person would bring.
    pub(crate) async fn connection(&self) -> (String, String) {
        if self.get(Some(&self.live), "/v1/plugins/acme-crm").await.status != 200 {
            self.active_crm().await;
        }
        let body = json!({"plugin": "acme-crm", "auth": "crm", "name": "CRM", "secrets": {"client_secret": "c"}});
        let made = self.post(Some(&self.live), "/v1/connections", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        (made.body["id"].as_str().unwrap().to_owned(), Self::state_in(&made))
    }

    /// The state in the address where a person consents.
    pub(crate) fn state_in(answer: &Answer) -> String {
        let url = answer.body["authorize_url"].as_str().unwrap();
        url.split_once("state=").unwrap().1.split('&').next().unwrap().to_owned()
    }
}
