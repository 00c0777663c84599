//! The catalogue against the interpreter, and against what is written down of it.

use std::collections::BTreeSet;

use campanile_plugin_sdk::evaluator::Talk;
use campanile_plugin_sdk::fake::{self, Host, utc};
use campanile_plugin_sdk::policy::{Decision, Input, Retry, Strategy, Trigger};
use campanile_plugin_sdk::types::{
    AnsweredBy, Attempt, Contact, Failure, Outcome, Speaker, Utterance, Value, Variable,
};

use super::{DEFINED, ENTRIES, Entry, FUNCTIONS, KEYWORDS, Kind, RESERVED, json};
use crate::Loaded;
use crate::api::row::{Column, Row};
use crate::diagnosis::Diagnosis;

/// Names of the language that take our types too.
const OF_THE_LANGUAGE: [&str; 4] = ["min", "max", "to_string", "to_debug"];

/// What the interpreter has registered: `property of type`, `method of type`, `function`.
fn registered() -> BTreeSet<String> {
    let signatures = crate::interpreter::new().gen_fn_signatures(false);
    let mut found = BTreeSet::from(["function print".to_owned(), "function debug".to_owned()]);
    for signature in signatures {
        let (name, rest) = signature.split_once('(').unwrap();
        let of = rest.strip_prefix("_: &mut ").map(|rest| rest.split([',', ')']).next().unwrap());
        let word = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !word || name.starts_with("index$") || OF_THE_LANGUAGE.contains(&name) {
            continue;
        }
        found.insert(match (name.strip_prefix("get$"), of) {
            (Some(name), of) => format!("property {name} of {}", of.unwrap_or_default()),
            (None, Some(of)) => format!("method {name} of {of}"),
            (None, None) if name == "is_undetermined" => format!("method {name} of anyvalue"),
            (None, None) => format!("function {name}"),
        });
    }
    found
}

#[test]
fn the_table_has_what_is_registered_no_more_and_no_less() {
    let told = |entry: &Entry| match (entry.kind, entry.of.map(|of| of.replace(' ', ""))) {
        (Kind::Function, None) => format!("function {}", entry.name),
        (Kind::Property, Some(of)) => format!("property {} of {of}", entry.name),
        (Kind::Method, Some(of)) => format!("method {} of {of}", entry.name),
        (kind, of) => panic!("{} is a {kind:?} of {of:?}", entry.name),
    };
    let table: BTreeSet<_> = ENTRIES.iter().map(told).collect();
    assert_eq!(table.len(), ENTRIES.len(), "a name is there twice");
    let registered = registered();
    let missing: Vec<_> = registered.difference(&table).collect();
    let promised: Vec<_> = table.difference(&registered).collect();
    assert!(missing.is_empty() && promised.is_empty(), "not in the table: {missing:?}; not registered: {promised:?}");
    let callable: Vec<_> = ENTRIES.iter().filter(|one| one.kind != Kind::Property).map(|one| one.name).collect();
    assert_eq!(FUNCTIONS, callable);
}

/// Functions of the language that a check of names has to know.
#[test]
fn the_functions_of_the_language_are_listed_no_more_and_no_less() {
    // The last one is there only with what tests ask the interpreter by.
    let ours: BTreeSet<&str> = FUNCTIONS.iter().copied().chain(["get_fn_metadata_list"]).collect();
    let signatures = crate::interpreter::new().gen_fn_signatures(true);
    let names = signatures.iter().filter_map(|signature| signature.split('(').next());
    let theirs: BTreeSet<&str> = names.filter(|name| crate::suggest::is_word(name) && !ours.contains(name)).collect();
    let listed: BTreeSet<&str> = crate::names::LANGUAGE.iter().copied().collect();
    assert_eq!(listed, theirs);
    assert!(crate::names::LANGUAGE.is_sorted());
}

#[test]
fn an_entry_tells_in_one_sentence_what_it_is() {
    for Entry { name, kind, of, signature, doc, keys, .. } in ENTRIES {
        let written = match (kind, of) {
            (Kind::Function, _) => format!("{name}("),
            (Kind::Property, _) => format!(".{name}: "),
            (Kind::Method, _) => format!(".{name}("),
        };
        assert!(signature.contains(&written), "{name}: {signature} does not contain {written}");
        assert!(
            signature.contains(" -> ") == (*kind != Kind::Property && !["print", "debug"].contains(name)),
            "{name}"
        );
        assert!(doc.ends_with('.') && !doc[..doc.len() - 1].contains(". "), "{name}: one sentence, not {doc:?}");
        for key in *keys {
            assert!(signature.contains(&format!("{key}?")), "{signature} does not name {key}");
        }
        if ["outcome", "count", "was"].contains(name) && [Some("lead"), Some("attempt")].contains(of) {
            let all = crate::api::outcomes();
            assert!(all.iter().all(|outcome| doc.contains(outcome)), "{name} of {of:?}: {doc}");
        }
    }
}

