//! The dial side: the port `Dialling`.

use async_trait::async_trait;
use campanile_domain::attempt::Reconciled;
use campanile_domain::gate::Gate;
use campanile_domain::ids::{AttemptKey, CampaignKey, GatewayKey, LeadKey, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::ports::gateway::{CallEvent, Webhook};
use campanile_domain::ports::policy::PolicyAnswer;
use campanile_domain::ports::store::{
    After, Boot, CampaignSnapshot, Changed, Claim, ClaimRequest, DialResult, Dialling, Fence, InboxItem, Stored,
    TenantSnapshot, Told, Undecided, WriteContext,
};
use campanile_domain::time::Timestamp;

use super::leads::park;
use super::store::{SqliteStore, check, unowned};
use super::writer::Lane::{Bulk, Dial};

pub(crate) mod apply;
pub(crate) mod attempt;
pub(crate) mod boot;
pub(crate) mod claim;
pub(crate) mod decide;
pub(crate) mod dialled;
pub(crate) mod dispose;
pub(crate) mod early;
pub(crate) mod evaluation;
pub(crate) mod facts;
pub(crate) mod inbox;
pub(crate) mod late;
pub(crate) mod money;
pub(crate) mod question;
pub(crate) mod queue;
pub(crate) mod recheck;
pub(crate) mod reconcile;
pub(crate) mod settle;
pub(crate) mod settling;
pub(crate) mod stage;

#[async_trait]
impl Dialling for SqliteStore {
    async fn boot(&self, now: Timestamp, fence: Fence) -> Stored<Boot> {
        check(fence)?;
        self.write(Dial, &unowned(now), boot::boot).await
    }
    async fn snapshot(&self, campaign: CampaignKey) -> Stored<CampaignSnapshot> {
        self.read_cached(move |db, cache| boot::snapshot(db, cache, campaign)).await
    }
    async fn tenant_snapshots(&self) -> Stored<Vec<TenantSnapshot>> {
        self.read_cached(boot::tenants).await
    }

    async fn stage(&self, ctx: &WriteContext, campaign: CampaignKey, want: u32) -> Stored<u32> {
        self.write(Bulk, ctx, move |op| stage::stage(op, campaign, want)).await
    }

    async fn claim(&self, ctx: &WriteContext, fence: Fence, request: ClaimRequest) -> Stored<Claim> {
        check(fence)?;
        self.write(Dial, ctx, move |op| claim::claim(op, &request)).await
    }
    async fn recheck(&self, attempts: &[AttemptKey], now: Timestamp) -> Stored<Vec<Option<Gate>>> {
        let attempts: Vec<i64> = attempts.iter().map(|key| key.0).collect();
        self.read_cached(move |db, cache| recheck::recheck(db, cache, &attempts, now)).await
    }
    async fn dialled(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey, result: DialResult) -> Stored<Told> {
        check(fence)?;
        self.write(Dial, ctx, move |op| dialled::dialled(op, attempt, result)).await
    }
    async fn apply(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        gateway: GatewayKey,
        events: Vec<CallEvent>,
    ) -> Stored<Told> {
        check(fence)?;
        self.write(Dial, ctx, move |op| apply::apply(op, gateway, events)).await
    }
    async fn hanging_up(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey) -> Stored<()> {
        check(fence)?;
        self.write(Dial, ctx, move |op| reconcile::hanging_up(op, attempt)).await
    }
    async fn lose(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey) -> Stored<Option<Changed>> {
        check(fence)?;
        self.write(Dial, ctx, move |op| reconcile::lose(op, attempt)).await
    }
    async fn reconciled(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        attempt: AttemptKey,
        closing: Option<Reconciled>,
    ) -> Stored<Option<Changed>> {
        check(fence)?;
        self.write(Dial, ctx, move |op| reconcile::reconciled(op, attempt, closing)).await
    }
    async fn extend(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey) -> Stored<bool> {
        check(fence)?;
        self.write(Dial, ctx, move |op| reconcile::extend(op, attempt)).await
    }

    async fn decide(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        undecided: &Undecided,
        answer: &PolicyAnswer,
    ) -> Stored<After> {
        check(fence)?;
        let (undecided, answer) = (undecided.clone(), answer.clone());
        self.write(Dial, ctx, move |op| decide::decide(op, &undecided, &answer)).await
    }
    async fn undecided(&self, ctx: &WriteContext, campaign: CampaignKey, limit: u32) -> Stored<Vec<Undecided>> {
        self.write(Bulk, ctx, move |op| decide::undecided(op, campaign, limit)).await
    }
    async fn evaluation_missing(&self, lead: LeadKey) -> Stored<bool> {
        self.read(move |db| boot::evaluation_missing(db, lead.0)).await
    }
    async fn end_leads(&self, ctx: &WriteContext, campaign: CampaignKey, limit: u32) -> Stored<u32> {
        self.write(Bulk, ctx, move |op| park::end(op, campaign.0, limit)).await
    }

    async fn inbox_put(&self, now: Timestamp, gateway: GatewayKey, webhook: Webhook) -> Stored<i64> {
        self.write(Dial, &unowned(now), move |op| inbox::put(op, gateway, &webhook)).await
    }
    async fn inbox_take(&self, after: i64, limit: u32) -> Stored<Vec<InboxItem>> {
        self.read(move |db| inbox::take(db, after, limit)).await
    }
    async fn inbox_done(&self, items: Vec<(i64, Option<String>)>) -> Stored<()> {
        self.write(Dial, &unowned(Timestamp(0)), move |op| inbox::done(op, &items)).await
    }
    async fn available(&self, tenant: TenantKey) -> Stored<Option<Micros>> {
        self.read(move |db| boot::available(db, tenant)).await
    }
}
