//! Records beside the main database: the port `Records`.

use async_trait::async_trait;
use campanile_domain::ids::{AttemptKey, LeadKey, TenantKey};
use campanile_domain::ports::gateway::Utterance;
use campanile_domain::ports::store::{DecisionRecord, Records, Stored};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;

mod decisions;
mod segments;
mod transcripts;

#[async_trait]
impl Records for SqliteStore {
    async fn keep_decisions(&self, records: Vec<DecisionRecord>) -> Stored<()> {
        self.record(move |op| decisions::keep(op, &records)).await
    }
    async fn decisions(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<DecisionRecord>> {
        self.read_records(move |db| decisions::of_lead(db, tenant, lead)).await
    }
    async fn keep_transcript(
        &self,
        tenant: TenantKey,
        attempt: AttemptKey,
        at: Timestamp,
        lines: Vec<Utterance>,
    ) -> Stored<()> {
        self.record(move |op| transcripts::keep(op, tenant, attempt, at, &lines)).await
    }
    async fn transcript(&self, tenant: TenantKey, attempt: AttemptKey) -> Stored<Option<Vec<Utterance>>> {
        self.read_records(move |db| transcripts::of_attempt(db, tenant, attempt)).await
    }
    async fn drop_records_before(&self, day: Timestamp) -> Stored<u32> {
        self.record(move |op| segments::drop_before(op, day)).await
    }
}
