//! How a file is understood, as its owner is shown it: the table, its columns with samples, what they are taken for.

use std::fs::File;
use std::path::Path;

use campanile_domain::plugin::PluginRef;
use campanile_intake::{IntakeError, Layout, Mapping, UsedColumns, detect};
use serde_json::{Value, json};

use super::options::ImportOptions;
use super::told;

/// A file that was looked at.
pub struct Understood {
    /// Its table.
    pub layout: Layout,
    /// What its rows mean, or why that is not clear.
    pub meaning: Result<Meaning, IntakeError>,
}

/// What says what a row means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Its columns.
    Columns(Mapping),
    /// A script's `map_row`.
    Script(PluginRef),
}

/// Looks at a bounded part of a file. Blocks.
///
/// # Errors
/// It is no table, or the options do not fit it.
pub fn look(path: &Path, options: &ImportOptions) -> Result<Understood, IntakeError> {
    let mut file = File::open(path)?;
    let layout = detect(&mut file, &options.intake())?;
    let meaning = match &options.script {
        Some(script) => Ok(Meaning::Script(script.clone())),
        None => layout.suggested().cloned().map(Meaning::Columns),
    };
    Ok(Understood { layout, meaning })
}

impl Understood {
    /// The set of headers that a saved mapping is recognised by; empty for a file without a header.
    pub fn header_set(&self) -> Vec<String> {
        if self.layout.header_row == 0 {
            return Vec::new();
        }
        let mut headers: Vec<_> = self.layout.headers().iter().map(|header| header.trim().to_lowercase()).collect();
        headers.sort_unstable();
        headers.dedup();
        headers
    }

    /// As the API shows it. `mapped_by`: the saved mapping that was recognised.
    pub fn shown(&self, mapped_by: Option<&str>) -> Value {
        let mut shown = serde_json::to_value(&self.layout).unwrap_or_default();
        for name in ["mapping", "script", "problem"] {
            shown[name] = Value::Null;
        }
        match &self.meaning {
            Ok(Meaning::Columns(mapping)) => {
                shown["mapping"] = serde_json::to_value(UsedColumns::of(&self.layout, mapping)).unwrap_or_default();
            }
            Ok(Meaning::Script(script)) => shown["script"] = script.to_string().into(),
            Err(error) => shown["problem"] = json!({"code": error.code(), "message": told(error)}),
        }
        shown["mapped_by"] = mapped_by.map_or(Value::Null, Value::from);
        shown
    }

    /// The meaning as options that mean the same for every file with these headers.
    pub fn as_options(&self) -> Option<ImportOptions> {
        let mapping = match self.meaning.as_ref().ok()? {
            Meaning::Columns(mapping) => mapping,
            Meaning::Script(script) => {
                return Some(ImportOptions { script: Some(script.clone()), ..ImportOptions::default() });
            }
        };
        let header =
            |column: usize| self.layout.columns.get(column).map(|found| found.header.clone()).unwrap_or_default();
        Some(ImportOptions {
            primary: Some(header(mapping.primary)),
            secondary: Some(mapping.secondary.iter().map(|secondary| header(secondary.phone)).collect()),
            name: Some(mapping.name.iter().map(|column| header(*column)).collect()),
            external_id: Some(mapping.external_id.map(header).unwrap_or_default()),
            time_zone: Some(mapping.time_zone.map(header).unwrap_or_default()),
            ignored: mapping.ignored.iter().map(|column| header(*column)).collect(),
            ..ImportOptions::default()
        })
    }
}
