//! `campanile import check FILE`: what an import of this file would do, without doing it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use campanile_domain::ports::mapper::{MapCall, MapRow, RowMapper};
use campanile_intake::{RejectsWriter, Row, Summary, map_columns};
use campanile_server::ScriptRole;
use clap::Args;
use comfy_table::{Table, presets};

use crate::exit::Failure;
use crate::lead_file::{LeadFile, MappingFlags};
use crate::say::say;
use crate::script::draft::{AUTHOR, Draft};
use crate::wait::wait;
use crate::workbench::sandbox;

/// Flags of `import check`.
#[derive(Args, Debug)]
pub struct Check {
    /// CSV (any encoding and delimiter) or XLSX
    file: PathBuf,
    #[command(flatten)]
    mapping: MappingFlags,
    /// Try a script that says what rows mean: a file with a map_row, which is kept nowhere
    #[arg(long, value_name = "FILE", conflicts_with_all = ["primary", "secondary"])]
    script: Option<PathBuf>,
    /// Write the rejected rows here, in the columns of the file plus row, code, reason and suggestion
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Rejections shown on a terminal; all of them are in `--rejects`.
const SHOWN: usize = 10;

/// Runs the command.
pub fn run(check: &Check) -> Result<(), Failure> {
    let mut file = LeadFile::open(&check.file, &check.mapping, None)?;
    let cannot_write = |error: std::io::Error| {
        let path = check.rejects.as_deref().unwrap_or(&check.file).display().to_string();
        Failure::other(format!("{path} cannot be written: {error}"))
    };
    let mut rejects = match &check.rejects {
        Some(path) => {
            let out = BufWriter::new(File::create(path).map_err(cannot_write)?);
            Some(RejectsWriter::new(out, &file.layout).map_err(cannot_write)?)
        }
        None => None,
    };
    let mut shown = Vec::new();
    let mut sink = |row: Row<'_>| {
        if let Row::Rejected(rejected) = row {
            if shown.len() < SHOWN {
                let why = format!("{} {}", rejected.message, rejected.suggestion);
                shown.push((rejected.row, rejected.field.to_owned(), rejected.code, why));
            }
            if let Some(rejects) = &mut rejects {
                rejects.write(&rejected)?;
            }
        }
        Ok(())
    };
    let summary = match &check.script {
        Some(script) => read_by(script, &mut file, &mut sink)?,
        None => file.read(&mut sink)?,
    };
    if let Some(rejects) = rejects {
        rejects.finish().and_then(|mut out| out.flush()).map_err(cannot_write)?;
    }
    if check.json {
        let text = serde_json::to_string(&summary).map_err(|error| Failure::other(error.to_string()))?;
        return say(text);
    }
    print(&summary, &shown, check.rejects.is_none())
}

/// Reads a file's rows as a script on this disk understands them.
fn read_by(
    script: &Path,
    file: &mut LeadFile,
    sink: &mut dyn FnMut(Row<'_>) -> std::io::Result<()>,
) -> Result<Summary, Failure> {
    let draft = Draft::that(script, &sandbox()?, ScriptRole::RowMapping)?;
    let columns = map_columns(&file.layout).into();
    let call = MapCall { tenant: AUTHOR, script: draft.name(), draft: Some(Arc::clone(&draft.source)), columns };
    let mut stopped = None;
    let mut map = |rows: Vec<MapRow>| {
        wait(draft.sandbox.map_rows(&call, rows)).map_err(|failure| {
            stopped = Some(failure.message);
            std::io::Error::other("the script was stopped")
        })
    };
    let read = file.read_mapped(&mut map, sink);
    match stopped {
        Some(message) => Err(Failure::invalid(format!("the script was stopped: {message}"))),
        None => read,
    }
}

fn print(
    summary: &Summary,
    shown: &[(u64, String, &'static str, String)],
    suggest_rejects: bool,
) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut line = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    line("header row", summary.header_row.to_string());
    if !summary.columns.primary.is_empty() {
        line("primary phone", summary.columns.primary.clone());
        line("secondary phones", or_none(&summary.columns.secondary));
        line("variables", or_none(&summary.columns.variables));
    }
    line("rows", summary.rows.to_string());
    line("accepted", summary.accepted.to_string());
    line("secondary contacts", summary.secondary_contacts.to_string());
    line("duplicates in file", summary.duplicates_in_file.to_string());
    for (code, count) in &summary.rejected {
        line(&format!("rejected: {code}"), count.to_string());
    }
    for (code, count) in summary.warnings.iter().filter(|(code, _)| **code != "duplicate_in_file") {
        line(&format!("warning: {code}"), count.to_string());
    }
    say(table)?;
    if !shown.is_empty() {
        say("\nthe first rejected rows:")?;
        for (row, field, code, why) in shown {
            say(format_args!("  row {row}, {field}: {code}: {why}"))?;
        }
        if suggest_rejects {
            say("\nAll of them, ready to be repaired and imported again: --rejects rejected.csv")?;
        }
    }
    Ok(())
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
