//! What every request is wrapped in: its id, its line in the log, and the writing of problems.
//!
//! A client may send `x-request-id` and finds it in the answer, in a problem and in the log; text that could forge a
//! line of the log is replaced. The log holds the route's pattern, never the path itself, because paths carry hook
//! tokens, and never a query, because queries carry phones.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;

use crate::admission::Told;
use crate::api::hosted::{self, Refusal};
use crate::app::App;
use crate::codes;
use crate::problem::Problem;
use crate::request_id::{RequestIds, X_REQUEST_ID};

/// Wraps a request.
pub(crate) async fn frame(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let ids = RequestIds::of(&request, &app);
    let method = request.method().clone();
    let hosted = hosted::owns(request.uri().path());
    let route = request.extensions().get::<MatchedPath>().map_or("-", |path| path.as_str()).to_owned();
    request.extensions_mut().insert(ids.clone());
    let told = Told::default();
    request.extensions_mut().insert(told.clone());
    let timed = app.metrics.begun(&method, &route);
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let written = if hosted { Refusal::from(problem.clone()).into_response() } else { problem.write(&ids.shown) };
        let plain = std::mem::replace(&mut response, written);
        // Headers that the framework knows better, such as the methods a path allows.
        if let Some(allow) = plain.headers().get(http::header::ALLOW) {
            response.headers_mut().insert(http::header::ALLOW, allow.clone());
        }
    }
    if let Some(standing) = told.standing() {
        standing.tell(response.headers_mut());
    }
    if let Ok(value) = HeaderValue::from_str(&ids.shown) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    drop(timed);
    app.metrics.answered(&method, &route, response.status());
    let status = response.status().as_u16();
    let code = problem.map_or("", |problem| problem.code().code);
    tracing::info!(%method, route, status, code, request = %ids.id, request_id = ids.shown, "request");
    response
}

/// A handler broke; the client learns that, and no more.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
    Problem::internal(said).into_response()
}

/// Answers for paths that do not exist.
pub(crate) async fn no_such_path() -> Problem {
    Problem::new(
        &codes::NO_SUCH_PATH,
        "there is nothing at this path; every path is listed in /openapi.json, readable at /docs/",
    )
}

/// Answers for methods that a path does not have.
pub(crate) async fn no_such_method() -> Problem {
    let detail = "this path exists, but not with this method; the header Allow names the methods it has";
    Problem::new(&codes::METHOD_NOT_ALLOWED, detail)
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_log_names_routes_and_neither_phones_nor_secrets() {
        let host = crate::testing::Host::new().await;
        let (_, hook) = host.gateway_with_hook().await;
        host.hook(&hook, b"+14155552671".to_vec()).await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        host.get(Some(&host.live), "/v1/leads?phone=%2B14155552671").await;
        host.get(Some(&host.live), "/v1/leads?phone=14155552671x").await;
        let text = crate::testing::log::lines();
        for route in ["/hooks/gateways/{id}/{token}", "/v1/leads", "/v1/campaigns/{id}/leads"] {
            assert!(text.contains(&format!("route=\"{route}\"")), "{route} in {text}");
        }
        let token = hook.rsplit('/').next().unwrap();
        for secret in [token, "4155552671", &host.live, &host.operator] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
