//! Ids in paths. What is no id at all is answered like an id nobody has: 404.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use campanile_domain::ids::NotAnId;
use http::request::Parts;

use crate::codes;
use crate::problem::Problem;

/// The path's `{id}`.
pub(crate) struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = NotAnId>> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params =
            params.map_err(|_| Problem::new(&codes::NOT_FOUND, "the id in the path is not written in UTF-8"))?;
        let text = params.iter().find(|(name, _)| *name == "id").map_or("", |(_, value)| value);
        text.parse().map(Self).map_err(|error: NotAnId| Problem::new(&codes::NOT_FOUND, error.to_string()))
    }
}
