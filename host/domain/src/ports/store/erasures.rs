//! Erasing a person: everything that is kept of them goes, in pieces, and what counts and costs stays without them.
//!
//! An erasure is a row from the moment it was asked for, so that a host that dies in the middle goes on at its next start.
//! While it runs the row knows whom it erases; at the end it knows only how much that was.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::{Listed, Page, Stored, WriteContext};
use crate::erasure::Traces;
use crate::ids::{CampaignKey, ErasureId, ImportId, TenantKey};
use crate::phone::Phone;
use crate::time::Timestamp;

/// Where an erasure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureStatus {
    /// Entered when it is asked for; left when nothing of the person is left.
    Running,
    /// Nothing is left.
    Finished,
}

impl ErasureStatus {
    /// The word in the store and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
        }
    }
}

/// An erasure, without the person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Erasure {
    /// Outside.
    pub id: ErasureId,
    /// Where it stands.
    pub status: ErasureStatus,
    /// The number stays on the do-not-call list.
    pub keep_suppressed: bool,
    /// How much was erased, by kind.
    pub erased: BTreeMap<String, u64>,
    /// Who asked: `operator` or a key's id.
    pub by: String,
    /// When.
    pub created_at: Timestamp,
    /// When nothing was left.
    pub finished_at: Option<Timestamp>,
}

/// What a piece of an erasure did with leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasedLeads {
    /// There may be another.
    pub more: bool,
    /// Leads with a call under way; they are erased once it is over.
    pub waiting: u64,
    /// Campaigns whose leads ended, which may be over now.
    pub campaigns: Vec<CampaignKey>,
}

/// The documents of an import as they are without the person.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportCleaned {
    /// How the file was understood, with samples.
    pub understood: Value,
    /// The review, with examples.
    pub review: Option<Value>,
    /// The summary.
    pub summary: Value,
    /// The rejected rows' file.
    pub rejects: Vec<u8>,
    /// Rows that were taken out.
    pub rows: u64,
}

/// Erasures.
#[async_trait]
pub trait Erasures: Send + Sync {
    /// Begins one: the number goes on the do-not-call list until it is over, or for good. `Conflict` (`call_under_way`)
    /// while a call to it, or of a lead that has it, is open.
    async fn begin_erasure(&self, ctx: &WriteContext, phone: Phone, keep_suppressed: bool) -> Stored<Erasure>;
    /// Erases a piece of the leads that have the number or were called on it, with all that hangs on them in the main
    /// database.
    async fn erase_leads(&self, ctx: &WriteContext, id: ErasureId) -> Stored<ErasedLeads>;
    /// Erases decisions, transcripts and evaluations of those leads, and whatever speaks of the person in texts of others:
    /// webhooks, failures, reports, what plugins keep.
    async fn erase_records_and_texts(&self, ctx: &WriteContext, id: ErasureId) -> Stored<()>;
    /// What is looked for in texts; nothing once the erasure is over.
    async fn erasure_traces(&self, tenant: TenantKey, id: ErasureId) -> Stored<Traces>;
    /// Replaces the documents of an import.
    async fn clean_import(
        &self,
        ctx: &WriteContext,
        id: ErasureId,
        import: ImportId,
        cleaned: ImportCleaned,
    ) -> Stored<()>;
    /// Forgets whom it was about, and waits until no log of the database has it any more either.
    async fn finish_erasure(&self, ctx: &WriteContext, id: ErasureId) -> Stored<Erasure>;
    /// One.
    async fn erasure(&self, tenant: TenantKey, id: ErasureId) -> Stored<Erasure>;
    /// The latest first.
    async fn erasures(&self, tenant: TenantKey, page: &Page) -> Stored<Listed<Erasure>>;
    /// Those that a host that stopped left in the middle.
    async fn open_erasures(&self) -> Stored<Vec<(TenantKey, ErasureId)>>;
}
