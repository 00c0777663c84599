//! Lead files: from whatever a person exported to leads that can be called.
//!
//! The lists people have are the first thing this product meets, and they are damaged in every way a spreadsheet, a
//! country and a hurry can damage them. This crate fences off everything needed to cope: decoding, tables, workbooks,
//! headers in many languages. [`detect`] understands a file from a bounded sample and proposes a [`Mapping`]; [`read`]
//! then streams it row by row, so that a file of any size costs the memory of one row (and of the phones already seen);
//! [`read_mapped`] does the same where a script says what rows mean.
//!
//! It must never: store anything, know a campaign or a tenant, guess where a wrong guess would dial a stranger, or let a
//! row disappear without saying so.

mod decode;
mod delimiter;
mod detect;
mod encoding;
mod error;
mod fold;
mod formula;
mod header;
mod header_words;
mod lead;
mod mapped;
mod mapping;
mod options;
mod profile;
mod quoting;
mod read;
mod rejects;
mod row;
mod rows;
pub mod sheet;
mod source;
mod summary;
mod workbook;
mod zip_check;

pub use self::detect::{Column, Format, Layout, detect};
pub use self::encoding::TextEncoding;
pub use self::error::IntakeError;
pub use self::mapped::{MapRows, map_columns, read_mapped};
pub use self::mapping::{Mapping, SecondaryColumn};
pub use self::options::{Limits, MAX_SECONDARY, Options};
pub use self::read::{Rules, Sink, read};
pub use self::rejects::{RejectsWriter, without_rows};
pub use self::row::{Cells, LeadRow, Rejected, Row, SecondaryPhone, Warning, WarningCode};
pub use self::source::Source;
pub use self::summary::{Summary, UsedColumns};
