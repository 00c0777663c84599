//! A script that has been read: compiled, its settings declared and filled in.

use std::rc::Rc;

use campanile_plugin_sdk::evaluator::{self, Evaluation};
use campanile_plugin_sdk::policy::{Decision, Input};
use campanile_plugin_sdk::types::VariableSpec;
use rhai::{AST, CallFnOptions, Dynamic, Engine, Map, Scope};

use crate::api::answer::Answer;
use crate::api::lead::Lead;
use crate::api::mapped;
use crate::api::row::Row;
use crate::api::settings::Declared;
use crate::api::talk::Talk;
use crate::api::told;
use crate::diagnosis::Diagnosis;
use crate::export::script::{Kind, Mapped};
use crate::question::{self, Clock, Question};
use crate::roles::{ROLES, Role};
use crate::{interpreter, names, suggest};

/// What declares a script's own settings.
const SETTINGS: &str = "settings";

/// The functions that a script may define for the host.
#[cfg(test)]
pub fn functions() -> impl Iterator<Item = &'static str> {
    ROLES.iter().map(|role| role.function).chain([SETTINGS])
}

/// A script ready to be asked.
pub struct Loaded {
    engine: Engine,
    ast: AST,
    kinds: Vec<Kind>,
    declared: Vec<Declared>,
    settings: Rc<Map>,
}

impl Loaded {
    /// Reads a source and the values of its settings (those not given have their defaults).
    pub fn new(source: &str, given: &serde_json::Map<String, serde_json::Value>) -> Result<Self, Diagnosis> {
        let engine = interpreter::new();
        let ast = engine.compile(source)?;
        let kinds = kinds(&ast)?;
        names::check(&ast)?;
        let mut loaded = Self { engine, ast, kinds, declared: Vec::new(), settings: Rc::default() };
        if loaded.defines(SETTINGS, 0) {
            let declaration: Dynamic = loaded.call(SETTINGS, None)?;
            loaded.declared = Declared::read(declaration)?;
        }
        loaded.settings = Rc::new(Declared::fill(&loaded.declared, given)?);
        Ok(loaded)
    }

    fn defines(&self, name: &str, parameters: usize) -> bool {
        self.ast.iter_functions().any(|function| function.name == name && function.params.len() == parameters)
    }

    /// What it can be asked.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// JSON Schema of the settings that the script declares.
    pub fn schema(&self) -> serde_json::Value {
        Declared::schema(&self.declared)
    }

    /// Asks `decide(lead)`.
    pub fn decide(&self, input: &Input) -> Result<Decision, Diagnosis> {
        let input = Rc::new(input.clone());
        let lead = Lead::new(Rc::clone(&input));
        let clock = Some(Clock { now: input.now, zone: input.zone.as_str().into() });
        let _guard = question::begin(Question { input: Some(input), clock, settings: Rc::clone(&self.settings) });
        let answer = self.ask(Kind::RetryPolicy, Dynamic::from(lead))?;
        Answer::read(answer)
    }

    /// Asks `evaluate(talk)`.
    pub fn evaluate(&self, talk: &evaluator::Talk, wanted: &[VariableSpec]) -> Result<Evaluation, Diagnosis> {
        let clock = Some(Clock { now: talk.started_at, zone: talk.zone.as_str().into() });
        let talk = Talk { call: Rc::new(talk.clone()), wanted: wanted.into() };
        let _guard = question::begin(Question { input: None, clock, settings: Rc::clone(&self.settings) });
        let answer = self.ask(Kind::CallEvaluator, Dynamic::from(talk))?;
        told::read(answer, wanted)
    }

    /// Asks `map_row(row)`.
    pub fn map_row(&self, row: Row) -> Result<Mapped, Diagnosis> {
        let _guard = question::begin(Question { input: None, clock: None, settings: Rc::clone(&self.settings) });
        let answer = self.ask(Kind::RowMapping, Dynamic::from(row))?;
        mapped::Answer::read(answer)
    }

    fn ask(&self, kind: Kind, argument: Dynamic) -> Result<Dynamic, Diagnosis> {
        match ROLES.iter().find(|role| role.kind == kind) {
            Some(role) if self.kinds.contains(&kind) => self.call(role.function, Some(argument)),
            Some(role) => Err(Diagnosis::of_script(format!("the script does not define {role}"))),
            None => Err(Diagnosis::of_script("a script cannot be asked this")),
        }
    }

    fn call(&self, function: &str, argument: Option<Dynamic>) -> Result<Dynamic, Diagnosis> {
        let options = CallFnOptions::new().eval_ast(false);
        let arguments: Vec<Dynamic> = argument.into_iter().collect();
        self.engine
            .call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.ast, function, arguments)
            .map_err(Diagnosis::from)
    }
}

