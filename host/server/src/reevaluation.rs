//! Past calls, read anew: piece after piece into the line, then until nobody waits any more.

use campanile_domain::ids::{CampaignId, JobId, TenantKey};
use campanile_domain::ports::store::{JobProgress, Stored};
use campanile_domain::time::{MINUTE_MS, SECOND_MS};
use serde_json::{Value, json};

use crate::app::App;

/// Calls that are put in line in one write.
const PIECE: u32 = 500;
/// How often those that wait are counted, in milliseconds.
const LOOK_MS: i64 = SECOND_MS;
/// A line that gets no shorter for so long is left to itself, in milliseconds: an evaluator is down.
const PATIENCE_MS: i64 = 10 * MINUTE_MS;

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reevaluation {
    /// Whose answered calls.
    pub campaign: CampaignId,
}

impl Reevaluation {
    /// Does it; what it came to.
    pub(crate) async fn run(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<Value> {
        let (mut calls, mut after) = (0, None);
        loop {
            let ctx = app.context(tenant);
            let renewed = app.store.evaluate_again(&ctx, self.campaign, after, PIECE).await?;
            calls += renewed.calls;
            app.evaluations.ring();
            match renewed.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let (mut least, mut since) = (calls, app.engine_clock.now());
        let waiting = loop {
            let waiting = app.store.waiting_evaluations(tenant, self.campaign).await?;
            let now = app.engine_clock.now();
            if waiting < least {
                (least, since) = (waiting, now);
            }
            let progress = JobProgress { done: calls.saturating_sub(waiting), total: calls };
            let goes_on = app.store.job_progress(&app.context(tenant), job, progress).await?;
            if waiting == 0 || !goes_on || now.since(since) > PATIENCE_MS {
                break waiting;
            }
            app.engine_clock.sleep_until(now + LOOK_MS).await;
        };
        Ok(json!({ "calls": calls, "still_waiting": waiting }))
    }
}
