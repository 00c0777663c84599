//! An account over HTTP: its gateway, its assistant, its campaigns.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Api;
use crate::patience;

/// The goal of the assistants made here.
pub const GOAL: &str = "appointment_booked";
/// Numbers that they call from.
pub const CALLER_IDS: [&str; 2] = ["+12025550180", "+12025550181"];

/// Seven days of twenty-four hours: where a test is not about hours, no night is waited for.
pub fn always() -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    Value::Object(days.map(|day| (day.to_owned(), json!([{"from": "00:00", "to": "24:00"}]))).into_iter().collect())
}

/// An account and its keys.
#[derive(Clone)]
pub struct Account {
    /// `ten_...`
    pub id: String,
    /// With the live admin key.
    pub live: Api,
    /// With the admin key of the test twin.
    pub test: Api,
}

fn id_of(made: &Value) -> String {
    made["id"].as_str().unwrap_or_else(|| panic!("no id: {made}")).to_owned()
}

impl Account {
    /// Of the answer of `POST /v1/tenants`.
    ///
    /// # Panics
    /// It is something else.
    pub fn of(api: &Api, made: &Value) -> Self {
        let key = |field: &str| {
            let secret = made[field]["secret"].as_str();
            api.with_key(secret.unwrap_or_else(|| panic!("no {field}: {made}")))
        };
        Self { id: id_of(&made["tenant"]), live: key("live_key"), test: key("test_key") }
    }

    /// The same account, after its server moved.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { id: self.id.clone(), live: self.live.at(base), test: self.test.at(base) }
    }

    /// Installs a gateway.
    pub fn gateway(&self, kind: &str, settings: &Value) -> String {
        let body = json!({"name": format!("the {kind} one"), "kind": kind, "settings": settings});
        id_of(&self.live.post("/v1/gateways", &body).ok())
    }

    /// Makes an assistant in New York that asks for [`GOAL`].
    pub fn assistant(&self, gateway: &str) -> String {
        self.assistant_asking(gateway, &json!([goal_question()]))
    }

    /// Makes an assistant in New York with these questions.
    pub fn assistant_asking(&self, gateway: &str, questions: &Value) -> String {
        let body = json!({
            "name": "Mia", "time_zone": "America/New_York", "gateway": gateway, "phone_numbers": CALLER_IDS,
            "variables": questions,
        });
        id_of(&self.live.post("/v1/assistants", &body).ok())
    }

    /// Makes a campaign, a draft.
    pub fn campaign(&self, assistant: &str, fields: &Value) -> Campaign {
        let mut body = json!({"assistant": assistant, "name": "Spring"});
        for (name, value) in fields.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        Campaign { id: id_of(&self.live.post("/v1/campaigns", &body).ok()), api: self.live.clone() }
    }

    /// A campaign of simulated people, ready for leads.
    pub fn simulated(&self, seed: u64, scenario: &Value, fields: &Value) -> Campaign {
        let gateway = self.gateway("simulated", &json!({"seed": seed, "scenario": scenario}));
        self.campaign(&self.assistant(&gateway), fields)
    }
}

/// The question behind [`GOAL`].
pub fn goal_question() -> Value {
    json!({"name": GOAL, "kind": "boolean", "description": "Did the person book an appointment?"})
}

/// A campaign and the key that opens it.
#[derive(Clone)]
pub struct Campaign {
    /// `cmp_...`
    pub id: String,
    /// Its account.
    pub api: Api,
}

impl Campaign {
    /// `/v1/campaigns/{id}` and what follows.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/campaigns/{}{rest}", self.id)
    }

    /// Adds leads, at most 1,000.
    pub fn add(&self, leads: &[Value]) -> Value {
        self.api.post(&self.path("/leads:batch"), &json!({ "leads": leads })).ok()
    }

    /// Starts it.
    pub fn start(&self) {
        self.api.verb(&self.path("/start")).ok();
    }

    /// The campaign as it is.
    pub fn now(&self) -> Value {
        self.api.get(&self.path("")).ok()
    }

    /// What became of it so far.
    pub fn stats(&self) -> Value {
        self.api.get(&self.path("/stats")).ok()
    }

    /// Waits until it is over.
    ///
    /// # Panics
    /// It is not over within the limit, or it is paused.
    pub fn completed(&self, limit: Duration) -> Value {
        let mut last = Value::Null;
        let over = patience::within(limit, || {
            last = self.now();
            (last["status"] != "in_progress").then(|| last.clone())
        });
        let Some(over) = over else {
            let (stats, why) = (self.stats(), self.api.get(&self.path("/explain")).text);
            panic!("the campaign is not over within {limit:?}: {last}\nstats: {stats}\nexplain: {why}");
        };
        assert_eq!(over["status"], "completed", "{over}");
        over
    }

    /// All its leads.
    pub fn leads(&self) -> Vec<Value> {
        self.api.all(&self.path("/leads"))
    }

    /// All its calls, oldest first.
    pub fn calls(&self) -> Vec<Value> {
        let mut calls = self.api.all(&format!("/v1/calls?campaign={}", self.id));
        calls.reverse();
        calls
    }
}

/// The outcome of a call in the words of the rehearsal's file: the status, unless the reason says more.
pub fn outcome(call: &Value) -> String {
    match (call["status"].as_str().unwrap_or_default(), call["reason"].as_str()) {
        (_, Some(reason)) => reason.to_owned(),
        ("completed", None) => "answered".to_owned(),
        (status, None) => status.to_owned(),
    }
}
