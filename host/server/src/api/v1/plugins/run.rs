//! `POST /v1/plugins/{name}/versions/{version}/run`: what a version says of calls that happened, or of a question that is sent
//! along. Nothing is kept and nobody is moved, so that a version can be tried before anybody is called by it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::evaluation::EvaluationInput;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{CallId, CampaignId, LeadId};
use campanile_domain::plugin::PluginRef;
use campanile_domain::policy::PolicyInput;
use campanile_domain::ports::policy::Calendar;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::path::{Name, Version};
use crate::policies;
use crate::problem::{FieldProblem, Problem};
use crate::trying::{Asked, Past, Ran, Which};

/// What a version is asked: about calls that happened (one, those of a lead, or a random sample of a campaign's), or a
/// question of your own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionRun {
    /// Its settings.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Map<String, Value>,
    /// `call_...`
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^call_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    call: Option<CallId>,
    /// `lead_...`: its calls, the latest 50.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^lead_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    lead: Option<LeadId>,
    /// `cmp_...`: a random sample of its calls that are over, drawn from the latest 10,000.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// How many calls the sample has; 50 at most and when it is left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50)]
    sample: Option<usize>,
    /// Of one that decides: the whole question, as `input` of a decision in a lead's timeline shows it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    decide: Option<Value>,
    /// Of one that evaluates: the whole question, `{"talk", "wanted", "goal"}`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    evaluate: Option<Value>,
    /// With a question of your own: the calling hours, written as in a campaign, that its calendar answers from.
    #[serde(default)]
    #[schema(value_type = Option<crate::schema::hours::Hours>)]
    calling_hours: Option<CallingHours>,
}

/// What it said.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionRan {
    /// `name@version` that was asked.
    version: String,
    /// By call; one row for a question of your own.
    data: Vec<Ran>,
}

/// Asks a version about calls that happened, beside what was decided and determined then, or puts a question of your own.
/// Retry policies and evaluators can be asked, scripts too, staged or active. Nothing is kept and no lead is touched; an
/// evaluator that costs money costs it here, too.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{version}/run", tag = "plugins",
    params(("name" = String, Path, description = "Its name"), ("version" = String, Path, description = "Its number")),
    request_body(content = VersionRun, example = json!({"settings": {}, "call": "call_01k9zr2v9pfb1sxkh5gqd0m8ea"})),
    responses((status = 200, body = VersionRan)), security(("key" = ["plugins:write"])))]
pub(crate) async fn run_plugin_version(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Version(number): Version,
    Body(request): Body<VersionRun>,
) -> Result<Json<VersionRan>, Problem> {
    let VersionRun { settings, call, lead, campaign, sample, decide, evaluate, calling_hours } = request;
    let version = app.store.plugin_version(key.of(), &name, &number).await?;
    let who: PluginRef = format!("{}@{}", version.name, version.version).parse().map_err(Problem::internal)?;
    let settings = Value::Object(settings);
    let decides = app.policies.resolve(key.of(), &who).await;
    let evaluates = app.evaluators.resolve(key.of(), &who).await;
    if let (Err(failure), Err(_)) = (&decides, &evaluates) {
        let message = format!("it neither decides nor evaluates now: {}", failure.message);
        return Err(Problem::conflict("nothing_to_ask", message));
    }
    policies::fits(&app, key.of(), &who, &settings).await?;
    let (decides, evaluates) = (decides.is_ok(), evaluates.is_ok());
    let version = who.to_string();
    let asked = Asked { who, draft: None, settings, decides, evaluates };
    let mut past = Past::of(&app, key.of(), asked);
    let own = question(decide.as_ref(), evaluate.as_ref())?;
    let names_calls = call.is_some() || lead.is_some() || campaign.is_some();
    let data = match own {
        None => {
            let mut data = Vec::new();
            for call in Which::read(call, lead, campaign, sample)?.calls(&app, key.of()).await? {
                data.push(past.ran(call).await?);
            }
            data
        }
        Some(_) if names_calls => {
            let message = "send a question of your own or name a call, a lead or a campaign, not both";
            return Err(Problem::invalid(vec![FieldProblem::new("", "one_of", message)]));
        }
        Some(Question::Decide(input)) if decides => {
            let calendar = Calendar::new(calling_hours.unwrap_or_default(), input.zone.clone());
            vec![past.decision_on(*input, calendar).await]
        }
        Some(Question::Evaluate(input)) if evaluates => {
            let calendar = Calendar::new(calling_hours.unwrap_or_default(), input.talk.zone.clone());
            vec![past.evaluation_of(*input, calendar).await]
        }
        Some(other) => {
            let (field, what) = match other {
                Question::Decide(_) => ("/decide", "decide"),
                Question::Evaluate(_) => ("/evaluate", "evaluate"),
            };
            let message = format!("{version} does not {what}");
            return Err(Problem::invalid(vec![FieldProblem::new(field, "not_its_role", message)]));
        }
    };
    Ok(Json(VersionRan { version, data }))
}

