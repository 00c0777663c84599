//! Rows, whatever the file was.
//!
//! Text tables and workbooks become the same thing here: a row number as a spreadsheet shows it, and cells of text. One
//! record is reused for the whole file, so that a million rows cost the memory of one. Rows in which nothing is written
//! are passed over, but counted, so that row numbers stay true.

use std::ops::ControlFlow;

use csv::StringRecord;

use crate::decode::{Repairs, Utf8Reader};
use crate::encoding::TextEncoding;
use crate::error::IntakeError;
use crate::options::Limits;
use crate::quoting::QuoteGuard;
use crate::source::Source;

/// One row with something in it.
pub(crate) struct RawRow<'a> {
    /// As a spreadsheet counts: from 1, rows and not lines, blank ones included.
    pub row: u64,
    /// The line of the file it begins in, from 1; in a workbook the same as `row`.
    pub line: u64,
    pub cells: &'a StringRecord,
}

/// What is known only when the last row is read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passed {
    /// Rows in which nothing is written.
    pub blank: u64,
    pub repairs: Repairs,
    /// Workbook cells holding an error the reader does not know.
    pub broken_cells: u64,
}

/// Hands every row on until the visitor breaks.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&RawRow<'_>) -> Result<ControlFlow<()>, IntakeError>;

pub(crate) fn is_blank(cells: &StringRecord) -> bool {
    cells.iter().all(|cell| cell.trim().is_empty())
}

/// Checks a row against the limits and numbers it.
pub(crate) struct Counter {
    limits: Limits,
    pub passed: Passed,
}

impl Counter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, passed: Passed::default() }
    }

    /// Whether the visitor should see it.
    pub(crate) fn admits(&mut self, row: u64, cells: &StringRecord) -> Result<bool, IntakeError> {
        if row > self.limits.rows {
            return Err(IntakeError::TooManyRows { limit: self.limits.rows });
        }
        if is_blank(cells) {
            self.passed.blank += 1;
            return Ok(false);
        }
        // Exports of a whole sheet carry thousands of empty columns; only written cells count.
        if cells.len() > self.limits.columns
            && cells.iter().skip(self.limits.columns).any(|cell| !cell.trim().is_empty())
        {
            return Err(IntakeError::TooManyColumns { row, limit: self.limits.columns });
        }
        Ok(true)
    }
}

/// Reads a text table.
pub(crate) fn for_each_text_row(
    source: &mut dyn Source,
    encoding: TextEncoding,
    delimiter: u8,
    limits: Limits,
    visit: Visit<'_>,
) -> Result<Passed, IntakeError> {
    let decoded = Utf8Reader::new(source, encoding)?;
    let guarded = QuoteGuard::new(decoded, delimiter, limits.row_bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(64 << 10)
        .from_reader(guarded);
    let mut counter = Counter::new(limits);
    let mut cells = StringRecord::new();
    let mut row = 0;
    let mut next_line = 1;
    while reader.read_record(&mut cells)? {
        // The parser skips empty lines without a word; its line count tells how many there were.
        let after = reader.position().line();
        let inside = cells.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        let line = after.saturating_sub(inside + 1);
        let skipped = line.saturating_sub(next_line);
        counter.passed.blank += skipped;
        row += skipped + 1;
        next_line = after;
        if counter.admits(row, &cells)? && visit(&RawRow { row, line, cells: &cells })?.is_break() {
            break;
        }
    }
    counter.passed.repairs = reader.get_ref().inner().repairs();
    Ok(counter.passed)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn rows(text: &str) -> Vec<(u64, u64, Vec<String>)> {
        let mut found = Vec::new();
        let mut source = Cursor::new(text.as_bytes().to_vec());
        let encoding = TextEncoding::detect(&mut source).unwrap();
        for_each_text_row(&mut source, encoding, b',', Limits::default(), &mut |row| {
            found.push((row.row, row.line, row.cells.iter().map(str::to_owned).collect()));
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        found
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["title", "", ",,", "a,b", "\"x\ny\",1", "", "", "c,2"].join(end);
            let expected: Vec<(u64, u64, Vec<String>)> = vec![
                (1, 1, vec!["title".into()]),
                (4, 4, vec!["a".into(), "b".into()]),
                (5, 5, vec!["x\ny".into(), "1".into()]),
                (8, 9, vec!["c".into(), "2".into()]),
            ];
            assert_eq!(rows(&text), expected, "{end:?}");
        }
    }
}
