//! Rows out of an XLSX workbook.
//!
//! Cells are read as they stream out of the sheet's own part; the grid is never built, because a sheet may claim a
//! million rows for two written cells. Spreadsheets keep phone numbers as floating-point numbers, so a whole number is
//! written without point or exponent, exactly as the person saw it. Texts shared between cells are the one thing that
//! must stay in memory; they are bounded by [`crate::Limits`].

use std::io::{BufReader, SeekFrom};
use std::ops::ControlFlow;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use csv::StringRecord;

use crate::error::IntakeError;
use crate::options::Limits;
use crate::rows::{Counter, Passed, RawRow, Visit};
use crate::source::Source;
use crate::zip_check;

/// An opened workbook.
pub(crate) struct Workbook<'a> {
    book: Xlsx<BufReader<&'a mut dyn Source>>,
    limits: Limits,
}

fn broken(error: XlsxError) -> IntakeError {
    match error {
        XlsxError::Io(error) => error.into(),
        XlsxError::Password => IntakeError::NotATable {
            what: "a workbook protected by a password",
            advice: "save it without a password, or as CSV",
        },
        other => IntakeError::BrokenWorkbook { why: other.to_string() },
    }
}

impl<'a> Workbook<'a> {
    pub(crate) fn open(source: &'a mut dyn Source, limits: Limits) -> Result<Self, IntakeError> {
        zip_check::check(source, limits)?;
        source.seek(SeekFrom::Start(0))?;
        let book = Xlsx::new(BufReader::new(source)).map_err(broken)?;
        Ok(Self { book, limits })
    }

    /// The sheet to read, and the names of others that hold something too.
    pub(crate) fn choose_sheet(&mut self, wanted: Option<&str>) -> Result<(String, Vec<String>), IntakeError> {
        let sheets = self.book.sheets_metadata();
        if let Some(name) = wanted {
            let found = sheets.iter().find(|sheet| sheet.name.trim() == name.trim());
            let found = found.or_else(|| sheets.iter().find(|sheet| sheet.name.eq_ignore_ascii_case(name)));
            return match found {
                Some(sheet) => Ok((sheet.name.clone(), Vec::new())),
                None => {
                    let sheets = sheets.iter().map(|sheet| sheet.name.clone()).collect();
                    Err(IntakeError::NoSuchSheet { name: name.to_owned(), sheets })
                }
            };
        }
        let visible: Vec<String> = sheets
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
            .map(|sheet| sheet.name.clone())
            .collect();
        let mut filled = Vec::new();
        for name in visible {
            let mut cells = self.book.worksheet_cells_reader(&name).map_err(broken)?;
            while let Some(cell) = cells.next_cell().map_err(broken)? {
                if !matches!(cell.get_value(), DataRef::Empty) {
                    filled.push(name);
                    break;
                }
            }
        }
        let mut filled = filled.into_iter();
        let first = filled.next().ok_or(IntakeError::Empty)?;
        Ok((first, filled.collect()))
    }

    /// Hands every written row of the sheet on.
    pub(crate) fn for_each_row(&mut self, sheet: &str, visit: Visit<'_>) -> Result<Passed, IntakeError> {
        let mut counter = Counter::new(self.limits);
        let columns = self.limits.columns;
        let mut cells = self.book.worksheet_cells_reader(sheet).map_err(broken)?;
        let mut record = StringRecord::new();
        let mut text = String::new();
        let mut current = 0;
        let mut last_row = 0;
        let mut hand_on = |row: u64, record: &StringRecord, counter: &mut Counter| {
            if row == 0 {
                return Ok(ControlFlow::Continue(()));
            }
            counter.passed.blank += row.saturating_sub(last_row + 1);
            last_row = row;
            if counter.admits(row, record)? {
                visit(&RawRow { row, line: row, cells: record })
            } else {
                Ok(ControlFlow::Continue(()))
            }
        };
        loop {
            let cell = match cells.next_cell() {
                Ok(Some(cell)) => cell,
                Ok(None) => break,
                Err(XlsxError::CellError(_)) => {
                    counter.passed.broken_cells += 1;
                    continue;
                }
                Err(error) => return Err(broken(error)),
            };
            let (row, column) = cell.get_position();
            let row = u64::from(row) + 1;
            if row != current {
                if hand_on(current, &record, &mut counter)?.is_break() {
                    return Ok(counter.passed);
                }
                record.clear();
                current = row;
            }
            text.clear();
            write_value(cell.get_value(), &mut text);
            if text.is_empty() {
                continue;
            }
            let column = column as usize;
            if column >= columns {
                return Err(IntakeError::TooManyColumns { row, limit: columns });
            }
            // Cells that were never written are not in the file at all.
            while record.len() < column {
                record.push_field("");
            }
            record.push_field(&text);
        }
        // Whether the visitor wants more after the last row is of no consequence.
        let _ = hand_on(current, &record, &mut counter)?;
        Ok(counter.passed)
    }
}

/// The cell as text: whole numbers without point or exponent, dates in ISO 8601, errors by their name.
fn write_value(value: &DataRef<'_>, text: &mut String) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = match value {
        DataRef::Empty => Ok(()),
        DataRef::String(cell) => write!(text, "{cell}"),
        DataRef::SharedString(cell) => write!(text, "{cell}"),
        DataRef::Int(number) => write!(text, "{number}"),
        DataRef::Float(number) => write!(text, "{number}"),
        DataRef::Bool(truth) => write!(text, "{truth}"),
        DataRef::DateTime(date) => match date.as_datetime() {
            Some(moment) if date.is_datetime() && date.as_f64().fract() == 0.0 => write!(text, "{}", moment.date()),
            Some(moment) if date.is_datetime() => write!(text, "{}T{}", moment.date(), moment.time()),
            _ => write!(text, "{}", date.as_f64()),
        },
        DataRef::DateTimeIso(cell) | DataRef::DurationIso(cell) => write!(text, "{cell}"),
        DataRef::Error(error) => write!(text, "{error}"),
    };
}
