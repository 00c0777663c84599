//! What an assistant may set, and how a rule that a tenant wrote becomes one that is asked of a call.
//!
//! A rule that cannot give a value of its variable's type is an error of the settings, told at every call until somebody
//! repairs it: silently ignored it would look like a call that does not tell. And no rule may let the agent's own words
//! stand for the person's agreement.

use std::collections::BTreeMap;
use std::rc::Rc;

use campanile_plugin_sdk::types::{PluginError, Value, ValueType, VariableSpec};
use serde::Deserialize;

use crate::builtin;
use crate::heard::Negations;
use crate::pattern::Patterns;
use crate::rule::{After, Force, Negated, Rule, Says};
use crate::words::{Who, words};

/// See the titles in `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub rules: Vec<Written>,
    pub builtin: Builtin,
    pub negations: BTreeMap<String, Vec<String>>,
    pub negation_reach: usize,
}

/// When the rules that come with the evaluator are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// For variables that no rule of the settings is about.
    WithoutRules,
    /// Beside the rules of the settings too.
    Always,
    /// Never.
    Never,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Agent,
    User,
    Either,
}

/// What a negation makes of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenNegated {
    Nothing,
    Opposite,
    Undetermined,
    Ignore,
}

/// A rule as a tenant writes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    pub variable: String,
    pub value: String,
    pub phrases: String,
    #[serde(default = "user")]
    pub speaker: Speaker,
    #[serde(default)]
    pub after: String,
    #[serde(default = "agent")]
    pub after_speaker: Speaker,
    #[serde(default = "one")]
    pub within: usize,
    #[serde(default = "nothing")]
    pub when_negated: WhenNegated,
    #[serde(default)]
    pub in_questions: bool,
    #[serde(default)]
    pub countered_by: String,
}

const fn user() -> Speaker {
    Speaker::User
}
const fn agent() -> Speaker {
    Speaker::Agent
}
const fn one() -> usize {
    1
}
const fn nothing() -> WhenNegated {
    WhenNegated::Nothing
}

const ENGLISH: &[&str] = &[
    "no", "not", "dont", "doesnt", "didnt", "never", "cant", "cannot", "wont", "wouldnt", "couldnt", "shouldnt",
    "isnt", "arent", "wasnt", "havent", "hasnt", "aint", "neither", "nor", "nobody", "nothing", "none", "without",
    "hardly",
];
const GERMAN: &[&str] = &[
    "nein", "nicht", "kein", "keine", "keinen", "keinem", "keiner", "nie", "niemals", "niemand", "nichts", "ohne",
    "nee",
];
/// Languages whose negations stand behind the verb too.
const BEHIND: &[&str] = &["de", "nl", "gsw"];
/// Signs that stand for any words, in one phrase: each multiplies the ways in which it can be found.
const MOST_GAPS: usize = 3;

impl Default for Settings {
    fn default() -> Self {
        Self { rules: Vec::new(), builtin: Builtin::WithoutRules, negations: BTreeMap::new(), negation_reach: 3 }
    }
}

impl Speaker {
    const fn who(self) -> Option<Who> {
        match self {
            Self::Agent => Some(Who::Agent),
            Self::User => Some(Who::User),
            Self::Either => None,
        }
    }
}

impl Settings {
    /// The words that negate: the built-in ones of every language, those of the settings in place of their language's.
    pub fn negations(&self) -> Negations {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut all = BTreeMap::from([("en".to_owned(), owned(ENGLISH)), ("de".to_owned(), owned(GERMAN))]);
        all.extend(self.negations.iter().map(|(language, list)| {
            (language.to_lowercase(), list.iter().flat_map(|word| words(word)).collect::<Vec<_>>())
        }));
        let behind = all.iter().filter(|(language, _)| BEHIND.contains(&language.as_str()));
        Negations {
            behind: behind.flat_map(|(_, list)| list.clone()).filter(|word| word != "nein" && word != "nee").collect(),
            before: all.into_values().flatten().collect(),
            reach: self.negation_reach,
        }
    }

