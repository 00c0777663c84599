//! A campaign as it is answered: one window of hours for some days of the week.
//!
//! A campaign whose hours were set elsewhere may have more than one window. There is no way to say that here, so the times
//! are null then, and not those of some window.

use campanile_domain::hours::CallingHours;
use campanile_domain::ports::store::Campaign;
use serde::Serialize;
use serde_json::Value;

use crate::api::hosted::words;

/// The last minute of a day, which stands for its end.
pub(super) const LAST_MINUTE: &str = "23:59";
/// The end of a day, as this host writes it.
pub(super) const END_OF_DAY: &str = "24:00";

/// A campaign.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    id: i64,
    name: String,
    status: &'static str,
    max_calls_in_parallel: u32,
    mark_complete_when_no_leads: bool,
    allowed_hours_start_time: Option<String>,
    allowed_hours_end_time: Option<String>,
    allowed_days: Vec<String>,
    max_retries: u32,
    retry_interval: u32,
    created_at: String,
    updated_at: String,
}

impl From<Campaign> for Shown {
    fn from(campaign: Campaign) -> Self {
        let (window, allowed_days) = window(&campaign.config.calling_hours);
        let (from, to) = window.unzip();
        Self {
            id: campaign.key.0,
            status: words::campaign(&campaign),
            name: campaign.config.name,
            max_calls_in_parallel: campaign.config.max_concurrent_calls,
            mark_complete_when_no_leads: campaign.config.complete_when_no_leads,
            allowed_hours_start_time: from,
            allowed_hours_end_time: to,
            allowed_days,
            max_retries: campaign.config.max_retries,
            retry_interval: campaign.config.retry_interval_minutes,
            created_at: words::date(campaign.created_at),
            updated_at: words::date(campaign.updated_at),
        }
    }
}

/// The one window of every day that has one, and those days.
fn window(hours: &CallingHours) -> (Option<(String, String)>, Vec<String>) {
    let Ok(Value::Object(days)) = serde_json::to_value(hours) else { return (None, Vec::new()) };
    let mut ranges = days.values();
    let first = ranges.next();
    let same = first.filter(|first| ranges.all(|range| range == *first));
    let one = same.and_then(Value::as_array).and_then(|ranges| match ranges.as_slice() {
        [only] => Some((time(&only["from"])?, time(&only["to"])?)),
        _ => None,
    });
    (one, days.keys().cloned().collect())
}

fn time(written: &Value) -> Option<String> {
    let text = written.as_str()?;
    Some(format!("{}:00", if text == END_OF_DAY { LAST_MINUTE } else { text }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_window_is_told_and_several_are_not_made_one() {
        let read = |written| window(&CallingHours::from_json(&written).unwrap());
        let days = ["monday", "friday"].map(str::to_owned).to_vec();
        let nine_to_five = Some(("09:00:00".to_owned(), "17:00:00".to_owned()));
        assert_eq!(read(json!({"start": "09:00", "end": "17:00", "days": days})), (nine_to_five, days.clone()));
        let always = window(&CallingHours::always());
        assert_eq!((always.0, always.1.len()), (Some(("00:00:00".into(), "23:59:00".into())), 7));
        let noon =
            json!({"monday": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}], "friday": []});
        assert_eq!(read(noon), (None, vec!["monday".to_owned()]));
        let differ =
            json!({"monday": [{"from": "09:00", "to": "12:00"}], "friday": [{"from": "09:00", "to": "13:00"}]});
        assert_eq!(read(differ), (None, days));
        assert_eq!(window(&CallingHours::empty()), (None, vec![]));
    }
}
