//! Rejected rows as a file, to be put right and uploaded again.
//!
//! The columns are the original ones, so that the corrected file reads like the first; before them stand the row's
//! number, the code, the reason and the suggestion (before, because a row may be longer than its header). A reading of
//! such a file leaves those four out again. The file is UTF-8 with a mark and the delimiter of the original, which is
//! what the spreadsheet that made the original opens without questions; cells it might run as formulas are defused.

use std::io::{self, Write};

use crate::detect::{Format, Layout};
use crate::formula::escape;
use crate::mapping::FINDINGS;
use crate::row::Rejected;

/// Writes rejected rows as CSV.
pub struct RejectsWriter<W: Write> {
    csv: csv::Writer<W>,
    columns: usize,
}

impl<W: Write> RejectsWriter<W> {
    /// Begins the file with its header.
    pub fn new(mut out: W, layout: &Layout) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let delimiter = match layout.format {
            Format::Text { delimiter, .. } => delimiter,
            Format::Xlsx { .. } => b',',
        };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(out);
        for name in FINDINGS {
            csv.write_field(name)?;
        }
        // The findings of an earlier round are replaced, not carried along.
        let columns = &layout.columns[own_columns(layout)..];
        for column in columns {
            csv.write_field(escape(&column.header).as_ref())?;
        }
        csv.write_record(None::<&[u8]>)?;
        Ok(Self { csv, columns: own_columns(layout) })
    }

    /// Adds a row.
    pub fn write(&mut self, rejected: &Rejected<'_>) -> io::Result<()> {
        self.csv.write_field(rejected.row.to_string())?;
        self.csv.write_field(rejected.code)?;
        self.csv.write_field(escape(&rejected.message).as_ref())?;
        self.csv.write_field(escape(&rejected.suggestion).as_ref())?;
        for cell in rejected.original.iter().skip(self.columns) {
            self.csv.write_field(escape(cell).as_ref())?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Ends the file and gives back what it was written to.
    pub fn finish(self) -> io::Result<W> {
        self.csv.into_inner().map_err(|error| io::Error::new(error.error().kind(), error.to_string()))
    }
}

/// A file of rejected rows without those that are found, and how many that were. A row goes whole.
///
/// # Errors
/// It is no file that [`RejectsWriter`] wrote.
pub fn without_rows(file: &[u8], is_found: impl Fn(&str) -> bool) -> io::Result<(Vec<u8>, u64)> {
    let text = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let Some(delimiter) = text.get(FINDINGS[0].len()).copied() else { return Ok((file.to_vec(), 0)) };
    let mut rows = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text);
    let mut kept = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let (mut gone, mut is_header) = (0, true);
    for row in rows.byte_records() {
        let row = row?;
        if !is_header && row.iter().any(|cell| is_found(&String::from_utf8_lossy(cell))) {
            gone += 1;
        } else {
            kept.write_byte_record(&row)?;
        }
        is_header = false;
    }
    let kept = kept.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    Ok((kept, gone))
}

fn own_columns(layout: &Layout) -> usize {
    let is_rejects = layout.columns.len() >= FINDINGS.len()
        && layout.columns.iter().zip(FINDINGS).all(|(column, finding)| column.header == finding);
    if is_rejects { FINDINGS.len() } else { 0 }
}
