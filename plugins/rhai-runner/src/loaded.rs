//! A script that has been read: compiled, its settings declared and filled in.

use std::rc::Rc;

use campanile_plugin_sdk::policy::{Decision, Input};
use rhai::{AST, CallFnOptions, Dynamic, Engine, Map, Scope};

use crate::api::answer::Answer;
use crate::api::lead::Lead;
use crate::api::mapped;
use crate::api::row::Row;
use crate::api::settings::Declared;
use crate::diagnosis::Diagnosis;
use crate::export::script::{Kind, Mapped};
use crate::question::{self, Question};
use crate::{interpreter, suggest};

/// What declares a script's own settings.
const SETTINGS: &str = "settings";

/// What a script can be, and the function that makes it that.
struct Role {
    kind: Kind,
    function: &'static str,
    /// What the function is handed, as a script writes it.
    parameter: &'static str,
}

const ROLES: [Role; 2] = [
    Role { kind: Kind::RetryPolicy, function: "decide", parameter: "lead" },
    Role { kind: Kind::RowMapping, function: "map_row", parameter: "row" },
];

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
        let _guard = question::begin(Question { input: Some(input), settings: Rc::clone(&self.settings) });
        let answer = self.ask(Kind::RetryPolicy, Dynamic::from(lead))?;
        Answer::read(answer)
    }

    /// Asks `map_row(row)`.
    pub fn map_row(&self, row: Row) -> Result<Mapped, Diagnosis> {
        let _guard = question::begin(Question { input: None, settings: Rc::clone(&self.settings) });
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

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}({})`", self.function, self.parameter)
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
                "a retry policy is a function `fn decide(lead) { ... }`, a mapping of rows `fn map_row(row) { ... }`"
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
    use super::*;
    use crate::api::row::Column;

    fn problem(source: &str) -> Diagnosis {
        Loaded::new(source, &serde_json::Map::new()).err().unwrap()
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

    #[test]
    fn a_script_is_what_its_functions_make_it() {
        let both = "fn decide(lead) { builtin() } fn map_row(row) { reject(\"\") }";
        let kinds = |source: &str| Loaded::new(source, &serde_json::Map::new()).unwrap().kinds().to_vec();
        assert_eq!(kinds(both), [Kind::RetryPolicy, Kind::RowMapping]);
        assert_eq!(kinds("fn map_row(row) { reject(\"\") }"), [Kind::RowMapping]);
        assert!(problem("fn map_rows(row) { 1 }").to_string().contains("`map_rows` looks like it"));
        assert!(problem("fn map_row(row, more) { 1 }").to_string().contains("takes the row and nothing else"));
        assert!(problem("fn help() { 1 }").to_string().contains("neither `decide(lead)` nor `map_row(row)`"));
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
