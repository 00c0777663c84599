//! Who turns the rows of a file into people, where columns alone do not tell: a script's `map_row`.
//!
//! A script proposes. Which of its numbers can be called, which zone exists and who is there twice is decided by whoever
//! reads the file, exactly as for a file without a script.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ids::TenantKey;
use crate::plugin::PluginRef;
use crate::plugin::failure::PluginFailure;
use crate::variable::Variables;

/// One column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapColumn {
    /// As it is written.
    pub header: String,
    /// The name that its variable would have.
    pub name: String,
}

/// One row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRow {
    /// As a spreadsheet counts, from 1.
    pub number: u64,
    /// From left to right, without blanks around them.
    pub cells: Vec<String>,
}

/// A number that a script found in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedPhone {
    /// As it is written.
    pub phone: String,
    /// Whose it is.
    pub name: Option<String>,
    /// What it is called: `Mobile`.
    pub label: Option<String>,
}

/// Somebody to call, as a script tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappedPerson {
    /// The primary one first.
    pub phones: Vec<MappedPhone>,
    /// The lead's name.
    pub name: Option<String>,
    /// The key under which the list's owner knows the lead.
    pub external_id: Option<String>,
    /// An IANA time zone.
    pub time_zone: Option<String>,
    /// The country of numbers written without one, two letters.
    pub country: Option<String>,
    /// Higher ones are called first.
    pub priority: i32,
    /// What is known about the lead.
    pub variables: Variables,
}

/// A mistake in a script that a row brought out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapMistake {
    /// In the source, from 1; 0 where there is no place.
    pub line: u32,
    /// In the line.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

/// What a script made of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Mapped {
    /// Somebody to call.
    Person(Box<MappedPerson>),
    /// Nobody, and why not.
    Rejected(String),
    /// The script could not tell.
    Failed(MapMistake),
}

/// Which script is asked, for whom.
#[derive(Clone, Debug)]
pub struct MapCall {
    /// Whose.
    pub tenant: TenantKey,
    /// The script.
    pub script: PluginRef,
    /// A source that is tried in its place, and kept nowhere.
    pub draft: Option<Arc<str>>,
    /// The file's columns.
    pub columns: Arc<[MapColumn]>,
}

/// Asks scripts about rows.
#[async_trait]
pub trait RowMapper: Send + Sync {
    /// The pinned version that a reference means now.
    ///
    /// # Errors
    /// There is none, or it is no script that maps rows.
    async fn mapping(&self, tenant: TenantKey, script: &PluginRef) -> Result<PluginRef, PluginFailure>;

    /// One answer for each row, in the same order.
    ///
    /// # Errors
    /// The script is not there or was stopped, by which limit and at which row is told.
    async fn map_rows(&self, call: &MapCall, rows: Vec<MapRow>) -> Result<Vec<Mapped>, PluginFailure>;
}
