//! Cells that a spreadsheet would take for formulas.
//!
//! A list goes out to people who open it in a spreadsheet, and a cell that begins with `=` runs there. Written files put
//! an apostrophe before such a cell; reading takes exactly one off again, so that what goes out and comes back is the
//! same. A phone's leading plus survives both ways.

use std::borrow::Cow;

/// Whether a spreadsheet might run it: a formula's first character, behind any apostrophes.
fn is_risky(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// For writing.
pub(crate) fn escape(cell: &str) -> Cow<'_, str> {
    if is_risky(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// For reading.
pub(crate) fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(inner) if is_risky(inner) => inner,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_made_harmless() {
        for cell in ["=1+1", "+14155550100", "-2", "@SUM(A1)", "\tx", "\rx", "'=1"] {
            assert_eq!(escape(cell), format!("'{cell}"));
        }
        assert_eq!(escape("O'Neil"), "O'Neil");
        assert_eq!(escape("'tis"), "'tis");
    }

    proptest! {
        #[test]
        fn what_goes_out_comes_back(cell in "['=+@a -]{0,6}") {
            let out = escape(&cell);
            prop_assert_eq!(unescape(&out), &cell);
        }
    }
}
