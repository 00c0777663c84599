//! `DELETE /api/user/calls/{id}`: refused, because a call is what gaps, daily caps and money count.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::api::hosted::caller::{Caller, Number};
use crate::api::hosted::calls;
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::CallsWrite;

/// Says that a call stays, and changes nothing.
pub(crate) async fn delete_call(
    State(app): State<Arc<App>>,
    caller: Caller<CallsWrite>,
    Number(number): Number,
) -> Refusal {
    match calls::of(&app, caller.key.of(), number).await {
        Err(refusal) => refusal,
        Ok(_) => {
            let message = "A call cannot be deleted by itself here: how often and how soon its number may be called again, and what was charged, is counted by it.";
            Refusal::new(StatusCode::NOT_IMPLEMENTED, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_call_stays() {
        let host = Host::new().await;
        host.called_lead().await;
        let id = host.get(Some(&host.live), "/api/user/calls").await.body["data"][0]["id"].clone();
        let path = format!("/api/user/calls/{id}");
        let refused = host.delete(Some(&host.live), &path).await;
        assert_eq!((refused.status, refused.body["message"].is_string()), (501, true), "{}", refused.text);
        assert_eq!(host.get(Some(&host.live), &path).await.status, 200);
        assert_eq!(host.delete(Some(&host.live), "/api/user/calls/4000").await.status, 404);
    }
}
