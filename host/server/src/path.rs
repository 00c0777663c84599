//! Ids and names in paths. What is no id at all is answered like an id nobody has: 404.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use campanile_domain::ids::NotAnId;
use http::request::Parts;

use crate::codes;
use crate::problem::Problem;

async fn param<S: Send + Sync>(parts: &mut Parts, state: &S, wanted: &str) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await;
    let params = params.map_err(|_| Problem::new(&codes::NOT_FOUND, "the name in the path is not written in UTF-8"))?;
    Ok(params.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value).to_owned())
}

/// The path's `{id}`.
pub(crate) struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = NotAnId>> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = param(parts, state, "id").await?;
        text.parse().map(Self).map_err(|error: NotAnId| Problem::new(&codes::NOT_FOUND, error.to_string()))
    }
}

/// The path's `{run}`.
pub(crate) struct Run<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = NotAnId>> FromRequestParts<S> for Run<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = param(parts, state, "run").await?;
        text.parse().map(Self).map_err(|error: NotAnId| Problem::new(&codes::NOT_FOUND, error.to_string()))
    }
}

/// The path's `{event}`.
pub(crate) struct Event<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = NotAnId>> FromRequestParts<S> for Event<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = param(parts, state, "event").await?;
        text.parse().map(Self).map_err(|error: NotAnId| Problem::new(&codes::NOT_FOUND, error.to_string()))
    }
}

/// The path's `{external_id}`, decoded: what another system calls a lead.
pub(crate) struct ExternalId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for ExternalId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        param(parts, state, "external_id").await.map(Self)
    }
}

/// The path's `{name}`.
pub(crate) struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        param(parts, state, "name").await.map(Self)
    }
}

/// The path's `{version}`.
pub(crate) struct Version(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Version {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        param(parts, state, "version").await.map(Self)
    }
}

/// The path's `{secret}`.
pub(crate) struct Secret(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Secret {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        param(parts, state, "secret").await.map(Self)
    }
}
