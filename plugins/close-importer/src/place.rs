//! Where a run is in Close's search.
//!
//! The search hands out a cursor that is soon forgotten (a host that waits out a limit is later than that) and that leads
//! through 10,000 contacts at most. So a run is made of windows: each asks for what was created (or updated) from an
//! instant on, in that order, and a window that has given [`WINDOW`] contacts, or whose cursor is forgotten, is followed
//! by one from the instant that was seen last. Those of that instant are read twice, which loses nobody.

use serde::{Deserialize, Serialize};

/// Contacts of one window, with room below Close's 10,000 for the page at its end.
pub const WINDOW: u64 = 9_000;

/// Where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From when on the window asks, in Unix milliseconds; none: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Close's cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The instant of the last contact that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<i64>,
    /// Contacts that the window has given.
    #[serde(default)]
    pub given: u64,
}

impl Place {
    /// The beginning of a window.
    pub fn from(from: Option<i64>) -> Self {
        Self { from, ..Self::default() }
    }

    /// The page after one that gave `found` contacts, the last of them of the instant `last`; `None` after the last page.
    /// `Err`: more contacts are of one instant than a window holds.
    pub fn after(self, found: u64, last: Option<i64>, cursor: Option<String>) -> Result<Option<Self>, i64> {
        let (given, seen) = (self.given + found, last.or(self.seen));
        match (cursor, seen) {
            (None, _) => Ok(None),
            (Some(cursor), _) if given < WINDOW => Ok(Some(Self { cursor: Some(cursor), given, seen, ..self })),
            (Some(_), Some(seen)) if self.from != Some(seen) => Ok(Some(Self::from(Some(seen)))),
            (Some(_), seen) => Err(seen.unwrap_or_default()),
        }
    }

    /// The window from where it was, without its cursor.
    pub fn again(&self) -> Self {
        Self::from(self.seen.or(self.from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_full_is_followed_by_one_from_the_instant_seen_last() {
        let place = Place { cursor: Some("c".into()), given: WINDOW - 2, seen: Some(6), ..Place::default() };
        let next = place.clone().after(1, Some(7), Some("d".into())).unwrap().unwrap();
        assert_eq!((next.cursor.as_deref(), next.seen, next.given), (Some("d"), Some(7), WINDOW - 1));
        let window = next.clone().after(1, Some(8), Some("e".into())).unwrap().unwrap();
        assert_eq!(window, Place::from(Some(8)));
        assert_eq!(next.after(1, Some(8), None), Ok(None));
        let stuck = Place { given: WINDOW, ..window }.after(1, Some(8), Some("f".into()));
        assert_eq!(stuck, Err(8), "more of one instant than a window holds");
    }

    #[test]
    fn a_forgotten_cursor_costs_no_more_than_an_instant() {
        let place = Place { from: Some(1), cursor: Some("c".into()), seen: Some(5), given: 300 };
        assert_eq!(place.again(), Place::from(Some(5)));
        assert_eq!(Place { seen: None, ..place }.again(), Place::from(Some(1)));
    }
}
