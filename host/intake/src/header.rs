//! Where the header is.
//!
//! It is not always the first row: exports put titles, dates and blank rows above it, and some files have none. The
//! header is the row that speaks the words lists use and holds no phone number itself. The choice is shown to the person
//! and `--header-row` overrules it; a wrong one must never turn a lead into a column name unseen.

use crate::header_words::{Role, role};
use crate::profile::looks_like_phone;

/// How far down a header may be.
const DEPTH: usize = 30;

/// A row of the sample.
#[derive(Clone, Debug)]
pub(crate) struct SampleRow {
    pub row: u64,
    pub cells: Vec<String>,
}

/// Index of the header in the sample, or `None` when the file seems to have no header.
pub(crate) fn find(sample: &[SampleRow]) -> Option<usize> {
    let width = usual_width(sample);
    let mut best: Option<(usize, f64)> = None;
    for (index, row) in sample.iter().take(DEPTH).enumerate() {
        if let Some(score) = score(&row.cells, width)
            && best.is_none_or(|(_, top)| score > top)
        {
            best = Some((index, score));
        }
    }
    best.map(|(index, _)| index)
}

fn usual_width(sample: &[SampleRow]) -> usize {
    let mut widths: Vec<usize> = sample.iter().map(|row| filled(&row.cells)).collect();
    widths.sort_unstable();
    // The wider half: rows are short because cells are empty, seldom wide without reason.
    widths.get(widths.len() * 3 / 4).copied().unwrap_or(1).max(1)
}

fn filled(cells: &[String]) -> usize {
    cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// `None` if the row cannot be a header.
fn score(cells: &[String], width: usize) -> Option<f64> {
    let (mut known, mut phones, mut words) = (0, 0, 0);
    for cell in cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()) {
        if looks_like_phone(cell) || is_data(cell) {
            return None;
        }
        match role(cell) {
            Role::Phone(_) => phones += 1,
            Role::Unknown => {}
            _ => known += 1,
        }
        words += usize::from(cell.chars().any(char::is_alphabetic) && cell.len() <= 64);
    }
    let filled = filled(cells);
    let coverage = filled as f64 / width as f64;
    // A title stands alone in its row; a header covers the table.
    if phones == 0 && coverage < 0.5 {
        return None;
    }
    let wordiness = words as f64 / filled.max(1) as f64;
    Some(4.0 * f64::from(phones.min(3)) + f64::from(known.min(8)) + 3.0 * coverage.min(1.0) + 2.0 * wordiness)
}

/// Cells no header has: an e-mail address, a long number, a decimal.
fn is_data(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let numeric = cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '/' | ':' | ' '));
    (numeric && digits >= 5)
        || (cell.contains('@') && cell.contains('.'))
        || (numeric && cell.contains('.') && digits > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(text: &str) -> Vec<SampleRow> {
        let split = |line: &str| line.split(',').map(str::to_owned).collect();
        (1..).zip(text.lines()).map(|(row, line)| SampleRow { row, cells: split(line) }).collect()
    }

    #[test]
    fn titles_above_the_header_are_passed_over() {
        assert_eq!(
            find(&sample("Leads export,,\nas of Monday,,\nid,customer,phone\n1,A,4155550100\n2,B,4155550101")),
            Some(2)
        );
        assert_eq!(find(&sample("Phone list,,\nName,Telefon,Ort\nA,4155550100,X")), Some(1));
    }

    #[test]
    fn the_first_row_is_the_header_when_it_speaks_like_one() {
        assert_eq!(find(&sample("Name,Phone,Phone Type\nA,4155550100,Mobile\nB,4155550101,Home")), Some(0));
        assert_eq!(find(&sample("Foo,Bar\nA,4155550100\nB,4155550101")), Some(0));
    }

    #[test]
    fn a_file_without_a_header_has_none() {
        assert_eq!(find(&sample("Anna,4155550100\nBert,4155550101")), None);
        assert_eq!(find(&sample("+14155550100\n+14155550101")), None);
    }
}
