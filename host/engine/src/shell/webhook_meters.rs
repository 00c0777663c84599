//! What is counted about webhooks: messages by what came of them, and deliveries that wait.

use campanile_domain::ports::store::Sending;
use prometheus::{IntCounter, IntGauge, Opts, Registry};

/// The host's. There whether webhooks are told here or not.
#[derive(Clone, Debug)]
pub struct WebhookMeters {
    delivered: IntCounter,
    failed: IntCounter,
    waiting: IntGauge,
}

impl WebhookMeters {
    /// Named in the registry.
    ///
    /// # Errors
    /// They are already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let messages = |result: &str| {
            let opts = Opts::new("campanile_webhook_messages_total", "Messages to webhooks by what came of them");
            IntCounter::with_opts(opts.const_label("result", result))
        };
        let waiting =
            IntGauge::new("campanile_webhook_deliveries_waiting", "Deliveries to webhooks that wait to be sent")?;
        let this = Self { delivered: messages("delivered")?, failed: messages("failed")?, waiting };
        registry.register(Box::new(this.delivered.clone()))?;
        registry.register(Box::new(this.failed.clone()))?;
        registry.register(Box::new(this.waiting.clone()))?;
        Ok(this)
    }

    /// Messages were sent.
    pub(super) fn sent(&self, sendings: &[Sending]) {
        for sending in sendings {
            let taken = matches!(sending.answer, Ok((200..=299, _)));
            if taken { self.delivered.inc() } else { self.failed.inc() }
        }
    }

    /// So many deliveries wait.
    pub(super) fn waits(&self, deliveries: u64) {
        self.waiting.set(i64::try_from(deliveries).unwrap_or(i64::MAX));
    }
}
