//! Tries every route of the door as somebody who may not, and with whatever may be sent.
//!
//! The list that is walked is the one that the router is made of, so a new route is here before its author thinks of it: as
//! nobody (401), with every scope but the one it needs (403), as another account and as the test twin (404). Whatever comes
//! back has the door's shape.

use std::collections::BTreeSet;

use campanile_domain::ports::store::SCOPES;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Route, routes};
use crate::testing::{Answer, Host};

/// Routes that answer with lists, an account or something new, whoever asks.
const NAME_NOBODY: [&str; 10] = [
    "/api/user/me",
    "/api/user/campaigns",
    "/api/user/leads",
    "/api/user/calls",
    "/api/user/assistants",
    "/api/user/assistant",
    "/api/user/assistants/get",
    "/api/user/assistants/outbound",
    "/api/user/assistants/phone-numbers",
    "/api/user/phone-numbers",
];

/// An account with one of everything, by its numbers.
struct Things {
    host: Host,
    campaign: i64,
    lead: i64,
    call: i64,
    assistant: i64,
}

impl Things {
    async fn new() -> Self {
        let host = Host::new().await;
        host.called_lead().await;
        let first = |listed: Answer, within: &str| {
            listed.body.pointer(within).unwrap_or_else(|| panic!("{}", listed.text))["id"].as_i64().unwrap()
        };
        let campaign = first(host.get(Some(&host.live), "/api/user/campaigns").await, "/0");
        let lead = first(host.get(Some(&host.live), "/api/user/leads").await, "/data/0");
        let call = first(host.get(Some(&host.live), "/api/user/calls").await, "/data/0");
        let assistant = first(host.get(Some(&host.live), "/api/user/assistants").await, "/0");
        Self { host, campaign, lead, call, assistant }
    }

    fn path(&self, route: &Route) -> String {
        let id = match route.path {
            path if path.contains("/campaign") => self.campaign,
            path if path.contains("/lead") => self.lead,
            path if path.contains("/call") => self.call,
            _ => self.assistant,
        };
        route.path.replace("{id}", &id.to_string())
    }

    /// A body that the route takes.
    fn body(&self, route: &Route) -> Option<Value> {
        let Self { campaign, assistant, .. } = self;
        Some(match (route.method.as_str(), route.path) {
            ("POST", "/api/user/campaign" | "/api/user/campaigns") => json!({"name": "x", "assistant_id": assistant}),
            ("POST", "/api/user/campaigns/update-status") => json!({"campaign_id": campaign, "action": "stop"}),
            ("POST", "/api/user/lead") => json!({"campaign_id": campaign, "phone_number": "+14155552672"}),
            ("POST", "/api/user/make_call") => json!({"assistant_id": assistant, "phone_number": "+14155552673"}),
            ("POST", "/api/user/assistant" | "/api/user/assistants") => {
                json!({"name": "x", "type": "outbound", "timezone": "Europe/Berlin"})
            }
            ("POST", "/api/user/assistants/enable-webhook") => {
                json!({"assistant_id": assistant, "webhook_url": "https://hooks.example/flow"})
            }
            ("POST", "/api/user/assistants/disable-webhook") => json!({"assistant_id": assistant}),
            ("PUT", "/api/leads/{id}" | "/api/user/leads/{id}") => json!({"variables": {"a": 1}}),
            ("PUT", "/api/user/assistant/{id}") => json!({"name": "y"}),
            ("POST" | "PUT", path) => panic!("{path} takes a body that this test does not know; add one"),
            _ => return None,
        })
    }

    async fn send(&self, key: Option<&str>, route: &Route) -> Answer {
        self.host.send(key, route.method.as_str(), &self.path(route), self.body(route)).await
    }
}

/// Status of a refusal, after making sure that it is one of the door's.
#[track_caller]
fn refusal(answer: &Answer) -> u16 {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert!(answer.body["message"].as_str().is_some_and(|message| message.len() > 10), "{}", answer.text);
    for ours in ["type", "title", "code", "detail", "request_id"] {
        assert_eq!(answer.body.get(ours), None, "{}", answer.text);
    }
    assert!(!answer.header("x-request-id").is_empty());
    answer.status
}

