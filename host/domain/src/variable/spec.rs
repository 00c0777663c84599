//! Post-call questions: what an assistant's owner wants every call to answer.
//!
//! The list is checked once, when it is saved, so that no call is ever spoilt by a question that cannot be answered:
//! a choice without choices, two questions of one name, a role on the wrong type. The goal is not a role here: a
//! campaign names its goal variable, and two campaigns of one assistant may have two goals.

use serde::{Deserialize, Serialize};

/// The type a question's answer must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the kinds are told by their names")]
pub enum ValueKind {
    Text,
    Number,
    Boolean,
    DateTime,
    Choice,
}

impl ValueKind {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::DateTime => "date_time",
            Self::Choice => "choice",
        }
    }

    /// What an answer must be, for people.
    pub(super) const fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::DateTime => "a date-time in RFC 3339 with an offset, for example \"2026-03-02T09:00:00Z\"",
            Self::Choice => "one of its choices",
        }
    }
}

/// What an answer does besides being kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nothing.
    #[default]
    None,
    /// True: the phone is suppressed before anything else is decided. Boolean.
    OptOut,
    /// The lead is not called before that instant. Date-time.
    CallbackAt,
    /// True: the contact is unusable. Boolean.
    WrongPerson,
}

impl Role {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::OptOut => "opt_out",
            Self::CallbackAt => "callback_at",
            Self::WrongPerson => "wrong_person",
        }
    }

    /// The only kind the role can be on; `None` where any is.
    pub const fn kind(self) -> Option<ValueKind> {
        match self {
            Self::None => None,
            Self::OptOut | Self::WrongPerson => Some(ValueKind::Boolean),
            Self::CallbackAt => Some(ValueKind::DateTime),
        }
    }
}

/// One post-call question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableSpec {
    /// 3 to 64 lower-case letters, digits and underscores, a letter first.
    pub name: String,
    /// The type of the answer.
    pub kind: ValueKind,
    /// The possible answers of a choice; empty for every other kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The question put to the call, 1 to 1000 characters.
    pub description: String,
    /// Whether an evaluator has to answer it (undetermined is an answer).
    #[serde(default)]
    pub required: bool,
    /// What the answer does.
    #[serde(default)]
    pub role: Role,
}

/// What is wrong with a list of questions, at one place of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct SpecError {
    /// A JSON pointer into the list: `/0/name`.
    pub pointer: String,
    /// The rule that was broken, with its code.
    pub rule: SpecRule,
}

/// The rules of post-call questions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum SpecRule {
    #[error("{0:?} is not a variable's name; write 3 to 64 lower-case letters, digits and underscores, a letter first")]
    Name(String),
    #[error("variable {0:?} is there twice; names are unique, rename one")]
    Duplicate(String),
    #[error("variable {name:?} has a description of {length} characters; write the question in 1 to 1000")]
    Description { name: String, length: usize },
    #[error("variable {0:?} is a choice without choices; list at least two, or make its kind text")]
    NoChoices(String),
    #[error("variable {name:?} is of kind {} and has choices; remove them, or make its kind choice", kind.as_str())]
    UselessChoices { name: String, kind: ValueKind },
    #[error("variable {name:?} has the choice {choice:?}, which is empty, longer than 255 characters or there twice")]
    Choice { name: String, choice: String },
    #[error("variable {name:?} has the role {} and must be of kind {}, not {}", role.as_str(), wanted.as_str(), kind.as_str())]
    RoleKind { name: String, role: Role, wanted: ValueKind, kind: ValueKind },
    #[error("variables {first:?} and {name:?} both have the role {}; only one can, make the other's none", role.as_str())]
    RoleTaken { name: String, first: String, role: Role },
    #[error("{name:?} is not a post-call variable of the assistant; the goal is one of its booleans: {booleans}")]
    GoalUnknown { name: String, booleans: String },
    #[error("the goal {name:?} is of kind {} and must be a boolean; the assistant's booleans: {booleans}", kind.as_str())]
    GoalKind { name: String, kind: ValueKind, booleans: String },
}

