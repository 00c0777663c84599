//! Copies of a data folder's databases while a server runs on it, and what makes a copy know that it is one.
//!
//! A copy is read in one snapshot of each file, so it holds whole transactions and nothing half done; the main file first,
//! then the records, so that every decision that the main file knows has its record. Pages that were freed are not copied:
//! what was erased is not in a backup made later.

use std::path::{Path, PathBuf};

use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OpenFlags};

use crate::sqlite::migrate::Database;
use crate::{OpenError, Options, Profile, open};

/// Why a copy was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no database.
    #[error("there is no database at {}; name the data folder of a server", .0.display())]
    Missing(PathBuf),
    /// SQLite could not read it, or write the copy.
    #[error("{} could not be copied: {why}", file.display())]
    Copy {
        /// Which.
        file: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The copy does not read.
    #[error("the copy {} is damaged: {found}; look at the disk, and copy again", file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What the check found.
        found: String,
    },
    /// The copy could not be opened as a store.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The files of the databases in a data folder, in the order of copying.
pub const DATABASES: [&str; 2] = [Database::Main.file(), Database::Records.file()];

/// Copies the databases of a data folder into another folder that has none, and checks the copies. That they are on the disk is the
/// caller's to see to, with everything else in the folder.
///
/// # Errors
/// See [`BackupError`].
pub fn copy(data: &Path, to: &Path) -> Result<(), BackupError> {
    for name in DATABASES {
        let (from, to) = (data.join(name), to.join(name));
        if !from.exists() {
            return Err(BackupError::Missing(from));
        }
        let failed = |error: rusqlite::Error| BackupError::Copy { file: from.clone(), why: error.to_string() };
        let db = Connection::open_with_flags(&from, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        db.execute_batch("PRAGMA busy_timeout = 5000;").map_err(failed)?;
        db.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map_err(failed)?;
        checked(&to)?;
    }
    Ok(())
}

fn checked(file: &Path) -> Result<(), BackupError> {
    let damaged = |found: String| BackupError::Damaged { file: file.to_owned(), found };
    let found: String = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|db| db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))
        .map_err(|error| damaged(error.to_string()))?;
    if found == "ok" { Ok(()) } else { Err(damaged(found)) }
}

/// Puts a restored folder into quarantine: nobody is dialled from it until its operator has said how to go on.
///
/// # Errors
/// See [`BackupError`].
pub fn quarantine(data: &Path, backup_at: Timestamp) -> Result<(), BackupError> {
    // Opening brings an older copy up to date, and nobody else may have it meanwhile.
    drop(open(&Options { profile: Profile::Durable { folder: data.to_owned() }, readers: 1, vault: None })?);
    let file = data.join(Database::Main.file());
    let failed = |error: rusqlite::Error| BackupError::Copy { file: file.clone(), why: error.to_string() };
    let db = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    db.execute_batch("PRAGMA synchronous = FULL;").map_err(failed)?;
    db.execute("INSERT OR REPLACE INTO quarantine (id, backup_at) VALUES (1, ?1)", [backup_at.0]).map_err(failed)?;
    Ok(())
}
