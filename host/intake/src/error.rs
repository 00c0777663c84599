//! Why a whole file cannot be read.
//!
//! These errors stop an import before anything is stored, so each must tell the person what was found in the file, which
//! rule it breaks and what to change: the file, the export settings, or a flag. Trouble with a single row is not here;
//! that is a rejected row or a warning, and the rest of the file goes on.

use std::io;

/// A file that cannot be read as a table of leads.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The operating system could not deliver the file.
    #[error("the file cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The caller's own sink failed; reading stopped there.
    #[error("row {row} could not be handed on: {error}")]
    Sink {
        /// The row being handed on.
        row: u64,
        /// What the sink said.
        #[source]
        error: io::Error,
    },
    /// No bytes, or nothing but blanks.
    #[error("the file is empty; check that the export finished and choose the file again")]
    Empty,
    /// A header and nothing below it.
    #[error("the file has a header (row {header_row}: {}) but no rows below it; export it again with its data", listed(.columns))]
    OnlyHeader {
        /// Where the header is.
        header_row: u64,
        /// The columns it names.
        columns: Vec<String>,
    },
    /// Another kind of file.
    #[error("this is not a table of leads but {what}; {advice}")]
    NotATable {
        /// What it seems to be.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// An encoding nobody knows.
    #[error(
        "{name:?} is not a known text encoding; use utf-8, utf-16le, utf-16be, windows-1252 or another WHATWG label"
    )]
    UnknownEncoding {
        /// The name that was given.
        name: String,
    },
    /// A delimiter that is not one.
    #[error("{given:?} cannot separate columns; use one of: comma, semicolon, tab, pipe, or one ASCII character")]
    BadDelimiter {
        /// What was given.
        given: String,
    },
    /// `--header-row` points nowhere.
    #[error("there is no row {row} to take the header from; rows count from 1 as in a spreadsheet, 0 means no header")]
    NoSuchHeaderRow {
        /// The row asked for.
        row: u64,
    },
    /// No column holds phones.
    #[error("no column looks like phone numbers. The columns of row {header_row} are: {}. Name the right one with --primary COLUMN, or the header's row with --header-row N", listed(.columns))]
    NoPhoneColumn {
        /// Where the header was taken from; 0 without one.
        header_row: u64,
        /// The columns seen.
        columns: Vec<String>,
    },
    /// A flag names a column the file does not have.
    #[error("{flag} names {name:?}, but there is no such column. The columns are: {}", listed(.columns))]
    UnknownColumn {
        /// The flag.
        flag: &'static str,
        /// What it named.
        name: String,
        /// The columns seen.
        columns: Vec<String>,
    },
    /// More secondary phones than a lead can have.
    #[error("{given} secondary phone columns were named, but a lead has at most {limit}; name fewer with --secondary")]
    TooManySecondary {
        /// How many were named.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// A quoted cell without an end.
    #[error(
        "the quoted cell that opens in line {opened} is not closed properly (noticed in line {noticed}); close its quote, double the quotes inside it, and import again"
    )]
    UnclosedQuote {
        /// The line in which the quote opens, from 1.
        opened: u64,
        /// The line in which that became clear.
        noticed: u64,
    },
    /// One row larger than any sane row.
    #[error(
        "the row that begins in line {line} is larger than {limit} bytes; a line break or a closing quote is probably missing"
    )]
    RowTooLarge {
        /// The line, from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// One row wider than any sane row.
    #[error("row {row} has more than {limit} columns; check the delimiter (--delimiter)")]
    TooManyColumns {
        /// The row.
        row: u64,
        /// The limit.
        limit: usize,
    },
    /// A file with more rows than allowed.
    #[error("the file has more than {limit} rows; split it and import the parts one after the other")]
    TooManyRows {
        /// The limit.
        limit: u64,
    },
    /// A workbook that is cut off or damaged.
    #[error("the workbook is damaged or incomplete ({why}); download or save it again, or export it as CSV")]
    BrokenWorkbook {
        /// What the reader said.
        why: String,
    },
    /// A workbook that unpacks to more than allowed.
    #[error("the workbook unpacks to more than is allowed ({what}, limit {limit}); export the sheet as CSV")]
    WorkbookTooLarge {
        /// Which measure is too large.
        what: &'static str,
        /// Its limit.
        limit: u64,
    },
    /// `--sheet` points nowhere.
    #[error("there is no sheet {name:?}; the sheets are: {}", listed(.sheets))]
    NoSuchSheet {
        /// The sheet asked for.
        name: String,
        /// The sheets there are.
        sheets: Vec<String>,
    },
}

impl IntakeError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "io",
            Self::Sink { .. } => "sink",
            Self::Empty => "empty_file",
            Self::OnlyHeader { .. } => "only_header",
            Self::NotATable { .. } => "not_a_table",
            Self::UnknownEncoding { .. } => "unknown_encoding",
            Self::BadDelimiter { .. } => "bad_delimiter",
            Self::NoSuchHeaderRow { .. } => "no_such_header_row",
            Self::NoPhoneColumn { .. } => "no_phone_column",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::TooManySecondary { .. } => "too_many_secondary",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::RowTooLarge { .. } => "row_too_large",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::BrokenWorkbook { .. } => "broken_workbook",
            Self::WorkbookTooLarge { .. } => "workbook_too_large",
            Self::NoSuchSheet { .. } => "no_such_sheet",
        }
    }

    /// Wraps itself so that it can pass through a `Read`.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

/// Finds an error of ours that has passed through a `Read`.
impl From<io::Error> for IntakeError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            Err(theirs) => Self::Io(theirs),
        }
    }
}

impl From<csv::Error> for IntakeError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            other => Self::Io(io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}"))),
        }
    }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut text = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
