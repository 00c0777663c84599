//! `GET /v1/calls/{id}`: a call with what was said in it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CallId;
use campanile_domain::ports::gateway::Utterance;
use campanile_domain::ports::store::{Call, EvaluationState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{CallsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::calls as schema;

/// A call and what was said in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallWithTranscript {
    /// The call.
    #[serde(flatten)]
    #[schema(value_type = schema::Call, inline)]
    call: Call,
    /// Who said what; null while nothing is known.
    #[schema(value_type = Option<Vec<schema::Utterance>>)]
    transcript: Option<Vec<Utterance>>,
    /// How far its evaluation is; null where nobody reads it.
    #[schema(value_type = Option<schema::EvaluationState>)]
    evaluation: Option<EvaluationState>,
}

/// Reads a call with its transcript, its variables and the decision that followed.
#[utoipa::path(get, path = "/v1/calls/{id}", tag = "calls", params(("id" = String, Path, description = "`call_...`")),
    responses((status = 200, body = CallWithTranscript)), security(("key" = ["calls:read"])))]
pub(crate) async fn get_call(
    State(app): State<Arc<App>>,
    key: Key<CallsRead>,
    Id(id): Id<CallId>,
) -> Result<Json<CallWithTranscript>, Problem> {
    let call = app.store.call(key.of(), id).await?;
    let transcript = app.store.transcript(key.of(), call.key).await?;
    let evaluation = app.store.evaluation_of(key.of(), call.key).await?;
    Ok(Json(CallWithTranscript { call, transcript, evaluation }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_call_is_shown_with_its_transcript() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let read = host.get(Some(&host.live), &format!("/v1/calls/{call}")).await;
        assert_eq!((read.status, &read.body["lead"]), (200, &lead.as_str().into()), "{}", read.text);
        assert_eq!((&read.body["status"], &read.body["phone"]), (&"completed".into(), &"+14155552671".into()));
        assert_eq!(read.body["transcript"][0]["text"], "Hello?");
    }
}
