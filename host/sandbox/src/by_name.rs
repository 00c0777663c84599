//! Any function of any kind, with JSON in and JSON out.
//!
//! Conformance cases, an author's fixtures and test runs over HTTP speak JSON and must reach every function of every kind;
//! writing each of them out by hand would be a second contract that drifts. The types are read from the component itself,
//! and [`crate::json`] maps them. The engine does not go this way: what it asks is typed, in [`crate::convert`].

use campanile_domain::plugin::limits::Limits;
use serde_json::{Map, Value};
use wasmtime::component::Val;

use crate::capabilities::Loan;
use crate::engines::Engines;
use crate::fault::Fault;
use crate::guest::{Called, Guest};
use crate::json::{is_finite, least, read, underscored, write};

/// Calls `function` of the kind's interface with its parameters by name.
///
/// A function that the kind does not have, or arguments that do not fit, are [`Fault::Refused`] with the code
/// `bad_question`: the caller's mistake, not the guest's.
pub async fn call(
    guest: &Guest,
    engines: &Engines,
    loan: Loan,
    limits: Limits,
    function: &str,
    arguments: &Map<String, Value>,
) -> Called<Value> {
    let mut live = match guest.instantiate(engines, loan, limits, None).await {
        Ok(live) => live,
        Err(called) => return called.and_then(|()| Ok(Value::Null)),
    };
    let bad = |message: String| {
        Called::not_run(Fault::Refused { code: "bad_question".to_owned(), message, retry_after_ms: None })
    };
    let interface = format!("campanile:plugin/{}@{}", interface(guest.kind), crate::CONTRACT_VERSION);
    let found = live
        .instance
        .get_export_index(&mut live.store, None, &interface)
        .and_then(|at| live.instance.get_export_index(&mut live.store, Some(&at), &function.replace('_', "-")))
        .and_then(|at| live.instance.get_func(&mut live.store, at));
    let Some(callee) = found else { return bad(format!("a {} has no function {function:?}", guest.kind)) };
    let ty = callee.ty(&live.store);
    let known: Vec<_> = ty.params().map(|(name, _)| underscored(name)).collect();
    if let Some(strange) = arguments.keys().find(|key| !known.contains(key)) {
        return bad(format!("{function} takes no {strange:?}; it takes {}", known.join(", ")));
    }
    let values = ty.params().map(|(name, ty)| {
        let name = underscored(name);
        let nothing = least(&ty);
        read(&ty, arguments.get(&name).unwrap_or(&nothing), &name)
    });
    let values = match values.collect::<Result<Vec<_>, _>>() {
        Ok(values) => values,
        Err(message) => return bad(message),
    };
    let mut results = vec![Val::Bool(false); ty.results().len()];
    let called = live.bounds().hold(callee.call_async(&mut live.store, &values, &mut results)).await;
    live.finish(called).and_then(|()| {
        if !results.iter().all(is_finite) {
            return Err(Fault::OutputInvalid { what: "a number in it is none (NaN) or infinite".to_owned() });
        }
        let answer = results.first().map_or(Value::Null, write);
        // The names that JSON repeats in every record are not the guest's; they are given as much again.
        let bytes = answer.to_string().len();
        if bytes > limits.output_bytes.saturating_mul(2) {
            let allowed = limits.output_bytes;
            return Err(Fault::OutputInvalid { what: format!("it has {bytes} bytes; {allowed} are allowed") });
        }
        Ok(answer)
    })
}

/// The interface that a kind answers.
pub const fn interface(kind: campanile_domain::plugin::Kind) -> &'static str {
    use campanile_domain::plugin::Kind;
    match kind {
        Kind::LeadImporter => "importer",
        Kind::RetryPolicy => "policy",
        Kind::CallEvaluator => "evaluator",
        Kind::VoiceGateway => "gateway",
        Kind::ResultSink => "sink",
        Kind::ScriptRunner => "script",
    }
}
