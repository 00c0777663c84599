//! Runs what tenants upload.
//!
//! Everything a tenant may write (a plugin in any language, a script) arrives here as a WebAssembly component of one of
//! the contract's worlds and leaves as the domain's own types. This is the only room that knows wasmtime: outside, a
//! policy is a [`campanile_domain::ports::policy::PolicyRunner`]. Whatever a guest does (loop, grow, trap, lie), the
//! caller gets a failure with a code, the process lives, and the next call works.
//!
//! It must never: lend a guest anything that [`capabilities`] does not name, load compiled code that it did not write
//! itself, or decide a rule of calling.

mod admit;
mod artefact;
mod bundled;
mod capabilities;
pub mod componentize;
mod contract;
mod convert;
mod digest;
mod engine;
mod fault;
mod guest;
mod limits;
pub mod manifest;
mod policies;
mod schema;
mod script;
mod shelf;
mod warm;

pub use admit::{AdmissionError, Admitted, admit};
pub use bundled::{Bundled, BundledBody, bundled};
pub use digest::Digest;
pub use engine::{Allocation, AllocationChoice, EngineError};
pub use fault::Fault;
pub use limits::PolicyLimits;
pub use policies::{InstallError, Installed, Options, PluginVersion, Policies};
pub use schema::SettingProblem;
pub use script::{Described, Diagnostic};

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
