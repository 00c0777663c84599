//! What the evaluator knows without any settings: which variables it can answer, and with which rules.

pub mod appointment;
pub mod callback;
pub mod opt_out;
pub mod sounds;
pub mod wrong_person;

use campanile_plugin_sdk::types::{Role, ValueType, VariableSpec};

use crate::pattern::Patterns;
use crate::words::{Line, Who};

/// What a variable is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An appointment agreed to.
    Appointment,
    /// Not to be called again.
    OptOut,
    /// Somebody else answered.
    WrongPerson,
    /// To be called again, and when.
    Callback,
}

impl Subject {
    /// Whether only the person can make it true.
    pub const fn is_agreed(self) -> bool {
        !matches!(self, Self::Callback)
    }
}

fn names(spec: &VariableSpec, phrases: &str) -> bool {
    let name = spec.name.replace('_', " ");
    Patterns::of(phrases).is_in(&Line::new(0, 0, Who::Other, &name))
}

/// By its role, else by its name, else (for what may be an appointment) by its question; `None` where rules of the
/// tenant's own are needed.
pub fn subject(spec: &VariableSpec) -> Option<Subject> {
    let boolean = spec.kind == ValueType::Boolean;
    match spec.role {
        Role::OptOut => return boolean.then_some(Subject::OptOut),
        Role::WrongPerson => return boolean.then_some(Subject::WrongPerson),
        Role::CallbackAt => return Some(Subject::Callback),
        _ => {}
    }
    if names(spec, "opt out | opted out | optout | do not call | dnc | unsubscribe* | stop calling") && boolean {
        return Some(Subject::OptOut);
    }
    if names(spec, "wrong person/number/contact | falsche person/nummer") && boolean {
        return Some(Subject::WrongPerson);
    }
    if names(spec, "callback | call back | call again | rückruf") {
        return Some(Subject::Callback);
    }
    let asked = Line::new(0, 0, Who::Other, &spec.description);
    let about = names(spec, appointment::NAMES) || Patterns::of(appointment::NAMES).is_in(&asked);
    let inverted =
        names(spec, "not | no | cancel* | missed | declined | refused | previous* | had | earlier | existing");
    (boolean && about && !inverted && !denies(&asked)).then_some(Subject::Appointment)
}

/// "Did the person cancel the appointment?" is another question.
fn denies(question: &Line) -> bool {
    Patterns::of("cancel* | declin* | refus* | reject* | miss* | not | already | previous* | existing | move* | reschedul* | absagen | abgesagt")
        .is_in(question)
}
