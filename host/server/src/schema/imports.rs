//! Imports.

use utoipa::ToSchema;

/// Where an import stands.
#[derive(ToSchema)]
pub struct Import {
    /// `imp_...`
    pub id: String,
    /// `cmp_...`
    pub campaign: String,
    /// The file's name as it was given.
    pub file_name: String,
    /// `running`, `finished` or `failed`.
    pub status: String,
    /// Rows read so far.
    pub rows: u64,
    /// Leads made.
    pub created: u64,
    /// Leads the campaign already had.
    pub duplicates: u64,
    /// How the file was understood and what became of its rows, once it is over; why, when it failed.
    pub summary: serde_json::Value,
    /// When it began.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}
