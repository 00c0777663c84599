//! Imports of lead files: from the upload to the leads, and back.
//!
//! An import is a row from the moment its file lies whole on the disk, so that whoever uploaded it can look at what would
//! happen, decide, and be sure that a host that dies in the middle goes on where the last whole page ended: progress is
//! kept in the transaction of the page. How a file is understood is the intake's business; here it is JSON that is given
//! back as it came. Leads remember the import that brought them, which is what an undo goes by.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{LeadAdded, Listed, NewLead, Page, Stored, WriteContext};
use crate::ids::{CampaignId, ImportId, LeadId, TenantKey};
use crate::phone::Phone;
use crate::time::Timestamp;

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Its file is here and understood; nothing was imported.
    Uploaded,
    /// The whole file is being read to say what would happen.
    Reviewing,
    /// What would happen is known.
    Reviewed,
    /// Leads come in.
    Running,
    /// Every row was answered for.
    Finished,
    /// It broke off; the pages before stay, and it can be resumed while its file is kept.
    Failed,
    /// Its leads that were never called are being removed.
    Undoing,
    /// They are.
    Undone,
}

impl ImportStatus {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Uploaded,
        Self::Reviewing,
        Self::Reviewed,
        Self::Running,
        Self::Finished,
        Self::Failed,
        Self::Undoing,
        Self::Undone,
    ];

    /// The word in the API and in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Reviewing => "reviewing",
            Self::Reviewed => "reviewed",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// The status of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether it may become another one.
    pub const fn may_become(self, next: Self) -> bool {
        use ImportStatus::{Failed, Finished, Reviewed, Reviewing, Running, Undoing, Undone, Uploaded};
        match (self, next) {
            // A review that failed or was interrupted leaves the file as it came.
            (Uploaded | Reviewed, Reviewing) | (Reviewing, Reviewed | Uploaded) => true,
            (Uploaded | Reviewed | Failed, Running) | (Running, Finished | Failed) => true,
            (Finished | Failed, Undoing) | (Undoing, Undone) => true,
            _ => false,
        }
    }

    /// A host is at work on it, or was when it stopped.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Reviewing | Self::Running | Self::Undoing)
    }

    /// Nothing of it is in the campaign yet.
    pub const fn is_before(self) -> bool {
        matches!(self, Self::Uploaded | Self::Reviewing | Self::Reviewed)
    }
}

/// What becomes of a row whose lead the campaign has already, by its external id or its primary phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// The lead stays as it is.
    #[default]
    Skip,
    /// Its variables are merged and its contacts replaced; where it stands stays.
    Update,
}

/// An import as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Import {
    /// Outside.
    pub id: ImportId,
    /// Into which campaign.
    pub campaign: CampaignId,
    /// The file's name as it was given.
    pub file_name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// [`ImportStatus::word`].
    pub status: ImportStatus,
    /// What a person said about the file (JSON); see the API.
    pub options: serde_json::Value,
    /// What becomes of rows that the campaign has already.
    pub existing: Existing,
    /// How the file is understood (JSON): format, header, columns with samples, mapping.
    pub understood: serde_json::Value,
    /// What would happen (JSON), once it was reviewed.
    pub review: Option<serde_json::Value>,
    /// Rows read so far.
    pub rows: u64,
    /// Leads made.
    pub created: u64,
    /// Leads changed.
    pub updated: u64,
    /// Rows whose lead the campaign had already and that changed nothing.
    pub duplicates: u64,
    /// The file's own summary, once it is finished (JSON as `import check` prints it); why it failed, when it did.
    pub summary: serde_json::Value,
    /// Leads that an undo removed.
    pub removed: u64,
    /// When it came.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A file that lies whole on the disk under the import's id.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// Its id.
    pub id: ImportId,
    /// Into which campaign.
    pub campaign: CampaignId,
    /// See [`Import`].
    pub file_name: String,
    /// See [`Import`].
    pub bytes: u64,
    /// See [`Import`].
    pub sha256: String,
    /// See [`Import`].
    pub options: serde_json::Value,
    /// See [`Import`].
    pub existing: Existing,
    /// See [`Import`].
    pub understood: serde_json::Value,
}

/// A step of an import; what is `None` stays.
#[derive(Clone, Debug)]
pub struct ImportStep {
    /// What it becomes; `Conflict` (`import_status`) when it may not, naming what it is.
    pub to: ImportStatus,
    /// Another understanding of the file.
    pub options: Option<serde_json::Value>,
    /// With it.
    pub existing: Option<Existing>,
    /// With it.
    pub understood: Option<serde_json::Value>,
    /// What would happen.
    pub review: Option<serde_json::Value>,
}

