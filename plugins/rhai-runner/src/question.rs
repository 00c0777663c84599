//! The question at hand, for the functions that need it without being handed it.
//!
//! `next("monday 10:00")` needs now and the lead's zone, `setting("x")` the settings, `builtin()` the built-in answer. A
//! guard sets them for the length of one call, so that nothing of one decision is seen by the next.

use std::cell::RefCell;
use std::rc::Rc;

use campanile_plugin_sdk::policy::Input;
use rhai::{EvalAltResult, Map};

use crate::diagnosis::trouble;

/// The time of a question, and the zone in which it is shown.
#[derive(Clone)]
pub struct Clock {
    pub now: i64,
    pub zone: Rc<str>,
}

/// What a script may ask about without having it.
#[derive(Clone)]
pub struct Question {
    pub input: Option<Rc<Input>>,
    pub clock: Option<Clock>,
    pub settings: Rc<Map>,
}

thread_local! {
    static AT_HAND: RefCell<Option<Question>> = const { RefCell::new(None) };
}

/// Takes the question away when the call is over, however it ends.
pub struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        AT_HAND.set(None);
    }
}

#[must_use]
pub fn begin(question: Question) -> Guard {
    AT_HAND.set(Some(question));
    Guard
}

/// The input of the decision under way.
pub fn input() -> Result<Rc<Input>, Box<EvalAltResult>> {
    match AT_HAND.with_borrow(|question| question.as_ref().and_then(|question| question.input.clone())) {
        Some(input) => Ok(input),
        None => trouble("this can only be asked while deciding", None),
    }
}

/// Now, in the zone of the lead.
pub fn clock() -> Result<Clock, Box<EvalAltResult>> {
    match AT_HAND.with_borrow(|question| question.as_ref().and_then(|question| question.clock.clone())) {
        Some(clock) => Ok(clock),
        None => trouble("there is no time here: rows of a file are the same whenever they are read", None),
    }
}

/// The settings in force, defaults filled in.
pub fn settings() -> Rc<Map> {
    AT_HAND.with_borrow(|question| question.as_ref().map(|question| Rc::clone(&question.settings)).unwrap_or_default())
}
