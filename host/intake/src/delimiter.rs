//! What separates the columns.
//!
//! No single line can tell: a title has no delimiter, a name has a comma, a price has another. So each candidate reads
//! the sample as the real parser would, quotes and all, and the one under which the rows agree on their width wins. A
//! `sep=` line, which spreadsheets write for each other, outranks looking.

use csv::StringRecord;

use crate::error::IntakeError;
use crate::profile::looks_like_phone;

const CANDIDATES: [u8; 4] = *b",;\t|";
const ROWS: usize = 200;

/// The `sep=;` line at the start, if there is one: its delimiter.
pub(crate) fn sep_line(sample: &str) -> Option<u8> {
    let line = sample.lines().next().unwrap_or_default().trim_end_matches(['\r', '\n']);
    let line = line.trim_start().trim_matches('"');
    let rest = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    match rest.as_bytes() {
        // A file whose delimiter is the comma may pad the line with delimiters.
        [byte, ..] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some(*byte),
        [] if line.len() == 4 => None,
        _ => None,
    }
}

/// Whether the rows below a `sep=` line are separated by what the line says; a file converted later keeps the old line.
/// A file of one column has nothing to separate and agrees with any.
pub(crate) fn separates(sample: &str, said: u8) -> bool {
    let rows = sample.split_once(['\n', '\r']).map_or("", |(_, rows)| rows);
    let columns = |delimiter| score(&records(rows, delimiter, true)) > 0.0;
    columns(said) || !CANDIDATES.into_iter().any(columns)
}

/// A delimiter as a flag names it.
pub(crate) fn named(given: &str) -> Result<u8, IntakeError> {
    let byte = match given.to_ascii_lowercase().as_str() {
        "comma" => b',',
        "semicolon" => b';',
        "tab" | "\\t" => b'\t',
        "pipe" => b'|',
        _ => match given.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) && !byte.is_ascii_alphanumeric() => {
                *byte
            }
            _ => return Err(IntakeError::BadDelimiter { given: given.to_owned() }),
        },
    };
    Ok(byte)
}

/// How it is shown: itself, or `\t`.
pub(crate) fn shown(delimiter: u8) -> String {
    if delimiter == b'\t' { "\\t".to_owned() } else { char::from(delimiter).to_string() }
}

/// The delimiter under which the sample makes the most sense; a comma when there is only one column.
pub(crate) fn detect(sample: &str, is_whole_file: bool) -> u8 {
    let mut best = (b',', 0.0);
    for candidate in CANDIDATES {
        let score = score(&records(sample, candidate, is_whole_file));
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

fn records(sample: &str, delimiter: u8, is_whole_file: bool) -> Vec<StringRecord> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(sample.as_bytes());
    let mut records: Vec<StringRecord> = reader.records().flatten().take(ROWS).collect();
    // The sample may end inside a row.
    if !is_whole_file && records.len() < ROWS && records.len() > 1 {
        records.pop();
    }
    records.retain(|record| record.iter().any(|cell| !cell.trim().is_empty()));
    records
}

/// How many rows agree on a width, times how much that width explains.
fn score(records: &[StringRecord]) -> f64 {
    let mut widths: Vec<usize> = records.iter().map(StringRecord::len).collect();
    widths.sort_unstable();
    let count = |width: usize| widths.iter().filter(|other| **other == width).count();
    let Some(width) = widths.iter().copied().filter(|width| *width > 1).max_by_key(|width| (count(*width), *width))
    else {
        return 0.0;
    };
    // A short row is missing trailing cells; only a row of one cell, or a longer one, speaks against the delimiter.
    let short = widths.iter().filter(|other| (2..width).contains(*other)).count();
    let agreement = (count(width) as f64 + short as f64 * 0.5) / records.len() as f64;
    let phones = (0..width)
        .map(|column| records.iter().filter(|record| record.get(column).is_some_and(looks_like_phone)).count())
        .max()
        .unwrap_or(0) as f64
        / records.len() as f64;
    agreement * agreement * (1.0 + phones * 2.0) * (width as f64).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_that_rows_agree_on_wins() {
        let german = "Name;Telefon;Betrag\nMüller, Jürgen;030 23125 144;12,50\nLévy, Zoë;030 23125 145;1,00\n";
        assert_eq!(detect(german, true), b';');
        let pipes = "name|phone|note\nA, B, C|4155550100|x, y\nD|4155550101|\"a|b\"\n";
        assert_eq!(detect(pipes, true), b'|');
        let tabs = "name\tphone\nSmith, J\t415-555-0100\nDoe, A\t415-555-0101\n";
        assert_eq!(detect(tabs, true), b'\t');
        assert_eq!(detect("phone\n4155550100\n4155550101\n", true), b',');
    }

    #[test]
    fn a_title_and_quoted_line_breaks_do_not_confuse() {
        let text = "Leads; as of today\n\nname,phone,note\nA,4155550100,\"one;\ntwo;\nthree;\"\nB,4155550101,\n";
        assert_eq!(detect(text, true), b',');
    }

    #[test]
    fn a_sep_line_says_it() {
        for (line, delimiter) in [
            ("sep=;\r\na", Some(b';')),
            ("SEP=\t\n", Some(b'\t')),
            ("\"sep=|\"\n", Some(b'|')),
            ("sep=,,,\n", Some(b',')),
        ] {
            assert_eq!(sep_line(line), delimiter, "{line:?}");
        }
        assert_eq!(sep_line("separator;x\n"), None);
        assert_eq!(sep_line("sep=\n"), None);
    }

    #[test]
    fn a_flag_names_it_or_is_refused() {
        assert_eq!(named("semicolon").unwrap(), b';');
        assert_eq!(named("\t").unwrap(), b'\t');
        assert_eq!(named("^").unwrap(), b'^');
        for wrong in ["", ";;", "a", "\"", "ü"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
