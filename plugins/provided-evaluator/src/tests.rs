//! Values as providers write them, in every type.

use campanile_plugin_sdk::fake::{self, Host};
use campanile_plugin_sdk::types::{AnsweredBy, Outcome, Role, ValueType, Variable};
use serde_json::json;

use super::*;

fn spec(name: &str, kind: ValueType) -> VariableSpec {
    let choices = if kind == ValueType::Choice { vec!["high".into(), "low".into(), "none".into()] } else { Vec::new() };
    VariableSpec { name: name.into(), kind, choices, description: "?".into(), required: false, role: Role::None }
}

fn settings(written: serde_json::Value) -> Settings {
    serde_json::from_value(written).unwrap()
}

fn evaluate(provided: Vec<Variable>, spec: &VariableSpec, settings: &Settings) -> Answer {
    fake::install(Host::default().zone("Europe/Zurich", 60));
    let talk = Talk {
        call_id: "call_1".into(),
        lead_id: "lead_1".into(),
        campaign_id: "cmp_1".into(),
        started_at: fake::utc(2026, 3, 4, 9, 0),
        zone: "Europe/Zurich".into(),
        language: None,
        outcome: Outcome::Answered,
        answered_by: AnsweredBy::Human,
        talk_ms: 1_000,
        transcript: Vec::new(),
        provided,
        lead_variables: Vec::new(),
        extra: Vec::new(),
    };
    let told = ProvidedEvaluator::evaluate(&talk, std::slice::from_ref(spec), settings).unwrap();
    let [answer] = told.answers.try_into().unwrap();
    answer
}

fn value(told: impl Into<Value>, kind: ValueType) -> Value {
    evaluate(vec![Variable::new("size", told)], &spec("size", kind), &Settings::default()).value
}

#[test]
fn the_defaults_are_those_of_the_manifest() {
    let manifest: toml::Table = toml::from_str(include_str!("../campanile.toml")).unwrap();
    let properties = manifest["settings"]["properties"].as_table().unwrap();
    let defaults: serde_json::Map<_, _> = properties
        .iter()
        .map(|(name, property)| (name.clone(), serde_json::to_value(&property["default"]).unwrap()))
        .collect();
    assert_eq!(serde_json::from_value::<Settings>(defaults.into()).unwrap(), Settings::default());
    let mapping = properties["variables"]["additionalProperties"]["properties"].as_table().unwrap();
    let defaults: serde_json::Map<_, _> = mapping
        .iter()
        .map(|(name, property)| (name.clone(), serde_json::to_value(&property["default"]).unwrap()))
        .collect();
    assert_eq!(serde_json::from_value::<Mapping>(defaults.into()).unwrap(), Mapping::default());
}

#[test]
fn booleans_are_read_from_words_and_digits() {
    for told in [Value::Boolean(true), "Yes".into(), " TRUE ".into(), "1".into(), 1.0.into(), "ja".into()] {
        assert_eq!(value(told.clone(), ValueType::Boolean), true.into(), "{told:?}");
    }
    for told in [Value::Boolean(false), "no".into(), "False".into(), "0".into(), 0.0.into(), "nein".into()] {
        assert_eq!(value(told.clone(), ValueType::Boolean), false.into(), "{told:?}");
    }
    for told in [Value::from("maybe"), "2".into(), 0.5.into(), Value::DateTime(0), "unknown".into(), "".into()] {
        assert_eq!(value(told.clone(), ValueType::Boolean), Value::Undetermined, "{told:?}");
    }
}

#[test]
fn numbers_are_read_where_they_read_one_way() {
    for (told, wanted) in [
        ("42", 42.0),
        ("-3.5", -3.5),
        ("3,5", 3.5),
        ("1,250.50", 1_250.5),
        ("1.250,50", 1_250.5),
        ("1 250", 1_250.0),
        ("1'250", 1_250.0),
        ("1,250,000", 1_250_000.0),
        ("0.125", 0.125),
        ("$99", 99.0),
        ("12 %", 12.0),
    ] {
        assert_eq!(value(told, ValueType::Number), wanted.into(), "{told}");
    }
    for told in ["1,250", "1.250", "four", "", "1,25,00", "1.2.3,4,5", "12 people", "--1", "1e5", "NaN", "."] {
        assert_eq!(value(told, ValueType::Number), Value::Undetermined, "{told}");
    }
    assert_eq!(value(7.5, ValueType::Number), 7.5.into());
    assert_eq!(value(f64::NAN, ValueType::Number), Value::Undetermined);
    assert_eq!(value(true, ValueType::Number), Value::Undetermined);
}

