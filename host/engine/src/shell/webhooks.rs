//! Tells webhooks what happened: the log is read on, messages are signed and sent, never in the way of a dial.
//!
//! The store says what waits for whom; what came of a message is kept in one write for all that were sent together, and
//! what a dead host sent and did not keep is sent again with the same id. Many events within a moment become one round:
//! after it was rung the duty waits [`GATHER_MS`] before it looks. At most [`TOGETHER`] webhooks are told at once, [`EACH`]
//! of one tenant, and [`UNDER_WAY`] messages are under way to one of them. One that is slow or cannot be reached holds its
//! own place for as long as a message may take and nobody else's; what fails waits by the store's own rule.
//!
//! What a message of the format `hosted` says is written by [`PostCalls`], because its words are the door's. A call about
//! which something is still being found out is put off and costs no try.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::{EventId, TenantKey, WebhookKey};
use campanile_domain::outbox::Envelope;
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::ports::post::{Letter, Post};
use campanile_domain::ports::post_call::{PostCall, PostCalls};
use campanile_domain::ports::store::{
    DueWebhook, EndedCall, HeldDelivery, ReadOn, Sending, Store, StoreError, Stored, WebhookTurn,
};
use campanile_domain::time::{SECOND_MS, Timestamp};
use campanile_domain::webhook::{self as rules, KEPT_ANSWER_BYTES, TIMEOUT_MS};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::duty::{self, Duty, LONGEST_SLEEP_MS, Writes};
use super::places::{Places, steps};
use super::webhook_meters::WebhookMeters;

/// Webhooks told at once.
pub const TOGETHER: usize = 128;
/// Webhooks of one tenant told at once.
pub const EACH: usize = 8;
/// Messages under way to one webhook.
pub const UNDER_WAY: usize = 4;
/// Events that are taken at once.
const BATCH: u32 = 50;
/// Batches of one webhook before others have their turn.
const BATCHES: u32 = 10;
/// After so long no more messages of a batch are begun, in milliseconds: what was sent is to be kept.
const BATCH_MS: i64 = 2 * SECOND_MS;
/// Time between two counts of what waits, in milliseconds.
const COUNTED_MS: i64 = 15 * SECOND_MS;
/// How long a call that the store did not tell waits until it is asked for again, in milliseconds.
const UNREADABLE_MS: i64 = 5 * SECOND_MS;
/// How long events gather before they are looked at, in milliseconds.
const GATHER_MS: i64 = 200;

/// The duty.
pub struct WebhookDuty {
    /// Where events and deliveries are.
    pub store: Arc<dyn Store>,
    /// How messages leave.
    pub post: Arc<dyn Post>,
    /// What those in the words of hosted platforms say.
    pub post_calls: Arc<dyn PostCalls>,
    /// The time that receivers compare a message's with.
    pub wall: Arc<dyn WallClock>,
    /// Says that there may be something to do.
    pub bell: Bell,
    writes: Writes,
    /// The last webhook that the log was read on for.
    read: Mutex<Option<WebhookKey>>,
    meters: Option<WebhookMeters>,
    /// When what waits is counted again.
    counts_at: Mutex<Timestamp>,
}