/// A question that a person wrote.
enum Question {
    Decide(Box<PolicyInput>),
    Evaluate(Box<EvaluationInput>),
}

fn question(decide: Option<&Value>, evaluate: Option<&Value>) -> Result<Option<Question>, Problem> {
    let unread = |field: &str, error: serde_json::Error| {
        Problem::invalid(vec![FieldProblem::new(field, "invalid", format!("this is no whole question: {error}"))])
    };
    match (decide, evaluate) {
        (None, None) => Ok(None),
        (Some(input), None) => {
            let input = PolicyInput::deserialize(input).map_err(|error| unread("/decide", error))?;
            Ok(Some(Question::Decide(Box::new(input))))
        }
        (None, Some(input)) => {
            let input = EvaluationInput::deserialize(input).map_err(|error| unread("/evaluate", error))?;
            Ok(Some(Question::Evaluate(Box::new(input))))
        }
        (Some(_), Some(_)) => {
            let message = "send one question, decide or evaluate";
            Err(Problem::invalid(vec![FieldProblem::new("", "one_of", message)]))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn a_version_is_asked_about_what_happened_and_about_what_might() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let made = host
            .post(
                Some(&host.live),
                "/v1/scripts",
                json!({"name": "tried-rule", "source": "fn decide(lead) { give_up() }"}),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("/v1/plugins/tried-rule/versions/{}/run", made.body["version"].as_str().unwrap());
        let run = |body: Value| host.post(Some(&host.live), &path, body);

        let ran = run(json!({ "call": call })).await;
        let row = &ran.body["data"][0];
        assert_eq!((ran.status, &row["call"], &row["lead"]), (200, &json!(call), &json!(lead)), "{}", ran.text);
        assert_eq!((&row["decision"]["answer"], &row["evaluation"]), (&row["decided"], &Value::Null), "{row}");
        let ended = run(json!({"lead": lead, "settings": {"give_up": true}})).await;
        assert_eq!(ended.body["data"][0]["decision"]["answer"]["decision"], "give_up", "{}", ended.text);

        let timeline = host.get(Some(&host.live), &format!("/v1/leads/{lead}/timeline")).await;
        let asked = find(&timeline.body, "input").unwrap_or_else(|| panic!("{}", timeline.text));
        let own = run(json!({"decide": asked, "calling_hours": {"monday": [{"from": "09:00", "to": "10:00"}]}})).await;
        assert_eq!((own.status, &own.body["data"][0]["call"]), (200, &Value::Null), "{}", own.text);
        assert_eq!(own.body["data"][0]["decision"], row["decision"], "{}", own.text);

        for (body, told) in [
            (json!({}), "one_of"),
            (json!({"call": call, "decide": asked}), "one_of"),
            (json!({"decide": asked, "evaluate": {}}), "one_of"),
            (json!({"decide": {"now": 1}}), "invalid"),
        ] {
            assert_eq!(run(body.clone()).await.codes(), [told], "{body}");
        }
        let strange = host.post(Some(&host.stranger), &path, json!({ "call": call })).await;
        assert_eq!(strange.problem(), (404, "CE0004"));
    }

    /// The first value of that name, wherever it is.
    fn find(value: &Value, name: &str) -> Option<Value> {
        match value {
            Value::Object(object) => object
                .get(name)
                .filter(|value| value.is_object())
                .cloned()
                .or_else(|| object.values().find_map(|value| find(value, name))),
            Value::Array(list) => list.iter().find_map(|value| find(value, name)),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_cannot_be_asked_says_so() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        let run = host.post(Some(&host.live), "/v1/plugins/acme-voice/versions/1.0.0/run", json!({"settings": {}}));
        let told = run.await;
        assert_eq!(
            (told.problem(), told.codes()),
            ((409, "CE0015"), vec!["nothing_to_ask".to_owned()]),
            "{}",
            told.text
        );
    }
}
