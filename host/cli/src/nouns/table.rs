//! How answers are shown to people: lists as columns, single things as names with values.
//!
//! Names are those of the API's fields, so that what is read here can be asked for there. Whatever the server sends is shown
//! as text and never as an order to the terminal: names and transcripts come from strangers.

use comfy_table::{Table, presets};
use serde_json::Value;

use crate::exit::Failure;
use crate::say::say;

/// Text without what a terminal would obey.
pub fn clean(text: &str) -> String {
    let obeyed =
        |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if obeyed(letter) { '\u{fffd}' } else { letter }).collect()
}

fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

/// A value in a cell.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text),
        Value::Array(items) if items.iter().all(is_plain) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => clean(&other.to_string()),
    }
}

/// The value at a place: `contacts.0.phone`.
fn at<'a>(document: &'a Value, place: &str) -> &'a Value {
    document.pointer(&format!("/{}", place.replace('.', "/"))).unwrap_or(&Value::Null)
}

/// Rows under the columns that at least one of them has something for. A column is named after the last part of its place.
#[derive(Debug)]
pub struct Rows {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// Without rows.
    pub const fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds one.
    pub fn add(&mut self, row: &Value) {
        self.rows.push(self.columns.iter().map(|place| cell(at(row, place))).collect());
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    fn table(&self) -> Table {
        let shown: Vec<usize> =
            (0..self.columns.len()).filter(|column| self.rows.iter().any(|row| !row[*column].is_empty())).collect();
        let name = |column: &usize| self.columns[*column].rsplit('.').next().unwrap_or_default();
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(shown.iter().map(name));
        for row in &self.rows {
            table.add_row(shown.iter().map(|column| row[*column].as_str()));
        }
        table
    }

    /// Prints them.
    pub fn print(&self) -> Result<(), Failure> {
        if self.rows.is_empty() { Ok(()) } else { say(self.table().trim_fmt()) }
    }
}

/// One row under its columns.
pub fn row(document: &Value, columns: &'static [&'static str]) -> Result<(), Failure> {
    let mut rows = Rows::new(columns);
    rows.add(document);
    rows.print()
}

/// Everything in a document that is not empty, a line each.
pub fn record(document: &Value) -> Result<(), Failure> {
    let mut lines = Vec::new();
    flatten(String::new(), document, &mut lines);
    if lines.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, value) in lines {
        table.add_row([name, value]);
    }
    say(table.trim_fmt())
}

fn flatten(name: String, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |part: &str| match (name.as_str(), part) {
        ("", part) => clean(part),
        (name, "") => name.to_owned(),
        (name, part) => format!("{name}.{}", clean(part)),
    };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(part, value)| flatten(below(part), value, lines)),
        Value::Array(items) if !items.iter().all(is_plain) => {
            items.iter().enumerate().for_each(|(index, value)| flatten(below(&index.to_string()), value, lines));
        }
        plain => {
            let shown = cell(plain);
            if !shown.is_empty() {
                lines.push((name, shown));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_have_the_columns_that_hold_something() {
        let mut rows = Rows::new(&["id", "contacts.0.phone", "reason", "tags"]);
        rows.add(&json!({"id": "lead_1", "contacts": [{"phone": "+1"}], "reason": null, "tags": ["a", 2]}));
        rows.add(&json!({"id": "lead_2", "contacts": []}));
        let shown = rows.table().trim_fmt();
        let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines, [vec!["id", "phone", "tags"], vec!["lead_1", "+1", "a,", "2"], vec!["lead_2"]]);
    }

    #[test]
    fn a_record_is_flat_and_leaves_out_what_is_empty() {
        let document = json!({"id": "x", "none": null, "text": "", "by": {"completed": {"": 2, "goal": 1}},
            "list": [{"a": 1}, {"a": true}], "plain": [1, 2], "empty": []});
        let mut lines = Vec::new();
        flatten(String::new(), &document, &mut lines);
        let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("id", "x"),
            ("by.completed", "2"),
            ("by.completed.goal", "1"),
            ("list.0.a", "1"),
            ("list.1.a", "true"),
            ("plain", "1, 2"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn nothing_that_a_server_sends_reaches_the_terminal_as_an_order() {
        assert_eq!(cell(&json!("a\u{1b}[31mb\u{202e}c\nd")), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
        let mut lines = Vec::new();
        flatten(String::new(), &json!({"a\u{1b}]": "x\u{7}"}), &mut lines);
        assert_eq!(lines, [("a\u{fffd}]".to_owned(), "x\u{fffd}".to_owned())]);
    }
}
