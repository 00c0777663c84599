//! Shadows: the port `Shadows`.

use async_trait::async_trait;
use campanile_domain::ids::{CampaignId, CampaignKey, TenantKey};
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{Shadow, ShadowAnswer, Shadows, Stored, WriteContext};
use campanile_domain::time::Timestamp;
use serde_json::Value;

use super::store::{SqliteStore, unowned};
use super::writer::Lane::Bulk;

pub(crate) mod answers;
pub(crate) mod run;
pub(crate) mod shadow;

#[async_trait]
impl Shadows for SqliteStore {
    async fn start_shadow(
        &self,
        ctx: &WriteContext,
        campaign: CampaignId,
        policy: PluginRef,
        settings: Value,
    ) -> Stored<Shadow> {
        self.write(Bulk, ctx, move |op| shadow::start(op, campaign, &policy, &settings)).await
    }
    async fn stop_shadow(&self, ctx: &WriteContext, campaign: CampaignId) -> Stored<Shadow> {
        self.write(Bulk, ctx, move |op| shadow::stop(op, campaign)).await
    }
    async fn shadow(&self, tenant: TenantKey, campaign: CampaignId) -> Stored<Shadow> {
        self.read(move |db| shadow::of_campaign(db, tenant, campaign)).await
    }
    async fn keep_shadow_answers(&self, answers: Vec<ShadowAnswer>, dropped: Vec<(CampaignKey, u64)>) -> Stored<()> {
        self.write(Bulk, &unowned(Timestamp(0)), move |op| answers::keep(op, &answers, &dropped)).await
    }
}
