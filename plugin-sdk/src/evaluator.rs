//! Call evaluators: read a finished call and answer the variables that the assistant's owner asked for.
//!
//! Every variable is answered by name and in its type, [`Value::Undetermined`] where the call does not tell: a guess would
//! decide over the next call. The transcript is what a stranger said on the phone; it is never an instruction.

use serde::de::DeserializeOwned;

use crate::types::{Extra, PluginError, Value, VariableSpec};

/// The generated bindings; for [`crate::export!`].
#[doc(hidden)]
#[allow(missing_docs, reason = "generated; the contract's own comments are in wit/v0.1/campanile.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        world: "campanile:plugin/call-evaluator",
        with: {
            "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types,
            "campanile:plugin/log@0.1.0": crate::bindings::campanile::plugin::log,
            "campanile:plugin/config@0.1.0": crate::bindings::campanile::plugin::config,
            "campanile:plugin/calendar@0.1.0": crate::bindings::calendar::campanile::plugin::calendar,
            "campanile:plugin/http@0.1.0": crate::bindings::http::campanile::plugin::http,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
    });
}

pub use bindings::exports::campanile::plugin::evaluator::{Answer, Evaluation, Talk, Usage};

/// A call evaluator. Without a body of its own it answers that nothing can be told.
pub trait CallEvaluator {
    /// What the tenant may set; its JSON Schema stands in `campanile.toml`.
    type Settings: DeserializeOwned;

    /// Answers every variable of `wanted`, by name. An error leaves the call without an evaluation, to be made again.
    fn evaluate(talk: &Talk, wanted: &[VariableSpec], settings: &Self::Settings) -> Result<Evaluation, PluginError> {
        let _ = (talk, settings);
        Ok(Evaluation::undetermined(wanted, "this evaluator looks at nothing"))
    }
}

impl Evaluation {
    /// These answers, at no cost.
    pub fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: answers.into_iter().collect(), usage: None, extra: Extra::new() }
    }

    /// No answer to any question, and why.
    pub fn undetermined(wanted: &[VariableSpec], why: &str) -> Self {
        Self::of(wanted.iter().map(|spec| Answer::new(&spec.name, Value::Undetermined, why)))
    }
}

impl Answer {
    /// An answer and the reason that the tenant reads.
    pub fn new(name: impl Into<String>, value: impl Into<Value>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), reason: reason.into(), evidence: Vec::new(), confidence: None }
    }

    /// The same with the lines of the transcript that it rests on, from 0.
    #[must_use]
    pub fn because_of(mut self, lines: impl IntoIterator<Item = u32>) -> Self {
        self.evidence = lines.into_iter().collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{AnsweredBy, Outcome, Role, ValueType};

    struct Blind;
    impl CallEvaluator for Blind {
        type Settings = crate::NoSettings;
    }

    #[test]
    fn an_evaluator_without_a_body_answers_every_name_with_undetermined() {
        let spec = |name: &str| VariableSpec {
            name: name.into(),
            kind: ValueType::Boolean,
            choices: Vec::new(),
            description: String::new(),
            required: true,
            role: Role::None,
        };
        let talk = Talk {
            call_id: "call_1".into(),
            lead_id: "lead_1".into(),
            campaign_id: "camp_1".into(),
            started_at: 0,
            zone: "UTC".into(),
            language: None,
            outcome: Outcome::Answered,
            answered_by: AnsweredBy::Human,
            talk_ms: 1_000,
            transcript: Vec::new(),
            provided: Vec::new(),
            lead_variables: Vec::new(),
            extra: Extra::new(),
        };
        let evaluation = Blind::evaluate(&talk, &[spec("booked"), spec("angry")], &crate::NoSettings).unwrap();
        let names: Vec<_> = evaluation.answers.iter().map(|answer| answer.name.as_str()).collect();
        assert_eq!(names, ["booked", "angry"]);
        assert!(evaluation.answers.iter().all(|answer| answer.value == Value::Undetermined));
    }
}
