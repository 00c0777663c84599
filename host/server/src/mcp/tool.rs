//! What a tool is: the words beside a route, and what the OpenAPI document adds to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as Shown, ToolAnnotations};
use serde_json::Value;

use super::caller::Caller;

/// What a call of a tool may do. Clients ask a person before what destroys.
#[derive(Clone, Copy)]
pub(super) struct Effect {
    reads: bool,
    destroys: bool,
    repeatable: bool,
    calls: bool,
}

impl Effect {
    /// Only looks.
    pub(super) const READS: Self = Self { reads: true, destroys: false, repeatable: true, calls: false };
    /// Adds something; nothing that is there changes.
    pub(super) const ADDS: Self = Self { reads: false, destroys: false, repeatable: false, calls: false };
    /// Asks for a state that loses nothing.
    pub(super) const HOLDS: Self = Self { reads: false, destroys: false, repeatable: true, calls: false };
    /// Cuts off what is under way; a second time changes nothing.
    pub(super) const ENDS: Self = Self { reads: false, destroys: true, repeatable: true, calls: false };
    /// Another rule takes force.
    pub(super) const RULES: Self = Self { reads: false, destroys: true, repeatable: false, calls: true };
    /// People may be called because of it; a second time changes nothing.
    pub(super) const BEGINS: Self = Self { reads: false, destroys: false, repeatable: true, calls: true };
    /// People may be called because of it, and again when it is repeated.
    pub(super) const CALLS: Self = Self { reads: false, destroys: false, repeatable: false, calls: true };

    /// The hints of the protocol. What calls people cannot be taken back, unless the account only simulates.
    fn hints(self, title: &str, is_test: bool) -> ToolAnnotations {
        let reaches_people = self.calls && !is_test;
        ToolAnnotations::with_title(title)
            .read_only(self.reads)
            .destructive(self.destroys || reaches_people)
            .idempotent(self.repeatable)
            .open_world(reaches_people)
    }
}

/// What is written about a tool.
pub(super) struct Told {
    /// A verb and what it is about.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// For a model: what it does, when to use it, units, what can go wrong and what to do then.
    pub about: &'static str,
    /// What a call of it may do.
    pub effect: Effect,
    /// Of the route.
    pub method: &'static str,
    /// As the OpenAPI document writes them; the first whose `{id}` is given is asked.
    pub paths: &'static [&'static str],
    /// What `{id}` is called as an argument; empty where no path has one.
    pub id: &'static str,
    /// Arguments that can be sent.
    pub example: fn() -> Value,
    /// An answer in a sentence, with what to do next.
    pub said: fn(&Value) -> String,
}

/// Where an argument goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `{id}`.
    Path,
    /// The query.
    Query,
    /// `Idempotency-Key`.
    Header,
    /// A field of the body.
    Body,
}

/// A tool that can be called.
pub(super) struct Tool {
    pub told: &'static Told,
    /// The schema of its arguments.
    pub input: Arc<JsonObject>,
    /// Where each argument goes.
    pub places: BTreeMap<String, Place>,
    /// The route takes a body.
    pub has_body: bool,
    /// A key needs all scopes of one of these.
    pub scopes: Vec<Vec<String>>,
}

impl Tool {
    /// Arguments that have to be sent.
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
        self.input.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether the caller's key opens the route.
    pub(super) fn is_open_to(&self, caller: &Caller) -> bool {
        let has = |scope: &String| caller.scopes.iter().any(|own| own == scope || own == "admin");
        self.scopes.iter().any(|needed| needed.iter().all(has))
    }

    /// As the protocol lists it.
    pub(super) fn shown(&self, is_test: bool) -> Shown {
        let Told { name, title, about, effect, .. } = self.told;
        Shown::new(*name, *about, Arc::clone(&self.input))
            .with_title(*title)
            .with_annotations(effect.hints(title, is_test))
    }
}

/// The text at a place of an answer; empty where there is none.
pub(super) fn text<'a>(answer: &'a Value, pointer: &str) -> &'a str {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a place of an answer; 0 where there is none.
pub(super) fn number(answer: &Value, pointer: &str) -> i64 {
    answer.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// How many rows a page has, and whether there are more.
pub(super) fn page(answer: &Value, one: &str, many: &str) -> String {
    let rows = answer.get("data").and_then(Value::as_array).map_or(0, Vec::len);
    let what = if rows == 1 { one } else { many };
    match answer.get("next_cursor") {
        Some(Value::String(_)) => format!("{rows} {what}, and there are more: ask again with cursor = next_cursor."),
        _ => format!("{rows} {what}, no more."),
    }
}