impl SpecRule {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "invalid_variable_name",
            Self::Duplicate(_) => "duplicate_variable",
            Self::Description { .. } => "invalid_description",
            Self::NoChoices(_) => "missing_choices",
            Self::UselessChoices { .. } => "choices_without_choice",
            Self::Choice { .. } => "invalid_choice",
            Self::RoleKind { .. } => "role_needs_other_kind",
            Self::RoleTaken { .. } => "role_taken",
            Self::GoalUnknown { .. } => "unknown_goal_variable",
            Self::GoalKind { .. } => "goal_not_boolean",
        }
    }
}

impl VariableSpec {
    /// Whether `name` may be a question's name.
    pub fn is_name(name: &str) -> bool {
        (3..=64).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    }

    /// What is wrong with this question alone; pointers are relative to it (`/name`).
    pub fn check(&self) -> Vec<SpecError> {
        let name = || self.name.clone();
        let mut faults = Vec::new();
        let mut fault = |pointer: String, rule| faults.push(SpecError { pointer, rule });
        if !Self::is_name(&self.name) {
            fault("/name".to_owned(), SpecRule::Name(name()));
        }
        let length = self.description.trim().chars().count();
        if !(1..=1000).contains(&length) {
            fault("/description".to_owned(), SpecRule::Description { name: name(), length });
        }
        match (self.kind, self.choices.is_empty()) {
            (ValueKind::Choice, true) => fault("/choices".to_owned(), SpecRule::NoChoices(name())),
            (ValueKind::Choice, false) | (_, true) => {}
            (kind, false) => fault("/choices".to_owned(), SpecRule::UselessChoices { name: name(), kind }),
        }
        for (index, choice) in self.choices.iter().enumerate() {
            let again = self.choices[..index].contains(choice);
            if again || choice.trim().is_empty() || choice.chars().count() > 255 {
                fault(format!("/choices/{index}"), SpecRule::Choice { name: name(), choice: choice.clone() });
            }
        }
        if let Some(wanted) = self.role.kind().filter(|wanted| *wanted != self.kind) {
            let rule = SpecRule::RoleKind { name: name(), role: self.role, wanted, kind: self.kind };
            fault("/role".to_owned(), rule);
        }
        faults
    }
}

/// What is wrong with the list of an assistant's questions; empty when nothing is.
pub fn check_specs(specs: &[VariableSpec]) -> Vec<SpecError> {
    let mut faults = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let mut fault = |field: &str, rule| faults.push(SpecError { pointer: format!("/{index}{field}"), rule });
        for SpecError { pointer, rule } in spec.check() {
            fault(&pointer, rule);
        }
        let before = &specs[..index];
        if before.iter().any(|other| other.name == spec.name) {
            fault("/name", SpecRule::Duplicate(spec.name.clone()));
        }
        if let Some(first) = before.iter().find(|other| other.role == spec.role && spec.role != Role::None) {
            let (name, first) = (spec.name.clone(), first.name.clone());
            fault("/role", SpecRule::RoleTaken { name, first, role: spec.role });
        }
    }
    faults
}

