//! Reads a file into leads where a script says what its rows mean.
//!
//! The same road as [`crate::read`] takes, but for one thing: instead of columns a mapper is asked, about a batch of rows
//! at a time. What it proposes is read like a written cell. A number must be one that can be dialled, a primary phone that
//! is in an earlier row ends its row, a zone must exist. A country that does not exist rejects the row instead of being
//! passed over, because the number would be read as another country's.

use std::borrow::Cow;
use std::io;
use std::ops::ControlFlow;

use campanile_domain::phone::{self, Phone, PhoneError};
use campanile_domain::ports::mapper::{MapColumn, MapMistake, MapRow, Mapped, MappedPerson};
use campanile_domain::region::Region;
use campanile_domain::variable::{Value, Variables};
use csv::StringRecord;

use crate::detect::Layout;
use crate::error::IntakeError;
use crate::formula::unescape;
use crate::options::MAX_SECONDARY;
use crate::read::{Rules, Seen, Sink, Zones, first_row, for_each_row};
use crate::row::{Cells, LeadRow, Rejected, Row, SecondaryPhone, Warning, WarningCode};
use crate::source::Source;
use crate::summary::{Summary, UsedColumns};

/// Says what rows mean: one answer for each, in the same order. An error stops the reading.
pub type MapRows<'a> = &'a mut dyn FnMut(Vec<MapRow>) -> io::Result<Vec<Mapped>>;

/// Rows that are asked about at once.
const BATCH_ROWS: usize = 50;
/// And bytes of their cells.
const BATCH_BYTES: usize = 64 << 10;

/// The field that a script's finding is about.
const BY_SCRIPT: &str = "map_row";

/// The columns of a table as a mapper sees them.
pub fn map_columns(layout: &Layout) -> Vec<MapColumn> {
    let one =
        |column: &crate::detect::Column| MapColumn { header: column.header.clone(), name: column.variable.clone() };
    layout.columns.iter().map(one).collect()
}

/// Reads the whole file. The layout must be the one [`crate::detect`] found for it.
pub fn read_mapped(
    source: &mut dyn Source,
    layout: &Layout,
    map: MapRows<'_>,
    rules: &Rules<'_>,
    sink: Sink<'_>,
) -> Result<Summary, IntakeError> {
    let first = first_row(layout);
    let summary = Summary::new(layout, UsedColumns::default(), rules.default_region);
    let (batch, seen, zones) = (Vec::with_capacity(BATCH_ROWS), Seen::default(), Zones::new(rules));
    let mut reading = Reading { layout, rules, batch, bytes: 0, seen, zones, summary };
    let passed = for_each_row(source, layout, &mut |row| {
        if row.row <= first {
            return Ok(ControlFlow::Continue(()));
        }
        reading.bytes += row.cells.as_slice().len();
        reading.batch.push(Kept { row: row.row, line: row.line, cells: row.cells.clone() });
        if reading.batch.len() < BATCH_ROWS && reading.bytes < BATCH_BYTES {
            return Ok(ControlFlow::Continue(()));
        }
        let handed = reading.flush(map, sink);
        handed.map(|()| ControlFlow::Continue(())).map_err(|error| IntakeError::Sink { row: row.row, error })
    })?;
    let last = reading.batch.last().map_or(0, |row| row.row);
    reading.flush(map, sink).map_err(|error| IntakeError::Sink { row: last, error })?;
    reading.summary.note(passed);
    Ok(reading.summary)
}

/// A row that waits for its answer.
struct Kept {
    row: u64,
    line: u64,
    cells: StringRecord,
}

struct Reading<'a> {
    layout: &'a Layout,
    rules: &'a Rules<'a>,
    batch: Vec<Kept>,
    bytes: usize,
    seen: Seen,
    zones: Zones<'a>,
    summary: Summary,
}

/// Why a row is none that can be called.
struct Refused {
    code: &'static str,
    message: String,
    suggestion: Cow<'static, str>,
}

impl From<PhoneError> for Refused {
    fn from(error: PhoneError) -> Self {
        Self { code: error.code(), message: error.to_string(), suggestion: error.suggestion().into() }
    }
}

impl From<MapMistake> for Refused {
    fn from(mistake: MapMistake) -> Self {
        let MapMistake { line, column, message, hint } = mistake;
        let place = if line > 0 { format!("line {line}, column {column} of the script: ") } else { String::new() };
        let suggestion = hint.map_or("correct the script, or what the row says".into(), Cow::Owned);
        Self { code: "script_failed", message: format!("{place}{message}"), suggestion }
    }
}

