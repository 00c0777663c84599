//! `POST /v1/campaigns`: a draft.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::{AssistantId, NotAnId, TenantKey};
use campanile_domain::ports::store::{Assistant, Campaign, StoreError};
use serde_json::{Map, Value};

use super::config::{check, shape};
use super::tagged::Tagged;
use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::body::Object;
use crate::problem::{FieldProblem, Problem};
use crate::schema::campaigns as schema;

/// Makes a campaign, as a draft: nobody is called before it is started.
#[utoipa::path(post, path = "/v1/campaigns", tag = "campaigns",
    request_body(content = schema::NewCampaign, example = json!({
        "assistant": "asst_01k9zr2v9pfb1sxkh5gqd0m8ea", "name": "Spring check-ups", "max_concurrent_calls": 5,
        "calling_hours": {"start": "09:00", "end": "17:30", "days": ["monday", "tuesday", "wednesday"]}})),
    responses((status = 201, body = schema::Campaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn create_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Object(mut body): Object,
) -> Result<Tagged<Campaign>, Problem> {
    let mut faults = Vec::new();
    let assistant = named_assistant(&app, key.of(), &mut body, &mut faults).await?;
    let config = shape(body, assistant.as_ref(), &mut faults);
    let (Some(assistant), Some(config)) = (assistant, config) else { return Err(Problem::invalid(faults)) };
    check(&app, &key.tenant, &assistant, &config, &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let made = app.store.create_campaign(&key.writes(&app), assistant.id, config).await?;
    Ok(Tagged::new(made).created())
}

async fn named_assistant(
    app: &App,
    tenant: TenantKey,
    body: &mut Map<String, Value>,
    faults: &mut Vec<FieldProblem>,
) -> Result<Option<Assistant>, Problem> {
    let mut fault = |code: &str, message: String| faults.push(FieldProblem::new("/assistant", code, message));
    let id: Result<AssistantId, NotAnId> = match body.shift_remove("assistant") {
        Some(Value::String(text)) => text.parse(),
        Some(_) => {
            fault("wrong_type", "the assistant is named by its id, a text such as \"asst_...\"".into());
            return Ok(None);
        }
        None => {
            fault("required", "\"assistant\" is missing: the id of the assistant that speaks".into());
            return Ok(None);
        }
    };
    let id = match id {
        Ok(id) => id,
        Err(error) => {
            fault("invalid", error.to_string());
            return Ok(None);
        }
    };
    match app.store.assistant(tenant, id).await {
        Ok(assistant) => Ok(Some(assistant)),
        Err(StoreError::NotFound(_)) => {
            let message = format!("there is no assistant {id} in this account; GET /v1/assistants lists them");
            fault("unknown_assistant", message);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_draft_has_every_default_and_a_tag() {
        let host = Host::new().await;
        let assistant = host.assistant().await;
        let made =
            host.post(Some(&host.live), "/v1/campaigns", json!({"assistant": assistant, "name": "Spring"})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!((&made.body["status"], &made.body["max_retries"]), (&"draft".into(), &3.into()));
        assert_eq!(made.body["time_zone"], "America/New_York");
        assert_eq!(made.body["calling_hours"]["friday"], json!([{"from": "09:00", "to": "18:00"}]));
        assert_eq!(made.header("etag"), format!("\"{}\"", made.body["revision"]));
    }

    #[tokio::test]
    async fn every_fault_is_told_at_once_with_its_place() {
        let host = Host::new().await;
        let assistant = host.assistant().await;
        let body = json!({
            "assistant": assistant, "name": "", "max_concurrent_calls": 0, "max_retries": 9, "goal_variable": "nothing",
            "policy": "no-such-policy", "caller_ids": ["0"], "evaluators": ["jury"],
            "calling_hours": {"monday": [{"from": "9:00", "to": "18:00"}], "someday": []}});
        let answer = host.post(Some(&host.live), "/v1/campaigns", body).await;
        assert_eq!(answer.problem(), (422, "CE0007"));
        let pointers = answer.pointers();
        for expected in [
            "/caller_ids/0",
            "/calling_hours/monday/0/from",
            "/calling_hours/someday",
            "/name",
            "/max_concurrent_calls",
            "/max_retries",
            "/goal_variable",
            "/policy",
            "/evaluators",
        ] {
            assert!(pointers.contains(&expected.to_owned()), "{expected} in {pointers:?}");
        }
        assert!(answer.codes().contains(&"policy_not_found".to_owned()));
    }

    #[tokio::test]
    async fn unknown_fields_and_a_missing_assistant_are_told() {
        let host = Host::new().await;
        let answer = host.post(Some(&host.live), "/v1/campaigns", json!({"name": "x", "max_retry": 1})).await;
        assert_eq!(answer.pointers(), ["/assistant", "/max_retry"]);
        let strange = json!({"assistant": "asst_00000000000000000000000000", "name": "x"});
        let answer = host.post(Some(&host.live), "/v1/campaigns", strange).await;
        assert_eq!(answer.codes(), ["unknown_assistant"]);
    }

    #[tokio::test]
    async fn a_policy_of_the_account_is_taken() {
        let host = Host::new().await;
        let body = json!({"assistant": host.assistant().await, "name": "x", "policy": "known-policy@active", "policy_settings": {"a": 1}});
        let made = host.post(Some(&host.live), "/v1/campaigns", body).await;
        assert_eq!((made.status, &made.body["policy"]), (201, &"known-policy@active".into()));
    }
}
