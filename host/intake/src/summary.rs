//! What became of a file, in numbers.
//!
//! `rows = accepted + duplicates_in_file + all rejected`, always; whoever reads the numbers can check that nothing was
//! lost. Warnings are counted beside, because a row may have several.

use std::collections::BTreeMap;

use campanile_domain::region::Region;
use serde::Serialize;

use crate::detect::{Format, Layout};
use crate::mapping::Mapping;
use crate::row::WarningCode;
use crate::rows::Passed;

/// The numbers of one import, and how the file was understood.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Rows below the header with something in them.
    pub rows: u64,
    /// Rows that became leads.
    pub accepted: u64,
    /// Rows whose primary phone is in an earlier row.
    pub duplicates_in_file: u64,
    /// Secondary phones of the accepted rows.
    pub secondary_contacts: u64,
    /// Rejected rows by code.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Warnings by code, `duplicate_in_file` included.
    pub warnings: BTreeMap<&'static str, u64>,
    /// Rows in which nothing is written; they are not counted among `rows`.
    pub blank_rows: u64,
    /// The file's encoding, delimiter or sheet.
    #[serde(flatten)]
    pub format: Format,
    /// Row of the header; 0 without one.
    pub header_row: u64,
    /// The headers of the columns that were used, by use; nothing where a script said what rows mean.
    pub columns: UsedColumns,
    /// The country taken for numbers written without one.
    pub default_region: Option<Region>,
    /// NULs dropped, bytes that did not belong to the encoding, workbook cells with unknown errors.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub repairs: BTreeMap<&'static str, u64>,
}

/// Which column was used for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UsedColumns {
    /// The primary phone.
    pub primary: String,
    /// The secondary phones, in order.
    pub secondary: Vec<String>,
    /// The name.
    pub name: Vec<String>,
    /// The external id.
    pub external_id: Option<String>,
    /// The time zone.
    pub time_zone: Option<String>,
    /// What became variables, by the variables' names.
    pub variables: Vec<String>,
}

impl UsedColumns {
    /// What a mapping takes the columns of a table for.
    pub fn of(layout: &Layout, mapping: &Mapping) -> Self {
        let header = |column: usize| layout.columns.get(column).map(|column| column.header.clone()).unwrap_or_default();
        Self {
            primary: header(mapping.primary),
            secondary: mapping.secondary.iter().map(|secondary| header(secondary.phone)).collect(),
            name: mapping.name.iter().map(|column| header(*column)).collect(),
            external_id: mapping.external_id.map(header),
            time_zone: mapping.time_zone.map(header),
            variables: layout
                .columns
                .iter()
                .enumerate()
                .filter(|(index, _)| mapping.is_variable(*index))
                .map(|(_, column)| column.variable.clone())
                .collect(),
        }
    }
}

impl Summary {
    pub(crate) fn new(layout: &Layout, columns: UsedColumns, default_region: Option<Region>) -> Self {
        Self {
            rows: 0,
            accepted: 0,
            duplicates_in_file: 0,
            secondary_contacts: 0,
            rejected: BTreeMap::new(),
            warnings: BTreeMap::new(),
            blank_rows: 0,
            format: layout.format.clone(),
            header_row: layout.header_row,
            columns,
            default_region,
            repairs: BTreeMap::new(),
        }
    }

    pub(crate) fn count_warning(&mut self, code: WarningCode) {
        *self.warnings.entry(code.as_str()).or_default() += 1;
    }

    pub(crate) fn note(&mut self, passed: Passed) {
        self.blank_rows = passed.blank;
        let repairs = [
            ("nul_characters_dropped", passed.repairs.nuls),
            ("foreign_byte_sequences", passed.repairs.foreign),
            ("unknown_cell_errors", passed.broken_cells),
        ];
        self.repairs = repairs.into_iter().filter(|(_, count)| *count > 0).collect();
    }
}
