//! What the cells of a column look like.
//!
//! Headers lie and headers are missing; the cells say what a column is. This looks at the shape of cells only, in a
//! sample, to choose columns. It never decides whether a number is a good one: that is the domain's parser.

use campanile_domain::phone;
use campanile_domain::region::Region;

/// Shape of a column in the sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub filled: usize,
    pub phone_like: usize,
    /// Phone-like, and written as only phones are: with a plus, brackets, `tel:`, or in groups.
    pub formatted: usize,
    /// Phone-like and valid with the default region.
    pub valid: usize,
    pub distinct: usize,
    pub rows: usize,
}

impl Profile {
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str>, region: Option<Region>) -> Self {
        let mut profile = Self::default();
        let mut values = Vec::new();
        for cell in cells {
            profile.rows += 1;
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            profile.filled += 1;
            values.push(cell);
            if looks_like_phone(cell) {
                profile.phone_like += 1;
                profile.formatted += usize::from(is_formatted(cell));
                profile.valid += usize::from(phone::parse(cell, region).is_ok());
            }
        }
        values.sort_unstable();
        values.dedup();
        profile.distinct = values.len();
        profile
    }

    fn share(&self, part: usize) -> f64 {
        if self.filled == 0 { 0.0 } else { part as f64 / self.filled as f64 }
    }

    pub(crate) fn phone_share(&self) -> f64 {
        self.share(self.phone_like)
    }

    pub(crate) fn formatted_share(&self) -> f64 {
        self.share(self.formatted)
    }

    pub(crate) fn valid_share(&self) -> f64 {
        self.share(self.valid)
    }

    pub(crate) fn fill_share(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.filled as f64 / self.rows as f64 }
    }

    /// Every row has a value of its own.
    pub(crate) fn is_unique(&self) -> bool {
        self.filled > 0 && self.distinct == self.filled && self.filled == self.rows
    }
}

/// Seven to fifteen digits and nothing that phones are not written with; or what a spreadsheet makes of that.
pub(crate) fn looks_like_phone(cell: &str) -> bool {
    let cell = cell.trim().trim_start_matches(['\'', '=', '"']).trim_end_matches('"');
    let cell = cell.strip_prefix("tel:").unwrap_or(cell);
    let cell = match cell.split_once(['x', 'e']) {
        // An extension: `x12`, `ext. 12`.
        Some((number, rest)) if rest.len() <= 8 && rest.ends_with(|c: char| c.is_ascii_digit()) => number.trim_end(),
        _ => cell,
    };
    if cell.len() > 40 || is_scientific(cell) {
        return cell.len() <= 40;
    }
    let mut digits = 0;
    for c in cell.chars() {
        match c {
            _ if c.is_ascii_digit() || ('０'..='９').contains(&c) => digits += 1,
            '+'
            | '-'
            | '.'
            | '('
            | ')'
            | '/'
            | '＋'
            | '（'
            | '）'
            | '‐'..='―'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' => {}
            _ if c.is_whitespace() => {}
            _ => return false,
        }
    }
    (7..=15).contains(&digits) && !is_date(cell) && !is_amount(cell)
}

fn is_formatted(cell: &str) -> bool {
    let cell = cell.trim();
    let separators = cell.chars().filter(|c| matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/')).count();
    cell.starts_with(['+', '(', '＋']) || cell.starts_with("00") || cell.starts_with("tel:") || separators >= 2
}

fn is_scientific(cell: &str) -> bool {
    cell.split_once("E+").is_some_and(|(mantissa, exponent)| {
        mantissa.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
            && exponent.parse::<u8>().is_ok_and(|exponent| (6..=15).contains(&exponent))
    })
}

/// `16.10.2015`, `2015-10-16`, `10/16/2015`, with or without a time behind it.
fn is_date(cell: &str) -> bool {
    let day = cell.split([' ', 'T']).next().unwrap_or_default();
    ['.', '-', '/'].iter().any(|separator| {
        let parts: Vec<&str> = day.split(*separator).collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let shaped = matches!(lengths[..], [1..=2, 1..=2, 4] | [4, 1..=2, 1..=2]);
        let year = parts.iter().find(|part| part.len() == 4).and_then(|part| part.parse::<u16>().ok());
        shaped && year.is_some_and(|year| (1900..2100).contains(&year))
    })
}

/// `1234567.89`, `-12345678`.
fn is_amount(cell: &str) -> bool {
    let negative = cell.starts_with('-');
    let decimals = cell.split_once('.').is_some_and(|(whole, fraction)| {
        whole.bytes().all(|byte| byte.is_ascii_digit())
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
            && (whole.len() < 10 || !matches!(fraction, "0" | "00"))
    });
    negative || decimals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_look_like_phones_and_other_numbers_do_not() {
        for phone in [
            "(415) 555-0100",
            "14155550100",
            "415.555.0100",
            "tel:+1-415-555-0100",
            "01.99.00.12.11",
            "+33 (0)1 99 00 13 70",
            "030 / 23125 144",
            " 415 555\u{a0}0100 ",
            "1.41556E+10",
            "1,41556E+10",
            "'+14155550100",
            "=\"+14155550100\"",
            "415-555-0100 x12",
            "415-555-0100 ext. 7",
            "14155550100.0",
            "０３ ４５６７ ８９０１",
        ] {
            assert!(looks_like_phone(phone), "{phone}");
        }
        for other in [
            "16.10.2015",
            "2015-10-16",
            "10/16/2015",
            "2015-10-16 10:11",
            "08103",
            "524.51",
            "1234567.89",
            "n/a",
            "",
            "jones@example.com",
            "Line one",
            "12 Main Street 12345678",
            "-12345678",
            "4111 1111 1111 1111 1",
        ] {
            assert!(!looks_like_phone(other), "{other}");
        }
    }
}
