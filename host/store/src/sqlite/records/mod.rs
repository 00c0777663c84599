//! Records beside the main database: the port `Records`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use campanile_domain::ids::{AttemptKey, LeadKey, TenantKey};
use campanile_domain::ports::gateway::Utterance;
use campanile_domain::ports::store::{
    DecisionRecord, DecisionSpan, Document, EvaluationRecord, RecordCursor, Records, ShadowRecord, Stored,
};
use campanile_domain::time::Timestamp;

use self::beside_kind::Beside;
use super::store::SqliteStore;

pub(crate) mod beside;
pub(crate) mod beside_kind;
pub(crate) mod decisions;
pub(crate) mod segments;
mod transcripts;

#[async_trait]
impl Records for SqliteStore {
    async fn keep_decisions(&self, records: Vec<Document>) -> Stored<()> {
        self.record(move |op| decisions::keep(op, &records)).await
    }
    async fn decisions(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<DecisionRecord>> {
        self.read_records(move |db| decisions::of_lead(db, tenant, lead)).await
    }
    async fn decisions_after(
        &self,
        span: DecisionSpan,
        after: Option<RecordCursor>,
        limit: u32,
    ) -> Stored<Vec<(RecordCursor, Option<DecisionRecord>)>> {
        self.read_records(move |db| decisions::after(db, span, after, limit)).await
    }
    async fn count_decisions(&self, span: DecisionSpan) -> Stored<u64> {
        self.read_records(move |db| decisions::count(db, span)).await
    }
    async fn keep_shadow_records(&self, records: Vec<Document>) -> Stored<()> {
        self.record(move |op| beside::keep(op, Beside::Shadow, &records)).await
    }
    async fn shadow_records(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<ShadowRecord>> {
        self.read_records(move |db| beside::of_lead(db, Beside::Shadow, (tenant, lead))).await
    }
    async fn keep_evaluation_records(&self, records: Vec<Document>) -> Stored<()> {
        self.record(move |op| beside::keep(op, Beside::Evaluation, &records)).await
    }
    async fn evaluation_records(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<EvaluationRecord>> {
        self.read_records(move |db| beside::of_lead(db, Beside::Evaluation, (tenant, lead))).await
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
    async fn transcripts(
        &self,
        tenant: TenantKey,
        attempts: Vec<AttemptKey>,
    ) -> Stored<BTreeMap<AttemptKey, Vec<Utterance>>> {
        self.read_records(move |db| transcripts::of_attempts(db, tenant, &attempts)).await
    }
}