    /// The rules of the settings for a variable.
    pub fn rules_for(&self, spec: &VariableSpec) -> Result<Vec<Rule>, PluginError> {
        let own = self.rules.iter().zip(1..).filter(|(written, _)| written.variable == spec.name);
        let rules = own.map(|(written, number)| written.rules(number, spec));
        Ok(rules.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

fn wrong(number: usize, variable: &str, why: &str) -> PluginError {
    PluginError::new("rule_invalid", format!("rule {number} (for {variable}) cannot be used: {why}"))
}

impl Written {
    fn rules(&self, number: usize, spec: &VariableSpec) -> Result<Vec<Rule>, PluginError> {
        let wrong = |why: &str| wrong(number, &self.variable, why);
        let says = says(&self.value, spec).map_err(|why| wrong(&why))?;
        let agrees =
            says == Says::Value(true.into()) && builtin::subject(spec).is_some_and(builtin::Subject::is_agreed);
        let is_goal = matches!(spec.role, campanile_plugin_sdk::types::Role::Goal) && says == Says::Value(true.into());
        let by = match self.speaker {
            Speaker::Agent if agrees || is_goal => {
                return Err(wrong(
                    "the agent's own words cannot make it true; let the user say it, and name the agent's words in after",
                ));
            }
            Speaker::Either if agrees || is_goal => Some(Who::User),
            speaker => speaker.who(),
        };
        let phrases = phrases(&self.phrases).map_err(|why| wrong(&why))?;
        if phrases.is_empty() {
            return Err(wrong("its phrases have no words"));
        }
        let after = phrases_of_after(self).map_err(|why| wrong(&why))?;
        let negated = match (self.when_negated, &says) {
            (WhenNegated::Nothing, _) => Negated::Nothing,
            (WhenNegated::Ignore, _) => Negated::Same,
            (WhenNegated::Undetermined, _) => Negated::Says(Says::Open),
            (WhenNegated::Opposite, Says::Value(Value::Boolean(value))) => Negated::Says(Says::Value((!value).into())),
            (WhenNegated::Opposite, _) => return Err(wrong("only true and false have an opposite")),
        };
        let rule = Rule { by, after, negated, questions: self.in_questions, ..Rule::new(says, "") };
        let counter = self::phrases(&self.countered_by).map_err(|why| wrong(&why))?;
        let mut rules = vec![Rule { phrases, ..rule }];
        if !counter.is_empty() {
            rules.push(Rule { phrases: counter, force: Force::UndoesTrue, ..Rule::open("").even_negated() });
        }
        Ok(rules)
    }
}

fn phrases_of_after(written: &Written) -> Result<Option<Rc<After>>, String> {
    let any = phrases(&written.after)?;
    let (also, unless) = (Patterns::default(), Patterns::default());
    let after = After { any, also, unless, by: written.after_speaker.who(), turns: written.within };
    Ok((!after.any.is_empty()).then(|| Rc::new(after)))
}

fn phrases(text: &str) -> Result<Patterns, String> {
    let gaps = |phrase: &str| phrase.split_whitespace().filter(|piece| *piece == "*").count();
    match text.split('|').find(|phrase| gaps(phrase) > MOST_GAPS) {
        Some(phrase) => Err(format!("\"{}\" has more than {MOST_GAPS} gaps (*)", phrase.trim())),
        None => Ok(Patterns::of(text)),
    }
}

/// A value as it is written in a rule, in the variable's type.
fn says(written: &str, spec: &VariableSpec) -> Result<Says, String> {
    let text = written.trim();
    if text == "undetermined" {
        return Ok(Says::Open);
    }
    let fits = match (spec.kind, text) {
        (ValueType::Boolean, "true" | "yes") => Some(Says::Value(true.into())),
        (ValueType::Boolean, "false" | "no") => Some(Says::Value(false.into())),
        (ValueType::Number, "{number}") => Some(Says::Number),
        (ValueType::Number, _) => {
            text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| Says::Value(number.into()))
        }
        (ValueType::DateTime, "{time}") => Some(Says::Time),
        (ValueType::Text, "{words}") => Some(Says::Words),
        (ValueType::Text, "{line}") => Some(Says::Line),
        (ValueType::Text, _) => Some(Says::Value(text.into())),
        (ValueType::Choice, _) => {
            spec.choices.iter().find(|choice| *choice == text).map(|choice| Says::Value(choice.as_str().into()))
        }
        _ => None,
    };
    fits.ok_or_else(|| {
        let wanted = match spec.kind {
            ValueType::Boolean => "true or false".to_owned(),
            ValueType::Number => "a number or {number}".to_owned(),
            ValueType::DateTime => "{time}".to_owned(),
            ValueType::Choice => format!("one of {}", spec.choices.join(", ")),
            _ => "nothing this evaluator knows".to_owned(),
        };
        format!("\"{text}\" is not a value of it; write {wanted}, or undetermined")
    })
}
