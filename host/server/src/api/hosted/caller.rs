//! Who comes through the door, and with what: the same keys and scopes as everywhere, refused in the door's shape.
//!
//! A query parameter and a field that nobody knows are not looked at here, as on the platforms that the clients come from: a
//! flow that sends one more field than is asked for goes on working. What those platforms know and this host cannot do is
//! another thing, and refused by the endpoint.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use campanile_domain::ports::store::Authenticated;
use http::StatusCode;
use http::request::Parts;
use serde_json::{Map, Value};

use super::given::Given;
use super::refusal::Refusal;
use crate::app::App;
use crate::auth::{AnyKey, Key, Scope};
use crate::body::Object;

/// A tenant's key with a scope.
pub(crate) struct Caller<S> {
    pub key: Key<S>,
    scope: PhantomData<S>,
}

impl<S: Scope> FromRequestParts<Arc<App>> for Caller<S> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(Self { key: Key::opened(parts, app).await?, scope: PhantomData })
    }
}

/// Any valid key.
pub(crate) struct AnyCaller(pub Authenticated);

impl FromRequestParts<Arc<App>> for AnyCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(Self(AnyKey::opened(parts, app).await?.0))
    }
}

/// The path's `{id}`. What is no number is answered like a number that nobody has.
pub(crate) struct Number(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| text).unwrap_or_default();
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(Self).ok_or_else(|| {
            Refusal::new(StatusCode::NOT_FOUND, "There is nothing of this id; an id is a whole number, such as 42.")
        })
    }
}

/// The query.
pub(crate) struct Asked(pub Given);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "The query cannot be read; write it as name=value&name=value.",
            ));
        };
        let fields: Map<_, _> = pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
        Ok(Self(Given::new(fields)))
    }
}

/// The body.
pub(crate) struct Sent(pub Given);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Object(fields) = Object::from_request(request, state).await?;
        Ok(Self(Given::new(fields)))
    }
}
