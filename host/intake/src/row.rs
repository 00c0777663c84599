//! What reading a file hands on, row by row.
//!
//! Everything borrows from the one row in memory; whoever wants to keep a lead copies it. A row ends as exactly one of
//! three things, a lead, a rejection or a duplicate, and warnings come before the lead they belong to. Codes are stable
//! words that reports count by; messages are for people.

use std::borrow::Cow;

use campanile_domain::phone::Phone;
use campanile_domain::variable::Variables;
use csv::StringRecord;
use serde::ser::{Serialize, Serializer};

/// One event of reading.
#[derive(Debug)]
pub enum Row<'a> {
    /// A row that became a lead.
    Lead(LeadRow<'a>),
    /// A row that did not.
    Rejected(Rejected<'a>),
    /// Something to know about a row. With [`WarningCode::DuplicateInFile`] the row is not accepted; otherwise its lead
    /// follows.
    Warning(Warning<'a>),
}

/// A lead as the file tells it.
#[derive(Debug, serde::Serialize)]
pub struct LeadRow<'a> {
    /// The row as a spreadsheet counts, from 1.
    pub row: u64,
    /// The phone to call first.
    pub phone: Phone,
    /// The lead's name.
    pub name: Option<Cow<'a, str>>,
    /// The key under which the list's owner knows the lead.
    pub external_id: Option<&'a str>,
    /// A known IANA time zone; an unknown one is among the variables.
    pub time_zone: Option<&'a str>,
    /// Further phones in order, none twice.
    pub secondary: Vec<SecondaryPhone<'a>>,
    /// All other written cells, by the names of their columns. Empty cells are left out.
    pub variables: Vec<(Cow<'a, str>, &'a str)>,
    /// Higher ones are called first.
    pub priority: i32,
    /// What a script says is known about the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed: Option<&'a Variables>,
}

/// A further phone of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SecondaryPhone<'a> {
    /// The number.
    pub phone: Phone,
    /// Whose it is.
    pub name: Option<&'a str>,
    /// What its column is called: `Mobile Phone`.
    pub label: Option<&'a str>,
}

/// A row that is no lead, with what a person needs to put it right.
#[derive(Debug, serde::Serialize)]
pub struct Rejected<'a> {
    /// The row as a spreadsheet counts, from 1.
    pub row: u64,
    /// The line of the file it begins in, from 1.
    pub line: u64,
    /// The header of the column at fault, or `map_row`.
    pub field: &'a str,
    /// `missing_phone`, `unparseable`, `invalid`, `damaged_by_spreadsheet`; where a script says what rows mean also
    /// `rejected_by_script`, `script_failed`, `unknown_country`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub suggestion: Cow<'static, str>,
    /// The row as it was.
    pub original: Cells<'a>,
}

/// Something to know about a row.
#[derive(Debug, serde::Serialize)]
pub struct Warning<'a> {
    /// The row as a spreadsheet counts, from 1.
    pub row: u64,
    /// The header of the column concerned.
    pub field: &'a str,
    /// Which warning it is.
    pub code: WarningCode,
    /// What was found and what was done.
    pub message: String,
}

/// The warnings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The primary phone is in an earlier row; the row is not accepted.
    DuplicateInFile,
    /// No such time zone; the text is kept as a variable and the campaign's zone applies.
    UnknownZone,
    /// A secondary phone that is none; the lead is accepted without it and the text is kept as a variable.
    BadSecondary,
    /// An extension behind the number; it is kept as a variable because it cannot be dialled.
    ExtensionIgnored,
    /// Cells beyond the last column; they are kept as variables.
    RaggedRow,
}

impl WarningCode {
    /// The word programs see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DuplicateInFile => "duplicate_in_file",
            Self::UnknownZone => "unknown_zone",
            Self::BadSecondary => "bad_secondary",
            Self::ExtensionIgnored => "extension_ignored",
            Self::RaggedRow => "ragged_row",
        }
    }
}

/// The cells of a row as they were.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a>(pub(crate) &'a StringRecord);

impl<'a> Cells<'a> {
    /// From left to right.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.iter()
    }
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
