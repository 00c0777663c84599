//! Variables: what is known about a lead, and what a call was asked to tell.
//!
//! One small set of values serves lead files, plugins, scripts and post-call questions, so that none of them invents
//! its own idea of a date or of "we do not know". *Undetermined* is an answer like any other and not the absence of
//! one: the call was listened to and did not tell. Post-call questions are typed, and an answer that does not fit its
//! question is an error that people see, because a goal guessed from a wrong answer decides who is called again.
//!
//! It must never: turn one type into another to be helpful, or decide what follows from a role (the engine does).

mod answer;
mod spec;
mod value;

pub use self::answer::{AnswerError, Answers, Determinations, Determined, DeterminedBy, Effects, check_answers};
pub use self::spec::{Role, SpecError, SpecRule, ValueKind, VariableSpec, check_goal, check_specs};
pub use self::value::{NotAValue, Value, Variables};
