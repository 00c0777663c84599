//! The interpreter as scripts know it: the language, less what could surprise, plus the API.
//!
//! Raw engine and chosen packages, so that nothing a new release of the interpreter adds becomes part of our scripts by
//! itself. What bounds a script is the sandbox (fuel, memory); the only limits set here are those whose message is better
//! than the sandbox's: depth of calls and of expressions.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LanguageCorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Engine, OptimizationLevel};

/// Calls within calls; the WebAssembly stack holds a multiple of it.
const CALL_DEPTH: usize = 32;
/// Nesting of expressions, at the top and within functions.
const EXPRESSION_DEPTH: (usize, usize) = (64, 32);

/// A new interpreter with the whole API.
pub fn new() -> Engine {
    let mut engine = Engine::new_raw();
    LanguageCorePackage::new().register_into_engine(&mut engine);
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    engine
        .set_optimization_level(OptimizationLevel::Simple)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_max_call_levels(CALL_DEPTH)
        .set_max_expr_depths(EXPRESSION_DEPTH.0, EXPRESSION_DEPTH.1)
        .disable_symbol("eval")
        .on_print(campanile_plugin_sdk::log::info)
        .on_debug(|text, _, at| campanile_plugin_sdk::log::debug(&format!("line {}: {text}", at.line().unwrap_or(0))));
    crate::api::register(&mut engine);
    engine
}
