//! What is shown of an upload: findings with their codes, or what was found good, and the cases that ran.
//!
//! The same report as the API's, so that a table here and a document there never say two things.

use campanile_domain::plugin::limits::{Cpu, Limits};
use campanile_domain::plugin::report::{CaseResult, Report};
use comfy_table::{Table, presets};

use crate::exit::Failure;
use crate::say::say;

/// For people.
pub fn print(report: &Report) -> Result<(), Failure> {
    let mut table = table();
    if let Some(manifest) = &report.manifest {
        table.add_row(["plugin".to_owned(), format!("{} {}, a {}", manifest.name, manifest.version, manifest.kind)]);
        let list = |words: Vec<String>| if words.is_empty() { "none".to_owned() } else { words.join(", ") };
        if manifest.kind.reaches_out() {
            table.add_row(["hosts".to_owned(), list(manifest.hosts.iter().map(ToString::to_string).collect())]);
            table.add_row(["secrets".to_owned(), list(manifest.secrets.keys().cloned().collect())]);
            table.add_row(["auth".to_owned(), list(manifest.auth.keys().cloned().collect())]);
        }
    }
    table.add_row(["size".to_owned(), format!("{} bytes", report.bytes)]);
    table.add_row(["sha256".to_owned(), report.sha256.clone()]);
    if let Some(milliseconds) = report.compile_ms {
        table.add_row(["compiled".to_owned(), format!("in {milliseconds} ms")]);
    }
    say(table)?;
    for finding in &report.findings {
        say(format_args!("\n{}: {}\n  next: {}", finding.code, finding.message, finding.next))?;
    }
    if report.cases.is_empty() {
        return Ok(());
    }
    let limits = report.manifest.as_ref().map(|manifest| Limits::of(manifest.kind));
    say(format_args!("\n{}", cases(&report.cases, limits)))
}

/// The cases that ran, one a row.
pub fn cases(cases: &[CaseResult], limits: Option<Limits>) -> Table {
    let used = match limits.map(|limits| limits.cpu) {
        Some(Cpu::Fuel(_)) => "fuel",
        Some(Cpu::Millis(_)) => "ms",
        None => "used",
    };
    let mut table = table();
    table.set_header(["", "case", used, "of the limit", "memory", ""]);
    for case in cases {
        let mark = if case.passed { "ok" } else { "FAILED" };
        let memory = format!("{} KiB", case.memory_bytes / 1024);
        let detail = if case.passed { String::new() } else { case.detail.clone() };
        table.add_row([mark, &case.name, &case.used.to_string(), &format!("{} %", case.percent), &memory, &detail]);
    }
    table
}

/// Without lines; what is wide is wrapped at the terminal's edge.
pub fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}
