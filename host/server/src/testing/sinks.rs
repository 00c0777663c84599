//! Sinks that tests find when they come.

use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::sink::Ack;
use serde_json::json;

use super::host::Host;

impl Host {
    /// A plugin in force that writes results.
    pub(crate) async fn active_results(&self) {
        let sent = self.upload("/v1/plugins", "application/wasm", "acme-results 1.0.0 result-sink").await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        self.background_done().await;
        let asks =
            json!({"version": "1.0.0", "hosts": ["api.acme.example"], "secrets": ["token"], "auth": ["account"]});
        let given = self.post(Some(&self.live), "/v1/plugins/acme-results/grants", asks).await;
        assert_eq!(given.status, 200, "{}", given.text);
        let active = self.post_empty(Some(&self.live), "/v1/plugins/acme-results/versions/1.0.0/activate").await;
        assert_eq!(active.status, 200, "{}", active.text);
    }

    async fn sink_of(&self, campaign: &str) -> String {
        if self.get(Some(&self.live), "/v1/plugins/acme-results").await.status != 200 {
            self.active_results().await;
        }
        let body = json!({"name": "Results", "campaign": campaign, "plugin": "acme-results@active",
            "secrets": {"token": "s3cr3t"}});
        let made = self.post(Some(&self.live), "/v1/sinks", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// A sink.
    pub(crate) async fn sink(&self) -> String {
        self.sink_of(&self.campaign().await).await
    }

    /// A sink and an event that it could not write once.
    pub(crate) async fn failed_delivery(&self) -> (String, String) {
        let campaign = self.campaign().await;
        let lead = self.lead(&campaign, "+14155552672").await;
        let sink = self.sink_of(&campaign).await;
        let ended = self.patch(Some(&self.live), &format!("/v1/leads/{lead}"), json!({"status": "completed"})).await;
        assert_eq!(ended.status, 200, "{}", ended.text);
        self.fail_delivery(&sink, 1).await;
        let listed = self.get(Some(&self.live), &format!("/v1/sinks/{sink}/deliveries")).await;
        let event = listed.body["data"][0]["event"].as_str().unwrap_or_else(|| panic!("{}", listed.text));
        (sink, event.to_owned())
    }

    /// What a sink is told fails so often.
    pub(crate) async fn fail_delivery(&self, sink: &str, times: u32) {
        let tenant = self.tenant_key().await;
        let key = self.app.store.sink(tenant, sink.parse().unwrap()).await.unwrap().key;
        for _ in 0..times {
            let turn = self.app.store.sink_turn(&self.context(tenant), key, 50).await.unwrap().unwrap();
            let failure = || Ack::Failed(PluginFailure::new("row_locked", "the row is locked"));
            let acks: Vec<_> = turn.events.iter().map(|(number, _)| (*number, failure())).collect();
            assert!(!acks.is_empty(), "nothing to tell");
            self.app.store.acknowledge(&self.context(tenant), key, acks, None).await.unwrap();
            // Later than the longest wait.
            self.engine_later(11 * 3_600_000);
        }
    }
}
