//! `POST /api/user/campaign` and `POST /api/user/campaigns`: a draft.
//!
//! The defaults are those of the clients' platforms, not this host's: three rounds more, an hour between them, every hour of
//! every day. Who came here with them has flows that count on them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::{CallerIdStrategy, CampaignConfig};
use campanile_domain::hours::CallingHours;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::Assistant;
use campanile_domain::zone::Zone;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::shown::{END_OF_DAY, LAST_MINUTE, Shown};
use crate::api::hosted::assistants;
use crate::api::hosted::caller::{Caller, Sent};
use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::words::DAYS;
use crate::api::v1::campaigns::config::check;
use crate::app::App;
use crate::auth::CampaignsWrite;
use crate::problem::Problem;

/// What this host calls a field, and what the door does.
const NAMES: [(&str, &str); 5] = [
    ("/time_zone", "timezone"),
    ("/max_concurrent_calls", "max_calls_in_parallel"),
    ("/retry_interval_minutes", "retry_interval"),
    ("/goal_variable", "goal_completion_variable"),
    ("/caller_ids", "phone_number_ids"),
];

/// A campaign that was made.
#[derive(Serialize)]
pub(crate) struct Made {
    message: &'static str,
    data: Shown,
}

/// Makes a campaign, as a draft.
pub(crate) async fn create_campaign(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsWrite>,
    Sent(mut given): Sent,
) -> Result<(StatusCode, Json<Made>), Refusal> {
    let key = caller.key;
    given.require(&["name", "assistant_id"]);
    let assistant = given.number("assistant_id");
    let numbers = given.numbers("phone_number_ids");
    let mut config = read(&mut given, i64::from(key.tenant.limits.max_concurrent_calls));
    let known = app.store.assistants(key.of()).await?;
    config.caller_ids = numbers.map(|numbers| owned(&mut given, &known, &numbers));
    given.finish()?;
    let number = assistant.unwrap_or_default();
    let assistant =
        assistants::numbered(known, number).filter(|assistant| assistant.config.outbound).ok_or_else(|| {
            let message = format!("There is no assistant {number} in this account that calls out.");
            Refusal::new(StatusCode::NOT_FOUND, message)
        })?;
    let mut faults = Vec::new();
    check(&app, &key.tenant, &assistant, &config, &mut faults).await?;
    if !faults.is_empty() {
        return Err(Refusal::renamed(&Problem::invalid(faults), &NAMES));
    }
    let made = app.store.create_campaign(&key.writes(&app), assistant.id, config).await?;
    Ok((StatusCode::CREATED, Json(Made { message: "The campaign was created.", data: made.into() })))
}

fn read(given: &mut Given, most_calls: i64) -> CampaignConfig {
    let usual = CampaignConfig::named(given.text("name", 255).unwrap_or_default());
    let whole = |number: Option<i64>, usual: u32| number.and_then(|number| number.try_into().ok()).unwrap_or(usual);
    let most_calls = most_calls.max(1);
    let parallel = given.integer("max_calls_in_parallel", 1..=most_calls);
    let (max_retries, interval) = (given.integer("max_retries", 1..=5), given.integer("retry_interval", 10..=4320));
    let retry_until_goal = given.boolean("retry_on_goal_incomplete").unwrap_or(false);
    let goal_variable = given.text("goal_completion_variable", 255);
    if retry_until_goal && goal_variable.is_none() {
        let message = "The goal completion variable field is required when retry on goal incomplete is true.";
        given.refuse("goal_completion_variable", message);
    }
    CampaignConfig {
        time_zone: zone(given, "timezone"),
        calling_hours: hours(given),
        max_concurrent_calls: whole(parallel, usual.max_concurrent_calls.min(whole(Some(most_calls), u32::MAX))),
        max_retries: whole(max_retries, usual.max_retries),
        retry_interval_minutes: whole(interval, usual.retry_interval_minutes),
        retry_on_voicemail: given.boolean("retry_on_voicemail").unwrap_or(false),
        retry_until_goal,
        goal_variable,
        complete_when_no_leads: given.boolean("mark_complete_when_no_leads").unwrap_or(true),
        // A pool is gone through call by call.
        caller_id_strategy: CallerIdStrategy::Rotate,
        ..usual
    }
}

