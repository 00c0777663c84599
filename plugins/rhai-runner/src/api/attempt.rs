//! `lead.last`, `lead.attempts`: calls that are over.

use std::rc::Rc;

use campanile_plugin_sdk::policy::Input;
use campanile_plugin_sdk::types;
use rhai::{Dynamic, Engine, EvalAltResult, INT};

use super::duration::Duration;
use super::instant::Instant;
use super::outcome;
use super::value::Variables;
use crate::diagnosis::no_property;

/// One attempt of the input.
#[derive(Clone, Debug)]
pub struct Attempt {
    input: Rc<Input>,
    at: usize,
}

const PROPERTIES: &[&str] = &[
    "outcome",
    "failure",
    "answered_by",
    "contact",
    "phone",
    "round",
    "number",
    "started_at",
    "ended_at",
    "talk",
    "vars",
];

impl Attempt {
    pub fn new(input: &Rc<Input>, at: usize) -> Self {
        Self { input: Rc::clone(input), at }
    }

    fn get(&self) -> &types::Attempt {
        &self.input.attempts[self.at]
    }
}

fn property(attempt: &mut Attempt, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let it = attempt.get();
    Ok(match name {
        "outcome" => outcome::name(it.outcome).into(),
        "failure" => outcome::failure(it.failure).into(),
        "answered_by" => outcome::answered_by(it.answered_by).into(),
        "contact" => INT::from(it.contact).into(),
        "phone" => it.phone.clone().into(),
        "round" => INT::from(it.round).into(),
        "number" => INT::from(it.number).into(),
        "started_at" => Dynamic::from(Instant(it.started_at)),
        "ended_at" => Dynamic::from(Instant(it.ended_at.unwrap_or(attempt.input.now))),
        "talk" => Dynamic::from(Duration(it.talk_ms as i64)),
        "vars" => Dynamic::from(Variables::new("attempt", &it.variables)),
        _ => return no_property("an attempt", name, PROPERTIES),
    })
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Attempt>("attempt");
    super::properties(engine, PROPERTIES, property);
    engine.register_fn("was", |attempt: &mut Attempt, name: &str| {
        outcome::parse(name).map(|outcome| attempt.get().outcome == outcome)
    });
}
