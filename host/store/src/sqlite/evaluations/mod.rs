//! Evaluations that wait: the port `Evaluations`.

use async_trait::async_trait;
use campanile_domain::evaluation::EvaluationInput;
use campanile_domain::ids::{AttemptKey, CallId, CampaignId, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::policy::Calendar;
use campanile_domain::ports::store::{
    Changed, DueEvaluation, Evaluated, EvaluationState, EvaluationTurn, Evaluations, Fence, Records, Renewed, Stored,
    WriteContext,
};
use campanile_domain::time::Timestamp;

use super::store::{SqliteStore, check};
use super::writer::Lane::{Bulk, Dial};

pub(crate) mod again;
pub(crate) mod turn;
pub(crate) mod waiting;

#[async_trait]
impl Evaluations for SqliteStore {
    async fn due_evaluations(&self, now: Timestamp, each: u32, limit: u32) -> Stored<Vec<DueEvaluation>> {
        self.read_cached(move |db, cache| waiting::due(db, cache, now, (each, limit))).await
    }

    async fn evaluation_turn(&self, attempt: AttemptKey, now: Timestamp) -> Stored<Option<EvaluationTurn>> {
        let Some((found, said)) = self.read_cached(move |db, cache| turn::turn(db, cache, attempt)).await? else {
            return Ok(None);
        };
        let turn::Found { mut turn, tenant, waits_until } = found;
        if turn.evaluator.is_some() {
            let lines = self.transcript(tenant, attempt).await?.unwrap_or_default();
            turn.transcript_is_coming = said && lines.is_empty() && now < waits_until;
            turn.input.talk.transcript = lines;
        }
        Ok(Some(turn))
    }

    async fn evaluated(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        attempt: AttemptKey,
        evaluated: Evaluated,
    ) -> Stored<Option<Changed>> {
        check(fence)?;
        self.write(Dial, ctx, move |op| turn::evaluated(op, attempt, &evaluated)).await
    }

    async fn evaluation_failed(
        &self,
        ctx: &WriteContext,
        attempt: AttemptKey,
        evaluator: String,
        failure: PluginFailure,
    ) -> Stored<()> {
        self.write(Dial, ctx, move |op| turn::failed(op, attempt, &evaluator, &failure)).await
    }

    async fn put_off_evaluation(&self, ctx: &WriteContext, attempt: AttemptKey, at: Timestamp) -> Stored<()> {
        self.write(Dial, ctx, move |op| waiting::put_off(op, attempt, at)).await
    }

    async fn retry_evaluations(&self, ctx: &WriteContext) -> Stored<u64> {
        self.write(Bulk, ctx, waiting::retry).await
    }

    async fn evaluation_of(&self, tenant: TenantKey, attempt: AttemptKey) -> Stored<Option<EvaluationState>> {
        self.read(move |db| waiting::state(db, tenant, attempt)).await
    }

    async fn question_about(&self, tenant: TenantKey, call: CallId) -> Stored<(EvaluationInput, Calendar)> {
        let asked = self.read_cached(move |db, cache| turn::question(db, cache, tenant, call)).await?;
        let (mut input, calendar, attempt) = asked;
        input.talk.transcript = self.transcript(tenant, attempt).await?.unwrap_or_default();
        Ok((input, calendar))
    }

    async fn evaluate_again(
        &self,
        ctx: &WriteContext,
        campaign: CampaignId,
        after: Option<AttemptKey>,
        limit: u32,
    ) -> Stored<Renewed> {
        self.write(Bulk, ctx, move |op| again::renew(op, campaign, after, limit)).await
    }

    async fn waiting_evaluations(&self, tenant: TenantKey, campaign: CampaignId) -> Stored<u64> {
        self.read(move |db| waiting::count(db, tenant, campaign)).await
    }
}
