//! Where a run is, in two lists: the records, by when they changed, and after them whoever was deleted.
//!
//! Zoho does not promise what its token for a next page counts: somebody who changes or goes meanwhile may move
//! everybody behind one place forward. So the next page is a question of its own, from a second before the last time
//! that was seen; whoever is seen twice is the same person twice, and whoever changes meanwhile goes to the end and is
//! met again. Only where a page does not get beyond its own beginning, because somebody imported thousands at once, or
//! is not sorted, the token is taken. It ends after a day and after 100,000 records; then that question is asked again.

use campanile_plugin_sdk::records::instant;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A place in either list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// In the list of the deleted, whose pages have numbers.
    Deleted {
        /// From 1.
        page: u32,
    },
    /// In the list of records.
    Records(Records),
}

/// A place in the list of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// What changed then or later is asked for, in Unix milliseconds; none: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Zoho's word for a further page of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Records {
    /// The place after a page that told this token.
    pub fn after(&self, records: &[Json], token: String) -> Self {
        let times: Option<Vec<i64>> = records.iter().map(|record| instant(record.get("Modified_Time")?)).collect();
        let times = times.filter(|times| times.is_sorted());
        let reached = times.and_then(|times| times.last().map(|last| last - 1_000));
        match reached.filter(|reached| self.from.is_none_or(|from| *reached > from)) {
            Some(reached) => Self { from: Some(reached), token: None },
            None => Self { from: self.from, token: Some(token) },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(place: &Records, times: &[&str]) -> Records {
        let records: Vec<_> = times.iter().map(|time| json!({"Modified_Time": time})).collect();
        place.after(&records, "t2".to_owned())
    }

    #[test]
    fn a_page_that_gets_on_is_gone_on_from_by_its_time() {
        let second = 1_767_225_600_000;
        let (early, late) = ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:05Z");
        let reached = after(&Records::default(), &[early, late]);
        assert_eq!(reached, Records { from: Some(second + 4_000), token: None });
        // One second may hold more than a page.
        let same = after(&reached, &[late, late]);
        assert_eq!(same, Records { from: Some(second + 4_000), token: Some("t2".to_owned()) });
        assert_eq!(after(&same, &[late, "2026-01-01T00:00:06Z"]), Records { from: Some(second + 5_000), token: None });
        for strange in [&[late, early][..], &[early, "soon"], &[]] {
            assert_eq!(after(&Records::default(), strange), Records { from: None, token: Some("t2".to_owned()) });
        }
    }

    #[test]
    fn places_are_kept_as_they_are() {
        let places = [
            Place::Deleted { page: 3 },
            Place::Records(Records::default()),
            Place::Records(Records { from: Some(7), token: Some("t".to_owned()) }),
        ];
        for place in places {
            let kept = serde_json::to_string(&place).unwrap();
            assert_eq!(serde_json::from_str::<Place>(&kept).unwrap(), place, "{kept}");
        }
    }
}
