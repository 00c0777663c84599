//! Sinks and their deliveries: the port `Sinks`.

use async_trait::async_trait;
use campanile_domain::ids::{EventId, SinkId, SinkKey, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::ports::store::{
    Delivery, DeliveryStatus, DueSink, Listed, NewSink, Page, SinkChange, SinkRow, SinkTurn, Sinks, Stored,
    WriteContext,
};
use campanile_domain::sink::Ack;

use super::plugins::state;
use super::store::SqliteStore;
use super::writer::Lane::Bulk;

pub(crate) mod delivery;
pub(crate) mod sink;
pub(crate) mod turn;

#[async_trait]
impl Sinks for SqliteStore {
    async fn create_sink(&self, ctx: &WriteContext, new: NewSink) -> Stored<SinkRow> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| sink::create(op, &vault, &new)).await
    }
    async fn sinks(&self, tenant: Option<TenantKey>) -> Stored<Vec<SinkRow>> {
        self.read(move |db| sink::all(db, tenant)).await
    }
    async fn sink(&self, tenant: TenantKey, id: SinkId) -> Stored<SinkRow> {
        self.read(move |db| sink::of_tenant(db, tenant, id)).await
    }
    async fn update_sink(&self, ctx: &WriteContext, id: SinkId, change: SinkChange) -> Stored<SinkRow> {
        self.write(Bulk, ctx, move |op| sink::update(op, id, &change)).await
    }
    async fn delete_sink(&self, ctx: &WriteContext, id: SinkId) -> Stored<()> {
        self.write(Bulk, ctx, move |op| sink::delete(op, id)).await
    }
    async fn pause_sink(&self, ctx: &WriteContext, id: SinkId) -> Stored<SinkRow> {
        self.write(Bulk, ctx, move |op| sink::pause(op, id)).await
    }
    async fn resume_sink(&self, ctx: &WriteContext, id: SinkId) -> Stored<SinkRow> {
        self.write(Bulk, ctx, move |op| sink::resume(op, id)).await
    }
    async fn sink_state(&self, tenant: TenantKey, id: SinkId) -> Stored<Kept> {
        self.read(move |db| state::read(db, sink::of_tenant(db, tenant, id)?.tenant, &id)).await
    }

    async fn deliveries(
        &self,
        tenant: TenantKey,
        id: SinkId,
        status: Option<DeliveryStatus>,
        page: &Page,
    ) -> Stored<Listed<Delivery>> {
        let page = page.clone();
        self.read(move |db| delivery::all(db, tenant, id, status, &page)).await
    }
    async fn resend(&self, ctx: &WriteContext, id: SinkId, event: EventId) -> Stored<Delivery> {
        self.write(Bulk, ctx, move |op| delivery::resend(op, id, event)).await
    }
    async fn resend_failed(&self, ctx: &WriteContext, id: SinkId) -> Stored<u64> {
        self.write(Bulk, ctx, move |op| delivery::resend_failed(op, id)).await
    }

    async fn due_sinks(&self, each: u32, limit: u32) -> Stored<Vec<DueSink>> {
        self.read_cached(move |db, cache| turn::due(db, cache, each, limit)).await
    }
    async fn sink_turn(&self, ctx: &WriteContext, key: SinkKey, limit: u32) -> Stored<Option<SinkTurn>> {
        let Some(sink) = self.read(move |db| turn::active(db, key)).await? else { return Ok(None) };
        let more_log = sink.is_behind() && self.write(Bulk, ctx, move |op| turn::read_on(op, key)).await?;
        let now = ctx.now;
        let ((kept, id), next) = self
            .read(move |db| {
                let kept = state::read(db, sink.tenant, &sink.id)?;
                Ok(((kept, sink.id), turn::next(db, &sink, now, limit)?))
            })
            .await?;
        let turn::Next { events, gone } = next;
        let more = more_log || !gone.is_empty() || !events.is_empty();
        if !gone.is_empty() {
            self.write(Bulk, ctx, move |op| turn::skip(op, key, &gone)).await?;
        }
        Ok(Some(SinkTurn { id, kept, events, more }))
    }
    async fn acknowledge(
        &self,
        ctx: &WriteContext,
        sink: SinkKey,
        acks: Vec<(i64, Ack)>,
        kept: Option<Kept>,
    ) -> Stored<bool> {
        self.write(Bulk, ctx, move |op| turn::acknowledge(op, sink, &acks, kept.as_ref())).await
    }
    async fn fail_sink(&self, ctx: &WriteContext, sink: SinkKey, failure: PluginFailure) -> Stored<()> {
        self.write(Bulk, ctx, move |op| turn::fail(op, sink, &failure)).await
    }
}
