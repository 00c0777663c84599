//! Webhooks that tests find when they come.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::Sending;
use serde_json::json;

use super::host::Host;

impl Host {
    /// From now on the host's clock is faster than the sun's.
    pub(crate) fn with_faster_clock(&mut self) {
        let mut app = Arc::into_inner(self.restarted()).unwrap();
        app.config.faster_clock = true;
        self.serve(app);
    }

    /// A webhook that is told everything, and its secret.
    pub(crate) async fn webhook(&self) -> (String, String) {
        let body = json!({"url": "https://hooks.example/campanile"});
        let made = self.post(Some(&self.live), "/v1/webhooks", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let text = |field: &str| made.body[field].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    /// A webhook and an event that it answered with this status.
    pub(crate) async fn answered_delivery(&self, status: u16) -> (String, String) {
        let webhook = self.webhook().await.0;
        let campaign = self.campaign().await;
        self.lead(&campaign, "+14155552673").await;
        self.answer_deliveries(&webhook, status).await;
        let listed = self.get(Some(&self.live), &format!("/v1/webhooks/{webhook}/deliveries")).await;
        let event = listed.body["data"][0]["event"].as_str().unwrap_or_else(|| panic!("{}", listed.text));
        (webhook, event.to_owned())
    }

    /// What waits for a webhook is sent and answered so; how much it was.
    pub(crate) async fn answer_deliveries(&self, webhook: &str, status: u16) -> usize {
        let (tenant, store) = (self.tenant_key().await, &self.app.store);
        while store.read_on_for_webhooks(&self.context(TenantKey(0)), None).await.unwrap().more {}
        let key = store.webhook(tenant, webhook.parse().unwrap()).await.unwrap().key;
        let turn = store.webhook_turn(&self.context(tenant), key, 50).await.unwrap().unwrap();
        let at = self.app.engine_clock.now();
        let answer = |sequence| Sending {
            sequence,
            at,
            duration_ms: 12,
            answer: Ok((status, "ok".into())),
            retry_after_ms: None,
        };
        let sendings: Vec<_> = turn.events.iter().map(|event| answer(event.sequence)).collect();
        let count = sendings.len();
        store.keep_sendings(&self.context(tenant), key, sendings).await.unwrap();
        count
    }
}
