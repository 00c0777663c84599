//! What an evaluator is asked and what it answers.
//!
//! An evaluation is taken whole or not at all: exactly the names that were wanted, each once, each value of its type.

use std::collections::BTreeMap;

use campanile_domain::attempt::{AnsweredBy, Outcome};
use campanile_domain::evaluation::{Answer, Evaluation, EvaluationCost, EvaluationInput};
use campanile_domain::money::Micros;
use campanile_domain::ports::gateway::Speaker;
use campanile_domain::variable::{Role, ValueKind, VariableSpec, Variables, check_answers};

use super::instance::{fits, invalid, size_extra};
use super::value::{lend_all, take};
use crate::contract::campanile::plugin::types;
use crate::contract::exports::campanile::plugin::evaluator as contract;
use crate::fault::Fault;

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The question in the contract's records.
pub fn question(input: &EvaluationInput) -> (contract::Talk, Vec<types::VariableSpec>) {
    let talk = &input.talk;
    let said = talk.transcript.iter().map(|line| types::Utterance {
        at_ms: unsigned(line.at_ms),
        speaker: match line.speaker {
            Speaker::Assistant => types::Speaker::Assistant,
            Speaker::Person => types::Speaker::Person,
            Speaker::Other => types::Speaker::Other,
        },
        text: line.text.clone(),
    });
    let talk = contract::Talk {
        call_id: talk.call.to_string(),
        lead_id: talk.lead.to_string(),
        campaign_id: talk.campaign.to_string(),
        started_at: talk.started_at.millis(),
        zone: talk.zone.name().to_owned(),
        language: talk.language.clone(),
        outcome: match talk.outcome {
            Outcome::Answered => types::Outcome::Answered,
            Outcome::Voicemail => types::Outcome::Voicemail,
            Outcome::Busy => types::Outcome::Busy,
            Outcome::Unanswered => types::Outcome::Unanswered,
            Outcome::Failed => types::Outcome::Failed,
            Outcome::Unknown => types::Outcome::Unknown,
            Outcome::Cancelled => types::Outcome::Cancelled,
        },
        answered_by: match talk.answered_by {
            AnsweredBy::Human => types::AnsweredBy::Human,
            AnsweredBy::Machine => types::AnsweredBy::Machine,
            AnsweredBy::Unknown => types::AnsweredBy::Unknown,
        },
        talk_ms: unsigned(talk.talk_ms),
        transcript: said.collect(),
        provided: lend_all(&talk.provided),
        lead_variables: lend_all(&talk.lead_variables),
        extra: Vec::new(),
    };
    (talk, input.wanted.iter().map(|spec| wanted(spec, input.goal.as_deref())).collect())
}

fn wanted(spec: &VariableSpec, goal: Option<&str>) -> types::VariableSpec {
    types::VariableSpec {
        name: spec.name.clone(),
        kind: match spec.kind {
            ValueKind::Boolean => types::ValueType::Boolean,
            ValueKind::Number => types::ValueType::Number,
            ValueKind::Text => types::ValueType::Text,
            ValueKind::DateTime => types::ValueType::DateTime,
            ValueKind::Choice => types::ValueType::Choice,
        },
        choices: spec.choices.clone(),
        description: spec.description.clone(),
        required: spec.required,
        role: match spec.role {
            // A variable has one role in the contract; one that already has an effect of its own keeps it.
            Role::None if goal == Some(spec.name.as_str()) => types::Role::Goal,
            Role::None => types::Role::None,
            Role::OptOut => types::Role::OptOut,
            Role::CallbackAt => types::Role::CallbackAt,
            Role::WrongPerson => types::Role::WrongPerson,
        },
    }
}