impl WebhookDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(
        store: Arc<dyn Store>,
        (post, post_calls): (Arc<dyn Post>, Arc<dyn PostCalls>),
        (clock, wall): (Arc<dyn EngineClock>, Arc<dyn WallClock>),
        bell: Bell,
        seed: u64,
    ) -> Self {
        let (read, counts_at) = (Mutex::default(), Mutex::new(clock.now()));
        Self { store, post, post_calls, wall, bell, writes: Writes::new(clock, seed), read, meters: None, counts_at }
    }

    /// From now on it is counted.
    pub fn measure(&mut self, meters: WebhookMeters) {
        self.meters = Some(meters);
    }

    /// Counts what waits, now and then: many deliveries may.
    async fn count(&self) -> Stored<()> {
        let Some(meters) = &self.meters else { return Ok(()) };
        let now = self.writes.clock.now();
        {
            let mut counts_at = self.counts_at.lock().unwrap_or_else(PoisonError::into_inner);
            if now < *counts_at {
                return Ok(());
            }
            *counts_at = now + COUNTED_MS;
        }
        meters.waits(self.store.waiting_for_webhooks().await?);
        Ok(())
    }

    /// Tells until cancelled; messages under way are waited for and what came of them is kept.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        duty::run(self, stop).await;
    }

    /// Reads the logs on by a piece; whether there is more to read at once.
    ///
    /// # Errors
    /// The store did not take it.
    pub async fn read_on(&self) -> Stored<bool> {
        let after = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let ReadOn { last, more } = self.store.read_on_for_webhooks(&self.writes.context(TenantKey(0)), after).await?;
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(more)
    }

    /// One batch; whether there is more to do at once.
    ///
    /// # Errors
    /// The store did not take it. What an endpoint fails at is no error here: it is stored.
    pub async fn step(&self, tenant: TenantKey, key: WebhookKey, stop: &CancellationToken) -> Stored<bool> {
        let Some(turn) = self.store.webhook_turn(&self.writes.context(tenant), key, BATCH).await? else {
            return Ok(false);
        };
        let WebhookTurn { id, url, secrets, events, calls, more } = turn;
        let until = self.writes.clock.now() + BATCH_MS;
        let mut waiting: VecDeque<News> = events
            .into_iter()
            .map(|event| News::Event(Box::new(event)))
            .chain(calls.into_iter().map(News::Call))
            .collect();
        let (mut under_way, mut sendings, mut held) = (FuturesUnordered::new(), Vec::new(), Vec::new());
        let mut goes_on = true;
        loop {
            while goes_on
                && under_way.len() < UNDER_WAY
                && let Some(news) = waiting.pop_front()
            {
                under_way.push(self.tell(tenant, &url, &secrets, news));
            }
            let Some(told) = under_way.next().await else { break };
            let sending = match told {
                Told::Sent(sending) => sending,
                Told::Held(one) => {
                    held.push(one);
                    continue;
                }
            };
            if let Err(why) = &sending.answer {
                tracing::debug!(webhook = %id, why, "a webhook could not be told");
            }
            let is_well =
                matches!(&sending.answer, Ok((status, _)) if *status != 410) && sending.retry_after_ms.is_none();
            goes_on &= is_well && !stop.is_cancelled() && self.writes.clock.now() < until;
            sendings.push(sending);
        }
        let more = more || !waiting.is_empty();
        if !held.is_empty() {
            self.store.hold_deliveries(&self.writes.context(tenant), key, held).await?;
        }
        if sendings.is_empty() {
            return Ok(more);
        }
        if let Some(meters) = &self.meters {
            meters.sent(&sendings);
        }
        Ok(self.store.keep_sendings(&self.writes.context(tenant), key, sendings).await? && more)
    }

    /// One message, unless it is too early for it.
    async fn tell(&self, tenant: TenantKey, url: &str, secrets: &[SecretString], news: News) -> Told {
        let at = self.writes.clock.now();
        let (sequence, id) = news.name();
        let body = match news {
            News::Event(event) => {
                serde_json::to_vec(&event).map_err(|error| format!("the event cannot be written: {error}"))
            }
            News::Call(call) => match self.post_calls.post_call(tenant, call.call, at).await {
                Ok(PostCall::Ready(body)) => Ok(body),
                Ok(PostCall::NotYet(until)) => return Told::Held(HeldDelivery { sequence, until }),
                Err(StoreError::NotFound(_)) => Err("the call is not kept any more".to_owned()),
                Err(error) => {
                    tracing::warn!(event = %id, %error, "a call could not be read for its webhook");
                    return Told::Held(HeldDelivery { sequence, until: at + UNREADABLE_MS });
                }
            },
        };
        let began = self.wall.now();
        let (answer, retry_after_ms) = match body.and_then(|body| letter(url, secrets, &id.to_string(), began, body)) {
            Err(why) => (Err(why), None),
            Ok(letter) => match self.post.post(tenant, letter).await {
                Ok(posted) => (Ok((posted.status, shown(&posted.body))), posted.retry_after_ms),
                Err(fault) => (Err(fault.to_string()), None),
            },
        };
        let duration_ms = self.wall.now().since(began).max(0);
        Told::Sent(Sending { sequence, at, duration_ms, answer, retry_after_ms })
    }
}

/// What a webhook is to be told.
enum News {
    Event(Box<Envelope>),
    Call(EndedCall),
}

impl News {
    /// Its number in the log, and the event.
    fn name(&self) -> (i64, EventId) {
        match self {
            Self::Event(event) => (event.sequence, event.id),
            Self::Call(call) => (call.sequence, call.event),
        }
    }
}

/// What became of it.
enum Told {
    Sent(Sending),
    Held(HeldDelivery),
}

/// The message, signed.
fn letter(url: &str, secrets: &[SecretString], id: &str, at: Timestamp, body: Vec<u8>) -> Result<Letter, String> {
    if secrets.is_empty() {
        let why = "what signs cannot be opened with this host's key for secrets; rotate the secret";
        return Err(why.to_owned());
    }
    let signature = rules::signatures(secrets, id, at, &body).map_err(|error| format!("{error}; rotate it"))?;
    let headers = vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", rules::seconds(at).to_string()),
        ("webhook-signature", signature),
    ];
    Ok(Letter { url: url.to_owned(), headers, body, timeout_ms: TIMEOUT_MS, kept_bytes: KEPT_ANSWER_BYTES })
}

/// The beginning of an answer as people may read it.
fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().filter(|letter| !letter.is_control() || *letter == '\n').collect()
}

impl Duty for WebhookDuty {
    type Key = WebhookKey;
    const WHO: &'static str = "the webhooks that are due";
    const TOGETHER: usize = TOGETHER;
    const EACH: usize = EACH;

    fn writes(&self) -> &Writes {
        &self.writes
    }

    /// Many events within a moment become one round.
    async fn rung(&self) {
        self.bell.rung().await;
        self.writes.clock.sleep_until(self.writes.clock.now() + GATHER_MS).await;
    }

    async fn start(self: &Arc<Self>, places: &mut Places<WebhookKey>, stop: &CancellationToken) -> Stored<Timestamp> {
        let more = self.read_on().await?;
        self.count().await?;
        let now = self.writes.clock.now();
        let mut wake = if more { now } else { now + LONGEST_SLEEP_MS };
        for DueWebhook { key, tenant, at } in self.store.due_webhooks((2 * EACH) as u32, 4 * TOGETHER as u32).await? {
            if at > now {
                wake = wake.min(at);
            } else {
                let (duty, stop) = (Arc::clone(self), stop.clone());
                places.begin(key, tenant, || async move {
                    steps(BATCHES, duty.writes.clock.as_ref(), &stop, || duty.step(tenant, key, &stop)).await;
                });
            }
        }
        Ok(wake)
    }
}
