//! `POST /api/user/assistant` and `POST /api/user/assistants`.
//!
//! Those platforms have one voice; here an assistant is spoken for by a gateway. With one in the account it is that one, with
//! several the field `gateway` says which.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Map, Value};

use super::shown::Shown;
use super::webhook::{self, Webhooks};
use super::wish::{read, refused};
use crate::api::hosted::caller::{Caller, Sent};
use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::api::v1::assistants::create::make;
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};

/// An assistant that was made.
#[derive(serde::Serialize)]
pub(crate) struct Made {
    message: &'static str,
    data: Shown,
}

/// Makes an assistant.
pub(crate) async fn create_assistant(
    State(app): State<Arc<App>>,
    caller: Caller<AssistantsWrite>,
    Sent(mut given): Sent,
) -> Result<(StatusCode, Json<Made>), Refusal> {
    given.require(&["name", "type", "timezone"]);
    let mut wish = read(&mut given, None);
    let of_webhook = webhook::Wish::read(&mut given);
    choose_gateway(&app, &caller.key, &mut given, &mut wish).await?;
    given.finish()?;
    let plan = webhook::plan(&app, &caller.key, None, of_webhook).await?;
    let made = make(&app, &caller.key, wish).await.map_err(|problem| refused(&problem))?;
    plan.carry_out(&app, &caller.key, made.id).await?;
    let webhook = Webhooks::seen(&app, &caller.key).await?.standing(made.id);
    let data = Shown::new(made, webhook);
    Ok((StatusCode::CREATED, Json(Made { message: "The assistant was created.", data })))
}

