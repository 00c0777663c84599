//! The simulated carrier behind the port of every gateway.
//!
//! One line of calls and one clock. What the carrier has to tell comes out as webhooks, the way a provider's would, for
//! whoever drives it: a rehearsal asks when the next is due and takes it then, a live server awaits
//! [`SimulatedGateway::due`]. The webhooks go through the same inbox as any provider's and are read by
//! [`Gateway::receive`], so that nothing of the engine is left out when it is rehearsed.
//!
//! The lock is held for the length of a map look-up and never across an await.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use campanile_domain::ids::CallId;
use campanile_domain::phone::Phone;
use campanile_domain::plugin::instance::Checked;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::gateway::{
    CallEvent, Capabilities, Dial, Finding, Gateway, GatewayError, PlaceAnswer, Webhook,
};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::VariableSpec;
use tokio::sync::Notify;

use super::line::{Carrier, Delivery};
use super::scenario::Scenario;

/// A gateway whose provider is in this process.
pub struct SimulatedGateway {
    clock: Arc<dyn EngineClock>,
    state: Mutex<State>,
    news: Notify,
}

struct State {
    carrier: Carrier,
    questions: BTreeMap<Option<String>, Arc<[VariableSpec]>>,
}

impl SimulatedGateway {
    /// A gateway to a fresh carrier.
    pub fn new(scenario: Scenario, seed: u64, clock: Arc<dyn EngineClock>) -> Self {
        let state = State { carrier: Carrier::new(scenario, seed), questions: BTreeMap::new() };
        Self { clock, state: Mutex::new(state), news: Notify::new() }
    }

    /// Tells the carrier what an assistant asks of its calls, as a real provider is told when the assistant is set up.
    /// Its analyses then answer exactly that. Replaces what it was told before.
    pub fn learn(&self, assistant_ref: Option<&str>, questions: &[VariableSpec]) {
        self.state().questions.insert(assistant_ref.map(str::to_owned), questions.into());
    }

    /// When the carrier next has something to tell.
    pub fn next_event_at(&self) -> Option<Timestamp> {
        self.state().carrier.next_due()
    }

    /// The webhooks that are due up to `now`, in their order; each is given once.
    pub fn take_due(&self, now: Timestamp) -> Vec<Webhook> {
        self.state().carrier.take_due(now).iter().filter_map(|delivery| webhook(delivery, now)).collect()
    }

    /// Waits until something is due by the clock and takes it; never returns an empty list. Dropping the future loses
    /// nothing.
    pub async fn due(&self) -> Vec<Webhook> {
        loop {
            let changed = self.news.notified();
            let next = self.next_event_at();
            let webhooks = self.take_due(self.clock.now());
            if !webhooks.is_empty() {
                return webhooks;
            }
            match next {
                Some(at) => tokio::select! {
                    () = self.clock.sleep_until(at) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request by which the carrier tells a delivery; `None` only if an event could not be written as JSON.
pub fn webhook(delivery: &Delivery, now: Timestamp) -> Option<Webhook> {
    Some(Webhook {
        method: "POST".to_owned(),
        url: delivery.callback_url.to_string(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_vec(&delivery.event).ok()?,
        received_at: now,
    })
}

/// Reads what the carrier tells: one event, or a list of events.
///
/// # Errors
/// `not_an_event`: the body is neither; `wrong_method`: it was not posted.
pub fn read_events(webhook: &Webhook) -> Result<Vec<CallEvent>, GatewayError> {
    if !webhook.method.eq_ignore_ascii_case("POST") {
        let message = format!("the simulated carrier posts its events, this came by {}", webhook.method);
        return Err(GatewayError { code: "wrong_method".to_owned(), message });
    }
    let first = webhook.body.iter().find(|byte| !byte.is_ascii_whitespace());
    let read = if first == Some(&b'[') {
        serde_json::from_slice(&webhook.body)
    } else {
        serde_json::from_slice(&webhook.body).map(|event| vec![event])
    };
    read.map_err(|error| GatewayError {
        code: "not_an_event".to_owned(),
        message: format!("the body is no event of the simulated carrier: {error}"),
    })
}

fn unknown_call(provider_call_id: &str) -> GatewayError {
    GatewayError {
        code: "unknown_call".to_owned(),
        message: format!("the simulated carrier has no call {provider_call_id:?}; it may have been placed elsewhere"),
    }
}

#[async_trait]
impl Gateway for SimulatedGateway {
    fn able(&self) -> Capabilities {
        let find_lag_ms = self.state().carrier.scenario().find_lag_ms();
        Capabilities { finds_by_attempt: true, find_lag_ms, calls_per_second: None }
    }

    async fn check(&self) -> Result<Checked, GatewayError> {
        Ok(Checked::ready("the simulated carrier, inside this host"))
    }

    async fn place(&self, dial: &Dial) -> PlaceAnswer {
        let mut state = self.state();
        let now = self.clock.now();
        let questions = state.questions.get(&dial.assistant_ref).cloned();
        let answer = state.carrier.place(dial, questions, now).answer;
        drop(state);
        self.news.notify_one();
        answer
    }

    async fn look_up(&self, provider_call_id: &str) -> Result<CallEvent, GatewayError> {
        let now = self.clock.now();
        self.state().carrier.look_up(provider_call_id, now).ok_or_else(|| unknown_call(provider_call_id))
    }

    async fn find(
        &self,
        attempt: CallId,
        _to: &Phone,
        since: Timestamp,
        _until: Timestamp,
    ) -> Result<Finding, GatewayError> {
        let now = self.clock.now();
        Ok(self.state().carrier.find(attempt, since, now))
    }

    async fn hang_up(&self, provider_call_id: &str) -> Result<(), GatewayError> {
        let now = self.clock.now();
        let known = self.state().carrier.hang_up(provider_call_id, now);
        self.news.notify_one();
        known.map(|_| ()).ok_or_else(|| unknown_call(provider_call_id))
    }

    async fn receive(&self, webhook: &Webhook) -> Result<Vec<CallEvent>, GatewayError> {
        read_events(webhook)
    }
}

#[cfg(test)]
mod tests;
