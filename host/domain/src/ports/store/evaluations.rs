//! Evaluations that wait: which answered calls are still to be read, and by whom.
//!
//! A call enters in the transaction that settles it, and again when its transcript comes late or somebody wants it read
//! anew. What an evaluator answered, and the lead's next step when that was the last, is one transaction: a host that dies
//! in between asks again, and nobody is called because of it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Changed, Fence, Stored, WriteContext};
use crate::evaluation::{Evaluation, EvaluationInput, EvaluatorUse};
use crate::ids::{AttemptKey, CallId, CampaignId, CampaignKey, LeadKey, TenantKey};
use crate::plugin::failure::PluginFailure;
use crate::ports::policy::Calendar;
use crate::time::Timestamp;

/// A call that is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueEvaluation {
    /// Which.
    pub attempt: AttemptKey,
    /// Whose.
    pub tenant: TenantKey,
    /// When.
    pub at: Timestamp,
}

/// The next question about a call.
#[derive(Clone, Debug)]
pub struct EvaluationTurn {
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// The call.
    pub call: CallId,
    /// Who is asked; `None`: nobody is left, or nothing is open.
    pub evaluator: Option<EvaluatorUse>,
    /// Its place among the campaign's evaluators.
    pub place: u32,
    /// What it is asked: what is still open.
    pub input: EvaluationInput,
    /// The calling hours and the zone, for questions about time.
    pub calendar: Calendar,
    /// A transcript came and is not kept yet.
    pub transcript_is_coming: bool,
}

/// What an evaluator made of a call.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// [`EvaluationTurn::place`].
    pub place: u32,
    /// `name@version`; empty where nobody was asked.
    pub by: String,
    /// What it answered.
    pub evaluation: Evaluation,
}

/// How far the evaluation of a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvaluationState {
    /// Every evaluator was asked what was open.
    pub done: bool,
    /// When the next one is asked, while it is not done.
    pub next_try_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// Why the last try failed.
    pub error: Option<EvaluationError>,
    /// What evaluators were paid for this call, in millionths of the currency's unit.
    pub cost_micros: i64,
    /// The currency; `None` where nothing was paid.
    pub cost_currency: Option<String>,
}

/// Why an evaluator did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationError {
    /// Which one.
    pub evaluator: String,
    /// Stable.
    pub code: String,
    /// What happened, why, what to do next.
    pub message: String,
}

/// A piece of calls that are to be read anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// How many were put there.
    pub calls: u64,
    /// Where to go on; `None`: that was the last piece.
    pub next: Option<AttemptKey>,
}

/// The evaluations.
#[async_trait]
pub trait Evaluations: Send + Sync {
    /// The next ones, none of suspended tenants: those that are due, fresh calls before calls that are read anew, then
    /// those that will be; each part by time. At most `each` of a tenant's fresh calls and as many of the others.
    async fn due_evaluations(&self, now: Timestamp, each: u32, limit: u32) -> Stored<Vec<DueEvaluation>>;
    /// The next question about one; `None`: it does not wait any more.
    async fn evaluation_turn(&self, attempt: AttemptKey, now: Timestamp) -> Stored<Option<EvaluationTurn>>;
    /// Keeps what an evaluator answered. When nothing is left to be asked, the lead goes on: what came of it.
    async fn evaluated(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        attempt: AttemptKey,
        evaluated: Evaluated,
    ) -> Stored<Option<Changed>>;
    /// An evaluator did not answer: it is asked again after a while.
    async fn evaluation_failed(
        &self,
        ctx: &WriteContext,
        attempt: AttemptKey,
        evaluator: String,
        failure: PluginFailure,
    ) -> Stored<()>;
    /// It is asked again at `at`; no failure.
    async fn put_off_evaluation(&self, ctx: &WriteContext, attempt: AttemptKey, at: Timestamp) -> Stored<()>;
    /// The failed ones of a tenant are asked again at once: a version, a grant or a secret changed.
    async fn retry_evaluations(&self, ctx: &WriteContext) -> Stored<u64>;
    /// How far one is; `None` where nothing was to be evaluated.
    async fn evaluation_of(&self, tenant: TenantKey, attempt: AttemptKey) -> Stored<Option<EvaluationState>>;
    /// Everything that could be asked about a call, as if nobody but the provider had answered; for scripts that are tried.
    async fn question_about(&self, tenant: TenantKey, call: CallId) -> Stored<(EvaluationInput, Calendar)>;
    /// Answered calls of a campaign behind `after` are read anew: what evaluators determined stands until the new answer is
    /// there, what the provider and people determined stays. `Conflict` where nobody is there to read them.
    async fn evaluate_again(
        &self,
        ctx: &WriteContext,
        campaign: CampaignId,
        after: Option<AttemptKey>,
        limit: u32,
    ) -> Stored<Renewed>;
    /// How many calls of a campaign wait.
    async fn waiting_evaluations(&self, tenant: TenantKey, campaign: CampaignId) -> Stored<u64>;
}
