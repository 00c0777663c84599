//! Runs what tenants upload.
//!
//! Everything a tenant may write (a plugin in any language, a script) arrives here as a WebAssembly component of one of
//! the contract's worlds and leaves as the domain's own types. This is the only room that knows wasmtime: outside, a
//! policy is a [`campanile_domain::ports::policy::PolicyRunner`] and an installed gateway, importer, evaluator or sink the port of
//! its kind in [`campanile_domain::ports`]. Whatever a guest does (loop, grow, trap, lie), the
//! caller gets a failure with a code, the process lives, and the next call works.
//!
//! It must never: lend a guest anything that [`capabilities`] does not name, load compiled code that it did not write
//! itself, or decide a rule of calling.

mod admit;
mod allowances;
mod artefact;
mod bundled;
mod by_name;
mod capabilities;
pub mod compiler;
pub mod componentize;
mod conformance;
mod contract;
mod convert;
mod crew;
mod deciding;
mod diagnostic;
mod digest;
mod engines;
mod epoch;
mod evaluating;
mod evaluator;
mod fault;
mod gateway;
mod guest;
mod importer;
mod install;
mod installed;
mod json;
pub mod manifest;
mod mapping;
mod meter;
mod meters;
mod policy;
mod processor;
mod ready;
mod sandbox;
mod schema;
mod script;
mod shelf;
mod sink;
mod turns;
mod warm;
mod world;

pub use admit::admit;
pub use bundled::{Bundled, BundledBody, bundled};
pub use capabilities::{Loan, Reach, State};
pub use compiler::Compiler;
pub use conformance::conform;
pub use diagnostic::Diagnostic;
pub use digest::Digest;
pub use engines::{Allocation, AllocationChoice, EngineError};
pub use evaluating::Reads;
pub use evaluator::PluginEvaluator;
pub use fault::Fault;
pub use gateway::PluginGateway;
pub use guest::Called;
pub use importer::PluginImporter;
pub use install::{InstallError, check_name};
pub use installed::Installation;
pub use sandbox::{Contents, Options, Prepared, Sandbox};
pub use schema::SettingProblem;
pub use script::{Described, Role};
pub use shelf::{Content, Installed};
pub use sink::PluginSink;

/// The version of the plugin contract that this host serves.
pub const CONTRACT_VERSION: &str = "0.1.0";

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_says_the_same_version() {
        let wit = include_str!("../../../plugin-sdk/wit/v0.1/campanile.wit");
        assert!(wit.contains(&format!("package campanile:plugin@{};", super::CONTRACT_VERSION)));
    }
}
