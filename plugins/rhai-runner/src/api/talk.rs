//! `talk`: a call that is over, as `evaluate` is asked about it.
//!
//! Time is the call's: `talk.started_at` is the only "now", in the lead's zone, so that a call that is evaluated again
//! tomorrow is evaluated the same.

use std::rc::Rc;

use campanile_plugin_sdk::evaluator;
use campanile_plugin_sdk::types::{Speaker, VariableSpec};
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT};

use super::duration::Duration;
use super::found::{Found, Line};
use super::instant::Instant;
use super::outcome;
use super::value::Variables;
use crate::diagnosis::no_property;

/// The call at hand, with what is asked about it.
#[derive(Clone, Debug)]
pub struct Talk {
    pub call: Rc<evaluator::Talk>,
    pub wanted: Rc<[VariableSpec]>,
}

const PROPERTIES: &[&str] = &[
    "lines",
    "outcome",
    "answered_by",
    "length",
    "started_at",
    "zone",
    "language",
    "provided",
    "vars",
    "id",
    "lead",
    "campaign",
];

/// Who said a line, as scripts write it.
pub const SPEAKERS: &[(&str, Speaker)] =
    &[("assistant", Speaker::Assistant), ("person", Speaker::Person), ("other", Speaker::Other)];

fn property(talk: &mut Talk, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let it = &talk.call;
    Ok(match name {
        "lines" => (0..it.transcript.len()).map(|at| Dynamic::from(Line::new(it, at))).collect::<Array>().into(),
        "outcome" => outcome::name(it.outcome).into(),
        "answered_by" => outcome::answered_by(it.answered_by).into(),
        "length" => Dynamic::from(Duration(i64::try_from(it.talk_ms).unwrap_or(i64::MAX))),
        "started_at" => Dynamic::from(Instant(it.started_at)),
        "zone" => it.zone.clone().into(),
        "language" => it.language.clone().unwrap_or_default().into(),
        "provided" => Dynamic::from(Variables::new("talk", &it.provided)),
        "vars" => Dynamic::from(Variables::new("lead", &it.lead_variables)),
        "id" => it.call_id.clone().into(),
        "lead" => it.lead_id.clone().into(),
        "campaign" => it.campaign_id.clone().into(),
        _ => return no_property("a talk", name, PROPERTIES),
    })
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Talk>("talk");
    super::properties(engine, PROPERTIES, property);
    engine.register_fn("find", |talk: &mut Talk, phrase: &str| Found::search(&talk.call, &[phrase]));
    engine.register_fn("find", |talk: &mut Talk, phrases: Array| {
        let phrases: Vec<String> = phrases
            .into_iter()
            .map(|phrase| super::taken::<rhai::ImmutableString>("find", phrase, "a phrase or a list of phrases"))
            .map(|phrase| phrase.map(|phrase| phrase.to_string()))
            .collect::<Result<_, _>>()?;
        Ok::<_, Box<EvalAltResult>>(Found::search(&talk.call, &phrases.iter().map(String::as_str).collect::<Vec<_>>()))
    });
    engine.register_fn("all", |talk: &mut Talk| Found::all(&talk.call));
    engine.register_fn("asks", |talk: &mut Talk, name: &str| talk.wanted.iter().any(|spec| spec.name == name));
    engine.register_fn("count", |talk: &mut Talk, speaker: &str| {
        super::found::speaker(speaker)
            .map(|speaker| talk.call.transcript.iter().filter(|line| line.speaker == speaker).count() as INT)
    });
}
