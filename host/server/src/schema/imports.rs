//! Imports.

use utoipa::ToSchema;

use crate::imports::ImportOptions;

/// Where an import stands.
#[derive(ToSchema)]
pub struct Import {
    /// `imp_...`
    pub id: String,
    /// `cmp_...`
    pub campaign: String,
    /// The file's name as it was given.
    pub file_name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// `uploaded`, `reviewing`, `reviewed`, `running`, `finished`, `failed`, `undoing` or `undone`.
    pub status: String,
    /// What was said about the file.
    pub options: ImportOptions,
    /// `skip` or `update`: what becomes of rows whose lead the campaign has already.
    pub existing: String,
    /// How the file is understood: its table, its columns with up to three samples each, the mapping or the script that
    /// takes its place, and the problem when there is neither.
    pub understood: serde_json::Value,
    /// What would become of its rows: counts and the first 20 of each group; why it could not be told, when it could not.
    pub review: Option<serde_json::Value>,
    /// Rows read so far.
    pub rows: u64,
    /// Leads made.
    pub created: u64,
    /// Leads changed.
    pub updated: u64,
    /// Rows whose lead the campaign had already and that changed nothing.
    pub duplicates: u64,
    /// What became of its rows, once it is over; why, when it failed.
    pub summary: serde_json::Value,
    /// Leads that an undo removed.
    pub removed: u64,
    /// When it came.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

/// What the columns of files with certain headers mean.
#[derive(ToSchema)]
pub struct SavedMapping {
    /// As a person calls it.
    pub name: String,
    /// The set of headers it is recognised by.
    pub headers: Vec<String>,
    /// What the columns mean.
    pub options: ImportOptions,
    /// When it was saved.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A form with a lead file in it.
#[derive(ToSchema)]
pub struct LeadFileForm {
    /// The file; the first one of the form counts.
    #[schema(format = Binary)]
    pub file: String,
}
