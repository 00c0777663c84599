//! `GET /metrics`: what this host has done so far, for Prometheus. The names are promised in `docs/metrics.md`.
//!
//! For the operator only: the numbers of the whole host are nobody's business who has an account on it, and a public
//! listener must not tell strangers how busy it is. A scraper that should not hold the operator's key is given a listener
//! of its own ([`crate::metrics_router`]), which answers nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::{HeaderName, header};

use crate::app::App;
use crate::auth::Operator;
use crate::problem::Problem;

type Text = ([(HeaderName, &'static str); 1], String);

fn text(app: &App) -> Result<Text, Problem> {
    let text = app.metrics.text().map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

/// Tells what this host has done so far, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "system",
    responses((status = 200, body = String, content_type = "text/plain", description = "Metrics; their names are documented")),
    security(("operator" = [])))]
pub(crate) async fn metrics(State(app): State<Arc<App>>, _: Operator) -> Result<Text, Problem> {
    text(&app)
}

/// `/metrics` without a key and nothing else, for a listener that only the operator's own machines reach.
pub fn metrics_router(app: Arc<App>) -> Router {
    let open = async |State(app): State<Arc<App>>| text(&app).map_err(|problem| problem.code().status);
    Router::new().route("/metrics", get(open)).with_state(app)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt;

    use crate::testing::Host;

    #[tokio::test]
    async fn requests_are_counted_by_route_and_never_by_what_is_in_them() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await;
        host.get(Some(&host.live), "/v1/leads?phone=%2B14155552671").await;
        host.get(Some(&host.live), "/nothing/here").await;
        let answer = host.get(Some(&host.operator), "/metrics").await;
        assert_eq!(
            (answer.status, answer.header("content-type").starts_with("text/plain; version=0.0.4")),
            (200, true)
        );
        let line = "campanile_http_requests_total{method=\"GET\",route=\"/v1/campaigns/{id}\",status=\"200\"} 1";
        assert!(answer.text.contains(line), "{}", answer.text);
        assert!(answer.text.contains("route=\"-\",status=\"404\""), "{}", answer.text);
        for secret in [campaign.as_str(), "4155552671", &host.live, "nothing/here"] {
            assert!(!answer.text.contains(secret), "{secret}");
        }
    }

    #[tokio::test]
    async fn the_own_listener_answers_nothing_else() {
        let host = Host::new().await;
        let router = super::metrics_router(host.app.clone());
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        assert_eq!((ask("/metrics").await, ask("/v1/tenants").await, ask("/healthz").await), (200, 404, 404));
    }
}
