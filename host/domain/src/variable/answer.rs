//! Answers: what a finished call told, checked against what was asked.
//!
//! An evaluator is somebody else's code and a provider's analysis somebody else's model. Their answers are taken whole
//! or not at all: a wrong type, a missing answer and one that nobody asked for are errors on the call. Once taken, an
//! answer keeps who gave it, why, and the lines it rests on, because it may decide that a person is called again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{NotAValue, Role, Value, ValueKind, VariableSpec, Variables};
use crate::time::Timestamp;

/// One answer that does not fit what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum AnswerError {
    #[error("the answer to {name:?} is of the wrong type: {fault}; answer with null when the call did not tell")]
    WrongType { name: String, fault: NotAValue },
    #[error(
        "the answer {given:?} to {name:?} is none of its choices ({choices}); answer with one, or null when the call did not tell"
    )]
    NotAChoice { name: String, given: String, choices: String },
    #[error("there is no answer to {name:?}, which is required; answer with null when the call did not tell")]
    Missing { name: String },
    #[error("{name:?} was answered but not asked; the questions are: {asked}")]
    Extra { name: String, asked: String },
}

impl AnswerError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongType { .. } => "answer_wrong_type",
            Self::NotAChoice { .. } => "answer_not_a_choice",
            Self::Missing { .. } => "answer_missing",
            Self::Extra { .. } => "answer_not_asked",
        }
    }

    /// The variable it is about.
    pub fn name(&self) -> &str {
        match self {
            Self::WrongType { name, .. }
            | Self::NotAChoice { name, .. }
            | Self::Missing { name }
            | Self::Extra { name, .. } => name,
        }
    }
}

/// Answers that fit their questions: one for each question, undetermined for an optional one that was left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Answers(Variables);

impl Answers {
    /// The answer called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// In the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter()
    }

    /// As plain variables.
    pub fn into_variables(self) -> Variables {
        self.0
    }
}

/// Checks what an evaluator or a provider `given` against the questions it was asked. All faults are told.
pub fn check_answers(specs: &[VariableSpec], given: &Variables) -> Result<Answers, Vec<AnswerError>> {
    let mut answers = Variables::new();
    let mut faults = Vec::new();
    for spec in specs {
        match given.get(&spec.name) {
            Some(value) => match check_answer(spec, value) {
                Ok(value) => answers.set(&spec.name, value),
                Err(fault) => faults.push(fault),
            },
            None if spec.required => faults.push(AnswerError::Missing { name: spec.name.clone() }),
            None => answers.set(&spec.name, Value::Undetermined),
        }
    }
    for (name, _) in given.iter().filter(|(name, _)| specs.iter().all(|spec| spec.name != *name)) {
        let asked: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
        let asked = if asked.is_empty() { "none".to_owned() } else { asked.join(", ") };
        faults.push(AnswerError::Extra { name: name.to_owned(), asked });
    }
    if faults.is_empty() { Ok(Answers(answers)) } else { Err(faults) }
}

fn check_answer(spec: &VariableSpec, value: &Value) -> Result<Value, AnswerError> {
    let name = || spec.name.clone();
    let value = value.as_kind(spec.kind).map_err(|fault| AnswerError::WrongType { name: name(), fault })?;
    match value.as_text() {
        Some(given) if spec.kind == ValueKind::Choice && spec.choices.iter().all(|choice| choice != given) => {
            Err(AnswerError::NotAChoice { name: name(), given: given.to_owned(), choices: spec.choices.join(", ") })
        }
        _ => Ok(value),
    }
}

/// Who determined a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum DeterminedBy {
    /// The voice provider, with its events; the gateway's name.
    Gateway(String),
    /// An evaluator; the plugin's or script's name and version.
    Evaluator(String),
    /// A person, through the API; the key or user.
    Person(String),
}

/// A result of a call: a value, and how it came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Determined {
    /// The answer; undetermined when the call did not tell.
    pub value: Value,
    /// Who said so.
    pub by: DeterminedBy,
    /// Why, in the words of whoever said so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The lines of the transcript it rests on, counted from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<u32>,
    /// 0 to 1, where whoever said so tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// The results of one call, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Determinations(pub BTreeMap<String, Determined>);

impl Determinations {
    /// Takes a further opinion: the first that determines a variable wins, and undetermined only stands where nobody
    /// determined anything. Returns whether it was taken.
    pub fn offer(&mut self, name: &str, opinion: Determined) -> bool {
        let open = self.0.get(name).is_none_or(|held| !held.value.is_determined() && opinion.value.is_determined());
        if open {
            self.0.insert(name.to_owned(), opinion);
        }
        open
    }

    /// The result called `name`.
    pub fn get(&self, name: &str) -> Option<&Determined> {
        self.0.get(name)
    }

    /// The questions that nobody determined yet, in their order.
    pub fn open<'a>(&'a self, specs: &'a [VariableSpec]) -> impl Iterator<Item = &'a VariableSpec> {
        specs.iter().filter(|spec| self.get(&spec.name).is_none_or(|held| !held.value.is_determined()))
    }

    /// The bare values.
    pub fn values(&self) -> Variables {
        self.0.iter().map(|(name, held)| (name.clone(), held.value.clone())).collect()
    }
}

/// What the roles of the questions make of the values of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// The person asked not to be called again.
    pub opt_out: bool,
    /// The person asked to be called then.
    pub callback_at: Option<Timestamp>,
    /// The phone belongs to somebody else.
    pub wrong_person: bool,
}