impl Reading<'_> {
    fn flush(&mut self, map: MapRows<'_>, sink: Sink<'_>) -> io::Result<()> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let width = self.layout.columns.len();
        let written = |cells: &StringRecord| {
            cells.iter().take(width).map(|cell| unescape(cell.trim()).to_owned()).collect::<Vec<_>>()
        };
        let rows = batch.iter().map(|kept| MapRow { number: kept.row, cells: written(&kept.cells) }).collect();
        let answers = map(rows)?;
        if answers.len() != batch.len() {
            return Err(io::Error::other("not every row was answered"));
        }
        for (kept, answer) in batch.iter().zip(answers) {
            self.summary.rows += 1;
            let refused = match answer {
                Mapped::Person(person) => self.person(kept, &person, sink)?,
                Mapped::Rejected(reason) => Some(Refused {
                    code: "rejected_by_script",
                    message: reason,
                    suggestion: "the script does not want this row: correct it, or the script".into(),
                }),
                Mapped::Failed(mistake) => Some(mistake.into()),
            };
            if let Some(refused) = refused {
                self.reject(kept, refused, sink)?;
            }
        }
        Ok(())
    }

    fn reject(&mut self, kept: &Kept, refused: Refused, sink: Sink<'_>) -> io::Result<()> {
        let Refused { code, message, suggestion } = refused;
        *self.summary.rejected.entry(code).or_default() += 1;
        let (row, line, original) = (kept.row, kept.line, Cells(&kept.cells));
        sink(Row::Rejected(Rejected { row, line, field: BY_SCRIPT, code, message, suggestion, original }))
    }

    fn warn(&mut self, kept: &Kept, code: WarningCode, message: String, sink: Sink<'_>) -> io::Result<()> {
        self.summary.count_warning(code);
        sink(Row::Warning(Warning { row: kept.row, field: BY_SCRIPT, code, message }))
    }

    /// Hands a person on, or says why not.
    fn person(&mut self, kept: &Kept, person: &MappedPerson, sink: Sink<'_>) -> io::Result<Option<Refused>> {
        let region = match person.country.as_deref().map(str::parse::<Region>) {
            None => self.rules.default_region,
            Some(Ok(region)) => Some(region),
            Some(Err(error)) => {
                let suggestion = "write a country's two letters, such as DE".into();
                return Ok(Some(Refused { code: "unknown_country", message: error.to_string(), suggestion }));
            }
        };
        let written = person.phones.first().map_or("", |first| first.phone.as_str());
        let primary = match phone::parse_with_extension(written, region) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Some(error.into())),
        };
        if let Some(first) = self.seen.before(primary.phone, kept.row) {
            self.summary.duplicates_in_file += 1;
            let message = format!("{} is already in row {first}; only the first row of a file counts", primary.phone);
            self.warn(kept, WarningCode::DuplicateInFile, message, sink)?;
            return Ok(None);
        }
        let mut variables = person.variables.clone();
        if let Some(extension) = primary.extension {
            let message =
                format!("the extension {extension:?} cannot be dialled; {} is called without it", primary.phone);
            self.warn(kept, WarningCode::ExtensionIgnored, message, sink)?;
            variables.set("phone_written", Value::Text(written.to_owned()));
        }
        let secondary = self.secondary(kept, person, primary.phone, region, &mut variables, sink)?;
        let mut time_zone = person.time_zone.as_deref();
        if let Some(zone) = time_zone.filter(|zone| !self.zones.knows(zone)) {
            variables.set("time_zone", Value::Text(zone.to_owned()));
            let message =
                format!("{zone:?} is not a time zone; it is kept as a variable and the campaign's zone applies");
            self.warn(kept, WarningCode::UnknownZone, message, sink)?;
            time_zone = None;
        }
        self.summary.accepted += 1;
        self.summary.secondary_contacts += secondary.len() as u64;
        let own = person.name.as_deref().or_else(|| person.phones.first().and_then(|first| first.name.as_deref()));
        sink(Row::Lead(LeadRow {
            row: kept.row,
            phone: primary.phone,
            name: own.map(Cow::Borrowed),
            external_id: person.external_id.as_deref(),
            time_zone,
            secondary,
            variables: Vec::new(),
            priority: person.priority,
            computed: Some(&variables),
        }))?;
        Ok(None)
    }

    /// The further phones that can be dialled, none twice. What is left out stays with the lead as a variable.
    fn secondary<'p>(
        &mut self,
        kept: &Kept,
        person: &'p MappedPerson,
        primary: Phone,
        region: Option<Region>,
        variables: &mut Variables,
        sink: Sink<'_>,
    ) -> io::Result<Vec<SecondaryPhone<'p>>> {
        let mut found: Vec<SecondaryPhone<'_>> = Vec::new();
        for (other, place) in person.phones.iter().zip(1..).skip(1) {
            let parsed = phone::parse_with_extension(&other.phone, region);
            let about = match &parsed {
                Ok(parsed) if parsed.phone == primary || found.iter().any(|known| known.phone == parsed.phone) => {
                    continue;
                }
                Ok(_) if found.len() == MAX_SECONDARY => Some((
                    WarningCode::BadSecondary,
                    format!("a lead has at most {MAX_SECONDARY} secondary phones; it is kept as a variable"),
                )),
                Ok(parsed) => {
                    let (name, label) = (other.name.as_deref(), other.label.as_deref());
                    found.push(SecondaryPhone { phone: parsed.phone, name, label });
                    parsed.extension.as_ref().map(|extension| {
                        let what = format!("the extension {extension:?} cannot be dialled; it is kept as a variable");
                        (WarningCode::ExtensionIgnored, what)
                    })
                }
                Err(error) => Some((
                    WarningCode::BadSecondary,
                    format!("{error}; the lead is kept without it: {}", error.suggestion()),
                )),
            };
            if let Some((code, message)) = about {
                variables.set(format!("phone_{place}"), Value::Text(other.phone.clone()));
                self.warn(kept, code, message, sink)?;
            }
        }
        Ok(found)
    }
}