fn input() -> Input {
    let boolean = |name: &str| Variable::new(name, true);
    let attempt = Attempt {
        number: 1,
        era: 1,
        round: 1,
        contact: 0,
        phone: "+14155550100".into(),
        outcome: Outcome::Busy,
        failure: Failure::None,
        answered_by: AnsweredBy::Unknown,
        started_at: utc(2026, 3, 2, 10, 0),
        ended_at: Some(utc(2026, 3, 2, 10, 5)),
        talk_ms: 0,
        variables: vec![boolean("booked")],
        extra: Vec::new(),
    };
    let contact = Contact {
        position: 0,
        phone: "+14155550100".into(),
        name: None,
        label: None,
        usable: true,
        zone: "UTC".into(),
        variables: Vec::new(),
    };
    Input {
        trigger: Trigger::Settled,
        now: utc(2026, 3, 2, 10, 6),
        campaign_id: "cmp_1".into(),
        lead_id: "lead_1".into(),
        zone: "UTC".into(),
        era: 1,
        round: 1,
        max_retries: 3,
        retry_interval_ms: 3_600_000,
        retry_on_voicemail: false,
        retry_until_goal: true,
        goal: Some(Value::Boolean(true)),
        strategy: Strategy::Escalate,
        attempts_left: 3,
        campaign_ends_at: None,
        contacts: vec![contact],
        attempts: vec![attempt],
        lead_variables: vec![Variable::new("city", "Bern")],
        builtin: Decision::Retry(Retry::at(utc(2026, 3, 2, 11, 5), "busy")),
        extra: Vec::new(),
    }
}

fn talk() -> Talk {
    let line = |speaker, text: &str| Utterance { at_ms: 0, speaker, text: text.into() };
    Talk {
        call_id: "call_1".into(),
        lead_id: "lead_1".into(),
        campaign_id: "cmp_1".into(),
        started_at: utc(2026, 3, 2, 10, 0),
        zone: "UTC".into(),
        language: None,
        outcome: Outcome::Answered,
        answered_by: AnsweredBy::Human,
        talk_ms: 9_000,
        transcript: vec![line(Speaker::Assistant, "Shall I book it?"), line(Speaker::Person, "Yes.")],
        provided: Vec::new(),
        lead_variables: Vec::new(),
        extra: Vec::new(),
    }
}

/// Runs a source as what it is.
fn run(source: &str) -> Result<(), Diagnosis> {
    fake::install(Host::default());
    let loaded = Loaded::new(source, &serde_json::Map::new())?;
    if source.contains("fn evaluate") {
        loaded.evaluate(&talk(), &[]).map(drop)
    } else if source.contains("map_row") {
        let columns = ["phone", "name", "town", "fax"].map(|name| Column { header: name.into(), name: name.into() });
        let cells = ["+1", "Ann", "Ulm", ""].map(str::to_owned).to_vec();
        loaded.map_row(Row::new(&columns.into(), 2, cells)).map(drop)
    } else {
        loaded.decide(&input()).map(drop)
    }
}

#[test]
fn every_example_runs_where_it_is_said_to() {
    let declared = "fn settings() { #{ wait: number(15, \"Wait\") } }";
    for Entry { name, within, example, .. } in ENTRIES {
        assert!(example.contains(name), "the example of {name} does not show it: {example}");
        let decide = format!("{declared} fn decide(lead) {{ let it = {example}; builtin() }}");
        let map_row = format!("{declared} fn map_row(row) {{ let it = {example}; reject(\"\") }}");
        let settings = format!("fn settings() {{ #{{ it: {example} }} }} fn decide(lead) {{ builtin() }}");
        let evaluate = format!("{declared} fn evaluate(talk) {{ let it = {example}; #{{}} }}");
        let all = [("decide", decide), ("evaluate", evaluate), ("map_row", map_row), ("settings", settings)];
        // An example that needs the lead or the talk stands for the others.
        let shows = |place: &str| match place {
            "settings" => within.contains(&"settings"),
            "decide" => !example.contains("talk."),
            "evaluate" => !example.contains("lead."),
            _ => !example.contains("lead.") && !example.contains("talk."),
        };
        let usable = |place: &str| (within.is_empty() || within.contains(&place)) && shows(place);
        for (_, source) in all.iter().filter(|(place, _)| usable(place)) {
            run(source).unwrap_or_else(|found| panic!("{source}: {found}"));
        }
    }
}

#[test]
fn what_a_script_may_define_is_what_it_is_asked() {
    let mut names: Vec<_> = crate::loaded::functions().collect();
    names.sort_unstable();
    assert_eq!(names, DEFINED.iter().map(|one| one.name).collect::<Vec<_>>());
    for one in DEFINED {
        assert!(one.signature.starts_with(&format!("fn {}(", one.name)));
        let rest = if one.name == "settings" { "\nfn decide(lead) { builtin() }" } else { "" };
        run(&format!("{}{rest}", one.example)).unwrap_or_else(|found| panic!("{}: {found}", one.example));
    }
}

#[test]
fn no_word_of_the_language_is_a_name() {
    let engine = crate::interpreter::new();
    for word in KEYWORDS.iter().chain(RESERVED) {
        assert!(engine.compile(format!("fn f() {{ let {word} = 1; }}")).is_err(), "{word} is a name like any other");
    }
    for free in FUNCTIONS.iter().filter(|name| !["print", "debug"].contains(name)) {
        assert!(engine.compile(format!("fn f() {{ let {free} = 1; }}")).is_ok(), "{free} is kept");
    }
}

#[test]
fn the_file_for_editors_is_the_catalogue() {
    let written = include_str!("../../../../docs/script-catalogue.json");
    let command = "cargo run --release -p rhai-runner --example catalogue > ../docs/script-catalogue.json";
    assert!(
        written == json().unwrap(),
        "docs/script-catalogue.json is out of date; write it anew, in plugins/: {command}"
    );
}
