//! The fake provider against the provider's own description of its API, so that what is proven here is proven of it.
//!
//! `CAMPANILE_SPECS` names the folder with `twilio_voice_calls.json`, which is not ours to ship; without it the test says
//! so and passes.

use campanile_tests::people;
use serde_json::Value;

use super::plan::{Fate, Plan};
use super::stage::{LIMIT, Stage, campaign};

fn is_sid(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is wrong with a value, by one property of the schema.
fn wrong(name: &str, property: &Value, value: Option<&Value>, schemas: &Value) -> Option<String> {
    let Some(value) = value else { return Some(format!("{name} is missing")) };
    if let Some(reference) = property["$ref"].as_str() {
        let words = &schemas[reference.rsplit('/').next().unwrap_or_default()]["enum"];
        let known = words.as_array().is_some_and(|words| words.contains(value));
        return (!known).then(|| format!("{name} is {value}, which is none of {words}"));
    }
    if value.is_null() {
        return (property["nullable"] != true).then(|| format!("{name} is null"));
    }
    let fits = match property["type"].as_str() {
        Some("string") => value.is_string(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("integer") => value.is_i64() || value.is_u64(),
        _ => true,
    };
    if !fits {
        return Some(format!("{name} is {value}, not of type {}", property["type"]));
    }
    let text = value.as_str().unwrap_or_default();
    let prefix = property["pattern"].as_str().and_then(|pattern| pattern.get(1..3));
    if let Some(prefix) = prefix.filter(|prefix| !is_sid(text, prefix)) {
        return Some(format!("{name} is {text:?}, which does not begin with {prefix} and 32 digits"));
    }
    let dated = property["format"] == "date-time-rfc-2822" && jiff::fmt::rfc2822::parse(text).is_err();
    dated.then(|| format!("{name} is {text:?}, no date of RFC 2822"))
}

fn faults(schema: &Value, value: &Value, schemas: &Value) -> Vec<String> {
    let properties = schema["properties"].as_object().expect("a schema with properties");
    let unknown = value.as_object().into_iter().flatten().filter(|(name, _)| !properties.contains_key(*name));
    let unknown = unknown.map(|(name, _)| format!("{name} is no property"));
    properties
        .iter()
        .filter_map(|(name, property)| wrong(name, property, value.get(name), schemas))
        .chain(unknown)
        .collect()
}

#[test]
fn the_fake_answers_as_the_provider_describes_its_answers() {
    let Some(folder) = std::env::var_os("CAMPANILE_SPECS") else {
        eprintln!("skipped: CAMPANILE_SPECS names no folder with twilio_voice_calls.json");
        return;
    };
    let path = std::path::Path::new(&folder).join("twilio_voice_calls.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let spec: Value = serde_json::from_str(&text).unwrap();
    let schemas = &spec["components"]["schemas"];
    let schema = &schemas["api.v2010.account.call"];

    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    let fates = [Fate::Person(3), Fate::Machine, Fate::Busy, Fate::NoAnswer, Fate::Failed(603)];
    let phones: Vec<String> = (0..fates.len()).map(people::phone).collect();
    for (phone, fate) in phones.iter().zip(fates) {
        stage.twilio.plan(phone, Plan::of(fate));
    }
    let campaign = campaign(&stage.account, &gateway, &phones);
    campaign.start();
    campaign.completed(LIMIT);
    let calls = stage.twilio.calls();
    assert_eq!(calls.len(), fates.len());
    for call in &calls {
        assert_eq!(faults(schema, call, schemas), Vec::<String>::new(), "{call}");
    }
    // What the plugin asked for are parameters that the provider knows.
    let post = &spec["paths"]["/2010-04-01/Accounts/{AccountSid}/Calls.json"]["post"]["requestBody"]["content"];
    let form = &post["application/x-www-form-urlencoded"]["schema"];
    for sent in stage.twilio.forms() {
        let unknown: Vec<_> = sent.iter().filter(|(name, _)| form["properties"].get(name).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for required in form["required"].as_array().into_iter().flatten() {
            assert!(sent.iter().any(|(name, _)| required == name), "{required} is missing: {sent:?}");
        }
    }
    let broken = serde_json::json!({"sid": "CA1", "status": "gone", "duration": 3});
    assert!(faults(schema, &broken, schemas).len() > 20, "the check would let anything pass");
}
