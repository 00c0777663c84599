//! `llm-evaluator` as it ships, against a model that answers in every way an API may, and against a real one where
//! `CAMPANILE_LLM` says where one listens that speaks OpenAI's chat completions (`http://127.0.0.1:PORT/v1`).

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use campanile_tests::account::{Account, Campaign, GOAL, always};
use campanile_tests::host::Host;
use campanile_tests::patience;
use campanile_tests::people;
use serde_json::{Value, json};

use crate::gateway::stage::{shipped, upload};
use crate::gateway::wire::{Request, answer};

const LIMIT: Duration = Duration::from_secs(60);
const KEY: &str = "sk-not-a-real-key";

/// How the model answers.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Well,
    TooMany,
    Broken,
    Refuses,
    Cut,
    Filtered,
    Prose,
    WrongType,
    OtherNames,
    NoChoices,
    Garbage,
    /// Takes neither a schema nor JSON, only words.
    WordsOnly,
}

/// A model that says what its mood is, and what it was asked.
#[derive(Clone)]
struct Model {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let model = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(Mutex::new(Mood::Well)),
            asked: Arc::default(),
        };
        let serving = model.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let model = serving.clone();
                std::thread::spawn(move || {
                    if let Some(request) = Request::read(&stream) {
                        let (status, more, body) = model.reply(&request);
                        answer(&stream, status, &more, &body);
                    }
                });
            }
        });
        model
    }

    fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    fn reply(&self, request: &Request) -> (u16, Vec<(&'static str, String)>, Value) {
        assert_eq!(request.headers.get("authorization"), Some(&format!("Bearer {KEY}")));
        assert_eq!(request.path, "/v1/chat/completions");
        let question = request.json();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(question.clone());
        let says = |content: &str, reason: &str| {
            json!({"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": reason}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}})
        };
        let told = |value: Value| json!({ GOAL: {"value": value, "reason": "It says so.", "lines": [0]} }).to_string();
        let booked = ["book it for me", "put me down", "confirm the appointment", "let's do it", "book me in"];
        let truth = booked.iter().any(|words| question.to_string().contains(words));
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        let body = match mood {
            Mood::Well => says(&told(truth.into()), "stop"),
            Mood::TooMany => return (429, vec![("Retry-After", "7200".into())], json!({"error": {"message": "slow"}})),
            Mood::Broken => return (503, Vec::new(), json!({"error": {"message": "overloaded"}})),
            Mood::Refuses => {
                json!({"choices": [{"message": {"role": "assistant", "content": null, "refusal": "No."}, "finish_reason": "stop"}]})
            }
            Mood::Cut => says("{\"appoint", "length"),
            Mood::Filtered => says("", "content_filter"),
            Mood::Prose => says("I think they probably booked something.", "stop"),
            Mood::WrongType => says(&told("yes".into()), "stop"),
            Mood::OtherNames => says("{\"booked\": {\"value\": true}}", "stop"),
            Mood::NoChoices => json!({"choices": []}),
            Mood::Garbage => Value::String("<html>".into()),
            Mood::WordsOnly if question.get("response_format").is_some() => {
                let message = "response_format is not supported by this model";
                return (400, Vec::new(), json!({"error": {"message": message, "param": "response_format"}}));
            }
            Mood::WordsOnly => says(&format!("Here you are:\n```json\n{}\n```", told(truth.into())), "stop"),
        };
        (200, Vec::new(), body)
    }
}

/// A campaign whose calls a model reads.
fn campaign(account: &Account, leads: usize, base: &str, more: &Value) -> Campaign {
    upload(account, shipped("llm-evaluator"));
    let secret = json!({ "value": KEY });
    account.live.put("/v1/plugins/llm-evaluator/secrets/api_key", &secret).ok();
    let scenario = json!({"rates": {"answer": 1, "busy": 0, "unanswered": 0, "voicemail": 0, "failed": 0},
        "talk": {"goal_variable": GOAL, "goal_rate": 0.5}, "faults": {"no_analysis": 1}});
    let mut settings = json!({"base_url": base, "model": "small"});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 10, "max_retries": 0, "goal_variable": GOAL,
        "evaluators": [{"plugin": "llm-evaluator@active", "settings": settings}], "evaluation_timeout_minutes": 10_080});
    let campaign = account.simulated(11, &scenario, &fields);
    campaign.add(&(0..leads).map(people::lead).collect::<Vec<_>>());
    campaign
}

fn calls(campaign: &Campaign) -> Vec<Value> {
    let one = |call: Value| campaign.api.get(&format!("/v1/calls/{}", call["id"].as_str().unwrap())).ok();
    campaign.calls().into_iter().map(one).collect()
}

