//! Erasing people: the port `Erasures`.
//!
//! Whatever holds something of a person is named here and in `docs/privacy.md`; a test reads both and the schema. A table
//! that somebody adds has to be put on that page, and erased here if it can hold a person.

use async_trait::async_trait;
use campanile_domain::erasure::Traces;
use campanile_domain::ids::{ErasureId, ImportId, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{
    ErasedLeads, Erasure, Erasures, ImportCleaned, Listed, Page, StoreError, Stored, WriteContext,
};

use super::store::SqliteStore;
use super::writer::Lane::{Bulk, Dial};

mod erasure;
pub(crate) mod leads;
pub(crate) mod records;
mod texts;

/// The number of a call or a lead whose person was erased.
pub(crate) const NOBODY: i64 = 0;

#[async_trait]
impl Erasures for SqliteStore {
    async fn begin_erasure(&self, ctx: &WriteContext, phone: Phone, keep_suppressed: bool) -> Stored<Erasure> {
        // Before the next dial, like every suppression.
        self.write(Dial, ctx, move |op| erasure::begin(op, phone, keep_suppressed)).await
    }

    async fn erase_leads(&self, ctx: &WriteContext, id: ErasureId) -> Stored<ErasedLeads> {
        let piece = self.write(Bulk, ctx, move |op| leads::piece(op, id)).await?;
        if piece.more || piece.waiting > 0 {
            return Ok(piece);
        }
        // Leads that had the number once and have another now. Nothing finds them but looking at every call.
        let (tenant, mut found, mut after) = (ctx.tenant, Vec::new(), Some(0));
        while let Some(from) = after {
            let (some, next) = self.read(move |db| leads::once_called(db, tenant, id, from)).await?;
            (found, after) = ([found, some].concat(), next);
        }
        if found.is_empty() {
            return Ok(piece);
        }
        let mut erased = ErasedLeads::default();
        for some in found.chunks(leads::PIECE) {
            let some = some.to_vec();
            let more = self.write(Bulk, ctx, move |op| leads::these(op, id, &some)).await?;
            erased.waiting += more.waiting;
            erased.campaigns.extend(more.campaigns);
        }
        Ok(erased)
    }

    async fn erase_records_and_texts(&self, ctx: &WriteContext, id: ErasureId) -> Stored<()> {
        let tenant = ctx.tenant;
        let (leads, calls) = self.read(move |db| erasure::keys(db, tenant, id)).await?;
        let counts = self.record(move |op| records::erase(op, tenant, &leads, &calls)).await?;
        self.write(Bulk, ctx, move |op| erasure::add(op, id, &counts)).await?;
        let traces = self.erasure_traces(tenant, id).await?;
        for text in texts::ALL {
            let mut after = Some(texts::FIRST);
            while let Some(from) = after {
                let looked = traces.clone();
                let (found, next) = self.read(move |db| texts::look(db, text, tenant, from, &looked)).await?;
                if !found.is_empty() {
                    let traces = traces.clone();
                    self.write(Bulk, ctx, move |op| texts::erase(op, id, text, &found, &traces)).await?;
                }
                after = next;
            }
        }
        Ok(())
    }

    async fn erasure_traces(&self, tenant: TenantKey, id: ErasureId) -> Stored<Traces> {
        self.read(move |db| erasure::traces(db, tenant, id)).await
    }

    async fn clean_import(
        &self,
        ctx: &WriteContext,
        id: ErasureId,
        import: ImportId,
        cleaned: ImportCleaned,
    ) -> Stored<()> {
        self.write(Bulk, ctx, move |op| erasure::clean_import(op, id, import, &cleaned)).await
    }

    async fn finish_erasure(&self, ctx: &WriteContext, id: ErasureId) -> Stored<Erasure> {
        self.write(Bulk, ctx, move |op| erasure::forget(op, id)).await?;
        if !self.clear_logs().await {
            let message = "the logs of the database could not be emptied while others read them";
            return Err(StoreError::Broken(message.into()));
        }
        self.write(Bulk, ctx, move |op| erasure::finish(op, id)).await
    }

    async fn erasure(&self, tenant: TenantKey, id: ErasureId) -> Stored<Erasure> {
        self.read(move |db| erasure::one(db, tenant, id)).await
    }
    async fn erasures(&self, tenant: TenantKey, page: &Page) -> Stored<Listed<Erasure>> {
        let page = page.clone();
        self.read(move |db| erasure::all(db, tenant, &page)).await
    }
    async fn open_erasures(&self) -> Stored<Vec<(TenantKey, ErasureId)>> {
        self.read(erasure::open).await
    }
}
