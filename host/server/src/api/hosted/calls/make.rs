//! `POST /api/user/make_call`: one person, called now or not at all.
//!
//! It is the same single call that [`crate::api::v1::calls::create`] places. A gate that is closed is 422 with the reason; a
//! balance that is too low has words of its own, because flows look for them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::gate::Gate;
use campanile_domain::ports::store::Call;
use campanile_domain::region::region_of_zone;
use http::StatusCode;
use serde_json::{Value, json};

use crate::api::hosted::caller::{Caller, Sent};
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::{assistants, words};
use crate::api::v1::calls::create::{SingleCall, place};
use crate::app::App;
use crate::auth::CallsWrite;
use crate::codes;
use crate::problem::Problem;

/// Calls one person now.
pub(crate) async fn make_call(
    State(app): State<Arc<App>>,
    caller: Caller<CallsWrite>,
    Sent(mut given): Sent,
) -> Result<Json<Value>, Refusal> {
    given.require(&["phone_number", "assistant_id"]);
    let number = given.number("assistant_id");
    let assistant = match number {
        Some(number) => assistants::numbered(app.store.assistants(caller.key.of()).await?, number),
        None => None,
    };
    let region = assistant.as_ref().and_then(|assistant| region_of_zone(assistant.config.time_zone.name()));
    let phone = given.phone("phone_number", region);
    let variables = given.variables("variables").unwrap_or_default();
    let outbound = assistant.filter(|assistant| assistant.config.outbound);
    if let (Some(number), None) = (number, &outbound) {
        let message = format!("There is no assistant {number} in this account that calls out.");
        return Err(Refusal::new(StatusCode::NOT_FOUND, message));
    }
    given.finish()?;
    let (Some(assistant), Some(phone)) = (outbound, phone) else {
        return Err(Problem::internal("a call was asked for without a phone or an assistant").into());
    };
    let asked = SingleCall::to(assistant.id, phone.to_string(), variables);
    let call = place(&app, &caller.key, asked).await.map_err(refused)?;
    Ok(Json(initiated(&call)))
}

fn initiated(call: &Call) -> Value {
    json!({"message": "The call was initiated.", "call_id": call.key.0, "status": words::call(call.state)})
}

fn refused(problem: Problem) -> Refusal {
    if problem.code().code != codes::CALL_NOT_NOW.code {
        return Refusal::from(problem);
    }
    let told = |code: &str| problem.errors().iter().find(|gate| gate.code == code);
    let message = match told(Gate::Balance.code()) {
        Some(low) => format!("Insufficient balance to make the call: {}.", low.message),
        None => {
            let reasons: Vec<_> = problem.errors().iter().map(|gate| gate.message.as_str()).collect();
            if reasons.len() > 1 {
                format!("{}: {}", problem.detail(), reasons.join("; "))
            } else {
                problem.detail().to_owned()
            }
        }
    };
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn post(host: &Host, body: Value) -> Answer {
        host.post(Some(&host.live), "/api/user/make_call", body).await
    }

    async fn host_with_assistant() -> (Host, Value) {
        let host = Host::new().await;
        host.assistant().await;
        let id = host.get(Some(&host.live), "/api/user/assistants").await.body[0]["id"].clone();
        (host, id)
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_and_nobody_is_called() {
        let (host, assistant) = host_with_assistant().await;
        let wrong = [
            ("phone_number", json!("12")),
            ("phone_number", json!(null)),
            ("assistant_id", json!("x")),
            ("variables", json!("x")),
        ];
        for (field, value) in wrong {
            let mut body = json!({"assistant_id": assistant, "phone_number": "+14155552671"});
            body[field] = value.clone();
            let refused = post(&host, body).await;
            assert_eq!((refused.status, refused.body["errors"][field].is_array()), (422, true), "{}", refused.text);
        }
        assert_eq!(post(&host, json!({"assistant_id": 4_000, "phone_number": "+14155552671"})).await.status, 404);
        assert_eq!(post(&host, json!({})).await.body["errors"].as_object().unwrap().len(), 2);
        assert_eq!(host.get(Some(&host.live), "/v1/leads").await.body["data"], json!([]));
    }

    #[tokio::test]
    async fn closed_gates_are_told_with_their_reasons() {
        let (host, assistant) = host_with_assistant().await;
        host.suppress("+14155552671").await;
        // A Saturday.
        host.engine_later(5 * 24 * 3_600_000);
        let closed = post(&host, json!({"assistant_id": assistant, "phone_number": "+14155552672"})).await;
        assert_eq!(closed.status, 422, "{}", closed.text);
        assert!(closed.body["message"].as_str().unwrap().contains("2026-03-09T13:00:00Z"), "{}", closed.text);
        let both = post(&host, json!({"assistant_id": assistant, "phone_number": "+14155552671"})).await;
        let message = both.body["message"].as_str().unwrap();
        assert!(message.contains("hours") && message.contains("do-not-call"), "{message}");
        assert_eq!(host.get(Some(&host.live), "/api/user/calls").await.body["total"], 0);
    }

    #[tokio::test]
    async fn without_an_engine_nobody_is_called() {
        let (host, assistant) = host_with_assistant().await;
        let answer = post(&host, json!({"assistant_id": assistant, "phone_number": "(415) 555-2671"})).await;
        assert_eq!((answer.status, answer.body["message"].is_string()), (503, true), "{}", answer.text);
    }

    #[tokio::test]
    async fn a_call_that_was_placed_is_told_by_its_number() {
        let host = Host::new().await;
        let (_, id) = host.called_lead().await;
        let call = host.app.store.call(host.tenant_key().await, id.parse().unwrap()).await.unwrap();
        let told = super::initiated(&call);
        let listed = host.get(Some(&host.live), "/api/user/calls").await.body["data"][0].clone();
        assert_eq!((&told["call_id"], &told["status"]), (&listed["id"], &listed["status"]));
    }
}
