//! What `decide` may answer: `retry`, `next_contact`, `complete`, `give_up`, `suppress`, `builtin`.

use campanile_plugin_sdk::policy::{Decision, Retry, Whom};
use rhai::{Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map};

use super::duration::Duration;
use super::instant::Instant;
use super::{taken, value};
use crate::diagnosis::{Diagnosis, no_property, trouble};
use crate::{question, suggest};

/// A decision on its way out.
#[derive(Clone, Debug)]
pub struct Answer(Decision);

const PROPERTIES: &[&str] = &["kind", "reason", "at"];
pub const OF_RETRY: &[&str] = &["after", "at", "before", "contact", "priority", "vars", "reason"];
const WHOM: &[&str] = &["number", "person"];

impl Answer {
    /// What a script's `decide` returned.
    pub fn read(answer: Dynamic) -> Result<Decision, Diagnosis> {
        let given = answer.type_name();
        match answer.try_cast::<Self>() {
            Some(Self(decision)) => Ok(decision),
            None if given == "()" => Err(Diagnosis::of_script("`decide` ended without a decision").with_hint(
                "end every way through it with retry(...), complete(...), next_contact(), give_up(...) or builtin()",
            )),
            None => Err(Diagnosis::of_script(format!("`decide` answered {given}, which is no decision")).with_hint(
                "answer with retry(...), complete(...), next_contact(), give_up(...), suppress(...) or builtin()",
            )),
        }
    }
}

fn property(answer: &mut Answer, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let (kind, reason) = match &answer.0 {
        Decision::Complete(reason) => ("complete", reason),
        Decision::NextContact(reason) => ("next_contact", reason),
        Decision::Retry(retry) => ("retry", &retry.reason),
        Decision::GiveUp(reason) => ("give_up", reason),
        Decision::Suppress((_, reason)) => ("suppress", reason),
    };
    match (name, &answer.0) {
        ("kind", _) => Ok(kind.into()),
        ("reason", _) => Ok(reason.clone().into()),
        ("at", Decision::Retry(retry)) => Ok(Dynamic::from(Instant(retry.not_before))),
        ("at", _) => trouble(format!("only a retry has `at`; this is {kind}"), "ask `.kind` first".to_owned()),
        _ => no_property("a decision", name, PROPERTIES),
    }
}

fn retry(map: Map) -> Result<Answer, Box<EvalAltResult>> {
    let input = question::input()?;
    let mut asked = Retry::at(input.now.saturating_add(input.retry_interval_ms as i64), "script");
    if map.contains_key("after") && map.contains_key("at") {
        return trouble("a retry has `after` or `at`, not both", None);
    }
    for (name, given) in map {
        match name.as_str() {
            "after" => {
                let wait: Duration = taken(&name, given, "a length of time such as hours(2)")?;
                asked.not_before = input.now.saturating_add(wait.0);
            }
            "at" => asked.not_before = taken::<Instant>(&name, given, "a point in time such as next(\"10:00\")")?.0,
            "before" => asked.not_after = Some(taken::<Instant>(&name, given, "a point in time")?.0),
            "contact" => {
                let position: INT = taken(&name, given, "the position of a contact (0 is the primary one)")?;
                match u32::try_from(position).ok().filter(|position| input.contact(*position).is_some()) {
                    Some(position) => asked.contact = Some(position),
                    None => return trouble(format!("the lead has no contact {position}"), None),
                }
            }
            "priority" => match i32::try_from(taken::<INT>(&name, given, "a whole number")?) {
                Ok(priority) => asked.priority = Some(priority),
                Err(_) => return trouble("that priority is too large", None),
            },
            "vars" => asked.variables = value::read(taken::<Map>(&name, given, "a map #{ name: value }")?)?,
            "reason" => asked.reason = taken::<ImmutableString>(&name, given, "a text")?.to_string(),
            unknown => {
                return trouble(
                    format!("a retry has no `{unknown}`"),
                    suggest::hint(unknown, OF_RETRY.iter().copied()),
                );
            }
        }
    }
    Ok(Answer(Decision::Retry(asked)))
}

fn suppress(whom: &str, reason: &str) -> Result<Answer, Box<EvalAltResult>> {
    let whom = match whom {
        "number" => Whom::Number,
        "person" => Whom::Person,
        other => return trouble(format!("{other:?} cannot be suppressed"), suggest::hint(other, WHOM.iter().copied())),
    };
    Ok(Answer(Decision::Suppress((whom, reason.to_owned()))))
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Answer>("decision");
    super::properties(engine, PROPERTIES, property);
    engine.register_fn("retry", retry);
    engine.register_fn("retry", || retry(Map::new()));
    engine.register_fn("complete", |reason: &str| Answer(Decision::Complete(reason.to_owned())));
    engine.register_fn("give_up", |reason: &str| Answer(Decision::GiveUp(reason.to_owned())));
    engine.register_fn("next_contact", |reason: &str| Answer(Decision::NextContact(reason.to_owned())));
    engine.register_fn("next_contact", || Answer(Decision::NextContact("script".to_owned())));
    engine.register_fn("suppress", suppress);
    engine.register_fn("suppress", |whom: &str| suppress(whom, "script"));
    engine.register_fn("builtin", || question::input().map(|input| Answer(input.builtin.clone())));
}
