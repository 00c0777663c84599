//! `campanile plugin fixture pull`: a case from a decision that was really made.
//!
//! The question is the one that the engine's record keeps. Only what is known to name nobody is kept as it is (instants,
//! outcomes, numbers); every other text is replaced, the same text by the same, so that a field that a later version adds
//! is not told by accident.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::fixtures::Case;
use crate::client::{Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Cases for tests.
#[derive(Subcommand, Debug)]
pub enum Fixture {
    /// Make a case of a decision of a retry policy, with phones, names and texts replaced
    Pull(Pull),
}

/// Flags of `plugin fixture pull`.
#[derive(Args, Debug)]
pub struct Pull {
    /// A lead (its last decision) or a call (the decision about it)
    #[arg(value_name = "lead_...|call_...")]
    id: String,
    /// The plugin's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the case instead of writing it
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(command: Fixture) -> Result<(), Failure> {
    let Fixture::Pull(args) = command;
    let client = Client::new(&args.server)?;
    let call = args.id.starts_with("call_").then_some(args.id.as_str());
    let lead = match call {
        Some(call) => {
            let told = client.get(&format!("/v1/calls/{call}")).await?;
            told["lead"].as_str().unwrap_or_default().to_owned()
        }
        None => args.id.clone(),
    };
    let timeline = client.get(&format!("/v1/leads/{lead}/timeline")).await?;
    let decision = decision(&timeline, call).ok_or_else(|| {
        Failure::not_found(format!("no decision is recorded for {}", args.id))
            .next("take a lead whose call is over; records are kept for a time only")
    })?;
    let case = case(decision);
    if args.json {
        return say(json!(case));
    }
    let path = args.dir.join("fixtures").join(format!("{}.json", args.id));
    let text = serde_json::to_string_pretty(&case).map_err(|error| Failure::other(error.to_string()))?;
    std::fs::create_dir_all(args.dir.join("fixtures"))
        .and_then(|()| std::fs::write(&path, text + "\n"))
        .map_err(|error| Failure::other(format!("{} cannot be written: {error}", path.display())))?;
    say(path.display())?;
    eprintln!("Settings and calling hours are not in a record: add those of the campaign. Next: campanile plugin test");
    Ok(())
}

/// The last one, or that about a call.
fn decision<'a>(timeline: &'a Value, call: Option<&str>) -> Option<&'a Value> {
    let entries = timeline["data"].as_array()?;
    let decisions = entries.iter().map(|entry| &entry["decision"]).filter(|decision| decision["input"].is_object());
    decisions.rev().find(|decision| call.is_none_or(|call| decision["call"] == call))
}

fn case(decision: &Value) -> Case {
    let mut input = decision["input"].clone();
    let mut masks = Masks::default();
    masks.apply("", &mut input);
    if let Some(input) = input.as_object_mut() {
        // Whose it was; the usual ones stand in.
        input.remove("campaign");
        input.remove("lead");
    }
    let mut expect = decision["output"].clone();
    masks.apply("", &mut expect);
    if let Some(expect) = expect.as_object_mut() {
        expect.remove("reason");
        expect.remove("variables");
    }
    let by = decision["by"].as_str().unwrap_or("an unknown policy");
    Case {
        name: format!("decides as {by} did"),
        call: None,
        settings: json!({}),
        calling_hours: None,
        http: Vec::new(),
        input,
        expect: expect.get("decision").is_some().then_some(expect),
        expect_error: None,
    }
}

/// Fields whose text is a word of the contract or an instant.
const KEPT: [&str; 16] = [
    "trigger",
    "now",
    "zone",
    "strategy",
    "campaign_ends_at",
    "unusable",
    "outcome",
    "failure",
    "answered_by",
    "started_at",
    "ended_at",
    "decision",
    "not_before",
    "not_after",
    "whom",
    "at",
];

/// What stands for what.
#[derive(Default)]
struct Masks {
    phones: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
}

impl Masks {
    fn apply(&mut self, field: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                // A variable's name is the campaign's, and its value may be anything.
                let inside = if field.ends_with("variables") { Some("variable") } else { None };
                for (name, value) in fields.iter_mut() {
                    self.apply(inside.unwrap_or(name), value);
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| self.apply(field, one)),
            Value::String(text) if field == "phone" => {
                let count = self.phones.len();
                let mask = self.phones.entry(text.clone()).or_insert_with(|| format!("+1415555{:04}", 100 + count));
                text.clone_from(mask);
            }
            Value::String(text) if !KEPT.contains(&field) => {
                let count = self.texts.len() + 1;
                let mask = self.texts.entry(text.clone()).or_insert_with(|| format!("text {count}"));
                text.clone_from(mask);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> Value {
        let decision = |call: &str, outcome: &str| {
            json!({ "call": call, "by": "goal-retry@3",
                "input": { "campaign": "cmp_1", "lead": "lead_1", "now": "2026-03-02T09:00:00Z", "zone": "Europe/Berlin",
                    "contacts": [{ "position": 0, "phone": "+4930123456", "name": "Ada Lovelace", "label": "her mother's" }],
                    "attempts": [{ "outcome": outcome, "phone": "+4930123456", "variables": { "now": "call Ada" } }],
                    "lead_variables": { "name": "Ada Lovelace", "age": 36 }, "later": "Ada" },
                "output": { "decision": "retry", "not_before": "2026-03-03T09:00:00Z", "contact": 0, "reason": "Ada is busy" } })
        };
        json!({ "data": [{ "kind": "lead_created" }, { "decision": decision("call_1", "busy") }, { "decision": decision("call_2", "voicemail") }] })
    }

    #[test]
    fn nothing_that_names_a_person_is_left() {
        let timeline = timeline();
        let case = case(decision(&timeline, None).unwrap());
        let text = json!(case).to_string();
        for told in ["Ada", "4930123456", "mother", "cmp_1", "lead_1"] {
            assert!(!text.contains(told), "{told}: {text}");
        }
        let input = &case.input;
        assert_eq!(input["contacts"][0]["phone"], input["attempts"][0]["phone"]);
        assert_eq!(input["contacts"][0]["name"], input["lead_variables"]["name"]);
        assert_eq!((&input["zone"], &input["lead_variables"]["age"]), (&json!("Europe/Berlin"), &json!(36)));
        assert_eq!(
            case.expect.unwrap(),
            json!({ "decision": "retry", "not_before": "2026-03-03T09:00:00Z", "contact": 0 })
        );
    }

    #[test]
    fn a_lead_is_its_last_decision_and_a_call_its_own() {
        let timeline = timeline();
        let outcome =
            |call: Option<&str>| decision(&timeline, call).map(|one| one["input"]["attempts"][0]["outcome"].clone());
        assert_eq!(outcome(None), Some(json!("voicemail")));
        assert_eq!(outcome(Some("call_1")), Some(json!("busy")));
        assert_eq!(outcome(Some("call_9")), None);
    }
}
