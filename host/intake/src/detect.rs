//! Understands a file before it is read.
//!
//! Encoding, delimiter, header and columns are found from a bounded sample and returned as a [`Layout`], so that a person
//! can look at the findings, overrule any of them, and be sure that reading then does exactly what was shown. Nothing is
//! decided twice: [`crate::read`] takes the layout and never looks again.

use std::io::Read;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::decode::Utf8Reader;
use crate::delimiter;
use crate::encoding::TextEncoding;
use crate::error::IntakeError;
use crate::fold::variable_names;
use crate::header::{self, SampleRow};
use crate::mapping::{Chooser, Mapping};
use crate::options::{Limits, Options};
use crate::profile::Profile;
use crate::rows::{RawRow, Visit, for_each_text_row};
use crate::source::{self, Kind, Source};
use crate::workbook::Workbook;

/// Rows looked at to understand a file.
const SAMPLE_ROWS: usize = 1_000;
/// And their text together, in bytes.
const SAMPLE_BYTES: usize = 1 << 20;
/// Values of each column shown to a person.
const SHOWN_VALUES: usize = 3;

/// How a file is to be read.
#[derive(Clone, Debug, Serialize)]
pub struct Layout {
    /// Text or workbook, and what belongs to it.
    #[serde(flatten)]
    pub format: Format,
    /// Row of the header as a spreadsheet counts, from 1; 0 if the file has none.
    pub header_row: u64,
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// What the columns seem to mean; `None` if no column looks like phones (see [`Layout::suggested`]).
    pub mapping: Option<Mapping>,
    #[serde(skip)]
    pub(crate) limits: Limits,
}

/// The kind of file and how its rows are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum Format {
    /// A text table.
    Text {
        /// Its encoding.
        encoding: TextEncoding,
        /// What separates its columns.
        #[serde(serialize_with = "shown_delimiter")]
        delimiter: u8,
        /// Whether it begins with a `sep=` line.
        sep_line: bool,
    },
    /// A workbook.
    Xlsx {
        /// The sheet to read.
        sheet: String,
        /// Other sheets that hold something and are not read.
        other_sheets: Vec<String>,
    },
}

fn shown_delimiter<S: serde::Serializer>(delimiter: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&delimiter::shown(*delimiter))
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// As the file calls it; `column 3` if it has no header.
    pub header: String,
    /// What the variable is called if the column becomes one.
    pub variable: String,
    /// The first values, to recognise it by.
    pub samples: Vec<String>,
    /// Share of the written cells that look like phones, 0 to 1.
    pub phone_like: f64,
}

impl Layout {
    /// The proposed mapping, or an error that names the columns and the flag.
    pub fn suggested(&self) -> Result<&Mapping, IntakeError> {
        self.mapping
            .as_ref()
            .ok_or_else(|| IntakeError::NoPhoneColumn { header_row: self.header_row, columns: self.headers() })
    }

    /// The headers from left to right.
    pub fn headers(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.header.clone()).collect()
    }
}

/// Looks at a file. Only a bounded part of it is read, except that a workbook is checked whole, and that a text file is
/// searched for the first letter that can tell its encoding.
pub fn detect(source: &mut dyn Source, options: &Options) -> Result<Layout, IntakeError> {
    let (format, sample) = match source::kind(source)? {
        Kind::Zip => workbook_sample(source, options)?,
        Kind::Text => text_sample(source, options)?,
    };
    let header = match options.header_row {
        None => header::find(&sample),
        Some(0) => None,
        Some(wanted) => {
            let found = sample.iter().position(|row| row.row == wanted);
            Some(found.ok_or(IntakeError::NoSuchHeaderRow { row: wanted })?)
        }
    };
    let data = &sample[header.map_or(0, |index| index + 1)..];
    let headers = headers(header.map(|index| &sample[index]), data);
    let header_row = header.map_or(0, |index| sample[index].row);
    if data.is_empty() {
        return Err(IntakeError::OnlyHeader { header_row, columns: headers });
    }
    let cells = |column: usize| data.iter().map(move |row| row.cells.get(column).map_or("", String::as_str));
    let profiles: Vec<Profile> =
        (0..headers.len()).map(|column| Profile::of(cells(column), options.default_region)).collect();
    let mapping = match (Chooser { headers: &headers, profiles: &profiles, header_row, options }.choose()) {
        Ok(mapping) => Some(mapping),
        Err(IntakeError::NoPhoneColumn { .. }) => None,
        Err(error) => return Err(error),
    };
    let names = variable_names(&headers);
    let shown = |column: usize| {
        let values = cells(column).map(str::trim).filter(|cell| !cell.is_empty()).take(SHOWN_VALUES);
        values.map(|value| value.chars().take(80).collect()).collect()
    };
    let columns = headers
        .into_iter()
        .zip(names)
        .zip(&profiles)
        .enumerate()
        .map(|(index, ((header, variable), profile))| Column {
            header,
            variable,
            samples: shown(index),
            phone_like: profile.phone_share(),
        })
        .collect();
    Ok(Layout { format, header_row, columns, mapping, limits: options.limits })
}

