//! What a call told, as the provider's own analysis has it.
//!
//! Answers are taken whole or not at all: one that does not fit its question is an error on the call, for a person to
//! see, and decides nothing. One thing is heard even then: a person who asked not to be called again is not called
//! again because some other answer was of the wrong type.

use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::variable::{Determinations, Determined, DeterminedBy, Effects, check_answers};

use super::settling::Settling;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::AttemptRow;
use crate::sqlite::scope::Scope;

/// What an event brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    /// Answers that fit, new to the call.
    pub answers: bool,
    /// The person asked not to be called again, whatever else was wrong.
    pub opt_out: bool,
}

impl Heard {
    /// Lays it over what the settling knows.
    pub(crate) fn over(self, settling: &mut Settling<'_>) {
        settling.effects.opt_out |= self.opt_out;
    }
}

/// Takes the analysis of an event onto the attempt; the caller saves it.
pub(crate) fn hear(op: &mut Op<'_>, scope: &Scope, attempt: &mut AttemptRow, event: &CallEvent) -> Done<Heard> {
    let Some(given) = &event.analysis else { return Ok(Heard::default()) };
    let specs = &scope.plan.assistant.variables;
    match check_answers(specs, given) {
        Ok(answers) => {
            let mut held: Determinations = match &attempt.variables {
                Some(text) => serde_json::from_str(text)?,
                None => Determinations::default(),
            };
            let by = DeterminedBy::Gateway(gateway_name(op, attempt)?);
            for (name, value) in answers.iter() {
                let opinion = Determined {
                    value: value.clone(),
                    by: by.clone(),
                    reason: String::new(),
                    evidence: Vec::new(),
                    confidence: None,
                };
                held.offer(name, opinion);
            }
            let text = serde_json::to_string(&held)?;
            let answers = attempt.variables.as_ref() != Some(&text);
            attempt.variables = Some(text);
            if answers {
                attempt.tell(op, "call.evaluated", None);
            }
            Ok(Heard { answers, opt_out: false })
        }
        Err(faults) => {
            for fault in &faults {
                attempt.keep_detail(op, &format!("{}: {fault}", fault.code()))?;
            }
            Ok(Heard { answers: false, opt_out: Effects::of(specs, given).opt_out })
        }
    }
}

fn gateway_name(op: &Op<'_>, attempt: &AttemptRow) -> Done<String> {
    let name = op
        .db
        .prepare_cached("SELECT name FROM gateway WHERE id = ?1")?
        .query_row([attempt.gateway.0], |row| row.get(0))?;
    Ok(name)
}
