//! Shadows: what was decided is put to a second policy, behind the decision's back.
//!
//! The hands only offer: a question that was decided is handed to its tenant's queue, which has a bound, and when the queue is
//! full it is counted and forgotten. Nobody waits for a shadow, and one tenant's slow one costs no other tenant an answer. A
//! task for each tenant asks in the order of the decisions, at the rank of those whose answer moves no lead, and keeps the two
//! answers together. The tasks go on until the hands are gone; once the host is stopping they ask no more and count what is
//! left as dropped. What waits in the queue of a host that is killed is lost uncounted, at most [`QUEUE`] questions a tenant.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::policy::Decision;
use campanile_domain::ports::policy::{Calendar, PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner};
use campanile_domain::ports::store::{
    After, CampaignSnapshot, Document, Output, ShadowAnswer, ShadowRecord, Store, StoreError, Stored, Undecided,
};
use campanile_domain::replay::{Difference, Made};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::core::Event;

/// Questions of one tenant that may wait to be put to its shadows.
pub const QUEUE: usize = 1_024;
/// Answers that are kept in one transaction.
const AT_ONCE: usize = 64;

/// A question that was decided.
struct Offer {
    undecided: Undecided,
    by: String,
    decided: Result<Decision, PolicyFailure>,
}

/// Where the hands offer.
pub struct Shadows {
    queues: Mutex<BTreeMap<TenantKey, mpsc::Sender<Offer>>>,
    asker: Arc<Asker>,
    tasks: TaskTracker,
}

/// Asks the shadows.
struct Asker {
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyRunner>,
    stop: CancellationToken,
    dropped: Mutex<BTreeMap<CampaignKey, u64>>,
}

impl Shadows {
    /// Asks within `tasks`, until `stop`.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<dyn PolicyRunner>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let asker = Arc::new(Asker { store, policies, stop, dropped: Mutex::default() });
        Self { queues: Mutex::default(), asker, tasks }
    }

    /// Offers a question that was decided. Never waits.
    pub(super) fn show(&self, undecided: Undecided, by: &str, decided: Result<Decision, PolicyFailure>) {
        self.offer(Offer { undecided, by: by.to_owned(), decided });
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

    fn offer(&self, offer: Offer) {
        let (tenant, campaign) = (offer.undecided.tenant, offer.undecided.campaign);
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(tenant).or_insert_with(|| {
            let (queue, offers) = mpsc::channel(QUEUE);
            let asker = Arc::clone(&self.asker);
            self.tasks.spawn(async move { asker.run(tenant, offers).await });
            queue
        });
        if queue.try_send(offer).is_err() {
            self.asker.drop_one(campaign);
        }
    }
}

impl Asker {
    fn drop_one(&self, campaign: CampaignKey) {
        *self.dropped.lock().unwrap_or_else(PoisonError::into_inner).entry(campaign).or_default() += 1;
    }

    /// Asks until nobody offers any more.
    async fn run(&self, tenant: TenantKey, mut queue: mpsc::Receiver<Offer>) {
        let mut offers = Vec::with_capacity(AT_ONCE);
        while queue.recv_many(&mut offers, AT_ONCE).await > 0 {
            let mut answers = Vec::with_capacity(offers.len());
            for offer in offers.drain(..) {
                if self.stop.is_cancelled() {
                    self.drop_one(offer.undecided.campaign);
                    continue;
                }
                match self.ask(offer).await {
                    Ok(answer) => answers.extend(answer),
                    Err(error) => tracing::warn!(%error, tenant = tenant.0, "a shadow could not be asked"),
                }
            }
            if let Err(error) = self.keep(answers).await {
                tracing::warn!(%error, tenant = tenant.0, "the answers of shadows were not kept");
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