/// The question a campaign's `goal_variable` names; it must be one of the assistant's booleans.
pub fn check_goal<'a>(specs: &'a [VariableSpec], name: &str) -> Result<&'a VariableSpec, SpecRule> {
    let booleans = || {
        let known: Vec<_> =
            specs.iter().filter(|spec| spec.kind == ValueKind::Boolean).map(|spec| spec.name.as_str()).collect();
        if known.is_empty() { "none, add one first".to_owned() } else { known.join(", ") }
    };
    match specs.iter().find(|spec| spec.name == name) {
        None => Err(SpecRule::GoalUnknown { name: name.to_owned(), booleans: booleans() }),
        Some(spec) if spec.kind != ValueKind::Boolean => {
            Err(SpecRule::GoalKind { name: name.to_owned(), kind: spec.kind, booleans: booleans() })
        }
        Some(spec) => Ok(spec),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str, kind: ValueKind) -> VariableSpec {
        VariableSpec {
            name: name.to_owned(),
            kind,
            choices: Vec::new(),
            description: "Did they agree?".to_owned(),
            required: false,
            role: Role::None,
        }
    }

    fn faults(specs: &[VariableSpec]) -> Vec<String> {
        check_specs(specs).iter().map(|fault| format!("{} {}", fault.rule.code(), fault.pointer)).collect()
    }

    #[test]
    fn names_have_3_to_64_lower_case_characters_and_begin_with_a_letter() {
        for good in ["abc", "a_1", "interested", &"a".repeat(64)] {
            assert_eq!(faults(&[spec(good, ValueKind::Text)]), [""; 0], "{good}");
        }
        for bad in ["", "ab", "1ab", "_ab", "Abc", "a-b", "a b", "äbc", &"a".repeat(65)] {
            assert_eq!(faults(&[spec(bad, ValueKind::Text)]), ["invalid_variable_name /0/name"], "{bad}");
        }
    }

    #[test]
    fn choices_belong_to_a_choice_and_differ() {
        let with = |kind, choices: &[&str]| VariableSpec {
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            ..spec("answer", kind)
        };
        assert_eq!(faults(&[with(ValueKind::Choice, &["yes", "no"])]), [""; 0]);
        assert_eq!(faults(&[with(ValueKind::Choice, &[])]), ["missing_choices /0/choices"]);
        assert_eq!(faults(&[with(ValueKind::Text, &["yes"])]), ["choices_without_choice /0/choices"]);
        let twice = with(ValueKind::Choice, &["yes", " ", "yes"]);
        assert_eq!(faults(&[twice]), ["invalid_choice /0/choices/1", "invalid_choice /0/choices/2"]);
    }

    #[test]
    fn roles_are_on_their_kind_and_there_once() {
        let with = |name, kind, role| VariableSpec { role, ..spec(name, kind) };
        assert_eq!(
            faults(&[
                with("stop_calling", ValueKind::Boolean, Role::OptOut),
                with("call_me_at", ValueKind::DateTime, Role::CallbackAt),
                with("not_me", ValueKind::Boolean, Role::WrongPerson),
            ]),
            [""; 0]
        );
        assert_eq!(
            faults(&[
                with("stop_calling", ValueKind::Text, Role::OptOut),
                with("call_me_at", ValueKind::Boolean, Role::CallbackAt),
                with("not_me", ValueKind::Choice, Role::WrongPerson),
            ]),
            [
                "role_needs_other_kind /0/role",
                "role_needs_other_kind /1/role",
                "missing_choices /2/choices",
                "role_needs_other_kind /2/role",
            ]
        );
        let stop = |name| with(name, ValueKind::Boolean, Role::OptOut);
        assert_eq!(faults(&[stop("one"), stop("two")]), ["role_taken /1/role"]);
    }

    #[test]
    fn two_questions_of_one_name_and_an_empty_question_are_faults() {
        let silent = VariableSpec { description: "  ".to_owned(), ..spec("abc", ValueKind::Text) };
        let found = faults(&[spec("abc", ValueKind::Text), silent]);
        assert_eq!(found, ["invalid_description /1/description", "duplicate_variable /1/name"]);
    }

    #[test]
    fn the_goal_is_a_boolean_of_the_assistant() {
        let specs = [spec("agreed", ValueKind::Boolean), spec("amount", ValueKind::Number)];
        assert_eq!(check_goal(&specs, "agreed"), Ok(&specs[0]));
        let told = check_goal(&specs, "agred").unwrap_err();
        assert!(told.code() == "unknown_goal_variable" && told.to_string().contains("booleans: agreed"), "{told}");
        assert_eq!(check_goal(&specs, "amount").unwrap_err().code(), "goal_not_boolean");
        assert!(check_goal(&[], "agreed").unwrap_err().to_string().contains("add one first"));
    }

    #[test]
    fn kinds_and_roles_are_spelt_alike_everywhere() {
        let written =
            r#"{"name":"call_me_at","kind":"date_time","description":"When?","required":true,"role":"callback_at"}"#;
        let read: VariableSpec = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        for kind in [ValueKind::Text, ValueKind::Number, ValueKind::Boolean, ValueKind::DateTime, ValueKind::Choice] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for role in [Role::None, Role::OptOut, Role::CallbackAt, Role::WrongPerson] {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!(
            serde_json::from_str::<VariableSpec>(r#"{"name":"abc","kind":"text","description":"?","rôle":1}"#).is_err()
        );
    }
}
