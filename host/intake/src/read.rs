//! Reads a file into leads, one row at a time.
//!
//! Memory does not grow with the file, with one deliberate exception: to tell a duplicate, every primary phone seen is
//! remembered with its row (12 bytes and the table's slack, about 20-40 bytes a phone). The first row of a file wins.
//! Every row is answered for: it becomes a lead, or it is handed on as rejected or duplicate with its number, the field,
//! a code and a way out. This room never stores anything and never asks what is already known about a phone.

use std::borrow::Cow;
use std::collections::BTreeMap;
#[expect(clippy::disallowed_types, reason = "only looked up, never iterated: its order is never seen")]
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;

use campanile_domain::phone::{self, Phone, PhoneError};
use campanile_domain::region::Region;
use csv::StringRecord;

use crate::detect::{Format, Layout};
use crate::error::IntakeError;
use crate::formula::unescape;
use crate::mapping::Mapping;
use crate::row::{Cells, LeadRow, Rejected, Row, SecondaryPhone, Warning, WarningCode};
use crate::rows::{Passed, RawRow, Visit, for_each_text_row};
use crate::source::Source;
use crate::summary::{Summary, UsedColumns};
use crate::workbook::Workbook;

/// What reading needs to know besides the file.
pub struct Rules<'a> {
    /// Country of numbers written without one: from the flag, else [`campanile_domain::region::region_of_zone`] of the
    /// campaign's zone.
    pub default_region: Option<Region>,
    /// Whether an IANA zone of this name exists.
    pub is_known_zone: &'a dyn Fn(&str) -> bool,
}

/// Takes every row in the order of the file; an error stops the reading.
pub type Sink<'a> = &'a mut dyn FnMut(Row<'_>) -> io::Result<()>;

/// Reads the whole file. The layout must be the one [`crate::detect`] found for it.
pub fn read(
    source: &mut dyn Source,
    layout: &Layout,
    mapping: &Mapping,
    rules: &Rules<'_>,
    sink: Sink<'_>,
) -> Result<Summary, IntakeError> {
    let mut reading = Reading::new(layout, mapping, rules);
    let first_row = first_row(layout);
    let passed = for_each_row(source, layout, &mut |row| {
        if row.row <= first_row {
            return Ok(ControlFlow::Continue(()));
        }
        let handed = reading.row(row, sink);
        handed.map(|()| ControlFlow::Continue(())).map_err(|error| IntakeError::Sink { row: row.row, error })
    })?;
    let mut summary = reading.summary;
    summary.note(passed);
    Ok(summary)
}

/// The last row above the first one of the data.
pub(crate) fn first_row(layout: &Layout) -> u64 {
    layout.header_row.max(u64::from(matches!(layout.format, Format::Text { sep_line: true, .. })))
}

pub(crate) fn for_each_row(source: &mut dyn Source, layout: &Layout, visit: Visit<'_>) -> Result<Passed, IntakeError> {
    match &layout.format {
        Format::Text { encoding, delimiter, .. } => {
            for_each_text_row(source, *encoding, *delimiter, layout.limits, visit)
        }
        Format::Xlsx { sheet, .. } => Workbook::open(source, layout.limits)?.for_each_row(sheet, visit),
    }
}

/// The primary phones of the rows so far.
#[derive(Default)]
#[expect(clippy::disallowed_types, reason = "only looked up, never iterated: its order is never seen")]
pub(crate) struct Seen(HashMap<u64, u32>);

impl Seen {
    /// The earlier row that has this phone; otherwise this one has it from now on.
    pub(crate) fn before(&mut self, phone: Phone, row: u64) -> Option<u32> {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let first = *self.0.entry(phone.digits()).or_insert(row);
        (first != row).then_some(first)
    }
}

/// How many different zone texts are remembered; a file has few, unless the column is not one of zones.
const ZONES_REMEMBERED: usize = 1_000;

/// Which zones exist.
pub(crate) struct Zones<'a> {
    is_known: &'a dyn Fn(&str) -> bool,
    asked: BTreeMap<String, bool>,
}

impl<'a> Zones<'a> {
    pub(crate) fn new(rules: &Rules<'a>) -> Self {
        Self { is_known: rules.is_known_zone, asked: BTreeMap::new() }
    }

