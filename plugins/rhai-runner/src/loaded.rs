//! A script that has been read: compiled, its settings declared and filled in.

use std::rc::Rc;

use campanile_plugin_sdk::policy::{Decision, Input};
use rhai::{AST, CallFnOptions, Dynamic, Engine, Map, Scope};

use crate::api::answer::Answer;
use crate::api::lead::Lead;
use crate::api::settings::Declared;
use crate::diagnosis::Diagnosis;
use crate::question::{self, Question};
use crate::{interpreter, suggest};

/// What makes a script a retry policy.
const DECIDE: &str = "decide";
/// What declares a script's own settings.
const SETTINGS: &str = "settings";

/// A script ready to decide.
pub struct Loaded {
    engine: Engine,
    ast: AST,
    declared: Vec<Declared>,
    settings: Rc<Map>,
}

impl Loaded {
    /// Reads a source and the values of its settings (those not given have their defaults).
    pub fn new(source: &str, given: &serde_json::Map<String, serde_json::Value>) -> Result<Self, Diagnosis> {
        let engine = interpreter::new();
        let ast = engine.compile(source)?;
        check_functions(&ast)?;
        let mut loaded = Self { engine, ast, declared: Vec::new(), settings: Rc::default() };
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

    /// JSON Schema of the settings that the script declares.
    pub fn schema(&self) -> serde_json::Value {
        Declared::schema(&self.declared)
    }

    /// Asks `decide(lead)`.
    pub fn decide(&self, input: &Input) -> Result<Decision, Diagnosis> {
        let input = Rc::new(input.clone());
        let lead = Lead::new(Rc::clone(&input));
        let _guard = question::begin(Question { input: Some(input), settings: Rc::clone(&self.settings) });
        let answer = self.call(DECIDE, Some(Dynamic::from(lead)))?;
        Answer::read(answer)
    }

    fn call(&self, function: &str, argument: Option<Dynamic>) -> Result<Dynamic, Diagnosis> {
        let options = CallFnOptions::new().eval_ast(false);
        let arguments: Vec<Dynamic> = argument.into_iter().collect();
        self.engine
            .call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.ast, function, arguments)
            .map_err(Diagnosis::from)
    }
}

fn check_functions(ast: &AST) -> Result<(), Diagnosis> {
    if let Some((name, ..)) = ast.iter_literal_variables(true, true).next() {
        let message = format!("`{name}` stands outside of every function and would be seen by none");
        return Err(Diagnosis::of_script(message).with_hint(format!("write `fn {name}() {{ ... }}` and call it")));
    }
    let functions: Vec<_> = ast.iter_functions().collect();
    match functions.iter().find(|function| function.name == DECIDE) {
        Some(decide) if decide.params.len() == 1 => Ok(()),
        Some(decide) => {
            let message = format!("`decide` takes the lead and nothing else, not {} parameters", decide.params.len());
            Err(Diagnosis::of_script(message).with_hint("write `fn decide(lead) { ... }`"))
        }
        None => {
            let near = suggest::nearest(DECIDE, functions.iter().map(|function| function.name));
            let hint = match near {
                Some(near) => format!("`{near}` looks like it; write `fn decide(lead) {{ ... }}`"),
                None => "a retry policy is a function `fn decide(lead) { ... }`".to_owned(),
            };
            Err(Diagnosis::of_script("the script does not define `decide(lead)`").with_hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for name in crate::api::FUNCTIONS {
            assert!(guide.contains(&format!("{name}(")), "docs/script-guide.md does not mention {name}(...)");
        }
    }
}
