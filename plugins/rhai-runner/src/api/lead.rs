//! `lead`: the whole question.
//!
//! Counts are of the current era only: when a person sets a lead back, everything is counted anew, and a script that
//! counted the past would give up at once.

use std::rc::Rc;

use campanile_plugin_sdk::policy::Input;
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT};

use super::attempt::Attempt;
use super::contact::Contact;
use super::duration::Duration;
use super::instant::Instant;
use super::outcome;
use super::undetermined::Undetermined;
use super::value::{self, Variables};
use crate::diagnosis::{no_property, trouble};

/// The lead at hand.
#[derive(Clone, Debug)]
pub struct Lead {
    input: Rc<Input>,
}

const PROPERTIES: &[&str] = &[
    "now",
    "last",
    "attempts",
    "contacts",
    "goal",
    "vars",
    "round",
    "rounds_left",
    "attempts_left",
    "interval",
    "zone",
    "retry_on_voicemail",
    "retry_until_goal",
    "campaign_ends_at",
    "id",
    "campaign",
];

impl Lead {
    pub fn new(input: Rc<Input>) -> Self {
        Self { input }
    }

    fn current(&self) -> impl DoubleEndedIterator<Item = usize> {
        let era = self.input.era;
        self.input.attempts.iter().enumerate().filter(move |(_, attempt)| attempt.era == era).map(|(at, _)| at)
    }

    fn last(&self) -> Result<Dynamic, Box<EvalAltResult>> {
        match self.current().next_back() {
            Some(at) => Ok(Dynamic::from(Attempt::new(&self.input, at))),
            None => trouble("the lead has not been called yet, so there is no last attempt", None),
        }
    }
}

fn property(lead: &mut Lead, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let it = &lead.input;
    Ok(match name {
        "now" => Dynamic::from(Instant(it.now)),
        "last" => lead.last()?,
        "attempts" => lead.current().map(|at| Dynamic::from(Attempt::new(it, at))).collect::<Array>().into(),
        "contacts" => (0..it.contacts.len()).map(|at| Dynamic::from(Contact::new(it, at))).collect::<Array>().into(),
        "goal" => match &it.goal {
            Some(goal) => value::show(goal, || "lead.goal".to_owned()),
            None => {
                Dynamic::from(Undetermined::new("lead.goal (the campaign has no goal, or the call was not evaluated)"))
            }
        },
        "vars" => Dynamic::from(Variables::new("lead", &it.lead_variables)),
        "round" => INT::from(it.round).into(),
        "rounds_left" => INT::from(it.rounds_left()).into(),
        "attempts_left" => INT::from(it.attempts_left).into(),
        "interval" => Dynamic::from(Duration(it.retry_interval_ms as i64)),
        "zone" => it.zone.clone().into(),
        "retry_on_voicemail" => it.retry_on_voicemail.into(),
        "retry_until_goal" => it.retry_until_goal.into(),
        "campaign_ends_at" => match it.campaign_ends_at {
            Some(at) => Dynamic::from(Instant(at)),
            None => Dynamic::from(Undetermined::new("lead.campaign_ends_at (the campaign has no end)")),
        },
        "id" => it.lead_id.clone().into(),
        "campaign" => it.campaign_id.clone().into(),
        _ => return no_property("lead", name, PROPERTIES),
    })
}

fn count(lead: &mut Lead, name: &str) -> Result<INT, Box<EvalAltResult>> {
    outcome::parse(name).map(|outcome| lead.input.count(outcome) as INT)
}

fn in_a_row(lead: &mut Lead, name: &str) -> Result<INT, Box<EvalAltResult>> {
    outcome::parse(name).map(|outcome| lead.input.streak(outcome) as INT)
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Lead>("lead");
    super::properties(engine, PROPERTIES, property);
    engine.register_fn("count", count);
    engine.register_fn("in_a_row", in_a_row);
}