async fn choose_gateway(
    app: &App,
    key: &Key<AssistantsWrite>,
    given: &mut Given,
    wish: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    if wish.contains_key("gateway") {
        return Ok(());
    }
    let gateways = app.store.gateways(Some(key.of())).await?;
    match gateways.as_slice() {
        [only] => drop(wish.insert("gateway".into(), only.id.to_string().into())),
        [] => given.refuse(
            "gateway",
            "The account has no voice gateway to speak through; install one with POST /v1/gateways.",
        ),
        several => {
            let ids: Vec<_> = several.iter().map(|gateway| gateway.id.to_string()).collect();
            given.refuse(
                "gateway",
                format!("The gateway field is required when there are several: {}.", ids.join(", ")),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn post(host: &Host, body: Value) -> Answer {
        host.post(Some(&host.live), "/api/user/assistant", body).await
    }

    fn least() -> Value {
        json!({"name": "Mara", "type": "outbound", "timezone": "America/New_York"})
    }

    #[tokio::test]
    async fn an_assistant_speaks_through_the_only_gateway() {
        let host = Host::new().await;
        let none = post(&host, least()).await;
        assert_eq!((none.status, none.body["errors"]["gateway"].is_array()), (422, true), "{}", none.text);
        let gateway = host.gateway().await;
        for path in ["/api/user/assistant", "/api/user/assistants"] {
            let made = host.post(Some(&host.live), path, least()).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let data = &made.body["data"];
            assert_eq!(
                (&data["name"], &data["type"], &data["status"]),
                (&"Mara".into(), &"outbound".into(), &"active".into())
            );
            assert_eq!((&data["max_duration"], &data["ringing_time"]), (&600.into(), &30.into()));
            let names: Vec<_> = data["post_call_schema"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
            assert_eq!(names, ["status", "summary"]);
        }
        let here = host.get(Some(&host.live), "/v1/assistants").await;
        assert_eq!(here.body["data"][0]["gateway"], gateway.as_str());
        let second = host.gateway().await;
        let several = post(&host, least()).await;
        assert!(several.body["errors"]["gateway"][0].as_str().unwrap().contains(&second), "{}", several.text);
        let mut named = least();
        named["gateway"] = second.into();
        assert_eq!(post(&host, named.clone()).await.status, 201);
        named["gateway"] = "gw_00000000000000000000000000".into();
        let strange = post(&host, named).await;
        assert!(strange.body["errors"]["gateway"].is_array(), "{}", strange.text);
    }

    #[tokio::test]
    async fn every_field_that_there_is_here_is_taken() {
        let host = Host::new().await;
        host.gateway().await;
        let body = json!({"name": "Mara", "type": "outbound", "timezone": "Europe/Berlin", "max_duration": 1200,
            "ringing_time": "60", "phone_number_id": 14_155_552_671_i64, "gateway_ref": "agent-7",
            "post_call_schema": [{"name": "booked", "type": "bool", "description": "Was a visit booked?"},
                {"name": "guests", "type": "number", "description": "How many?"}, {"name": "note", "type": "string", "description": "Anything else?"}],
            "is_webhook_active": false, "webhook_url": null, "send_webhook_only_on_completed": true, "record": false,
            "variables": {}, "tools": [], "folder": "x"});
        let made = post(&host, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.body["data"]["phone_number_id"], 14_155_552_671_i64);
        let here = host.get(Some(&host.live), "/v1/assistants").await.body["data"][0].clone();
        let taken = json!({"time_zone": "Europe/Berlin", "max_call_seconds": 1200, "ring_timeout_seconds": 60,
            "phone_numbers": ["+14155552671"], "gateway_ref": "agent-7", "outbound": true});
        for (field, value) in taken.as_object().unwrap() {
            assert_eq!(&here[field], value, "{field}");
        }
        let kinds: Vec<_> = here["variables"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
        assert_eq!(kinds, ["boolean", "number", "text"]);
        let mut silent = least();
        silent["post_call_evaluation"] = false.into();
        assert_eq!(post(&host, silent).await.body["data"]["post_call_schema"], json!([]));
    }

    #[tokio::test]
    async fn what_the_gateway_decides_and_what_breaks_a_rule_is_told_under_its_field() {
        let host = Host::new().await;
        host.gateway().await;
        let schema = |name: &str, kind: &str, about: &str| json!([{"name": name, "type": kind, "description": about}]);
        let wrong = [
            ("name", "name", json!("x".repeat(256))),
            ("type", "type", json!("inbound")),
            ("type", "type", json!("both")),
            ("timezone", "timezone", json!("Mars/Olympus")),
            ("max_duration", "max_duration", json!(19)),
            ("max_duration", "max_duration", json!(1201)),
            ("ringing_time", "ringing_time", json!(4)),
            ("ringing_time", "ringing_time", json!(61)),
            ("phone_number_id", "phone_number_id", json!(7)),
            ("phone_number_id", "phone_number_id", json!("x")),
            ("post_call_schema", "post_call_schema", json!("x")),
            ("post_call_schema", "post_call_schema.0.name", schema("ab", "bool", "What?")),
            ("post_call_schema", "post_call_schema.0.name", schema(&"a".repeat(17), "bool", "What?")),
            ("post_call_schema", "post_call_schema.0.name", schema("Upper", "bool", "What?")),
            ("post_call_schema", "post_call_schema.0.type", schema("abc", "date", "What?")),
            ("post_call_schema", "post_call_schema.0.description", schema("abc", "bool", "?")),
            ("post_call_schema", "post_call_schema.0.description", schema("abc", "bool", &"x".repeat(256))),
            ("post_call_schema", "post_call_schema.0.type", json!([{"name": "abc", "description": "What?"}])),
            ("is_webhook_active", "webhook_url", json!(true)),
            ("is_webhook_active", "is_webhook_active", json!("yes")),
            ("webhook_url", "webhook_url", json!("http://example.com")),
            ("webhook_url", "webhook_url", json!("https://127.0.0.1/hook")),
            ("webhook_url", "webhook_url", json!(7)),
            ("send_webhook_only_on_completed", "send_webhook_only_on_completed", json!(false)),
            ("system_prompt", "system_prompt", json!("Be kind.")),
            ("initial_message", "initial_message", json!("Hello!")),
            ("voice_id", "voice_id", json!(4)),
            ("record", "record", json!(true)),
            ("variables", "variables", json!({"company": "Acme"})),
            ("tools", "tools", json!([{"type": "end_call"}])),
        ];
        for (field, place, value) in wrong {
            let mut body = least();
            body[field] = value.clone();
            let refused = post(&host, body).await;
            assert_eq!(refused.status, 422, "{field} {value}: {}", refused.text);
            assert_eq!(refused.body["errors"][place][0], refused.body["message"], "{place}: {}", refused.text);
        }
        assert_eq!(post(&host, json!({})).await.body["errors"].as_object().unwrap().len(), 3);
        assert_eq!(host.get(Some(&host.live), "/api/user/assistants").await.body, json!([]));
    }
}
