//! What a person may say about a file, and what no file may exceed.
//!
//! Everything here is optional: a file should be understood without a single flag, and each flag exists for the file that
//! is not. The limits are the reason a hostile or broken file costs a message and not a machine.

use campanile_domain::region::Region;

/// The most secondary phones a lead can have.
pub const MAX_SECONDARY: usize = 10;

/// Flags of an import. `Default` decides everything by looking.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Column of the primary phone: its header, or its number from 1.
    pub primary: Option<String>,
    /// Columns of the secondary phones, in order. `None` decides by looking, `Some(vec![])` takes none.
    pub secondary: Option<Vec<String>>,
    /// Columns of the name: one, or first and last. `None` decides by looking, `Some(vec![])` takes none.
    pub name: Option<Vec<String>>,
    /// Column of the key that the list's owner knows the lead by; `Some("")` takes none.
    pub external_id: Option<String>,
    /// Column of the lead's time zone; `Some("")` takes none.
    pub time_zone: Option<String>,
    /// Columns that are left out altogether.
    pub ignored: Vec<String>,
    /// Row of the header as a spreadsheet counts, from 1; 0 for a file without one.
    pub header_row: Option<u64>,
    /// `,` or `comma`, `;`, tab, `|` and their names, or any other ASCII character.
    pub delimiter: Option<String>,
    /// A WHATWG label such as `utf-8` or `windows-1252`.
    pub encoding: Option<String>,
    /// Which sheet of a workbook; otherwise the first visible one that holds something.
    pub sheet: Option<String>,
    /// Country of numbers written without one. Helps to tell phones from other long numbers; [`crate::read`] takes it
    /// again, because the campaign's zone may decide it later.
    pub default_region: Option<Region>,
    /// What no file may exceed.
    pub limits: Limits,
}

/// What no file may exceed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One row of a text file, in bytes of UTF-8.
    pub row_bytes: usize,
    /// Columns of one row.
    pub columns: usize,
    /// Rows of one file, the header included.
    pub rows: u64,
    /// A workbook's parts, unpacked, together, in bytes.
    pub unpacked_bytes: u64,
    /// A workbook's texts that must be held in memory (its shared strings), unpacked, in bytes.
    pub shared_text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            row_bytes: 1 << 20,
            columns: 2_000,
            rows: 20_000_000,
            unpacked_bytes: 2 << 30,
            shared_text_bytes: 256 << 20,
        }
    }
}
