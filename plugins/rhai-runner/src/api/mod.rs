//! What a script can see and say, one file per thing.
//!
//! Two rules hold everywhere. A name that does not exist is an error that suggests the one that does: properties are
//! looked up in one `match` per type, beside the list that suggestions come from. And nothing is compared with what the
//! call did not tell.

pub mod answer;
mod attempt;
mod contact;
mod duration;
mod found;
mod instant;
pub mod lead;
pub mod mapped;
mod next;
mod outcome;
pub mod row;
pub mod settings;
pub mod talk;
pub mod told;
mod undetermined;
mod value;

use rhai::{Dynamic, Engine, EvalAltResult};

use crate::diagnosis::trouble;

/// How an attempt can end, as scripts write it.
#[cfg(test)]
pub fn outcomes() -> Vec<&'static str> {
    outcome::NAMES.iter().map(|(name, _)| *name).collect()
}

/// All six comparisons of an ordered type with itself.
macro_rules! compare {
    ($engine:expr, $type:ty) => {
        $engine.register_fn("==", |left: $type, right: $type| left == right);
        $engine.register_fn("!=", |left: $type, right: $type| left != right);
        $engine.register_fn("<", |left: $type, right: $type| left < right);
        $engine.register_fn("<=", |left: $type, right: $type| left <= right);
        $engine.register_fn(">", |left: $type, right: $type| left > right);
        $engine.register_fn(">=", |left: $type, right: $type| left >= right);
    };
}
use compare;

/// Registers a type's properties one by one, which is fast, and all other names as questions to `property`, which is how a
/// misspelt one gets its suggestion.
fn properties<T: Clone + 'static, V: Clone + 'static>(
    engine: &mut Engine,
    names: &[&'static str],
    property: fn(&mut T, &str) -> Result<V, Box<EvalAltResult>>,
) {
    for name in names {
        let name = *name;
        engine.register_get(name, move |of: &mut T| property(of, name));
    }
    engine.register_indexer_get(move |of: &mut T, name: &str| property(of, name));
}

/// A part of a map that must be of one type.
fn taken<T: Clone + 'static>(name: &str, value: Dynamic, wanted: &str) -> Result<T, Box<EvalAltResult>> {
    let given = value.type_name();
    match value.try_cast::<T>() {
        Some(value) => Ok(value),
        None => trouble(format!("`{name}` must be {wanted}, not {given}"), None),
    }
}

pub fn register(engine: &mut Engine) {
    undetermined::register(engine);
    value::register(engine);
    duration::register(engine);
    instant::register(engine);
    next::register(engine);
    attempt::register(engine);
    contact::register(engine);
    lead::register(engine);
    answer::register(engine);
    settings::register(engine);
    row::register(engine);
    talk::register(engine);
    found::register(engine);
    told::register(engine);
    mapped::register(engine);
}
