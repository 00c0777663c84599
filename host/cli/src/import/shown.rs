//! What a person sees of an import: bars while it goes on, tables before and after. Everything goes to stderr but the
//! tables.

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::exit::Failure;
use crate::say::say;

/// A bar; hidden where somebody reads JSON.
pub struct Bar {
    bar: ProgressBar,
    field: &'static str,
}

impl Bar {
    fn new(hidden: bool, all: Option<u64>, template: &str, field: &'static str) -> Self {
        let bar = match (hidden, all) {
            (true, _) => ProgressBar::hidden(),
            (false, Some(all)) => ProgressBar::new(all),
            (false, None) => ProgressBar::no_length(),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, field }
    }

    /// Of bytes.
    pub fn bytes(hidden: bool) -> Self {
        Self::new(hidden, None, "uploading {bytes} {bar:30} {bytes_per_sec}", "bytes")
    }

    /// Of rows, of a number that is known.
    pub fn of_rows(hidden: bool, all: Option<u64>) -> Self {
        Self::new(hidden, all, "importing {bar:40} {human_pos} of {human_len} rows, {per_sec}, {eta} left", "rows")
    }

    /// Of rows.
    pub fn rows(hidden: bool) -> Self {
        Self::new(hidden, None, "importing {spinner} {human_pos} rows, {per_sec}", "rows")
    }

    /// Of leads that go.
    pub fn removed(hidden: bool) -> Self {
        Self::new(hidden, None, "removing {spinner} {human_pos} leads", "removed")
    }

    /// Where the import is.
    pub fn tell(&self, import: &Value) {
        if let Some(count) = import[self.field].as_u64() {
            self.bar.set_position(count);
        }
    }

    /// How far the bytes are.
    pub fn at(&self, done: u64, all: u64) {
        self.bar.set_length(all);
        self.bar.set_position(done);
    }

    /// It is over.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}

fn table(lines: impl IntoIterator<Item = (String, String)>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, value) in lines {
        table.add_row([name, value]);
    }
    say(table)
}

fn count(of: &Value, name: &str) -> (String, String) {
    (name.replace('_', " "), of[name].as_u64().unwrap_or_default().to_string())
}

/// What would become of the rows.
pub fn review(import: &Value) -> Result<(), Failure> {
    let review = &import["review"];
    let mapping = &import["understood"]["mapping"];
    let mut lines = vec![("primary phone".to_owned(), mapping["primary"].as_str().unwrap_or_default().to_owned())];
    let groups = ["rows", "ready", "repaired", "duplicate_in_file", "already_in_campaign", "suppressed"];
    lines.extend(groups.map(|group| count(review, group)));
    for (code, rows) in review["rejected"].as_object().into_iter().flatten() {
        lines.push((format!("rejected: {code}"), rows.to_string()));
    }
    table(lines)
}

/// What became of them.
pub fn ended(import: &Value) -> Result<(), Failure> {
    let text = |name: &str| (name.to_owned(), import[name].as_str().unwrap_or_default().to_owned());
    let mut lines = vec![text("id"), text("campaign"), text("status")];
    lines.extend(["rows", "created", "updated", "duplicates", "removed"].map(|name| count(import, name)));
    lines.push(count(&import["summary"], "duplicates_in_file"));
    for (code, rows) in import["summary"]["rejected"].as_object().into_iter().flatten() {
        lines.push((format!("rejected: {code}"), rows.to_string()));
    }
    table(lines)
}

/// There is no such import.
pub fn none_of(file: &str, statuses: &[&str]) -> Failure {
    Failure::not_found(format!("no import of {file} is {}", statuses.join(" or ")))
        .next("give the id of the import: imp_...")
}