/// The evaluation in the domain's words; `lines` is how many the transcript has.
///
/// # Errors
/// A name is missing, extra or there twice, a value is of another type or none of the choices, a position is not in the
/// transcript, a confidence is not between 0 and 1, a cost has no currency, or all of it is too much.
pub fn evaluation(
    given: contract::Evaluation,
    specs: &[VariableSpec],
    lines: usize,
    allowed: usize,
) -> Result<Evaluation, Fault> {
    fits(size(&given), allowed)?;
    let mut values = Variables::new();
    let mut answers = BTreeMap::new();
    for answer in given.answers {
        let contract::Answer { name, value, reason, evidence, confidence } = answer;
        let of = |what: String| invalid(format!("the answer to {name:?}: {what}"));
        if let Some(position) = evidence.iter().find(|position| **position as usize >= lines) {
            return Err(of(format!("it rests on line {position}; the transcript has {lines}, counted from 0")));
        }
        if let Some(confidence) = confidence
            && !(0.0..=1.0).contains(&confidence)
        {
            return Err(of(format!("its confidence is {confidence}; it must be between 0 and 1")));
        }
        let value = take(value).map_err(of)?;
        values.set(&name, value.clone());
        if answers.insert(name.clone(), Answer { value, reason, evidence, confidence }).is_some() {
            return Err(invalid(format!("{name:?} is answered twice")));
        }
    }
    // The contract asks for every name, whether the assistant's owner calls it required or not.
    let exactly: Vec<_> = specs.iter().map(|spec| VariableSpec { required: true, ..spec.clone() }).collect();
    let checked = check_answers(&exactly, &values)
        .map_err(|faults| invalid(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    for (name, value) in checked.iter() {
        if let Some(answer) = answers.get_mut(name) {
            answer.value = value.clone();
        }
    }
    let cost = given.usage.map(cost).transpose()?;
    Ok(Evaluation { answers, cost })
}

fn cost(usage: contract::Usage) -> Result<EvaluationCost, Fault> {
    if usage.cost_micros < 0 {
        return Err(invalid(format!("the cost is {}; it cannot be negative", usage.cost_micros)));
    }
    let currency = usage.currency.parse().map_err(|_| {
        let given: String = usage.currency.chars().take(10).collect();
        invalid(format!("the currency of the cost is {given:?}; it must be three capital letters of ISO 4217"))
    })?;
    Ok(EvaluationCost { amount: Micros(usage.cost_micros), currency })
}

fn size(given: &contract::Evaluation) -> usize {
    let one = |answer: &contract::Answer| {
        let value = if let types::Value::Text(text) = &answer.value { text.len() } else { 8 };
        answer.name.len() + value + answer.reason.len() + answer.evidence.len() * 4 + 8
    };
    given.answers.iter().map(one).sum::<usize>() + size_extra(&given.extra)
}

#[cfg(test)]
mod tests {
    use campanile_domain::variable::Value;
    use serde_json::json;

    use super::*;

    fn specs() -> Vec<VariableSpec> {
        serde_json::from_value(json!([
            {"name": "booked", "kind": "boolean", "description": "Booked?", "required": true},
            {"name": "plan", "kind": "choice", "choices": ["basic", "full"], "description": "Which?"},
            {"name": "when", "kind": "date_time", "description": "When?", "role": "callback_at"},
        ]))
        .unwrap()
    }

    fn answer(name: &str, value: types::Value) -> contract::Answer {
        contract::Answer {
            name: name.into(),
            value,
            reason: "said so".into(),
            evidence: vec![1],
            confidence: Some(0.5),
        }
    }

    fn good() -> Vec<contract::Answer> {
        vec![
            answer("booked", types::Value::Boolean(true)),
            answer("plan", types::Value::Text("full".into())),
            answer("when", types::Value::Undetermined),
        ]
    }

    fn read(answers: Vec<contract::Answer>) -> Result<Evaluation, Fault> {
        evaluation(contract::Evaluation { answers, usage: None, extra: Vec::new() }, &specs(), 2, 10_000)
    }

    #[test]
    fn exactly_the_wanted_names_are_taken() {
        let read = read(good()).unwrap();
        assert_eq!(read.answers["booked"].value, Value::Boolean(true));
        assert_eq!(read.answers["when"].value, Value::Undetermined);
        assert_eq!((read.answers.len(), read.answers["plan"].evidence.as_slice()), (3, &[1][..]));
    }

    #[test]
    fn what_is_missing_extra_twice_or_of_another_type_is_named() {
        type Change = dyn Fn(&mut Vec<contract::Answer>);
        let with = |change: &Change| {
            let mut answers = good();
            change(&mut answers);
            read(answers).unwrap_err().to_string()
        };
        let cases: [(&Change, &str); 9] = [
            (&|all| drop(all.remove(1)), "no answer to \"plan\""),
            (&|all| all.push(answer("mood", types::Value::Undetermined)), "\"mood\" was answered but not asked"),
            (&|all| all.push(answer("plan", types::Value::Undetermined)), "\"plan\" is answered twice"),
            (&|all| all[0].value = types::Value::Text("yes".into()), "\"booked\" is of the wrong type"),
            (&|all| all[1].value = types::Value::Text("gold".into()), "\"gold\" to \"plan\""),
            (&|all| all[2].value = types::Value::DateTime(i64::MAX), "\"when\""),
            (&|all| all[0].evidence = vec![2], "rests on line 2"),
            (&|all| all[0].confidence = Some(f32::NAN), "confidence is NaN"),
            (&|all| all[0].reason = "r".repeat(20_000), "10000 are allowed"),
        ];
        for (change, rule) in cases {
            let told = with(change);
            assert!(told.contains(rule), "{told}");
        }
    }

    #[test]
    fn a_cost_is_an_amount_in_a_currency() {
        let with = |cost_micros, currency: &str| {
            let usage = Some(contract::Usage { cost_micros, currency: currency.into() });
            evaluation(contract::Evaluation { answers: good(), usage, extra: Vec::new() }, &specs(), 2, 10_000)
        };
        assert_eq!(with(5, "USD").unwrap().cost.unwrap().amount, Micros(5));
        assert!(with(-1, "USD").is_err() && with(1, "dollars").is_err());
    }
}
