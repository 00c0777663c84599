//! Posts what the carrier has to tell to whoever dialled.
//!
//! The events of one call go through one lane, so that only the scenario's faults change their order; lanes do not wait
//! for each other. A server that is down is tried again and again for a bounded while: that is how its webhooks come
//! late after a crash. An answer of 4xx is final, a server that does not want the event will not want it later.

use std::time::Duration;

use campanile_domain::ports::clock::EngineClock;
use campanile_engine::carrier::Delivery;
use campanile_engine::shell::clock::SystemClock;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

const LANES: usize = 32;
/// The first wait before another try, doubling up to [`LONGEST_WAIT_MS`]; real milliseconds.
const FIRST_WAIT_MS: i64 = 50;
const LONGEST_WAIT_MS: i64 = 1_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// The lanes.
pub(super) struct Callbacks(Vec<UnboundedSender<Delivery>>);

impl Callbacks {
    /// Starts the lanes; they end with `stop`.
    pub fn start(tries: u32, stop: &CancellationToken) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let lane = |_| {
            let (sender, receiver) = unbounded_channel();
            let (client, stop) = (client.clone(), stop.clone());
            tokio::spawn(async move { stop.run_until_cancelled(lane(client, tries.max(1), receiver)).await });
            sender
        };
        Ok(Self((0..LANES).map(lane).collect()))
    }

    /// Has it told, as soon as its lane is free.
    pub fn tell(&self, delivery: Delivery) {
        let lane = delivery.event.provider_call_id.bytes().map(usize::from).sum::<usize>() % self.0.len();
        // A lane is gone only when the carrier stops.
        let _ = self.0[lane].send(delivery);
    }
}

async fn lane(client: reqwest::Client, tries: u32, mut deliveries: UnboundedReceiver<Delivery>) {
    while let Some(delivery) = deliveries.recv().await {
        if !delivery.callback_url.is_empty() {
            tell(&client, tries, &delivery).await;
        }
    }
}

async fn tell(client: &reqwest::Client, tries: u32, delivery: &Delivery) {
    let mut wait_ms = FIRST_WAIT_MS;
    let mut why = String::new();
    for left in (0..tries).rev() {
        match client.post(&*delivery.callback_url).json(&delivery.event).send().await {
            Ok(answer) if answer.status().is_success() => return,
            Ok(answer) => {
                why = answer.status().to_string();
                if answer.status().is_client_error() && answer.status().as_u16() != 429 {
                    break;
                }
            }
            // An error of the client names the address.
            Err(error) => why = error.without_url().to_string(),
        }
        if left > 0 {
            let now = EngineClock::now(&SystemClock);
            SystemClock.sleep_until(now + wait_ms).await;
            wait_ms = (2 * wait_ms).min(LONGEST_WAIT_MS);
        }
    }
    let to = origin(&delivery.callback_url);
    tracing::warn!(event = delivery.event.event_id, to, why, "event could not be told");
}

/// Where an address leads, without its path: that holds the token which lets whoever has it speak for the provider.
fn origin(url: &str) -> String {
    reqwest::Url::parse(url)
        .map_or_else(|_| "an address that is none".to_owned(), |url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_no_line_of_the_log() {
        let hook = "http://127.0.0.1:8080/hooks/gateways/gw_1/s3cret?also=s3cret";
        assert_eq!(origin(hook), "http://127.0.0.1:8080");
        assert_eq!(origin("https://user:s3cret@calls.example/s3cret#s3cret"), "https://calls.example");
        assert_eq!(origin("/s3cret"), "an address that is none");
    }
}
