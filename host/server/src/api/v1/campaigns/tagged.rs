//! A campaign with its revision as `ETag`, and the `If-Match` that a change may carry.

use axum::Json;
use axum::response::{IntoResponse, Response};
use campanile_domain::ports::store::Campaign;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::codes;
use crate::problem::Problem;

/// An answer that shows a campaign.
pub(crate) struct Tagged<T> {
    status: StatusCode,
    revision: u64,
    body: T,
}

impl Tagged<Campaign> {
    pub(super) fn new(campaign: Campaign) -> Self {
        Self::of(campaign.revision, campaign)
    }
}

impl<T> Tagged<T> {
    pub(super) const fn of(revision: u64, body: T) -> Self {
        Self { status: StatusCode::OK, revision, body }
    }

    pub(super) fn created(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.revision)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

pub(super) fn changed(current: u64) -> Problem {
    let detail = format!(
        "If-Match does not name the campaign's revision, which is \"{current}\" now; read it again and repeat the change"
    );
    Problem::new(&codes::REVISION_MISMATCH, detail)
}

/// The revision that a change insists on. Any tag that is not the current one is a mismatch, whatever its form.
pub(super) fn insisted(headers: &HeaderMap, current: u64) -> Result<Option<u64>, Problem> {
    let Some(tags) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let tags = tags.to_str().unwrap_or_default();
    if tags.trim() == "*" {
        return Ok(None);
    }
    let wanted = format!("\"{current}\"");
    if tags.split(',').any(|tag| tag.trim() == wanted) { Ok(Some(current)) } else { Err(changed(current)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_revision_matches() {
        let sent = |tag: &'static str| HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(tag))]);
        assert_eq!(insisted(&HeaderMap::new(), 5).unwrap(), None);
        assert_eq!(insisted(&sent("*"), 5).unwrap(), None);
        assert_eq!(insisted(&sent("\"5\""), 5).unwrap(), Some(5));
        assert_eq!(insisted(&sent("\"4\", \"5\""), 5).unwrap(), Some(5));
        for wrong in ["\"4\"", "W/\"5\"", "5", ""] {
            assert!(insisted(&sent(wrong), 5).is_err(), "{wrong}");
        }
    }
}
