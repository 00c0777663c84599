//! Letting go of what an account keeps no longer than it said: the port `Keeping`.
//!
//! What has an owner's row is found by it, what lies in day segments is deleted row by row for this account and the day is
//! dropped once nobody has anything left of it. Whatever is chosen to go is looked at again inside the write: a lead that a
//! hand reopened meanwhile stays.

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{Keeping, LetGo, Stored, WriteContext};
use campanile_domain::retention::{Held, Retention};
use campanile_domain::time::Timestamp;

use super::erasures::records as erased;
use super::store::SqliteStore;
use super::writer::Lane::Bulk;

mod events;
mod leads;
mod records;
mod settings;
mod texts;

#[async_trait]
impl Keeping for SqliteStore {
    async fn retention(&self, tenant: TenantKey) -> Stored<Retention> {
        self.read(move |db| settings::of(db, tenant)).await
    }
    async fn set_retention(&self, ctx: &WriteContext, retention: Retention) -> Stored<Retention> {
        self.write(Bulk, ctx, move |op| settings::set(op, retention)).await
    }
    async fn retentions(&self) -> Stored<Vec<(TenantKey, Retention)>> {
        self.read(settings::chosen).await
    }

    async fn let_go(&self, ctx: &WriteContext, of: Held, before: Timestamp, from: i64) -> Stored<LetGo> {
        let tenant = ctx.tenant;
        match of {
            Held::Transcripts => {
                let waited_for = self.read(move |db| leads::with_evaluations(db, tenant)).await?;
                self.record(move |op| records::transcripts(op, tenant, before, &waited_for)).await
            }
            Held::Records => self.record(move |op| records::records(op, tenant, before)).await,
            Held::EndedLeads => self.let_leads_go(ctx, before, from).await,
            Held::Texts => self.write(Bulk, ctx, move |op| texts::let_go(op, before)).await,
            Held::Events => self.write(Bulk, ctx, move |op| events::let_go(op, before)).await,
        }
    }

    async fn drop_unread_webhooks(&self, ctx: &WriteContext, before: Timestamp) -> Stored<LetGo> {
        self.write(Bulk, ctx, move |op| texts::unread_webhooks(op, before)).await
    }

    async fn forget_logs(&self) -> Stored<bool> {
        Ok(self.clear_logs().await)
    }
}

impl SqliteStore {
    /// What their records hold goes after the leads themselves. The keys are written down with the leads, so that a host that
    /// dies between the two finds them at its next look.
    async fn let_leads_go(&self, ctx: &WriteContext, before: Timestamp, from: i64) -> Stored<LetGo> {
        let tenant = ctx.tenant;
        let (found, next) = self.read(move |db| leads::look(db, tenant, before, from)).await?;
        let mut gone = 0;
        for some in found.chunks(leads::PIECE) {
            let some = some.to_vec();
            gone += self.write(Bulk, ctx, move |op| leads::let_go(op, before, &some)).await?;
        }
        loop {
            let (of_leads, of_calls) = self.read(move |db| leads::swept(db, tenant)).await?;
            if of_leads.is_empty() && of_calls.is_empty() {
                return Ok(LetGo { gone, next });
            }
            let done = (of_leads.clone(), of_calls.clone());
            self.record(move |op| erased::erase(op, tenant, &of_leads, &of_calls)).await?;
            self.write(Bulk, ctx, move |op| leads::done(op, &done.0, &done.1)).await?;
        }
    }
}
