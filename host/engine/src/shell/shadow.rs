//! Shadows: what was decided is put to a second policy, behind the decision's back.
//!
//! The hands only offer: a question that was decided is handed to a queue with a bound, and when the queue is full it is
//! counted and forgotten. Nobody waits for a shadow. One task asks them, in the order of the decisions, at the rank of those
//! whose answer moves no lead, and keeps the two answers together. It goes on until the engine is gone; once the host is
//! stopping it asks no more and counts what is left as dropped. What waits in the queue of a host that is killed is lost
//! uncounted, at most [`QUEUE`] questions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::CampaignKey;
use campanile_domain::policy::Decision;
use campanile_domain::ports::policy::{Calendar, PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner};
use campanile_domain::ports::store::{
    After, CampaignSnapshot, Document, Output, ShadowAnswer, ShadowRecord, Store, StoreError, Stored, Undecided,
};
use campanile_domain::replay::{Difference, Made};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::hands::Hands;
use crate::core::Event;

/// Questions that may wait to be put to shadows.
pub const QUEUE: usize = 1_024;
/// Answers that are kept in one transaction.
const AT_ONCE: usize = 64;

/// A question that was decided.
struct Offer {
    undecided: Undecided,
    by: String,
    decided: Result<Decision, PolicyFailure>,
}

type Dropped = Arc<Mutex<BTreeMap<CampaignKey, u64>>>;

/// Where the hands offer.
#[derive(Clone)]
pub struct Shadows {
    queue: mpsc::Sender<Offer>,
    dropped: Dropped,
}

/// Asks the shadows.
pub struct ShadowDuty {
    queue: mpsc::Receiver<Offer>,
    dropped: Dropped,
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyRunner>,
}

/// The queue's two ends.
pub fn shadows(store: Arc<dyn Store>, policies: Arc<dyn PolicyRunner>) -> (Shadows, ShadowDuty) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let dropped = Dropped::default();
    (Shadows { queue: sender, dropped: Arc::clone(&dropped) }, ShadowDuty { queue, dropped, store, policies })
}

fn count(dropped: &Dropped, campaign: CampaignKey) {
    *dropped.lock().unwrap_or_else(PoisonError::into_inner).entry(campaign).or_default() += 1;
}

impl Hands {
    /// Offers a question that was decided. Never waits.
    pub(super) fn show(&self, undecided: Undecided, by: &str, decided: Result<Decision, PolicyFailure>) {
        let Some(shadows) = &self.shadows else { return };
        let campaign = undecided.campaign;
        if shadows.queue.try_send(Offer { undecided, by: by.to_owned(), decided }).is_err() {
            count(&shadows.dropped, campaign);
        }
    }

    /// Offers what the built-in table decided in the store's own transactions.
    pub(super) fn show_settled(&self, events: &mut [Event]) {
        for event in events {
            if let Event::Changed(changed) = event
                && let Some(After::Settled { question, .. }) = &mut changed.after
                && let Some(question) = question.take()
            {
                let decided = Ok(question.input.builtin.clone());
                self.show(*question, "builtin", decided);
            }
        }
    }
}

impl ShadowDuty {
    /// Asks until nobody offers any more.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut offers = Vec::with_capacity(AT_ONCE);
        while self.queue.recv_many(&mut offers, AT_ONCE).await > 0 {
            let mut answers = Vec::with_capacity(offers.len());
            for offer in offers.drain(..) {
                if stop.is_cancelled() {
                    count(&self.dropped, offer.undecided.campaign);
                    continue;
                }
                match self.ask(offer).await {
                    Ok(answer) => answers.extend(answer),
                    Err(error) => tracing::warn!(%error, "a shadow could not be asked"),
                }
            }
            if let Err(error) = self.keep(answers).await {
                tracing::warn!(%error, "the answers of shadows were not kept");
            }
        }
    }

    /// `None`: the campaign has no shadow any more.
    async fn ask(&self, offer: Offer) -> Stored<Option<(ShadowAnswer, Option<ShadowRecord>)>> {
        let Offer { undecided, by, decided } = offer;
        let snapshot = self.store.snapshot(undecided.campaign).await?;
        let CampaignSnapshot { config, zone, shadow: Some(shadow), .. } = snapshot else { return Ok(None) };
        let call = PolicyCall {
            tenant: undecided.tenant,
            policy: shadow.policy,
            settings: shadow.settings,
            input: undecided.input,
            calendar: Calendar::new(config.calling_hours.clone(), zone),
        };
        // A decision that failed leaves nothing to compare an answer with.
        let answer = match &decided {
            Err(failure) => PolicyAnswer::without_a_run("", Err(failure.clone())),
            Ok(_) => self.policies.consider(&call, None).await,
        };
        let PolicyAnswer { decision: answered, version, usage, .. } = answer;
        let (standing, hours, at) = (&undecided.standing, &config.calling_hours, call.input.now);
        let made = |answer: &Result<Decision, PolicyFailure>| {
            answer.as_ref().ok().map(|decision| Made::of(&standing.dispose(&call.input, hours, decision)))
        };
        let json = |answer| serde_json::to_value(Output::from(answer)).map_err(broken);
        let (decided_json, answered_json) = (json(&decided)?, json(&answered)?);
        let record = decided.is_ok().then(|| ShadowRecord {
            tenant: undecided.tenant,
            campaign: undecided.campaign,
            lead: undecided.lead,
            attempt: undecided.attempt,
            at,
            by: version,
            decided: decided_json.clone(),
            answered: answered_json.clone(),
            usage,
        });
        let difference = Difference {
            lead: undecided.lead_id,
            call: Some(undecided.call),
            at,
            by,
            recorded: decided_json,
            answered: answered_json,
            made: made(&decided).map(serde_json::to_value).transpose().map_err(broken)?,
            would_make: made(&answered),
        };
        let answer = ShadowAnswer { shadow: shadow.key, lead: undecided.lead, decided, answered, difference };
        Ok(Some((answer, record)))
    }

    async fn keep(&self, answers: Vec<(ShadowAnswer, Option<ShadowRecord>)>) -> Stored<()> {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        let (answers, records): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
        if !records.is_empty() {
            let records = records.iter().flatten().map(Document::try_from).collect::<Result<_, _>>().map_err(broken)?;
            self.store.keep_shadow_records(records).await?;
        }
        if answers.is_empty() && dropped.is_empty() {
            return Ok(());
        }
        self.store.keep_shadow_answers(answers, dropped.into_iter().collect()).await
    }
}

fn broken(error: serde_json::Error) -> StoreError {
    StoreError::Broken(error.to_string())
}
