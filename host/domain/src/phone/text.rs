//! What surrounds a number in the wild, and what spreadsheets do to it.
//!
//! Only spelling is judged here, never a numbering plan: invisible characters and quoting are taken off, damage is
//! recognised, and what is damaged without loss is put right. It must never turn a lossy value into a plausible one.

use std::borrow::Cow;

use super::Damage;

/// Takes off what is not part of the number: spaces of every kind around it, invisible marks, the apostrophe that makes
/// a spreadsheet keep text, and the formula `="..."` that does the same.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(unwrap_quoting(text));
    }
    let visible: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            // Full-width forms lie at a fixed distance from ASCII.
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            // The library knows these as punctuation only in part.
            c if c.is_whitespace() => ' ',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            other => other,
        })
        .collect();
    Cow::Owned(unwrap_quoting(&visible).to_owned())
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\0' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn unwrap_quoting(text: &str) -> &str {
    let mut inner = text.trim();
    loop {
        let before = inner.len();
        inner = inner.trim_start_matches(['\'', '’', '‘', '`', '´']).trim();
        inner = inner.strip_prefix('=').unwrap_or(inner).trim();
        if inner.len() >= 2 && inner.starts_with('"') && inner.ends_with('"') {
            inner = inner[1..inner.len() - 1].trim();
        }
        if inner.len() == before {
            return inner;
        }
    }
}

/// Damage that cannot be undone.
pub(super) fn damage(text: &str) -> Option<Damage> {
    if let Some(rest) = text.strip_prefix('#') {
        if rest.chars().all(|c| c == '#') {
            return Some(Damage::ColumnTooNarrow);
        }
        // #NAME? #ERROR! #N/A and their translations: #BEZUG! #VALEUR! #¡REF!
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '¡' || c == '¿') {
            return Some(Damage::FormulaError);
        }
    }
    let is_office_error = text
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("err:"))
        .is_some_and(|_| text[4..].bytes().all(|byte| byte.is_ascii_digit()));
    if is_office_error {
        return Some(Damage::FormulaError);
    }
    (scientific(text).is_some() && repair(text).is_none()).then_some(Damage::Scientific)
}

/// Mantissa digits before and after the point, and the exponent, of `1.41556E+10`.
fn scientific(text: &str) -> Option<(&str, &str, usize)> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['E', 'e'])?;
    let exponent = exponent.trim_start().strip_prefix('+').unwrap_or(exponent.trim_start());
    let (whole, fraction) = mantissa.trim_end().split_once(['.', ',']).unwrap_or((mantissa.trim_end(), ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = !whole.is_empty() && digits(whole) && digits(fraction) && !exponent.is_empty() && digits(exponent);
    let exponent: usize = exponent.parse().ok()?;
    (shaped && exponent <= 30).then_some((whole, fraction, exponent))
}

/// Undoes what can be undone exactly: `14155550100.0`, `14,155,550,100`, and scientific notation that kept every digit.
pub(super) fn repair(text: &str) -> Option<String> {
    if let Some((whole, fraction, exponent)) = scientific(text) {
        let (kept, dropped) = fraction.split_at_checked(exponent)?;
        let exact = exponent >= 6 && dropped.bytes().all(|byte| byte == b'0');
        return exact.then(|| format!("{whole}{kept}"));
    }
    let (sign, unsigned) = match text.strip_prefix('+') {
        Some(rest) => ("+", rest),
        None => ("", text),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((whole, tail)) = unsigned.split_once(['.', ','])
        && matches!(tail, "0" | "00")
        && whole.len() >= 7
        && digits(whole)
    {
        return Some(format!("{sign}{whole}"));
    }
    let mut groups = unsigned.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = unsigned.contains(',')
        && (1..=3).contains(&first.len())
        && digits(first)
        && groups.all(|group| group.len() == 3 && digits(group));
    grouped.then(|| format!("{sign}{}", unsigned.replace(',', "")))
}

/// `0044 20 ...` as `+44 20 ...`.
pub(super) fn double_zero(text: &str) -> Option<String> {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let rest = text.strip_prefix("00").or_else(|| text.strip_prefix("(00)")).or_else(|| text.strip_prefix("+00"))?;
    rest.trim_start().starts_with(|c: char| ('1'..='9').contains(&c) || c == '(').then(|| format!("+{rest}"))
}

/// Two or more runs with as many digits as a number, set apart by a separator of lists.
pub(super) fn seems_several(text: &str) -> bool {
    let long_enough = |part: &str| part.chars().filter(char::is_ascii_digit).count() >= 6;
    let listed = text.split([';', ',', '|', '\n', '&']).filter(|part| long_enough(part)).count();
    let slashed = text.split('/').filter(|part| long_enough(part)).count();
    let joined = text.split(" or ").flat_map(|part| part.split(" and ")).filter(|part| long_enough(part)).count();
    listed.max(slashed).max(joined) > 1
}
