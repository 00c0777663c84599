//! Where campaigns live: SQLite behind the ports of the domain.
//!
//! The domain says what may happen and the engine when; this room makes it last. Its one promise is that what was
//! answered is on the disk, and that two things which must be true together are written together: an attempt and its
//! lead, a call's end and its money, a change and its event. The rules themselves are the domain's: the store loads in
//! sets what they ask about, calls them inside its transaction, and writes what they answer.
//!
//! It must never: decide who is called, read a clock for anything but its own pace, answer before the commit, or know
//! a gateway, a plugin or an HTTP request.

pub mod backup;
mod lock;
mod meters;
mod open;
mod sqlite;
mod vault;

pub use open::{OpenError, Options, Profile, open, open_with_vfs};
pub use sqlite::store::{Health, SqliteStore};
pub use vault::{Randomness, VaultKeys};

/// The version of the SQLite library that is compiled in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
