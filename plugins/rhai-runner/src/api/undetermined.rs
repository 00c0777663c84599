//! Undetermined: the call was listened to and did not tell.
//!
//! It is neither true nor false, neither equal nor unequal to anything: a policy that forgets to ask would otherwise take
//! "we do not know" for "no" and call again. Every comparison is an error that names the hint.

use rhai::{Dynamic, Engine, EvalAltResult};

use crate::diagnosis::trouble;

/// What has no answer, and why if that is known.
#[derive(Clone, Debug)]
pub struct Undetermined {
    what: String,
}

impl Undetermined {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    fn refuse<T>(&self) -> Result<T, Box<EvalAltResult>> {
        let hint = "ask `.is_undetermined()` first".to_owned();
        trouble(format!("{} is undetermined and cannot be compared", self.what), hint)
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Undetermined>("undetermined");
    engine.register_fn("is_undetermined", |_: Undetermined| true);
    engine.register_fn("is_undetermined", |_: Dynamic| false);
    engine.register_fn("to_string", |_: Undetermined| "undetermined".to_owned());
    engine.register_fn("to_debug", |_: Undetermined| "undetermined".to_owned());
    engine.register_fn("!", |value: Undetermined| value.refuse::<bool>());
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        engine.register_fn(operator, |left: Undetermined, _: Dynamic| left.refuse::<bool>());
        engine.register_fn(operator, |_: Dynamic, right: Undetermined| right.refuse::<bool>());
        engine.register_fn(operator, |left: Undetermined, _: Undetermined| left.refuse::<bool>());
    }
}