#[test]
fn every_failure_of_a_model_is_told_apart_and_none_is_an_answer() {
    let model = Model::start();
    let host = Host::start(&["--clock", "x3600", "--plugin-host", &model.address.to_string()]);
    let account = host.account("Harbour Dental");
    let more = json!({"price_input": 1.0, "price_output": 2.0, "currency": "USD"});
    let campaign = campaign(&account, 1, &format!("http://{}/v1", model.address), &more);
    campaign.start();
    campaign.completed(LIMIT);
    let first = &calls(&campaign)[0];
    let told = &first["variables"][GOAL];
    assert_eq!(
        (&told["by"]["name"], &told["reason"]),
        (&"llm-evaluator@0.1.0".into(), &"It says so.".into()),
        "{first}"
    );
    // A thousand tokens at a dollar a million and a hundred at two.
    assert_eq!(
        (&first["evaluation"]["cost_micros"], &first["evaluation"]["cost_currency"]),
        (&1_200.into(), &"USD".into())
    );
    let asked = model.asked.lock().unwrap()[0].clone();
    assert_eq!(asked["response_format"]["json_schema"]["strict"], true, "{asked}");
    for (mood, code) in [
        (Mood::TooMany, "http_too_many_requests"),
        (Mood::Broken, "http_broken"),
        (Mood::Refuses, "model_refused"),
        (Mood::Cut, "answer_cut"),
        (Mood::Filtered, "answer_filtered"),
        (Mood::Prose, "answer_not_json"),
        (Mood::WrongType, "answer_wrong_type"),
        (Mood::OtherNames, "answer_missing"),
        (Mood::NoChoices, "no_choices"),
    ] {
        model.be(mood);
        assert_eq!(campaign.api.verb(&campaign.path("/evaluate")).status, 202);
        let failed = patience::until("the failure is told", LIMIT, || {
            let call = calls(&campaign).remove(0);
            (call["evaluation"]["error"]["code"] == code).then_some(call)
        });
        assert_eq!(failed["evaluation"]["done"], false, "{mood:?}: {failed}");
        assert_eq!(failed["variables"][GOAL], *told, "{mood:?}: what was answered before stands");
        let jobs = campaign.api.get("/v1/jobs").ok();
        let job = jobs["data"][0]["id"].as_str().unwrap().to_owned();
        campaign.api.verb(&format!("/v1/jobs/{job}/cancel")).ok();
    }
    model.be(Mood::Garbage);
    assert_eq!(campaign.api.verb(&campaign.path("/evaluate")).status, 202);
    model.be(Mood::WordsOnly);
    patience::until("the model answers in words", LIMIT, || {
        let call = calls(&campaign).remove(0);
        (call["evaluation"]["done"] == true).then_some(())
    });
    assert_eq!(campaign.calls().len(), 1, "nobody is called again because of any of it");
    let shown = campaign.api.get("/v1/plugins/llm-evaluator/secrets").text;
    assert!(shown.contains("api_key") && !shown.contains(KEY), "{shown}");
}

/// An opt-in: a real model, however small, asked in each of the three ways. What it answers is its business; that every call
/// is answered whole by the rules of the question, or has an error that says why, is ours. A schema leaves even the smallest
/// model no other way than to answer.
#[test]
fn a_real_model_answers_whole_or_says_why_not() {
    let Some(base) = std::env::var("CAMPANILE_LLM").ok() else {
        eprintln!("skipped: CAMPANILE_LLM names no OpenAI-compatible server");
        return;
    };
    let address = base.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let host = Host::start(&["--plugin-host", &address]);
    for mode in ["auto", "json_object", "text"] {
        let account = host.account(mode);
        let settings = json!({"mode": mode, "timeout_seconds": 90, "max_tokens": 150, "price_input": 1.0, "price_output": 2.0, "budget": 0.002});
        let campaign = campaign(&account, 4, &base, &settings);
        campaign.start();
        let read = patience::until("every call was asked about", Duration::from_secs(600), || {
            let calls = calls(&campaign);
            let tried =
                |call: &Value| call["evaluation"]["done"] == true || call["evaluation"]["failures"].as_u64() > Some(0);
            (calls.len() >= 4 && calls.iter().all(tried)).then_some(calls)
        });
        let mut whole = 0;
        for call in &read {
            let (answer, evaluation) = (&call["variables"][GOAL], &call["evaluation"]);
            println!("{mode}: {} {} {}", answer["value"], evaluation["error"]["code"], answer["reason"]);
            if evaluation["done"] == true {
                whole += 1;
                assert!(answer["value"].is_boolean() || answer["value"].is_null(), "{call}");
                assert!(answer["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{call}");
                assert_eq!(answer["by"]["name"], "llm-evaluator@0.1.0", "{call}");
                let cost = evaluation["cost_micros"].as_i64().unwrap();
                assert!((1..=2_000).contains(&cost), "what was counted is within the budget: {call}");
            } else {
                assert!(evaluation["error"]["code"].is_string(), "{call}");
                assert!(answer["value"].is_null(), "half an answer is none: {call}");
            }
        }
        println!("{mode}: {whole} of {} calls answered whole", read.len());
        assert!(mode != "auto" || whole > 0, "a schema leaves a model no other way: {read:#?}");
    }
}
