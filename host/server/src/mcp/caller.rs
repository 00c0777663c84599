//! Who calls a tool: what travels beside a message, out of the library's sight.

use std::sync::Arc;

use http::HeaderValue;

/// Who calls a tool.
#[derive(Clone)]
pub(super) struct Caller {
    /// The header that the key came in.
    pub authorization: HeaderValue,
    /// What the key may do.
    pub scopes: Arc<[String]>,
    /// Nothing that it does reaches a real phone.
    pub is_test: bool,
    /// Names the request in the answer and in the log, and every request that is made of it.
    pub request_id: String,
}
