//! What a request for events asks for: which, and behind which number.
//!
//! A key is told of nothing that it may not read: an event about leads and calls needs the scopes that read leads and calls,
//! and so on. Events that are asked for by name and may not be read are refused; of everything, they are left out.

use axum::http::HeaderMap;
use campanile_domain::event::{self, EVENTS, EventKind};
use campanile_domain::ports::store::{EventSpan, may};

use crate::auth::{CampaignsRead, Key};
use crate::codes;
use crate::problem::Problem;

const LAST_EVENT_ID: &str = "last-event-id";

/// The names of events that a key asks for (`None`: what is told by itself) and may read.
pub(super) fn kinds(key: &Key<CampaignsRead>, types: Option<&str>) -> Result<Option<Vec<String>>, Problem> {
    let lacks = |kind: &EventKind| kind.subject.scopes().iter().copied().find(|scope| !may(key.scopes(), scope));
    let Some(types) = types else {
        let told = EVENTS.iter().filter(|kind| kind.name != event::SCHEDULED);
        let may: Vec<String> = told.filter(|kind| lacks(kind).is_none()).map(|kind| kind.name.to_owned()).collect();
        return Ok(Some(may));
    };
    let mut kinds = Vec::new();
    for name in types.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let Some(kind) = event::kind(name) else {
            let known: Vec<&str> = EVENTS.iter().map(|kind| kind.name).collect();
            let message = format!("there is no event {name:?}; the events are: {}", known.join(", "));
            return Err(Problem::parameter("types", "unknown_value", message));
        };
        if let Some(scope) = lacks(kind) {
            let detail = format!(
                "{name} tells what only a key with the scope {scope:?} may read; use one that has it, or leave {name} out"
            );
            return Err(Problem::new(&codes::MISSING_SCOPE, detail));
        }
        kinds.push(name.to_owned());
    }
    if kinds.is_empty() {
        let message = "types names no event; name some, separated by commas, or leave it out for everything";
        return Err(Problem::parameter("types", "required", message));
    }
    Ok(Some(kinds))
}

/// The number in `Last-Event-ID`, which a browser sends when it comes back.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let message = format!("Last-Event-ID is {text:?}; it is the number of the last event that you saw, its id");
        Problem::parameter("after", "invalid", message)
    })
}

/// Whether a log that spans so much goes on behind a number without a gap.
pub(crate) fn goes_on(after: i64, span: EventSpan) -> Result<(), Problem> {
    let EventSpan { oldest, newest } = span;
    if after < 0 || after > newest {
        let message = format!("after is {after}, but the newest event of this account is {newest}; send 0 to {newest}");
        return Err(Problem::parameter("after", "range", message));
    }
    if after + 1 < oldest {
        let detail = format!(
            "what happened behind {after} is not kept any more, the oldest event that is has the number {oldest}; read what \
             you missed by other paths, then go on with after={}",
            oldest - 1
        );
        return Err(Problem::new(&codes::EVENTS_GONE, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_goes_on_where_nothing_is_missing() {
        let span = EventSpan { oldest: 50, newest: 70 };
        let told = |after| goes_on(after, span).err().map(|problem| problem.code().code);
        assert_eq!([49, 50, 70].map(told), [None; 3]);
        assert_eq!([-1, 71].map(told), [Some("CE0011"); 2]);
        assert_eq!([0, 48].map(told), [Some("CE0039"); 2]);
        let why = format!("{:?}", goes_on(3, span).unwrap_err());
        assert!(why.contains("has the number 50") && why.contains("after=49"), "{why}");
        let nothing = EventSpan { oldest: 1, newest: 0 };
        assert!(goes_on(0, nothing).is_ok() && goes_on(1, nothing).is_err());
    }
}