#[test]
fn dates_are_instants_or_on_the_leads_clock() {
    let at = Value::DateTime(fake::utc(2026, 4, 3, 13, 0));
    for told in [
        Value::from("2026-04-03T15:00:00+02:00"),
        "2026-04-03T13:00Z".into(),
        "Fri, 03 Apr 2026 13:00:00 GMT".into(),
        "2026-04-03T14:00".into(),
        "2026-04-03 14:00:00".into(),
        "1775221200".into(),
        1_775_221_200.0.into(),
        1_775_221_200_000.0.into(),
        at.clone(),
    ] {
        assert_eq!(value(told.clone(), ValueType::DateTime), at, "{told:?}");
    }
    for told in
        [Value::from("tomorrow"), "03/04/2026".into(), "2026-02-30".into(), "2026".into(), 12.0.into(), true.into()]
    {
        assert_eq!(value(told.clone(), ValueType::DateTime), Value::Undetermined, "{told:?}");
    }
    let dated = |order: &str, text: &str| {
        let order = settings(json!({ "dates": order }));
        evaluate(vec![Variable::new("due", text)], &spec("due", ValueType::DateTime), &order).value
    };
    assert_eq!(dated("day_first", "3.4.2026 14:00"), at);
    assert_eq!(dated("month_first", "4/3/2026 14:00"), at);
    assert_eq!(dated("month_first", "13/3/2026"), Value::Undetermined);
    assert_eq!(dated("day_first", "3.4.26"), Value::Undetermined);
}

#[test]
fn choices_are_found_by_name_and_by_synonym() {
    let mapped =
        settings(json!({"variables": {"mood": {"synonyms": "high = hot | very interested; low = cold\nnone=x"}}}));
    let mood =
        |told: &str| evaluate(vec![Variable::new("mood", told)], &spec("mood", ValueType::Choice), &mapped).value;
    for (told, wanted) in [
        ("High", "high"),
        ("HOT", "high"),
        ("very  interested", "high"),
        ("cold", "low"),
        ("none", "none"),
        ("x", "none"),
    ] {
        assert_eq!(mood(told), wanted.into(), "{told}");
    }
    assert_eq!(mood("warm"), Value::Undetermined);
    let wrong = settings(json!({"variables": {"mood": {"synonyms": "gone = away"}}}));
    let answer = evaluate(vec![Variable::new("mood", "away")], &spec("mood", ValueType::Choice), &wrong);
    assert_eq!(answer.value, Value::Undetermined, "a synonym for what is no choice");
    assert!(
        answer.reason.contains("one of high, low, none") && answer.reason.contains("synonyms"),
        "{}",
        answer.reason
    );
}

#[test]
fn names_are_mapped_and_the_first_that_says_something_counts() {
    let mapped = settings(json!({"variables": {
        "booked": {"from": "meeting_scheduled | callSuccessful", "true_words": "success|done", "false_words": "failure"}
    }}));
    let booked = spec("booked", ValueType::Boolean);
    let told = |pairs: &[(&str, &str)]| {
        let provided = pairs.iter().map(|(name, value)| Variable::new(*name, *value)).collect();
        evaluate(provided, &booked, &mapped)
    };
    assert_eq!(told(&[("callSuccessful", "Success")]).value, true.into());
    assert_eq!(told(&[("callSuccessful", "success"), ("meeting_scheduled", "failure")]).value, false.into());
    assert_eq!(told(&[("meeting_scheduled", "unknown"), ("callSuccessful", "done")]).value, true.into());
    assert_eq!(told(&[("booked", "done")]).value, Value::Undetermined, "its own name is not asked any more");
    let yes = told(&[("callSuccessful", "yes")]);
    assert_eq!(yes.value, Value::Undetermined, "own words take the place of the usual ones");
    assert!(
        yes.reason.contains("callSuccessful: the provider's \"yes\"") && yes.reason.contains("true_words"),
        "{}",
        yes.reason
    );
}

#[test]
fn every_undetermined_says_why() {
    let booked = spec("booked", ValueType::Boolean);
    let why = |provided: Vec<Variable>| {
        let answer = evaluate(provided, &booked, &Settings::default());
        assert_eq!((answer.value, answer.confidence), (Value::Undetermined, None));
        answer.reason
    };
    assert_eq!(why(vec![]), "the provider gave no analysis of this call");
    assert_eq!(why(vec![Variable::new("mood", "x")]), "the provider's analysis has no booked; it has mood");
    let untold = why(vec![Variable::new("booked", Value::Undetermined)]);
    assert!(untold.contains("says that the call did not tell"), "{untold}");
    let misfit = why(vec![Variable::new("booked", "perhaps")]);
    assert_eq!(
        misfit,
        "booked: the provider's \"perhaps\" is not a word for true or false; add it to true_words or false_words"
    );
    let both = settings(json!({"true_words": ["x"], "false_words": ["x"]}));
    assert_eq!(evaluate(vec![Variable::new("booked", "x")], &booked, &both).value, Value::Undetermined);
}

#[test]
fn texts_are_taken_as_they_are_and_other_types_are_written_out() {
    assert_eq!(value("  as said ", ValueType::Text), "as said".into());
    assert_eq!(value(4.0, ValueType::Text), "4".into());
    assert_eq!(value(true, ValueType::Text), "true".into());
    assert_eq!(value("n/a", ValueType::Text), Value::Undetermined);
    assert_eq!(value("x", ValueType::Other), Value::Undetermined);
}
