//! What a person may say about a file, as it is written in requests and kept with the import.

use campanile_domain::plugin::PluginRef;
use campanile_domain::region::Region;
use campanile_intake::Options;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the file does not say itself, or says wrongly. A file should need none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// The country of numbers written without one, two letters; otherwise that of the campaign's zone.
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z]{2}$")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// Column of the primary phone: its header, or its number from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// Columns of the secondary phones in the order they are tried; an empty list for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Vec<String>>,
    /// Columns of the name: one, or first and last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Vec<String>>,
    /// Column of the key that you know the lead by; an empty text for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Column of the lead's time zone; an empty text for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Columns that are left out; every other column becomes a variable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// A script that says what rows mean, in the place of all of these: its `map_row` is asked. `name@3` or
    /// `name@active`; the version that is meant when the file is uploaded or reviewed stays.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<PluginRef>,
    /// Row of the header as a spreadsheet counts; 0 for a file without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    /// `,` `;` `|`, `tab`, or another character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Such as `utf-8` or `windows-1252`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Which sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

impl ImportOptions {
    /// For the reader of files.
    pub fn intake(&self) -> Options {
        Options {
            primary: self.primary.clone(),
            secondary: self.secondary.clone(),
            name: self.name.clone(),
            external_id: self.external_id.clone(),
            time_zone: self.time_zone.clone(),
            ignored: self.ignored.clone(),
            header_row: self.header_row,
            delimiter: self.delimiter.clone(),
            encoding: self.encoding.clone(),
            sheet: self.sheet.clone(),
            default_region: self.default_region,
            ..Options::default()
        }
    }

    /// Says what rows mean.
    pub fn maps(&self) -> bool {
        self.script.is_some() || self.names_columns()
    }

    /// Says what any column means.
    pub fn names_columns(&self) -> bool {
        let Self { primary, secondary, name, external_id, time_zone, ignored, .. } = self;
        primary.is_some()
            || secondary.is_some()
            || name.is_some()
            || external_id.is_some()
            || time_zone.is_some()
            || !ignored.is_empty()
    }

    /// The meaning of the rows is a saved mapping's; what was said of the file itself stays.
    pub fn mapped_by(self, saved: Self) -> Self {
        Self {
            primary: saved.primary,
            secondary: saved.secondary,
            name: saved.name,
            external_id: saved.external_id,
            time_zone: saved.time_zone,
            ignored: saved.ignored,
            script: saved.script,
            ..self
        }
    }
}
