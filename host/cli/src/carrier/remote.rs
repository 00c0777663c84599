//! The gateway to a carrier in another process.
//!
//! One request dials, and what the host saw of that request decides what is believed: nothing was sent when no
//! connection came about, a 4xx is a refusal, and everything else without a call to show for it may ring. Nothing is
//! retried here, by this code or by the client under it; asking again is the reconciler's business, by `find`.
//!
//! Until the carrier has said how late its searches are, this gateway does not claim that it can find: a search believed
//! too early would call a person twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use campanile_domain::ids::CallId;
use campanile_domain::phone::Phone;
use campanile_domain::plugin::instance::Checked;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::gateway::{
    CallEvent, Capabilities, Dial, Evidence, Finding, Gateway, GatewayError, PlaceAnswer, Refusal, RefusalScope,
    Webhook,
};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_engine::carrier::read_events;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::wire::{About, Placed, Problem};

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// Beyond this the two processes live in different times: their rates by hour and event times mean nothing to each other.
const WORST_SKEW_MS: i64 = DAY_MS;
const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway to `campanile carrier`.
pub struct RemoteCarrier {
    base: String,
    client: reqwest::Client,
    clock: Arc<dyn EngineClock>,
    find_lag_ms: Mutex<Option<i64>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RemoteCarrier {
    /// A gateway to the carrier at `base`, such as `http://127.0.0.1:7070`, for a host whose calls live in the time of
    /// `clock`. Nothing is asked of the carrier yet; [`Gateway::check`] tells whether it is there.
    ///
    /// # Errors
    /// `base` is no http address.
    pub fn new(base: &str, clock: Arc<dyn EngineClock>) -> anyhow::Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        let url =
            reqwest::Url::parse(&base).with_context(|| format!("{base:?} is no address; write http://HOST:PORT"))?;
        anyhow::ensure!(url.scheme() == "http", "{base:?} is no address of a carrier; write http://HOST:PORT");
        let client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self { base, client, clock, find_lag_ms: Mutex::new(None) })
    }

    /// Asks the carrier what it is, unless that is known.
    async fn acquaint(&self) -> Result<(), GatewayError> {
        let known = locked(&self.find_lag_ms).is_some();
        if known { Ok(()) } else { self.check().await.map(|_| ()) }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GatewayError> {
        let answer = self.client.get(self.url(path)).send().await.map_err(no_answer)?;
        accepted(answer).await?.json().await.map_err(no_answer)
    }
}

fn no_answer(error: reqwest::Error) -> GatewayError {
    let message = format!("the carrier did not answer: {error}; is `campanile carrier` running?");
    GatewayError { code: Refusal::UNREACHABLE.to_owned(), message }
}

async fn accepted(answer: Response) -> Result<Response, GatewayError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    Err(match answer.json::<Problem>().await {
        Ok(Problem { code, message }) => GatewayError { code, message },
        Err(_) => GatewayError { code: "carrier_error".to_owned(), message: format!("the carrier answered {status}") },
    })
}

/// What the answer to a dial says, before it is held against the evidence.
async fn read(answer: Response) -> PlaceAnswer {
    let status = answer.status();
    let body = answer.bytes().await;
    if status == StatusCode::CREATED {
        return match body.as_deref().map(serde_json::from_slice::<Placed>) {
            Ok(Ok(Placed { provider_call_id })) => PlaceAnswer::Placed { provider_call_id },
            _ => PlaceAnswer::Unsure { why: "the carrier took the call but did not name it".to_owned() },
        };
    }
    if !status.is_client_error() {
        return PlaceAnswer::Unsure { why: format!("the carrier answered {status}") };
    }
    let told = body.ok().and_then(|body| serde_json::from_slice(&body).ok());
    PlaceAnswer::Refused(told.unwrap_or_else(|| Refusal {
        code: format!("http_{}", status.as_u16()),
        message: format!("the carrier answered {status} without a reason"),
        scope: RefusalScope::ThisMoment,
        retry_after_ms: None,
    }))
}

#[async_trait]
impl Gateway for RemoteCarrier {
    fn able(&self) -> Capabilities {
        let find_lag_ms = *locked(&self.find_lag_ms);
        Capabilities {
            finds_by_attempt: find_lag_ms.is_some(),
            find_lag_ms: find_lag_ms.unwrap_or_default(),
            calls_per_second: None,
        }
    }

    async fn check(&self) -> Result<Checked, GatewayError> {
        let about: About = self.get("/").await?;
        let (theirs, ours) = (about.now, self.clock.now());
        if theirs.since(ours).abs() > WORST_SKEW_MS {
            let message = format!(
                "the carrier's clock shows {theirs} and this host's {ours}; start both with the same --clock and --clock-start"
            );
            return Err(GatewayError { code: "clocks_differ".to_owned(), message });
        }
        *locked(&self.find_lag_ms) = Some(about.find_lag_ms);
        Ok(Checked::ready(format!("the simulated carrier at {}", self.url("/"))))
    }

    async fn place(&self, dial: &Dial) -> PlaceAnswer {
        match self.client.post(self.url("/calls")).json(dial).send().await {
            Ok(answer) => {
                let evidence = Evidence::Answered(answer.status().as_u16());
                read(answer).await.weighed(evidence)
            }
            Err(error) if error.is_connect() || error.is_builder() => PlaceAnswer::Refused(Refusal {
                code: Refusal::UNREACHABLE.to_owned(),
                message: no_answer(error).message,
                scope: RefusalScope::ThisMoment,
                retry_after_ms: None,
            })
            .weighed(Evidence::NothingSent),
            Err(error) => PlaceAnswer::Unsure { why: format!("the carrier did not answer the dial: {error}") },
        }
    }

    async fn look_up(&self, provider_call_id: &str) -> Result<CallEvent, GatewayError> {
        self.get(&format!("/calls/{provider_call_id}")).await
    }

    async fn find(
        &self,
        attempt: CallId,
        _to: &Phone,
        since: Timestamp,
        _until: Timestamp,
    ) -> Result<Finding, GatewayError> {
        self.acquaint().await?;
        self.get(&format!("/calls?attempt={attempt}&since={since}")).await
    }

    async fn hang_up(&self, provider_call_id: &str) -> Result<(), GatewayError> {
        let answer = self.client.delete(self.url(&format!("/calls/{provider_call_id}"))).send().await;
        accepted(answer.map_err(no_answer)?).await.map(|_| ())
    }

    async fn receive(&self, webhook: &Webhook) -> Result<Vec<CallEvent>, GatewayError> {
        read_events(webhook)
    }
}
