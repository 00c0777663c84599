//! Opening a store: which profile, where, and every reason why it cannot be.
//!
//! A store that opens is a store that keeps its promise; whatever makes the promise doubtful (another server on the
//! folder, a newer database, a disk that does not do write-ahead logging) is an error here and not a surprise later.

use std::path::PathBuf;
use std::sync::Arc;

use crate::VaultKeys;
use crate::sqlite::store::SqliteStore;

/// What a store is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A file in a data folder that survives a power cut at any instant.
    Durable {
        /// The data folder; made when it is missing.
        folder: PathBuf,
    },
    /// Memory, for rehearsals and tests: every call is done when it returns, on the calling thread.
    Ephemeral,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it is for.
    pub profile: Profile,
    /// Read connections beside the writer, at least one; an ephemeral store has none.
    pub readers: usize,
    /// The operator's keys for secrets; a store without any refuses to keep secrets.
    pub vault: Option<VaultKeys>,
}

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder cannot be made or written.
    #[error("the data folder {} cannot be used: {error}; check that it exists and that this user may write to it", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Another server runs on it.
    #[error(
        "the data folder {} is in use by another campanile{}; stop that one, or give this one a folder of its own",
        folder.display(), holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// Which.
        folder: PathBuf,
        /// Its process.
        holder: Option<u32>,
    },
    /// Written by a later release.
    #[error(
        "{file} has schema version {found} and this release of campanile knows versions up to {known}; use the release that wrote it, or restore a copy made before the upgrade"
    )]
    Newer {
        /// Which file.
        file: &'static str,
        /// The version of the database.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// A migration failed; the database is as it was before it.
    #[error("{file} could not be brought up to date: {why}; nothing of the failed step was kept")]
    Migration {
        /// Which file.
        file: &'static str,
        /// What the database said.
        why: String,
    },
    /// The file system or the library does not give what the profile promises.
    #[error(
        "the database runs with {setting} = {found} and {wanted} is needed so that nothing answered is lost; put the data folder on a local disk"
    )]
    NotDurable {
        /// The setting.
        setting: &'static str,
        /// As it was read back.
        found: String,
        /// As it has to be.
        wanted: &'static str,
    },
    /// The database could not be opened.
    #[error("the database could not be opened: {0}")]
    Database(#[from] rusqlite::Error),
}

impl OpenError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "data_folder_unusable",
            Self::InUse { .. } => "data_folder_in_use",
            Self::Newer { .. } => "database_newer",
            Self::Migration { .. } => "database_migration_failed",
            Self::NotDurable { .. } => "database_not_durable",
            Self::Database(_) => "database_unusable",
        }
    }
}

/// Opens a store.
///
/// # Errors
/// See [`OpenError`].
pub fn open(options: &Options) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(options, None).map(Arc::new)
}

/// Opens a store on a file system that was registered with SQLite under a name; for tests that break disks.
///
/// # Errors
/// See [`OpenError`].
pub fn open_with_vfs(options: &Options, vfs: &str) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(options, Some(vfs)).map(Arc::new)
}