/// As the header names them, and numbered where it says nothing. Wide enough for the sample's widest usual row.
fn headers(header: Option<&SampleRow>, data: &[SampleRow]) -> Vec<String> {
    let written = |cells: &[String]| cells.len() - cells.iter().rev().take_while(|cell| cell.trim().is_empty()).count();
    let named = header.map_or(&[][..], |row| &row.cells[..]);
    let width = match header {
        // Columns that nobody named and few rows use are ragged rows, not columns.
        Some(_) => {
            let beyond = |row: &&SampleRow| written(&row.cells) > written(named);
            let common = data.iter().filter(beyond).count() * 2 > data.len();
            let widest = data.iter().map(|row| written(&row.cells)).max().unwrap_or(0);
            if common { widest } else { written(named) }
        }
        None => data.iter().map(|row| written(&row.cells)).max().unwrap_or(0),
    };
    (0..width)
        .map(|column| match named.get(column).map(|name| name.trim()).filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => format!("column {}", column + 1),
        })
        .collect()
}

fn text_sample(source: &mut dyn Source, options: &Options) -> Result<(Format, Vec<SampleRow>), IntakeError> {
    let encoding = match &options.encoding {
        Some(label) => TextEncoding::named(label, source)?,
        None => TextEncoding::detect(source)?,
    };
    let mut head = Vec::new();
    let mut reader = Utf8Reader::new(source, encoding)?;
    let read = (&mut reader).take(SAMPLE_BYTES as u64).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head);
    // The cut may have gone through a character.
    let text = text.trim_end_matches('\u{fffd}');
    if text.trim().is_empty() {
        return Err(IntakeError::Empty);
    }
    source::refuse_binary(text)?;
    let sep = delimiter::sep_line(text);
    let delimiter = match (&options.delimiter, sep) {
        (Some(given), _) => delimiter::named(given)?,
        (None, Some(said)) if delimiter::separates(text, said) => said,
        (None, _) => delimiter::detect(text, read < SAMPLE_BYTES),
    };
    let sample = sample(|visit| for_each_text_row(source, encoding, delimiter, options.limits, visit).map(drop))?;
    let skipped = usize::from(sep.is_some());
    if sample.len() <= skipped {
        return Err(IntakeError::Empty);
    }
    Ok((Format::Text { encoding, delimiter, sep_line: sep.is_some() }, sample[skipped..].to_vec()))
}

fn workbook_sample(source: &mut dyn Source, options: &Options) -> Result<(Format, Vec<SampleRow>), IntakeError> {
    let mut book = Workbook::open(source, options.limits)?;
    let (sheet, other_sheets) = book.choose_sheet(options.sheet.as_deref())?;
    let sample = sample(|visit| book.for_each_row(&sheet, visit).map(drop))?;
    Ok((Format::Xlsx { sheet, other_sheets }, sample))
}

fn sample(read: impl FnOnce(Visit<'_>) -> Result<(), IntakeError>) -> Result<Vec<SampleRow>, IntakeError> {
    let mut sample = Vec::new();
    let mut bytes = 0;
    read(&mut |row: &RawRow<'_>| {
        bytes += row.cells.as_slice().len();
        sample.push(SampleRow { row: row.row, cells: row.cells.iter().map(str::to_owned).collect() });
        let enough = sample.len() >= SAMPLE_ROWS || bytes >= SAMPLE_BYTES;
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if sample.is_empty() { Err(IntakeError::Empty) } else { Ok(sample) }
}
