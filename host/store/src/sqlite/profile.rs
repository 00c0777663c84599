//! What a connection is set to, and that it really is.
//!
//! SQLite takes a pragma it cannot follow without a word: write-ahead logging on a network disk silently stays off. So
//! the two settings that the promise rests on are read back, and a store that does not have them does not open.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::OpenError;

/// Statements each connection keeps prepared; more than the store has.
const STATEMENTS: usize = 512;

/// How hard a commit is pressed onto the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// At every commit: what was answered survives a power cut.
    Full,
    /// At every checkpoint: a power cut takes the last second, and nothing is corrupt.
    Normal,
}

impl Sync {
    const fn pragma(self) -> (&'static str, i64) {
        match self {
            Self::Full => ("FULL", 2),
            Self::Normal => ("NORMAL", 1),
        }
    }
}

fn connect(path: &Path, flags: OpenFlags, vfs: Option<&str>) -> rusqlite::Result<Connection> {
    let db = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    prepare(&db)?;
    Ok(db)
}

/// Keeps every statement prepared, with one plan for all values. Without the second SQLite makes a new plan whenever a
/// value is bound that a partial index might look at, which took more than half of a claim's time.
fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The one connection that writes a file.
pub(crate) fn writer(path: &Path, vfs: Option<&str>, sync: Sync) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = connect(path, flags, vfs)?;
    let (name, number) = sync.pragma();
    // What is deleted is overwritten, so that who is erased is not read out of a free page.
    // Days of records are dropped whole and give their pages back; nothing else ever shrinks.
    let vacuum = if sync == Sync::Normal { "INCREMENTAL" } else { "NONE" };
    db.execute_batch(&format!(
        "PRAGMA busy_timeout = 5000;
         PRAGMA auto_vacuum = {vacuum};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = {name};
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -65536;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA wal_autocheckpoint = 0;"
    ))?;
    let journal: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if !journal.eq_ignore_ascii_case("wal") {
        return Err(OpenError::NotDurable { setting: "journal_mode", found: journal, wanted: "wal" });
    }
    let synchronous: i64 = db.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if synchronous != number {
        return Err(OpenError::NotDurable { setting: "synchronous", found: synchronous.to_string(), wanted: name });
    }
    Ok(db)
}

/// A connection that can only read.
pub(crate) fn reader(path: &Path, vfs: Option<&str>) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = connect(path, flags, vfs)?;
    db.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA query_only = ON;
         PRAGMA cache_size = -16384;
         PRAGMA mmap_size = 268435456;
         PRAGMA temp_store = MEMORY;",
    )?;
    Ok(db)
}

/// A database in memory.
pub(crate) fn memory() -> Result<Connection, OpenError> {
    let db = Connection::open_in_memory()?;
    prepare(&db)?;
    db.execute_batch(
        "PRAGMA journal_mode = MEMORY;
         PRAGMA synchronous = OFF;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;",
    )?;
    Ok(db)
}
