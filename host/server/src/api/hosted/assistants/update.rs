//! `PUT /api/user/assistant/{id}`: changes what it names; running campaigns follow at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::of;
use super::shown::Shown;
use super::webhook::{self, Webhooks};
use super::wish::{read, refused};
use crate::api::hosted::caller::{Caller, Number, Sent};
use crate::api::hosted::refusal::Refusal;
use crate::api::v1::assistants::patch::change;
use crate::app::App;
use crate::auth::AssistantsWrite;

/// An assistant that was changed.
#[derive(serde::Serialize)]
pub(crate) struct Changed {
    message: &'static str,
    data: Shown,
}

/// Changes an assistant.
pub(crate) async fn update_assistant(
    State(app): State<Arc<App>>,
    caller: Caller<AssistantsWrite>,
    Number(number): Number,
    Sent(mut given): Sent,
) -> Result<Json<Changed>, Refusal> {
    let current = of(&app, caller.key.of(), number).await?;
    let wish = read(&mut given, Some(&current));
    let of_webhook = webhook::Wish::read(&mut given);
    given.finish()?;
    let plan = webhook::plan(&app, &caller.key, Some(current.id), of_webhook).await?;
    let changed = match wish.is_empty() {
        true => current,
        false => change(&app, &caller.key, &current, wish).await.map_err(|problem| refused(&problem))?,
    };
    plan.carry_out(&app, &caller.key, changed.id).await?;
    let webhook = Webhooks::seen(&app, &caller.key).await?.standing(changed.id);
    Ok(Json(Changed { message: "The assistant was updated.", data: Shown::new(changed, webhook) }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn put(host: &Host, path: &str, body: Value) -> Answer {
        host.send(Some(&host.live), "PUT", path, Some(body)).await
    }

    #[tokio::test]
    async fn named_fields_change_and_questions_keep_what_cannot_be_said_here() {
        let host = Host::new().await;
        let here = format!("/v1/assistants/{}", host.assistant().await);
        let specs = json!([{"name": "stop_calls", "kind": "boolean", "description": "No more calls?", "required": true, "role": "opt_out"},
            {"name": "plan", "kind": "choice", "choices": ["a", "b"], "description": "Which plan?"}]);
        assert_eq!(host.patch(Some(&host.live), &here, json!({"variables": specs})).await.status, 200);
        let shown = host.get(Some(&host.live), "/api/user/assistants").await.body[0].clone();
        let path = format!("/api/user/assistant/{}", shown["id"]);
        let mut schema = shown["post_call_schema"].clone();
        schema[1]["description"] = "Which plan is it?".into();
        schema.as_array_mut().unwrap().push(json!({"name": "mood", "type": "string", "description": "How was it?"}));
        let changed =
            put(&host, &path, json!({"name": "Maria", "max_duration": 900, "post_call_schema": schema})).await;
        assert_eq!((changed.status, &changed.body["data"]["name"]), (200, &"Maria".into()), "{}", changed.text);
        let now = host.get(Some(&host.live), &here).await.body;
        assert_eq!(now["variables"][0], specs[0]);
        assert_eq!(
            (&now["variables"][1]["kind"], &now["variables"][1]["choices"]),
            (&"choice".into(), &json!(["a", "b"]))
        );
        assert_eq!((&now["variables"][2]["kind"], &now["max_call_seconds"]), (&"text".into(), &900.into()));
        assert_eq!((&now["time_zone"], &now["phone_numbers"]), (&"America/New_York".into(), &json!(["+14155552670"])));
        put(&host, &path, json!({"phone_number_id": null})).await;
        assert_eq!(host.get(Some(&host.live), &here).await.body["phone_numbers"], json!([]));
        let nothing = put(&host, &path, json!({})).await;
        assert_eq!((nothing.status, &nothing.body["data"]["name"]), (200, &"Maria".into()));
    }

    #[tokio::test]
    async fn a_prompt_is_not_kept_for_nobody_to_speak() {
        let host = Host::new().await;
        host.assistant().await;
        let before = host.get(Some(&host.live), "/api/user/assistants").await.body[0].clone();
        let path = format!("/api/user/assistant/{}", before["id"]);
        let refused = put(&host, &path, json!({"name": "Maria", "system_prompt": "Be kind.", "record": true})).await;
        assert_eq!(refused.status, 422);
        let mut fields: Vec<_> = refused.body["errors"].as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["record", "system_prompt"]);
        assert_eq!(host.get(Some(&host.live), &path).await.body, before);
        assert_eq!(put(&host, "/api/user/assistant/4000", json!({"name": "x"})).await.status, 404);
    }
}
