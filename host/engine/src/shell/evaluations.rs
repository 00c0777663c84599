//! Has answered calls read by their campaigns' evaluators, beside the dial path.
//!
//! The store says which call is due and who is asked next; each answer is one write, and the one that settles a lead is told
//! to the engine, which goes on from there. An evaluator may take minutes and may be down for hours: nobody is called
//! meanwhile because of it, the lead waits, and the campaign pauses when it has waited for too long. At most [`TOGETHER`]
//! calls are read at once and [`EACH`] of one tenant.

use std::sync::Arc;

use campanile_domain::evaluation::{Evaluation, EvaluationInput, EvaluatorUse};
use campanile_domain::ids::{AttemptKey, CampaignKey, LeadKey, TenantKey};
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::evaluator::Evaluators;
use campanile_domain::ports::store::{
    Document, DueEvaluation, Evaluated, EvaluationRecord, EvaluationTurn, Fence, Store, StoreError, Stored,
};
use campanile_domain::time::{SECOND_MS, Timestamp};
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::duty::{self, Duty, LONGEST_SLEEP_MS, Writes};
use super::handle::Handle;
use super::places::{Places, steps};

/// Calls read at once.
pub const TOGETHER: usize = 16;
/// Calls of one tenant read at once.
pub const EACH: usize = 4;
/// Evaluators of one call that are asked before others have their turn.
const STEPS: u32 = 32;
/// How soon a transcript that is not kept yet is looked for again, in milliseconds.
const COMING_MS: i64 = 2 * SECOND_MS;

/// The duty.
pub struct EvaluationDuty {
    /// Where calls wait.
    pub store: Arc<dyn Store>,
    /// Who reads them.
    pub evaluators: Arc<dyn Evaluators>,
    /// Who goes on with what was settled.
    pub engine: Handle,
    /// The right to settle.
    pub fence: Fence,
    /// Says that there may be something to do.
    pub bell: Bell,
    writes: Writes,
}

impl EvaluationDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(
        store: Arc<dyn Store>,
        evaluators: Arc<dyn Evaluators>,
        clock: Arc<dyn EngineClock>,
        (engine, fence, bell): (Handle, Fence, Bell),
        seed: u64,
    ) -> Self {
        Self { store, evaluators, engine, fence, bell, writes: Writes::new(clock, seed) }
    }

    /// Reads until cancelled; an answer under way is kept.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        duty::run(self, stop).await;
    }

    /// Asks one evaluator about a call; whether there is another to ask at once.
    ///
    /// # Errors
    /// The store did not take it. What an evaluator fails at is no error here: it is stored.
    pub async fn step(&self, tenant: TenantKey, attempt: AttemptKey) -> Stored<bool> {
        let now = self.writes.clock.now();
        let Some(turn) = self.store.evaluation_turn(attempt, now).await? else { return Ok(false) };
        let EvaluationTurn { campaign, lead, call, evaluator, place, input, calendar, transcript_is_coming } = turn;
        if transcript_is_coming {
            self.store.put_off_evaluation(&self.writes.context(tenant), attempt, now + COMING_MS).await?;
            return Ok(false);
        }
        let evaluated = match evaluator {
            None => Evaluated { place, by: String::new(), evaluation: Default::default() },
            Some(used) => {
                let answer = self.evaluators.evaluate(tenant, &used, &input, calendar).await;
                let asked = Asked { tenant, campaign, lead, attempt, used: &used, input: &input };
                self.record(&asked, &answer).await;
                match answer.answer {
                    Ok(evaluation) => Evaluated { place, by: answer.version, evaluation },
                    Err(failure) => {
                        let by = if answer.version.is_empty() { used.plugin.to_string() } else { answer.version };
                        tracing::warn!(%call, evaluator = by, code = failure.code, "a call could not be evaluated; its lead waits");
                        self.store.evaluation_failed(&self.writes.context(tenant), attempt, by, failure).await?;
                        return Ok(false);
                    }
                }
            }
        };
        let asked = !evaluated.by.is_empty();
        if let Some(changed) =
            self.store.evaluated(&self.writes.context(tenant), self.fence, attempt, evaluated).await?
        {
            self.engine.evaluated(changed);
            return Ok(false);
        }
        Ok(asked)
    }
}

/// What an evaluator was asked.
struct Asked<'a> {
    tenant: TenantKey,
    campaign: CampaignKey,
    lead: LeadKey,
    attempt: AttemptKey,
    used: &'a EvaluatorUse,
    input: &'a EvaluationInput,
}

impl EvaluationDuty {
    /// Keeps what was asked and answered. A record that is lost is missed by whoever reads it and by nobody else.
    async fn record(&self, asked: &Asked<'_>, answer: &PluginAnswer<Evaluation>) {
        let Asked { tenant, campaign, lead, attempt, used, input } = *asked;
        let output = match &answer.answer {
            Ok(evaluation) => serde_json::to_value(evaluation),
            Err(failure) => serde_json::to_value(failure),
        };
        let record = EvaluationRecord {
            tenant,
            campaign,
            lead,
            attempt,
            at: self.writes.clock.now(),
            by: if answer.version.is_empty() { used.plugin.to_string() } else { answer.version.clone() },
            settings: used.settings.clone(),
            wanted: input.wanted.iter().map(|spec| spec.name.clone()).collect(),
            lines: input.talk.transcript.len() as u64,
            output: output.unwrap_or_default(),
            usage: answer.usage,
            log: answer.log.clone(),
        };
        let kept = match Document::try_from(&record) {
            Ok(document) => self.store.keep_evaluation_records(vec![document]).await,
            Err(error) => Err(StoreError::Broken(error.to_string())),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "the record of an evaluation could not be kept");
        }
    }
}

impl Duty for EvaluationDuty {
    type Key = AttemptKey;
    const WHO: &'static str = "the calls that are to be evaluated";
    const TOGETHER: usize = TOGETHER;
    const EACH: usize = EACH;

    fn writes(&self) -> &Writes {
        &self.writes
    }

    async fn rung(&self) {
        self.bell.rung().await;
    }

    async fn start(self: &Arc<Self>, places: &mut Places<AttemptKey>, stop: &CancellationToken) -> Stored<Timestamp> {
        let now = self.writes.clock.now();
        let mut wake = now + LONGEST_SLEEP_MS;
        let due = self.store.due_evaluations(now, (2 * EACH) as u32, 8 * TOGETHER as u32).await?;
        for DueEvaluation { attempt, tenant, at } in due {
            if at > now {
                wake = wake.min(at);
            } else {
                let (duty, stop) = (Arc::clone(self), stop.clone());
                places.begin(attempt, tenant, || async move {
                    steps(STEPS, duty.writes.clock.as_ref(), &stop, || duty.step(tenant, attempt)).await;
                });
            }
        }
        Ok(wake)
    }
}