/// What the functions of a source make it.
fn kinds(ast: &AST) -> Result<Vec<Kind>, Diagnosis> {
    if let Some((name, ..)) = ast.iter_literal_variables(true, true).next() {
        let message = format!("`{name}` stands outside of every function and would be seen by none");
        return Err(Diagnosis::of_script(message).with_hint(format!("write `fn {name}() {{ ... }}` and call it")));
    }
    let functions: Vec<_> = ast.iter_functions().collect();
    let mut kinds = Vec::new();
    for role in &ROLES {
        let Role { function, parameter, .. } = role;
        match functions.iter().find(|one| one.name == *function) {
            Some(found) if found.params.len() == 1 => kinds.push(role.kind),
            Some(found) => {
                let message = format!(
                    "`{function}` takes the {parameter} and nothing else, not {} parameters",
                    found.params.len()
                );
                return Err(
                    Diagnosis::of_script(message).with_hint(format!("write `fn {function}({parameter}) {{ ... }}`"))
                );
            }
            None => {}
        }
    }
    if kinds.is_empty() {
        let near = ROLES.iter().find_map(|role| {
            suggest::nearest(role.function, functions.iter().map(|function| function.name)).map(|near| (near, role))
        });
        let hint = match near {
            Some((near, Role { function, parameter, .. })) => {
                format!("`{near}` looks like it; write `fn {function}({parameter}) {{ ... }}`")
            }
            None => {
                "a retry policy is a function `fn decide(lead) { ... }`, an evaluator `fn evaluate(talk) { ... }`, a mapping of rows `fn map_row(row) { ... }`"
                    .to_owned()
            }
        };
        let roles: Vec<_> = ROLES.iter().map(ToString::to_string).collect();
        return Err(Diagnosis::of_script(format!("the script defines neither {}", roles.join(" nor "))).with_hint(hint));
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::types::{AnsweredBy, Outcome, Role, Speaker, Utterance, Value, ValueType};

    use super::*;
    use crate::api::row::Column;

    fn problem(source: &str) -> Diagnosis {
        Loaded::new(source, &serde_json::Map::new()).err().unwrap()
    }

    #[test]
    fn a_name_that_nothing_answers_to_is_found_before_anybody_is_asked() {
        for (source, line, column, message, hint) in [
            (
                "fn decide(lead) {\n    if lead.round > 9 { retyr(#{ after: hours(2) }) } else { builtin() }\n}",
                2,
                25,
                "there is no function `retyr`",
                "did you mean `retry`?",
            ),
            (
                "fn decide(lead) {\n    if lead.round > 9 { return giveup(\"x\"); }\n    builtin()\n}",
                2,
                32,
                "there is no function `giveup`",
                "did you mean `give_up`?",
            ),
            (
                "fn decide(lead) {\n    if lead.attemts.len() > 3 { give_up(\"x\") } else { builtin() }\n}",
                2,
                13,
                "lead has no property `attemts`",
                "did you mean `attempts`?",
            ),
            (
                "fn late(n) { n > 3 }\nfn decide(lead) { if lat(lead.round) { builtin() } else { builtin() } }",
                2,
                22,
                "there is no function `lat`",
                "did you mean `late`?",
            ),
            (
                "fn evaluate(talk) {\n    #{ booked: told(talk.lins.len() > 3, \"long\") }\n}",
                2,
                26,
                "talk has no property `lins`",
                "did you mean `lines`?",
            ),
            (
                "fn map_row(row) {\n    persn(#{ phone: row.phone })\n}",
                2,
                5,
                "there is no function `persn`",
                "did you mean `person`?",
            ),
            (
                "fn decide(lead) {\n    lead.contacts.filtr(|c| c.usable);\n    builtin()\n}",
                2,
                19,
                "there is no function `filtr`",
                "did you mean `filter`?",
            ),
        ] {
            let found = problem(source);
            assert_eq!((found.line, found.column, found.message.as_str()), (line, column, message), "{source}");
            assert_eq!(found.hint.as_deref(), Some(hint), "{source}");
        }
        // What only the run can know is left to it: a function in a map or a variable, a map by the lead's name.
        for source in [
            "fn decide(lead) { let m = #{ f: |x| x + 1 }; if m.f(1) > 1 { builtin() } else { builtin() } }",
            "fn decide(lead) { let f = |x| x + 1; if f.call(1) > 1 { builtin() } else { builtin() } }",
            "fn first(lead) { lead.anything } fn decide(lead) { first(#{ anything: 1 }); builtin() }",
            "fn decide(lead) { let lead = #{ anything: 1 }; if lead.anything == 1 { builtin() } else { builtin() } }",
            "fn decide(it) { if it.round > 1 && type_of(it.round) == \"i64\" { builtin() } else { builtin() } }",
        ] {
            assert!(Loaded::new(source, &serde_json::Map::new()).is_ok(), "{source}");
        }
    }

    #[test]
    fn what_a_script_declares_becomes_a_schema_and_its_defaults() {
        let source = "fn settings() { #{ wait: number(15, \"Wait\", 10, 60) } } fn decide(lead) { builtin() }";
        let script = Loaded::new(source, &serde_json::Map::new()).unwrap();
        assert_eq!(script.schema()["properties"]["wait"]["maximum"], 60);
        assert_eq!(script.settings["wait"].as_int(), Ok(15));
        let given = serde_json::json!({ "wiat": 20 });
        let error = Loaded::new(source, given.as_object().unwrap()).err().unwrap();
        assert!(error.to_string().contains("did you mean `wait`?"), "{error}");
    }

    fn map(source: &str) -> Result<Mapped, Diagnosis> {
        let column = |header: &str, name: &str| Column { header: header.into(), name: name.into() };
        let columns = [column("Phone (work)", "phone_work"), column("Name", "name"), column("Town", "town")];
        let row = Row::new(&columns.into(), 7, vec!["0171 1234567".into(), "Ann".into()]);
        Loaded::new(source, &serde_json::Map::new())?.map_row(row)
    }

    #[test]
    fn a_row_becomes_a_person() {
        let source = r#"fn map_row(row) {
            if row.town == "" && row.has("Name") {
                return person(#{ phone: row["Phone (work)"], phones: ["", #{ phone: "+1", label: "home" }], name: row.NAME,
                    country: "DE", vars: #{ at: row.row_number(), all: row.headers().len() } });
            }
            reject("no town")
        }"#;
        let Mapped::Person(person) = map(source).unwrap() else { panic!("somebody") };
        assert_eq!((person.name.as_deref(), person.country.as_deref()), (Some("Ann"), Some("DE")));
        let phones: Vec<_> = person.phones.iter().map(|one| (one.phone.as_str(), one.label.as_deref())).collect();
        assert_eq!(phones, [("0171 1234567", None), ("+1", Some("home"))]);
        assert_eq!(person.variables.len(), 2);
    }

    #[test]
    fn what_is_no_column_and_no_answer_is_told_with_the_way_out() {
        for (body, told) in [
            ("person(#{ phone: row.phone_wrok })", "did you mean `phone_work`?"),
            ("person(#{ phone: row[\"Phone (wrok)\"] })", "did you mean row[\"Phone (work)\"]?"),
            ("person(#{ phone: row.name, nmae: row.name })", "did you mean `name`?"),
            ("person(#{ name: row.name })", "a person needs `phone` or `phones`"),
            ("row.name", "answered string"),
            ("if row.name == \"Bob\" { reject(\"x\") }", "answered nothing"),
            ("builtin()", "only be asked while deciding"),
        ] {
            let error = map(&format!("fn map_row(row) {{ {body} }}")).err().unwrap();
            assert!(error.to_string().contains(told), "{body}: {error}");
        }
    }

    fn talk(lines: &[&str]) -> evaluator::Talk {
        let said = |(nth, line): (usize, &&str)| {
            let (speaker, text) = line.split_once(": ").unwrap();
            let speaker = if speaker == "assistant" { Speaker::Assistant } else { Speaker::Person };
            Utterance { at_ms: nth as u64 * 1_000, speaker, text: text.to_owned() }
        };
        evaluator::Talk {
            call_id: "call_1".into(),
            lead_id: "lead_1".into(),
            campaign_id: "cmp_1".into(),
            started_at: 1_772_442_000_000,
            zone: "Europe/Berlin".into(),
            language: None,
            outcome: Outcome::Answered,
            answered_by: AnsweredBy::Human,
            talk_ms: 40_000,
            transcript: lines.iter().enumerate().map(said).collect(),
            provided: Vec::new(),
            lead_variables: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn spec(name: &str, kind: ValueType) -> VariableSpec {
        let (choices, description) = (vec!["red".to_owned(), "blue".to_owned()], String::new());
        VariableSpec { name: name.into(), kind, choices, description, required: true, role: Role::None }
    }

    fn evaluate(body: &str, lines: &[&str]) -> Result<Evaluation, Diagnosis> {
        let wanted = [spec("booked", ValueType::Boolean), spec("colour", ValueType::Choice)];
        let source = format!("fn evaluate(talk) {{ {body} }}");
        Loaded::new(&source, &serde_json::Map::new())?.evaluate(&talk(lines), &wanted)
    }

    #[test]
    fn what_was_said_is_searched_with_speaker_denial_and_order() {
        let found = |search: &str, lines: &[&str]| {
            let told = format!("#{{ booked: told({search}.any(), \"it\", {search}) }}");
            let evaluation = evaluate(&told, lines).unwrap();
            assert_eq!(evaluation.answers[1].value, Value::Undetermined);
            (evaluation.answers[0].value == Value::Boolean(true), evaluation.answers[0].evidence.clone())
        };
        let lines = [
            "assistant: Shall I book you for Tuesday?",
            "person: Yes, please book it.",
            "assistant: You are booked.",
            "person: Wait, I do not want to book anything!",
            "person: Did you book something else?",
        ];
        assert_eq!(found("talk.find(\"book*\")", &lines), (true, vec![0, 1, 2, 3, 4]));
        assert_eq!(found("talk.find(\"book*\").by(\"person\")", &lines), (true, vec![1, 3, 4]));
        assert_eq!(found("talk.find(\"book\").by(\"person\").affirmed()", &lines), (true, vec![1]));
        assert_eq!(found("talk.find(\"book\").by(\"person\").denied()", &lines), (true, vec![3]));
        assert_eq!(found("talk.find(\"book\").asked()", &lines), (true, vec![0, 4]));
        assert_eq!(found("talk.find([\"yes\", \"sure\"]).after(talk.find(\"shall i book\"))", &lines), (true, vec![1]));
        assert_eq!(found("talk.find(\"booked\").before(talk.find(\"yes\"))", &lines), (false, vec![]));
        assert_eq!(found("talk.find(\"Dienstag\")", &lines), (false, vec![]));
    }

    #[test]
    fn an_answer_is_of_its_type_and_a_slip_is_no_answer() {
        let lines = ["person: Blue."];
        let good =
            evaluate("#{ colour: told(\"blue\", \"said so\", talk.lines[0]).sure(0.5), other: 7 }", &lines).unwrap();
        let colour = &good.answers[1];
        assert_eq!((&colour.value, colour.confidence), (&Value::Text("blue".into()), Some(0.5)));
        assert_eq!(
            (colour.evidence.as_slice(), good.answers[0].reason.as_str()),
            ([0].as_slice(), "the script does not answer it")
        );
        for (body, told) in [
            ("#{ booked: \"yes\" }", "`booked` must be true or false"),
            ("#{ colour: \"green\" }", "must be one of red, blue"),
            ("#{ boked: true }", "did you mean `booked`?"),
            ("true", "`evaluate` answered bool"),
            ("#{ booked: talk.find(\"x\").by(\"peson\").any() }", "did you mean `person`?"),
            ("#{ booked: talk.lins }", "did you mean `lines`?"),
            ("#{ booked: talk.find(\"x\").first() == 1 }", "undetermined"),
        ] {
            let error = evaluate(body, &lines).err().unwrap_or_else(|| panic!("{body}"));
            assert!(error.to_string().contains(told), "{body}: {error}");
        }
        assert_eq!(evaluate("#{ booked: undetermined() }", &lines).unwrap().answers[0].value, Value::Undetermined);
    }

    #[test]
    fn a_script_is_what_its_functions_make_it() {
        let both = "fn decide(lead) { builtin() } fn map_row(row) { reject(\"\") }";
        let kinds = |source: &str| Loaded::new(source, &serde_json::Map::new()).unwrap().kinds().to_vec();
        assert_eq!(kinds(both), [Kind::RetryPolicy, Kind::RowMapping]);
        assert_eq!(kinds("fn map_row(row) { reject(\"\") }"), [Kind::RowMapping]);
        assert!(problem("fn map_rows(row) { 1 }").to_string().contains("`map_rows` looks like it"));
        assert!(problem("fn map_row(row, more) { 1 }").to_string().contains("takes the row and nothing else"));
        assert!(
            problem("fn help() { 1 }")
                .to_string()
                .contains("neither `decide(lead)` nor `evaluate(talk)` nor `map_row(row)`")
        );
    }

    #[test]
    fn words_that_the_language_keeps_are_explained() {
        let error = problem("fn decide(lead) { let until = 1; builtin() }");
        assert!(error.hint.is_some_and(|hint| hint.contains("`until`")), "{}", error.message);
    }

    #[test]
    fn a_mistake_in_settings_is_found_before_any_decision() {
        let error = problem("fn settings() { #{\n wait: nubmer(1, \"x\") } }\nfn decide(lead) { builtin() }");
        assert_eq!(error.line, 2);
        assert_eq!(error.hint.as_deref(), Some("did you mean `number`?"));
    }

    #[test]
    fn the_guide_names_every_function() {
        let guide = include_str!("../../../docs/script-guide.md");
        for name in crate::catalogue::FUNCTIONS {
            assert!(guide.contains(&format!("{name}(")), "docs/script-guide.md does not mention {name}(...)");
        }
    }
}