/// A time zone by its IANA name.
pub(in crate::api::hosted) fn zone(given: &mut Given, field: &str) -> Option<Zone> {
    let name = given.text(field, 64)?;
    Zone::parse(&name).map_err(|error| given.refuse(field, format!("The {field} field is wrong: {error}."))).ok()
}

fn hours(given: &mut Given) -> CallingHours {
    let start = given.clock("allowed_hours_start_time").unwrap_or_else(|| "00:00".to_owned());
    let end = given.clock("allowed_hours_end_time").unwrap_or_else(|| LAST_MINUTE.to_owned());
    let days = given.words("allowed_days", &DAYS).unwrap_or_else(|| DAYS.map(str::to_owned).to_vec());
    if start >= end {
        let message = format!(
            "The allowed hours end time field must be after {start}, where the hours begin; hours over midnight are set with PATCH /v1/campaigns."
        );
        given.refuse("allowed_hours_end_time", message);
    }
    let end = if end == LAST_MINUTE { END_OF_DAY.to_owned() } else { end };
    CallingHours::from_json(&json!({"start": start, "end": end, "days": days}))
        .unwrap_or_else(|_| CallingHours::empty())
}

/// The numbers of the account that these ids name.
fn owned(given: &mut Given, known: &[Assistant], numbers: &[i64]) -> Vec<Phone> {
    let all: Vec<Phone> = assistants::phones(known);
    let mut owned = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        match all.iter().find(|phone| phone.digits() == number.unsigned_abs()) {
            Some(phone) => owned.push(*phone),
            None => {
                let message = format!(
                    "There is no phone number {number} in this account; GET /api/user/phone-numbers lists them with their ids."
                );
                given.refuse(&format!("phone_number_ids.{index}"), message);
            }
        }
    }
    owned
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn post(host: &Host, body: Value) -> Answer {
        host.post(Some(&host.live), "/api/user/campaign", body).await
    }

    async fn host_with_assistant() -> (Host, i64) {
        let host = Host::new().await;
        host.assistant().await;
        let listed = host.get(Some(&host.live), "/api/user/assistants").await;
        let id = listed.body[0]["id"].as_i64().unwrap();
        (host, id)
    }

    #[tokio::test]
    async fn a_draft_has_the_defaults_of_the_clients_platforms() {
        let (host, assistant) = host_with_assistant().await;
        for path in ["/api/user/campaign", "/api/user/campaigns"] {
            let made = host.post(Some(&host.live), path, json!({"name": "Spring", "assistant_id": assistant})).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let data = &made.body["data"];
            assert_eq!((&data["name"], &data["status"]), (&"Spring".into(), &"draft".into()));
            assert_eq!((&data["max_calls_in_parallel"], &data["max_retries"]), (&3.into(), &3.into()));
            assert_eq!((&data["retry_interval"], &data["mark_complete_when_no_leads"]), (&60.into(), &true.into()));
            assert_eq!(data["allowed_hours_start_time"], "00:00:00");
            assert_eq!(data["allowed_hours_end_time"], "23:59:00");
            assert_eq!(data["allowed_days"].as_array().unwrap().len(), 7);
            assert_eq!(data["created_at"], "2026-03-02T15:00:00.000000Z");
        }
        let here = host.get(Some(&host.live), "/v1/campaigns?limit=1").await.body["data"][0].clone();
        assert_eq!(here["calling_hours"]["sunday"], json!([{"from": "00:00", "to": "24:00"}]));
        assert_eq!((&here["time_zone"], &here["caller_ids"]), (&"America/New_York".into(), &Value::Null));
    }

    #[tokio::test]
    async fn every_field_is_taken() {
        let (host, assistant) = host_with_assistant().await;
        let schema = json!([{"name": "booked", "type": "bool", "description": "Was a visit booked?"}]);
        let path = format!("/api/user/assistant/{assistant}");
        assert_eq!(
            host.send(Some(&host.live), "PUT", &path, Some(json!({"post_call_schema": schema}))).await.status,
            200
        );
        let made = post(
            &host,
            json!({"name": "Spring", "assistant_id": assistant.to_string(), "timezone": "Europe/Berlin",
                "max_calls_in_parallel": "10", "allowed_hours_start_time": "09:00", "allowed_hours_end_time": "17:30:00",
                "allowed_days": ["monday", "tuesday"], "max_retries": 5, "retry_interval": 4320, "retry_on_voicemail": 1,
                "retry_on_goal_incomplete": true, "goal_completion_variable": "booked",
                "mark_complete_when_no_leads": false, "phone_number_ids": [14_155_552_670_i64], "source": "n8n"}),
        )
        .await;
        assert_eq!(
            (made.status, &made.body["data"]["allowed_hours_end_time"]),
            (201, &"17:30:00".into()),
            "{}",
            made.text
        );
        assert_eq!(made.body["data"]["allowed_days"], json!(["monday", "tuesday"]));
        let here = host.get(Some(&host.live), "/v1/campaigns").await.body["data"][0].clone();
        let taken = json!({"time_zone": "Europe/Berlin", "max_concurrent_calls": 10, "max_retries": 5,
            "retry_interval_minutes": 4320, "retry_on_voicemail": true, "retry_until_goal": true, "goal_variable": "booked",
            "complete_when_no_leads": false, "caller_ids": ["+14155552670"], "caller_id_strategy": "rotate"});
        for (field, value) in taken.as_object().unwrap() {
            assert_eq!(&here[field], value, "{field}");
        }
    }

    #[tokio::test]
    async fn every_limit_is_told_under_its_field() {
        let (host, assistant) = host_with_assistant().await;
        let sent = [
            ("name", json!("x".repeat(256))),
            ("name", json!(7)),
            ("assistant_id", json!("many")),
            ("assistant_id", json!(0)),
            ("timezone", json!("Mars/Olympus")),
            ("max_calls_in_parallel", json!(0)),
            ("max_calls_in_parallel", json!(101)),
            ("allowed_hours_start_time", json!("9:00")),
            ("allowed_hours_end_time", json!("24:00")),
            ("allowed_hours_end_time", json!("00:00")),
            ("allowed_days", json!(["Monday"])),
            ("allowed_days", json!([])),
            ("max_retries", json!(0)),
            ("max_retries", json!(6)),
            ("retry_interval", json!(9)),
            ("retry_interval", json!(4321)),
            ("retry_on_voicemail", json!("maybe")),
            ("retry_on_goal_incomplete", json!(2)),
            ("goal_completion_variable", json!("nothing")),
            ("mark_complete_when_no_leads", json!([])),
            ("phone_number_ids", json!([1, 1])),
            ("phone_number_ids", json!("1")),
        ];
        for (field, value) in sent {
            let mut body = json!({"name": "Spring", "assistant_id": assistant});
            body[field] = value.clone();
            let refused = post(&host, body).await;
            assert_eq!(refused.status, 422, "{field} {value}: {}", refused.text);
            let first = &refused.body["errors"][field][0];
            assert_eq!((&refused.body["message"], first.is_string()), (first, true), "{field}: {}", refused.text);
        }
        let strange = post(&host, json!({"name": "Spring", "assistant_id": assistant, "phone_number_ids": [4]})).await;
        assert!(strange.body["errors"]["phone_number_ids.0"].is_array(), "{}", strange.text);
        let goal = post(&host, json!({"name": "x", "assistant_id": assistant, "retry_on_goal_incomplete": true})).await;
        assert!(goal.body["errors"]["goal_completion_variable"].is_array(), "{}", goal.text);
        let empty = post(&host, json!({})).await;
        assert_eq!((empty.status, &empty.body["message"]), (422, &"The name field is required.".into()));
        assert_eq!(empty.body["errors"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "assistant_id"]);
        let listed = host.get(Some(&host.live), "/api/user/campaigns").await;
        assert_eq!(listed.body, json!([]), "and nothing was made");
    }

    #[tokio::test]
    async fn an_assistant_that_does_not_call_out_is_not_found() {
        let (host, assistant) = host_with_assistant().await;
        let unknown = post(&host, json!({"name": "x", "assistant_id": 4_000})).await;
        assert_eq!(unknown.status, 404, "{}", unknown.text);
        let here = host.get(Some(&host.live), "/v1/assistants").await.body["data"][0]["id"].clone();
        let path = format!("/v1/assistants/{}", here.as_str().unwrap());
        host.patch(Some(&host.live), &path, json!({"outbound": false})).await;
        assert_eq!(post(&host, json!({"name": "x", "assistant_id": assistant})).await.status, 404);
    }
}