    pub(crate) fn knows(&mut self, zone: &str) -> bool {
        if let Some(known) = self.asked.get(zone) {
            return *known;
        }
        let known = (self.is_known)(zone);
        if self.asked.len() < ZONES_REMEMBERED {
            self.asked.insert(zone.to_owned(), known);
        }
        known
    }
}

struct Reading<'a> {
    layout: &'a Layout,
    mapping: &'a Mapping,
    rules: &'a Rules<'a>,
    is_variable: Vec<bool>,
    seen: Seen,
    zones: Zones<'a>,
    summary: Summary,
}

impl<'a> Reading<'a> {
    fn new(layout: &'a Layout, mapping: &'a Mapping, rules: &'a Rules<'a>) -> Self {
        Self {
            layout,
            mapping,
            rules,
            is_variable: (0..layout.columns.len()).map(|column| mapping.is_variable(column)).collect(),
            seen: Seen::default(),
            zones: Zones::new(rules),
            summary: Summary::new(layout, UsedColumns::of(layout, mapping), rules.default_region),
        }
    }

    fn header(&self, column: usize) -> &'a str {
        self.layout.columns.get(column).map_or("", |column| column.header.as_str())
    }

    fn variable(&self, column: usize) -> &'a str {
        self.layout.columns.get(column).map_or("", |column| column.variable.as_str())
    }

    fn row(&mut self, raw: &RawRow<'_>, sink: Sink<'_>) -> io::Result<()> {
        self.summary.rows += 1;
        let written = raw.cells.get(self.mapping.primary).unwrap_or_default();
        let parsed = match phone::parse_with_extension(written, self.rules.default_region) {
            Ok(parsed) => parsed,
            Err(error) => return self.reject(raw, &error, sink),
        };
        if let Some(first) = self.seen.before(parsed.phone, raw.row) {
            self.summary.duplicates_in_file += 1;
            let message = format!("{} is already in row {first}; only the first row of a file counts", parsed.phone);
            return self.warn(raw.row, self.mapping.primary, WarningCode::DuplicateInFile, message, sink);
        }
        let mut variables = self.variables(raw.cells);
        if let Some(extension) = parsed.extension {
            let message =
                format!("the extension {extension:?} cannot be dialled; {} is called without it", parsed.phone);
            self.warn(raw.row, self.mapping.primary, WarningCode::ExtensionIgnored, message, sink)?;
            variables.push((Cow::Owned(format!("{}_written", self.variable(self.mapping.primary))), written.trim()));
        }
        self.beyond(raw, &mut variables, sink)?;
        let secondary = self.secondary(raw, parsed.phone, &mut variables, sink)?;
        let time_zone = self.time_zone(raw, &mut variables, sink)?;
        let lead = LeadRow {
            row: raw.row,
            phone: parsed.phone,
            name: self.name(raw.cells),
            external_id: self.mapping.external_id.and_then(|column| cell(raw.cells, column)),
            time_zone,
            secondary,
            variables,
            priority: 0,
            computed: None,
        };
        self.summary.accepted += 1;
        self.summary.secondary_contacts += lead.secondary.len() as u64;
        sink(Row::Lead(lead))
    }

    fn reject(&mut self, raw: &RawRow<'_>, error: &PhoneError, sink: Sink<'_>) -> io::Result<()> {
        let code = error.code();
        *self.summary.rejected.entry(code).or_default() += 1;
        let columns = self.layout.columns.len();
        let suggestion = if raw.cells.len() > columns
            && raw.cells.iter().skip(columns).any(|cell| !cell.trim().is_empty())
        {
            let found = raw.cells.len();
            Cow::Owned(format!(
                "this row has {found} cells under {columns} headers, so its columns may be shifted: put cells that contain the delimiter in quotes; otherwise {}",
                error.suggestion()
            ))
        } else {
            Cow::Borrowed(error.suggestion())
        };
        sink(Row::Rejected(Rejected {
            row: raw.row,
            line: raw.line,
            field: self.header(self.mapping.primary),
            code,
            message: error.to_string(),
            suggestion,
            original: Cells(raw.cells),
        }))
    }

    fn warn(&mut self, row: u64, column: usize, code: WarningCode, message: String, sink: Sink<'_>) -> io::Result<()> {
        self.summary.count_warning(code);
        sink(Row::Warning(Warning { row, field: self.header(column), code, message }))
    }

    fn variables<'r>(&self, cells: &'r StringRecord) -> Vec<(Cow<'r, str>, &'r str)>
    where
        'a: 'r,
    {
        let mut variables = Vec::with_capacity(self.is_variable.len());
        for (column, value) in cells.iter().enumerate().take(self.is_variable.len()) {
            let value = unescape(value.trim());
            if self.is_variable[column] && !value.is_empty() {
                variables.push((Cow::Borrowed(self.variable(column)), value));
            }
        }
        variables
    }

    /// Cells beyond the last header belong to nobody; they stay with the lead under their place.
    fn beyond<'r>(
        &mut self,
        raw: &RawRow<'r>,
        variables: &mut Vec<(Cow<'r, str>, &'r str)>,
        sink: Sink<'_>,
    ) -> io::Result<()> {
        let columns = self.layout.columns.len();
        let mut extra = 0;
        for (column, value) in raw.cells.iter().enumerate().skip(columns) {
            if !value.trim().is_empty() {
                variables.push((Cow::Owned(format!("beyond_column_{}", column + 1)), unescape(value.trim())));
                extra += 1;
            }
        }
        if extra == 0 {
            return Ok(());
        }
        let message = format!("{extra} more cells than headers; they are kept as variables named beyond_column_N");
        self.warn(raw.row, columns.saturating_sub(1), WarningCode::RaggedRow, message, sink)
    }

    fn secondary<'r>(
        &mut self,
        raw: &RawRow<'r>,
        primary: Phone,
        variables: &mut Vec<(Cow<'r, str>, &'r str)>,
        sink: Sink<'_>,
    ) -> io::Result<Vec<SecondaryPhone<'r>>>
    where
        'a: 'r,
    {
        let mut found: Vec<SecondaryPhone<'r>> = Vec::new();
        for column in &self.mapping.secondary {
            let written = raw.cells.get(column.phone).unwrap_or_default();
            match phone::parse_with_extension(written, self.rules.default_region) {
                Ok(parsed) => {
                    if let Some(extension) = parsed.extension {
                        let message =
                            format!("the extension {extension:?} cannot be dialled; it is kept as a variable");
                        self.warn(raw.row, column.phone, WarningCode::ExtensionIgnored, message, sink)?;
                        variables
                            .push((Cow::Owned(format!("{}_written", self.variable(column.phone))), written.trim()));
                    }
                    let repeated = parsed.phone == primary || found.iter().any(|other| other.phone == parsed.phone);
                    if !repeated {
                        let name = column.name.and_then(|name| cell(raw.cells, name));
                        found.push(SecondaryPhone {
                            phone: parsed.phone,
                            name,
                            label: Some(self.header(column.phone)),
                        });
                    }
                }
                Err(PhoneError::Missing) => {}
                Err(error) => {
                    let message = format!("{error}; the lead is kept without it: {}", error.suggestion());
                    self.warn(raw.row, column.phone, WarningCode::BadSecondary, message, sink)?;
                    variables.push((Cow::Borrowed(self.variable(column.phone)), unescape(written.trim())));
                }
            }
        }
        Ok(found)
    }

    fn time_zone<'r>(
        &mut self,
        raw: &RawRow<'r>,
        variables: &mut Vec<(Cow<'r, str>, &'r str)>,
        sink: Sink<'_>,
    ) -> io::Result<Option<&'r str>>
    where
        'a: 'r,
    {
        let Some(column) = self.mapping.time_zone else { return Ok(None) };
        let Some(zone) = cell(raw.cells, column) else { return Ok(None) };
        if self.zones.knows(zone) {
            return Ok(Some(zone));
        }
        variables.push((Cow::Borrowed(self.variable(column)), zone));
        let message = format!("{zone:?} is not a time zone; it is kept as a variable and the campaign's zone applies");
        self.warn(raw.row, column, WarningCode::UnknownZone, message, sink)?;
        Ok(None)
    }

    fn name<'r>(&self, cells: &'r StringRecord) -> Option<Cow<'r, str>> {
        let mut parts = self.mapping.name.iter().filter_map(|column| cell(cells, *column));
        let first = parts.next()?;
        Some(match parts.next() {
            Some(last) => Cow::Owned(format!("{first} {last}")),
            None => Cow::Borrowed(first),
        })
    }
}

fn cell(cells: &StringRecord, column: usize) -> Option<&str> {
    cells.get(column).map(|cell| unescape(cell.trim())).filter(|cell| !cell.is_empty())
}
