//! Where the files of imports lie between the upload and the last row: in one folder, each under its import's id.
//!
//! A file is there before its import is in the store, and gone after; so whatever lies here without an import that
//! still needs it was left by a host that died, and is cleared away at the start.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use campanile_domain::ids::ImportId;

/// The folder.
#[derive(Clone, Debug)]
pub struct Files(PathBuf);

impl Files {
    /// In a folder, made when it is needed.
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where an import's file lies.
    pub fn of(&self, import: ImportId) -> PathBuf {
        self.0.join(import.to_string())
    }

    /// An import needs its file no more.
    pub fn remove(&self, import: ImportId) {
        match std::fs::remove_file(self.of(import)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%import, %error, "the file of an import could not be removed; it goes at the next start");
            }
            _ => {}
        }
    }

    /// Removes every file that none of these imports needs.
    pub fn keep_only(&self, needed: &BTreeSet<ImportId>) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.parse::<ImportId>().ok());
            if id.is_none_or(|id| !needed.contains(&id)) && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