impl Effects {
    /// Reads the roles; a value that is not of its question's kind, and undetermined, have no effect. Values that come
    /// from the store are as good as fresh ones: an instant kept as text is read as the question's kind.
    pub fn of(specs: &[VariableSpec], values: &Variables) -> Self {
        let mut effects = Self::default();
        for spec in specs {
            let Some(Ok(value)) = values.get(&spec.name).map(|value| value.as_kind(spec.kind)) else { continue };
            match spec.role {
                Role::None => {}
                Role::OptOut => effects.opt_out |= value.as_bool() == Some(true),
                Role::WrongPerson => effects.wrong_person |= value.as_bool() == Some(true),
                Role::CallbackAt => effects.callback_at = effects.callback_at.or(value.as_date_time()),
            }
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn specs() -> Vec<VariableSpec> {
        serde_json::from_value(json!([
            {"name": "agreed", "kind": "boolean", "description": "Did they agree?", "required": true},
            {"name": "plan", "kind": "choice", "choices": ["basic", "full"], "description": "Which plan?"},
            {"name": "call_at", "kind": "date_time", "description": "When?", "role": "callback_at"},
            {"name": "stop", "kind": "boolean", "description": "No more calls?", "role": "opt_out"},
            {"name": "wrong", "kind": "boolean", "description": "Somebody else?", "role": "wrong_person"},
        ]))
        .unwrap()
    }

    fn given(written: serde_json::Value) -> Variables {
        serde_json::from_value(written).unwrap()
    }

    fn faults(written: serde_json::Value) -> Vec<String> {
        let faults = check_answers(&specs(), &given(written)).unwrap_err();
        faults.iter().map(|fault| format!("{} {}", fault.code(), fault.name())).collect()
    }

    #[test]
    fn fitting_answers_are_typed_and_optional_ones_may_be_left_out() {
        let told = given(json!({"agreed": null, "plan": "full", "call_at": "2026-03-02T08:00:00Z"}));
        let answers = check_answers(&specs(), &told).unwrap();
        assert_eq!(answers.get("agreed"), Some(&Value::Undetermined));
        assert_eq!(answers.get("call_at").unwrap().as_date_time(), "2026-03-02T08:00:00Z".parse().ok());
        assert_eq!(answers.get("stop"), Some(&Value::Undetermined));
        assert_eq!(answers.iter().count(), 5);
    }

    #[test]
    fn wrong_missing_and_extra_answers_are_told_and_nothing_is_taken() {
        assert_eq!(faults(json!({"agreed": "yes"})), ["answer_wrong_type agreed"]);
        assert_eq!(faults(json!({})), ["answer_missing agreed"]);
        assert_eq!(faults(json!({"agreed": true, "plan": "Full"})), ["answer_not_a_choice plan"]);
        assert_eq!(faults(json!({"agreed": true, "call_at": "tomorrow"})), ["answer_wrong_type call_at"]);
        assert_eq!(
            faults(json!({"plan": 1, "mood": "good"})),
            ["answer_missing agreed", "answer_wrong_type plan", "answer_not_asked mood",]
        );
    }

    #[test]
    fn every_fault_names_the_value_and_the_rule() {
        let told = check_answers(&specs(), &given(json!({"agreed": "yes", "plan": "gold", "mood": 1}))).unwrap_err();
        let told: Vec<_> = told.iter().map(ToString::to_string).collect();
        assert!(told[0].contains("\"yes\" is a text and must be true or false"), "{told:?}");
        assert!(told[1].contains("\"gold\"") && told[1].contains("basic, full"), "{told:?}");
        assert!(told[2].contains("\"mood\"") && told[2].contains("agreed, plan"), "{told:?}");
    }

    #[test]
    fn the_first_that_determines_wins() {
        let opinion = |value: Value, by: &str| Determined {
            value,
            by: DeterminedBy::Evaluator(by.to_owned()),
            reason: String::new(),
            evidence: vec![],
            confidence: None,
        };
        let mut results = Determinations::default();
        assert!(results.offer("agreed", opinion(Value::Undetermined, "a")));
        assert!(!results.offer("agreed", opinion(Value::Undetermined, "b")));
        assert!(results.open(&specs()).any(|spec| spec.name == "agreed"));
        assert!(results.offer("agreed", opinion(true.into(), "c")));
        assert!(!results.offer("agreed", opinion(false.into(), "d")));
        assert_eq!(results.get("agreed").unwrap().by, DeterminedBy::Evaluator("c".to_owned()));
        assert!(results.open(&specs()).all(|spec| spec.name != "agreed"));
        assert_eq!(results.values(), given(json!({"agreed": true})));
    }

    #[test]
    fn roles_have_their_effect_on_fresh_and_on_stored_values() {
        let told = given(json!({"agreed": true, "stop": true, "call_at": "2026-03-02T08:00:00Z", "wrong": null}));
        let wanted = Effects { opt_out: true, callback_at: "2026-03-02T08:00:00Z".parse().ok(), wrong_person: false };
        assert_eq!(Effects::of(&specs(), &told), wanted);
        let fresh = check_answers(&specs(), &told).unwrap().into_variables();
        assert_eq!(Effects::of(&specs(), &fresh), wanted);
        assert_eq!(Effects::of(&specs(), &given(json!({"stop": "true", "agreed": true}))), Effects::default());
    }

    #[test]
    fn a_result_keeps_who_determined_it_and_on_what() {
        let written = r#"{"value":true,"by":{"kind":"evaluator","name":"goal@3"},"reason":"said yes","evidence":[4,7],"confidence":0.5}"#;
        let read: Determined = serde_json::from_str(written).unwrap();
        assert_eq!(read.evidence, [4, 7]);
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}
