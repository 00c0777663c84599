//! Pages of lists: keyset, never an offset.
//!
//! A cursor is the key of the last row with the name of the list it belongs to, so that one list's cursor is refused by
//! another and nobody is tempted to read meaning into it.

use campanile_domain::ports::store::{Listed, Page, StoreError};

use super::fault::{Done, Fault};

/// The longest page.
const MOST: u32 = 200;
/// The page of who did not ask.
const USUAL: u32 = 50;

/// How many rows a page has.
pub(crate) fn limit(page: &Page) -> u32 {
    if page.limit == 0 { USUAL } else { page.limit.min(MOST) }
}

/// The key after which the page begins, or `first` for the first page.
pub(crate) fn after(page: &Page, list: &str, first: i64) -> Done<i64> {
    let Some(cursor) = &page.cursor else { return Ok(first) };
    cursor
        .strip_prefix(list)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|key| i64::from_str_radix(key, 36).ok())
        .ok_or(Fault::Store(StoreError::BadCursor))
}

/// Cuts the row too many that was fetched to see whether there is a next page.
pub(crate) fn cut<T>(mut rows: Vec<(i64, T)>, page: &Page, list: &str) -> Listed<T> {
    let limit = limit(page) as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(key, _)| format!("{list}-{}", base36(*key)));
    Listed { data: rows.into_iter().map(|(_, row)| row).collect(), next_cursor }
}

fn base36(key: i64) -> String {
    let mut rest = key.unsigned_abs();
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        digits.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
        rest /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let page = Page { cursor: None, limit: 2 };
        let listed = cut(vec![(40, 'a'), (39, 'b'), (38, 'c')], &page, "leads");
        assert_eq!(listed.data, ['a', 'b']);
        let next = Page { cursor: listed.next_cursor, limit: 2 };
        assert_eq!(after(&next, "leads", i64::MAX).unwrap(), 39);
        assert!(matches!(after(&next, "calls", i64::MAX), Err(Fault::Store(StoreError::BadCursor))));
        assert_eq!(cut(vec![(1, 'a')], &page, "leads").next_cursor, None);
    }
}
