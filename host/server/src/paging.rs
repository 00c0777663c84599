//! Pages of lists: `limit` and `cursor` in, `{data, next_cursor}` out.
//!
//! Long lists are paged by the store. The short ones (an account's keys, assistants, gateways) are read whole and cut
//! here, so that a client pages every list the same way.

use campanile_domain::ports::store::{Listed, Page, StoreError};
use serde::Deserialize;

use crate::problem::Problem;

const USUAL: u32 = 50;
const MOST: u32 = 200;

/// The page asked for.
pub(crate) fn page(limit: Option<u32>, cursor: Option<String>) -> Result<Page, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::parameter("limit", "range", format!("limit is {limit}; send 1 to {MOST}")));
    }
    Ok(Page { cursor, limit })
}

/// The query of a list without filters.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Paging {
    pub(crate) fn page(self) -> Result<Page, Problem> {
        page(self.limit, self.cursor)
    }
}

/// Cuts a page out of a whole list; the cursor is the id of the last row before it.
pub(crate) fn cut<T>(rows: Vec<T>, page: &Page, id: impl Fn(&T) -> String) -> Result<Listed<T>, Problem> {
    let start = match &page.cursor {
        None => 0,
        Some(cursor) => 1 + rows.iter().position(|row| id(row) == *cursor).ok_or(StoreError::BadCursor)?,
    };
    let limit = page.limit as usize;
    let more = rows.len() > start + limit;
    let data: Vec<T> = rows.into_iter().skip(start).take(limit).collect();
    let next_cursor = data.last().filter(|_| more).map(id);
    Ok(Listed { data, next_cursor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_once() {
        let rows = || (0..7).collect::<Vec<u32>>();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let listed = cut(rows(), &Page { cursor, limit: 3 }, u32::to_string).unwrap();
            seen.extend(listed.data);
            cursor = listed.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, rows());
        let strange = Page { cursor: Some("99".into()), limit: 3 };
        assert!(format!("{:?}", cut(rows(), &strange, u32::to_string).unwrap_err()).contains("bad_cursor"));
    }

    #[test]
    fn a_limit_outside_its_range_is_refused() {
        assert!(page(Some(0), None).is_err() && page(Some(201), None).is_err());
        assert_eq!(page(None, None).unwrap().limit, 50);
    }
}