#[tokio::test]
async fn nobody_opens_nothing() {
    let things = Things::new().await;
    for route in routes() {
        for key in [None, Some("cpn_live_unknown"), Some("something")] {
            let answer = things.send(key, &route).await;
            assert_eq!(
                (refusal(&answer), &answer.body),
                (401, &json!({"message": "Unauthenticated."})),
                "{}",
                route.path
            );
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test]
async fn every_other_scope_is_not_enough() {
    let things = Things::new().await;
    let mut asked = BTreeSet::new();
    for route in routes() {
        let operator = things.send(Some(&things.host.operator), &route).await;
        assert_eq!(refusal(&operator), 403, "{} {}", route.method, route.path);
        let Some(needed) = route.scope else { continue };
        asked.insert(needed);
        for scope in SCOPES.into_iter().filter(|scope| *scope != "admin" && *scope != needed) {
            let key = things.host.key(scope, None).await;
            let answer = things.send(Some(&key), &route).await;
            assert_eq!(refusal(&answer), 403, "{} {} with {scope}", route.method, route.path);
            assert!(answer.body["message"].as_str().unwrap().contains(needed), "{}", answer.text);
        }
    }
    assert_eq!(asked.len(), 8, "{asked:?}");
}

#[tokio::test]
async fn the_scope_that_is_needed_is_enough() {
    for (index, route) in routes().into_iter().enumerate() {
        let things = Things::new().await;
        let key = things.host.key(route.scope.unwrap_or("plugins:read"), None).await;
        let answer = things.send(Some(&key), &route).await;
        let is_done = match (route.method.as_str(), route.path) {
            ("POST", "/api/user/make_call") => answer.status == 503,
            ("POST", "/api/user/assistant" | "/api/user/assistants") => answer.status == 201,
            ("DELETE", "/api/user/assistant/{id}") => answer.status == 409,
            ("DELETE", "/api/user/calls/{id}") => answer.status == 501,
            _ => answer.status < 300,
        };
        assert!(is_done, "{index} {} {}: {} {}", route.method, route.path, answer.status, answer.text);
    }
}

#[tokio::test]
async fn another_account_finds_nothing_and_changes_nothing() {
    let things = Things::new().await;
    let host = &things.host;
    let look = || async {
        let mut seen = Vec::new();
        for path in ["/v1/campaigns", "/v1/leads", "/v1/calls", "/v1/assistants", "/v1/webhooks"] {
            seen.push(host.get(Some(&host.live), path).await.text);
        }
        seen
    };
    let before = look().await;
    for route in routes() {
        let names_one = route.path.contains("{id}") || !NAME_NOBODY.contains(&route.path) || route.method != "GET";
        for key in [&host.stranger, &host.test] {
            let answer = things.send(Some(key), &route).await;
            let makes_assistant =
                route.method == "POST" && ["/api/user/assistant", "/api/user/assistants"].contains(&route.path);
            if makes_assistant {
                assert_eq!(refusal(&answer), 422, "without a gateway: {}", answer.text);
            } else if names_one && route.path != "/api/user/phone-numbers/all" {
                assert_eq!(refusal(&answer), 404, "{} {}: {}", route.method, route.path, answer.text);
            } else {
                assert_eq!(answer.status, 200, "{} {}: {}", route.method, route.path, answer.text);
                let rows = answer.body.get("data").unwrap_or(&answer.body);
                assert!(rows.as_array().is_none_or(Vec::is_empty), "{}: {}", route.path, answer.text);
            }
        }
    }
    assert_eq!(look().await, before);
}

#[tokio::test]
async fn whatever_fails_before_a_handler_has_the_doors_shape() {
    let host = Host::new().await;
    let send = |kind: &'static str, body: String| host.send_raw("POST", "/api/user/lead", kind, body);
    assert_eq!(refusal(&host.get(Some(&host.live), "/api").await), 404);
    assert_eq!(refusal(&host.get(Some(&host.live), "/api/user/nothing").await), 404);
    let method = host.send(Some(&host.live), "PATCH", "/api/user/leads/1", None).await;
    assert_eq!((refusal(&method), method.header("allow").contains("PUT")), (405, true), "{}", method.header("allow"));
    assert_eq!(refusal(&host.get(Some(&host.live), "/api/user/lead").await), 405);
    assert_eq!(refusal(&send("text/plain", "{}".into()).await), 415);
    assert_eq!(refusal(&send("", String::new()).await), 415);
    assert_eq!(refusal(&send("application/x-www-form-urlencoded", "a=b".into()).await), 415);
    assert_eq!(refusal(&send("application/json", "{\"a\": }".into()).await), 400);
    assert_eq!(refusal(&send("application/json", "[]".into()).await), 422);
    assert_eq!(refusal(&send("application/json", format!("\"{}\"", "x".repeat(2 << 20))).await), 413);
    let promised = host.post_once(&host.live, "/api/user/lead", "k", &json!({})).await;
    assert_eq!(refusal(&promised), 400, "a promise that is not kept is not taken");
    assert_eq!(host.get(Some(&host.live), "/v1/nothing").await.problem(), (404, "CE0005"), "and only the door's paths");
}

#[test]
fn the_page_for_whoever_moves_names_every_route_and_no_other() {
    let page = include_str!("../../../../../docs/moving-from-hosted.md");
    let listed: BTreeSet<String> = routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let named: BTreeSet<String> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
        .filter(|name| name.contains(" /api/"))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, listed);
}

/// Names that are fields somewhere, and one that is none.
const FIELDS: [&str; 28] = [
    "name",
    "assistant_id",
    "campaign_id",
    "phone_number",
    "timezone",
    "max_calls_in_parallel",
    "allowed_days",
    "allowed_hours_start_time",
    "allowed_hours_end_time",
    "max_retries",
    "retry_interval",
    "retry_on_voicemail",
    "goal_completion_variable",
    "phone_number_ids",
    "phone_number_id",
    "action",
    "status",
    "variables",
    "allow_dupplicate",
    "secondary_contacts",
    "type",
    "post_call_schema",
    "ringing_time",
    "is_webhook_active",
    "webhook_url",
    "send_webhook_only_on_completed",
    "system_prompt",
    "strange",
];

fn anything() -> impl Strategy<Value = Value> {
    let words = [
        "",
        "start",
        "completed",
        "created",
        "outbound",
        "09:00",
        "monday",
        "bool",
        "+14155552671",
        "Europe/Berlin",
        "ñ\u{0}%_'\"",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let field = || prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((field(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn a_body() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned);
    let fields = prop::collection::vec((field, anything()), 0..8);
    prop_oneof![9 => fields.prop_map(|fields| Value::Object(fields.into_iter().collect())), 1 => anything()]
}

#[test]
fn whatever_is_sent_breaks_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let things = runtime.block_on(Things::new());
    let routes = routes();
    let strategy = (0..routes.len(), a_body(), "[a-z_]{1,12}=[ -~]{0,12}", any::<bool>());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    let tried = runner.run(&strategy, |(index, body, query, over)| {
        let route = &routes[index];
        // Over a body that is taken, so that the faults are not always the first ones.
        let body = match (things.body(route), body) {
            (Some(Value::Object(mut known)), Value::Object(more)) if over => {
                known.extend(more);
                Value::Object(known)
            }
            (_, body) => body,
        };
        let query: String =
            query.chars().map(|letter| if " \"#<>%`{}|\\^[]".contains(letter) { 'x' } else { letter }).collect();
        let path = format!("{}?{query}&page=1", things.path(route));
        let answer =
            runtime.block_on(things.host.send(Some(&things.host.live), route.method.as_str(), &path, Some(body)));
        // Nobody dials in a test, and some things are not done here.
        let is_known = answer.status == 501 || (answer.status == 503 && route.path.ends_with("make_call"));
        prop_assert!(answer.status < 500 || is_known, "{} {path}: {}", route.method, answer.text);
        prop_assert!(answer.status < 400 || answer.body["message"].is_string(), "{}", answer.text);
        Ok(())
    });
    tried.unwrap();
}
