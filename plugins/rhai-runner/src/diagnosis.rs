//! What went wrong, where, and what to do: the interpreter's errors for people who write scripts.
//!
//! Rhai reports the place and a terse cause; this adds the suggestion that its author would have made. Errors that our own
//! functions raise carry their hint through the interpreter as a [`Trouble`].

use campanile_plugin_sdk::types::PluginError;
use rhai::{Dynamic, EvalAltResult, ParseError, ParseErrorType, Position};

use crate::catalogue::{ENTRIES, FUNCTIONS, Kind};
use crate::suggest;

/// One thing wrong. Lines and columns count from 1; 0 where there is no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub line: u32,
    pub column: u32,
    pub message: String,
    pub hint: Option<String>,
}

/// An error of one of our own functions, on its way through the interpreter.
#[derive(Clone, Debug)]
pub struct Trouble {
    message: String,
    hint: Option<String>,
}

/// An error that a registered function returns; the interpreter adds the place.
pub fn trouble<T>(message: impl Into<String>, hint: impl Into<Option<String>>) -> Result<T, Box<EvalAltResult>> {
    let trouble = Trouble { message: message.into(), hint: hint.into() };
    Err(EvalAltResult::ErrorRuntime(Dynamic::from(trouble), Position::NONE).into())
}

/// The same for a property that does not exist.
pub fn no_property<T>(of: &str, given: &str, known: &[&str]) -> Result<T, Box<EvalAltResult>> {
    trouble(no_such_property(of, given), suggest::hint(given, known.iter().copied()))
}

fn no_such_property(of: &str, given: &str) -> String {
    format!("{of} has no property `{given}`")
}

impl Diagnosis {
    /// About the script as a whole.
    pub fn of_script(message: impl Into<String>) -> Self {
        Self { line: 0, column: 0, message: message.into(), hint: None }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A function that nobody has defined.
    pub fn no_function(position: Position, name: &str, near: Option<&str>) -> Self {
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        Self::at(position, format!("there is no function `{name}`"), hint)
    }

    /// A property that is not there.
    pub fn no_property(position: Position, of: &str, given: &str, known: &[&str]) -> Self {
        Self::at(position, no_such_property(of, given), Some(suggest::hint(given, known.iter().copied())))
    }

    fn at(position: Position, message: impl Into<String>, hint: Option<String>) -> Self {
        let line = position.line().unwrap_or(0) as u32;
        Self { line, column: position.position().unwrap_or(0) as u32, message: message.into(), hint }
    }

    /// As the failure of a call.
    pub fn into_error(self, code: &str) -> PluginError {
        let mut error = PluginError::new(code, self.to_string());
        if self.line > 0 {
            error.extra.push(("line".to_owned(), self.line.to_string()));
            error.extra.push(("column".to_owned(), self.column.to_string()));
        }
        error
    }
}

impl std::fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        f.write_str(&self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

impl From<ParseError> for Diagnosis {
    fn from(error: ParseError) -> Self {
        let hint = match error.err_type() {
            ParseErrorType::VariableUndefined(name) => Some(unknown_variable(name)),
            ParseErrorType::Reserved(word) => {
                Some(format!("the language keeps `{word}` for itself; take another name"))
            }
            ParseErrorType::VariableExpected | ParseErrorType::PropertyExpected => Some(
                "words that the language keeps for itself, such as `is`, `until`, `match`, are no names".to_owned(),
            ),
            _ => None,
        };
        Self::at(error.position(), error.err_type().to_string(), hint)
    }
}

impl From<Box<EvalAltResult>> for Diagnosis {
    fn from(error: Box<EvalAltResult>) -> Self {
        let position = error.position();
        match *error {
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _) if !inner.position().is_none() => inner.into(),
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => {
                Self { ..Self::at(position, "", None) }.filled(inner.into())
            }
            EvalAltResult::ErrorRuntime(thrown, _) => match thrown.clone().try_cast::<Trouble>() {
                Some(Trouble { message, hint }) => Self::at(position, message, hint),
                None => Self::at(position, thrown.to_string(), None),
            },
            EvalAltResult::ErrorFunctionNotFound(signature, _) => unknown_function(position, &signature),
            EvalAltResult::ErrorVariableNotFound(name, _) => {
                let hint = unknown_variable(&name);
                Self::at(position, format!("there is no variable `{name}`"), Some(hint))
            }
            EvalAltResult::ErrorMismatchDataType(wanted, given, _) => mismatch(position, &wanted, &given),
            EvalAltResult::ErrorParsing(kind, at) => ParseError(kind.into(), at).into(),
            EvalAltResult::ErrorStackOverflow(_) => Self::at(
                position,
                "functions call each other too deeply",
                Some("a function that calls itself needs an end".to_owned()),
            ),
            other => Self::at(position, without_place(other), None),
        }
    }
}

impl Diagnosis {
    fn filled(self, inner: Self) -> Self {
        Self { message: inner.message, hint: inner.hint, ..self }
    }
}

fn without_place(mut error: EvalAltResult) -> String {
    error.clear_position();
    error.to_string()
}

fn unknown_variable(name: &str) -> String {
    match suggest::nearest(name, ["lead", "talk", "row"]) {
        Some(near) => format!("did you mean `{near}`?"),
        None if FUNCTIONS.contains(&name) => format!("`{name}` is a function: write `{name}(...)`"),
        None => "functions see only their parameters and their own variables; pass it in, or write a function that answers it".to_owned(),
    }
}

/// Rhai's signature of a call is `name (type, type)`.
fn unknown_function(position: Position, signature: &str) -> Diagnosis {
    let name = signature.split(" (").next().unwrap_or(signature);
    let given = signature.split_once(" (").map_or("", |(_, given)| given.trim_end_matches(')'));
    if given.contains("ndetermined") {
        let hint = "ask `.is_undetermined()` first".to_owned();
        return Diagnosis::at(
            position,
            format!("`{name}` cannot be asked of undetermined: the call did not tell"),
            Some(hint),
        );
    }
    if FUNCTIONS.contains(&name) {
        let own = ENTRIES.iter().find(|entry| entry.kind == Kind::Function && entry.name == name);
        let hint = own.map(|entry| format!("for example {}", entry.example));
        return Diagnosis::at(position, format!("`{name}` does not take ({given})"), hint);
    }
    let hint = suggest::nearest(name, FUNCTIONS.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    Diagnosis::at(position, format!("there is no function `{name}({given})`"), hint)
}

fn mismatch(position: Position, wanted: &str, given: &str) -> Diagnosis {
    if given.ends_with("Undetermined") {
        let hint = "ask `.is_undetermined()` first".to_owned();
        return Diagnosis::at(position, "undetermined is neither true nor false: the call did not tell", Some(hint));
    }
    Diagnosis::at(position, format!("this must be {wanted}, not {given}"), None)
}
