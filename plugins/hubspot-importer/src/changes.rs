//! What changed, asked of HubSpot's search.
//!
//! The search answers at most 10,000 records of one question, its `after` is a number of records to skip, and a contact
//! that changes meanwhile moves to the end and everybody behind it one place forward: whoever pages by `after` skips
//! people. So each page is a question of its own: from the last time that was seen, inclusive. Where a whole page has one
//! time, because somebody edited a list at once, that time is gone through by id.

use campanile_plugin_sdk::records::instant;
use campanile_plugin_sdk::types::PluginError;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// Where a run of changes is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Contacts changed then or later, in Unix milliseconds.
    at: i64,
    /// Only those changed at that very time, with a larger id than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    above: Option<u64>,
}

impl Since {
    /// The first page of what changed since.
    pub const fn new(at: i64) -> Self {
        Self { at, above: None }
    }

    /// The question.
    pub fn question(&self, properties: &[&str], limit: u32) -> Json {
        let filter = |name: &str, operator: &str, value: String| json!({ "propertyName": name, "operator": operator, "value": value });
        let (filters, sort) = match self.above {
            None => (vec![filter("lastmodifieddate", "GTE", self.at.to_string())], "lastmodifieddate"),
            Some(above) => (
                vec![
                    filter("lastmodifieddate", "EQ", self.at.to_string()),
                    filter("hs_object_id", "GT", above.to_string()),
                ],
                "hs_object_id",
            ),
        };
        json!({
            "filterGroups": [{ "filters": filters }],
            "sorts": [{ "propertyName": sort, "direction": "ASCENDING" }],
            "properties": properties,
            "limit": limit,
        })
    }

    /// The next page's place; `None` after the last. `more`: the answer says that there is more. How many it holds says
    /// nothing: HubSpot answers fewer than it was asked for as it likes. Code `place_missing` where there is more and the
    /// last contact does not say when it changed: an end would lose whoever comes behind.
    pub fn next(&self, found: &[Json], more: bool) -> Result<Option<Self>, PluginError> {
        let last = found.last().filter(|_| more);
        if self.above.is_some() {
            let id = last.and_then(|last| last.get("id")?.as_str()?.parse().ok());
            return Ok(Some(id.map_or_else(|| Self::new(self.at + 1), |id| Self { at: self.at, above: Some(id) })));
        }
        if !more {
            return Ok(None);
        }
        let at = last.and_then(|last| instant(last.pointer("/properties/lastmodifieddate")?)).ok_or_else(|| {
            let why = "HubSpot says that there is more, and its last contact does not say when it changed; ask again";
            PluginError::new("place_missing", why)
        })?;
        Ok(Some(if at > self.at { Self::new(at) } else { Self { at: self.at, above: Some(0) } }))
    }
}