impl ImportStep {
    /// Another status and nothing else.
    pub const fn to(to: ImportStatus) -> Self {
        Self { to, options: None, existing: None, understood: None, review: None }
    }
}

/// What a campaign knows of a row before it comes in.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The row's key, where it has one.
    pub external_id: Option<String>,
    /// Its primary phone.
    pub phone: Phone,
}

/// The answer about a [`Candidate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acquainted {
    /// The lead that the campaign has already.
    pub lead: Option<LeadId>,
    /// Its phone is on the do-not-call list.
    pub suppressed: bool,
}

/// A mapping that is applied to files with the same columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedMapping {
    /// How a person calls it; unique per tenant.
    pub name: String,
    /// The set of headers it is recognised by, sorted.
    pub headers: Vec<String>,
    /// What to take for the file's options (JSON).
    pub options: serde_json::Value,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// Which imports a list shows.
#[derive(Clone, Debug, Default)]
pub struct ImportFilter {
    /// Into one campaign.
    pub campaign: Option<CampaignId>,
    /// In one status.
    pub status: Option<ImportStatus>,
}

/// Imports.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Keeps an import whose file has come.
    async fn add_import(&self, ctx: &WriteContext, new: NewImport) -> Stored<Import>;
    /// Moves it on.
    async fn step_import(&self, ctx: &WriteContext, id: ImportId, step: ImportStep) -> Stored<Import>;
    /// Adds a page of a running import together with its progress (`rows` read so far), in one transaction. A completed
    /// campaign is reopened when a lead was created and `ends_at` has not passed.
    async fn import_page(
        &self,
        ctx: &WriteContext,
        id: ImportId,
        rows: u64,
        leads: Vec<NewLead>,
    ) -> Stored<Vec<LeadAdded>>;
    /// Ends a running import: finished, or failed with a summary that says why. `rejects` is the rejected rows' file.
    async fn end_import(
        &self,
        ctx: &WriteContext,
        id: ImportId,
        failed: bool,
        summary: serde_json::Value,
        rejects: Vec<u8>,
    ) -> Stored<Import>;
    /// Keeps the file of rows that a review would reject.
    async fn keep_import_rejects(&self, ctx: &WriteContext, id: ImportId, rejects: Vec<u8>) -> Stored<()>;
    /// Removes up to `limit` leads that the import brought and nobody has called; the last page makes it undone.
    async fn undo_import_page(&self, ctx: &WriteContext, id: ImportId, limit: u32) -> Stored<Import>;
    /// Forgets an import of which nothing is in the campaign.
    async fn discard_import(&self, ctx: &WriteContext, id: ImportId) -> Stored<()>;

    /// One import.
    async fn import(&self, tenant: TenantKey, id: ImportId) -> Stored<Import>;
    /// Newest first.
    async fn imports(&self, tenant: TenantKey, filter: &ImportFilter, page: &Page) -> Stored<Listed<Import>>;
    /// The rejected rows' file.
    async fn import_rejects(&self, tenant: TenantKey, id: ImportId) -> Stored<Vec<u8>>;
    /// Every tenant's imports that still need their files or a host at work, oldest first: those before the campaign,
    /// the busy ones and the failed ones.
    async fn open_imports(&self) -> Stored<Vec<(TenantKey, Import)>>;
    /// What the campaign knows of rows, one answer each.
    async fn acquainted(
        &self,
        tenant: TenantKey,
        campaign: CampaignId,
        rows: Vec<Candidate>,
    ) -> Stored<Vec<Acquainted>>;

    /// Saves a mapping; one of the same name is replaced.
    async fn save_mapping(
        &self,
        ctx: &WriteContext,
        name: String,
        headers: Vec<String>,
        options: serde_json::Value,
    ) -> Stored<SavedMapping>;
    /// All of a tenant, by name.
    async fn mappings(&self, tenant: TenantKey) -> Stored<Vec<SavedMapping>>;
    /// The latest one saved for this set of headers.
    async fn mapping_for(&self, tenant: TenantKey, headers: Vec<String>) -> Stored<Option<SavedMapping>>;
    /// Forgets one.
    async fn delete_mapping(&self, ctx: &WriteContext, name: &str) -> Stored<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for status in ImportStatus::ALL {
            assert_eq!(ImportStatus::of_word(status.word()), Some(status));
        }
    }

    #[test]
    fn nothing_leaves_undone_and_every_busy_status_has_an_end() {
        for status in ImportStatus::ALL {
            assert!(!ImportStatus::Undone.may_become(status));
            if status.is_busy() {
                assert!(ImportStatus::ALL.iter().any(|next| status.may_become(*next) && !next.is_busy()));
            }
        }
    }
}
