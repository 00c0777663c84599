//! What goes wrong inside a write or a read, before anybody outside hears of it.
//!
//! SQLite's words stay in this room. A full or broken disk becomes [`StoreError::Unwritable`], because the engine stops
//! dialling on it; anything else unforeseen becomes [`StoreError::Broken`].

use campanile_domain::ports::store::StoreError;
use rusqlite::ErrorCode;

/// A refusal that is meant for the caller, or a failure of the database.
#[derive(Debug)]
pub(crate) enum Fault {
    /// For the caller.
    Store(StoreError),
    /// SQLite's.
    Sql(rusqlite::Error),
}

/// The result inside.
pub(crate) type Done<T> = Result<T, Fault>;

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        broken(format!("a stored document does not read: {error}"))
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Sql(error) if is_disk(&error) => Self::Unwritable(error.to_string()),
            Fault::Sql(error) => Self::Broken(error.to_string()),
        }
    }
}

/// The disk's fault and not the statement's.
pub(crate) fn is_disk(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::NotADatabase
                | ErrorCode::DatabaseCorrupt
        )
    )
}

/// The database broke a promise.
pub(crate) fn broken(what: impl Into<String>) -> Fault {
    Fault::Store(StoreError::Broken(what.into()))
}

/// Nothing of that name.
pub(crate) fn not_found<T>(what: &'static str) -> Done<T> {
    Err(Fault::Store(StoreError::NotFound(what)))
}

/// A rule of the data stands in the way.
pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Fault {
    Fault::Store(StoreError::Conflict { code, message: message.into() })
}
