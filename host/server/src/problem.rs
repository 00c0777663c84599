//! How the API says no: problem documents as RFC 9457 defines them.
//!
//! One type for every failure of every endpoint, so that a client needs one branch. `detail` names the value, the rule
//! and the next step; `errors` lists every fault that was found, not the first. The request's id is added by
//! [`crate::frame`], the only place that writes the document. What broke inside goes to the log and never to a client.

use axum::response::{IntoResponse, Response};
use campanile_domain::campaign::FieldError;
use campanile_domain::plugin::allowance::NoRoom;
use campanile_domain::ports::store::StoreError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::codes::{self, Code};

/// Seconds after which what was too much may be tried again: about what an upload takes at the gates.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// One fault in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// A JSON pointer into the body; `?name` for a query parameter; empty for the whole.
    pub pointer: String,
    /// A stable word.
    pub code: String,
    /// The value, the rule and what to do.
    pub message: String,
}

impl FieldProblem {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into() }
    }

    /// The same fault in a larger document.
    pub(crate) fn under(mut self, place: &str) -> Self {
        self.pointer.insert_str(0, place);
        self
    }
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self::new(error.pointer, error.code, error.message)
    }
}

/// A request that was not done, and why.
#[derive(Clone, Debug)]
pub struct Problem {
    code: &'static Code,
    detail: String,
    errors: Vec<FieldProblem>,
    /// In seconds.
    retry_after: Option<u32>,
}

/// The document as it is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// Where the code is explained, relative to this host: `/errors/CE0007`.
    r#type: String,
    /// The problem in a few words, the same for every occurrence of the code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What happened here: the value, the rule and the next step.
    detail: &'a str,
    /// Stable: `CE0007`.
    code: &'a str,
    /// Every fault that was found.
    errors: &'a [FieldProblem],
    /// Names this request in the log of the host.
    request_id: &'a str,
}

impl Problem {
    pub(crate) fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// Lists faults.
    pub(crate) fn with(mut self, errors: impl IntoIterator<Item = impl Into<FieldProblem>>) -> Self {
        self.errors.extend(errors.into_iter().map(Into::into));
        self
    }

    /// Says when it may be tried again.
    pub(crate) const fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 422 with every fault.
    pub(crate) fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.pointer, only.message),
            all => format!("{} things are wrong with the body; all of them are in errors", all.len()),
        };
        Self::new(&codes::INVALID_CONTENT, detail).with(errors)
    }

    /// 400 about one query parameter.
    pub(crate) fn parameter(name: &str, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(&codes::INVALID_PARAMETER, message.clone()).with([FieldProblem::new(
            format!("?{name}"),
            code,
            message,
        )])
    }

    /// 404 in the words that also answer for another account's object.
    pub(crate) fn not_found(what: &str) -> Self {
        let detail = format!("there is no such {what} in this account; check the id and which key you use");
        Self::new(&codes::NOT_FOUND, detail)
    }

    /// 409 because of one rule of the data.
    pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(&codes::CONFLICT, message.clone()).with([FieldProblem::new("", code, message)])
    }

    /// 500; the cause goes to the log.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside");
        Self::new(
            &codes::INTERNAL,
            "the request could not be finished because of a fault of this host; nothing is known to be wrong with the request",
        )
    }

    pub(crate) const fn code(&self) -> &'static Code {
        self.code
    }

    /// What happened, for whoever writes it in another shape.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Every fault that was found.
    pub(crate) fn errors(&self) -> &[FieldProblem] {
        &self.errors
    }

    /// The document for the request of that id.
    pub(crate) fn document<'a>(&'a self, request_id: &'a str) -> Document<'a> {
        Document {
            r#type: format!("/errors/{}", self.code.code),
            title: self.code.title,
            status: self.code.status.as_u16(),
            detail: &self.detail,
            code: self.code.code,
            errors: &self.errors,
            request_id,
        }
    }

    /// The answer to the request of that id.
    pub(crate) fn write(&self, request_id: &str) -> Response {
        let mut response = (self.code.status, axum::Json(self.document(request_id))).into_response();
        let content_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        if self.code.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.code.status == StatusCode::TOO_MANY_REQUESTS {
            let after = self.retry_after.map_or(RETRY_AFTER, HeaderValue::from);
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves itself to [`crate::frame`], which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.code.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::Conflict { code, message } => Self::conflict(code, message),
            StoreError::NoRoom { limit, message } => {
                let code = match limit {
                    NoRoom::UnfinishedUploads => &codes::TOO_MANY_UPLOADS,
                    NoRoom::Plugins | NoRoom::Versions | NoRoom::StoredBytes => &codes::NO_ROOM_FOR_PLUGIN,
                };
                Self::new(code, message.clone()).with([FieldProblem::new("", limit.word(), message)])
            }
            StoreError::Closed { gates, earliest } => Self::closed(gates, earliest),
            StoreError::AccountFull { limit, message } => {
                Self::new(&codes::ACCOUNT_FULL, message.clone()).with([FieldProblem::new("", limit, message)])
            }
            StoreError::Stale => Self::new(&codes::CHANGED_MEANWHILE, error.to_string()),
            StoreError::KeyReused => Self::new(&codes::IDEMPOTENCY_KEY_REUSED, error.to_string()),
            StoreError::BadCursor => Self::parameter("cursor", "bad_cursor", error.to_string()),
            StoreError::Fenced => {
                Self::new(&codes::NOT_READY, "another host owns this data now; repeat the request there")
            }
            StoreError::Unwritable(cause) => {
                tracing::error!(%cause, "the storage cannot be written");
                let detail = "the storage of this host cannot be written, so nothing was changed and dialling has stopped; repeat the request once its operator has made room";
                Self::new(&codes::STORAGE_UNWRITABLE, detail)
            }
            StoreError::Broken(cause) => Self::internal(cause),
        }
    }
}
