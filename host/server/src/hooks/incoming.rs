//! A webhook as it comes to any of the hooks: who may send it, and what is kept of it.
//!
//! Token, size, durable, 2xx; only then does anybody read it. Whoever guesses a URL learns nothing: a wrong token, an
//! unknown owner and a text that is no id are one answer.

use axum::extract::Request;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::{StoreError, Stored};
use subtle::ConstantTimeEq;

use crate::app::{App, Config};
use crate::body::bytes;
use crate::problem::Problem;

/// The owner of a hook, for whoever knows its token.
pub(super) fn owner<T>(found: Stored<T>, token_of: impl Fn(&T) -> &str, token: &str) -> Result<Option<T>, Problem> {
    match found {
        Ok(owner) => {
            let right = bool::from(token_of(&owner).as_bytes().ct_eq(token.as_bytes()));
            Ok(right.then_some(owner))
        }
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What is kept of a request. Signatures are checked against the time of the world outside, whatever clock calls live in.
pub(super) async fn webhook(app: &App, request: Request) -> Result<Webhook, Problem> {
    let (method, uri) = (request.method().to_string(), request.uri().clone());
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    let url = format!("{}{path}", app.config.public_url);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = bytes(request, Config::MAX_HOOK_BYTES).await?.to_vec();
    Ok(Webhook { method, url, headers, body, received_at: app.wall_clock.now() })
}
