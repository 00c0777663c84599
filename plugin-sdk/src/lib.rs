//! What a plugin author writes against.
//!
//! A plugin is a WebAssembly component that answers one of the worlds of `wit/v0.1/campanile.wit`. This crate is that contract
//! with Rust manners: a trait per kind whose methods have bodies already, [`export!`] to make a type the plugin, typed
//! settings, and the little that the host lends to the kind (`log`, `calendar`, `clock`, `state`, `secret`, `http`). Built
//! for anything but WebAssembly the same calls reach a [`fake`] host, so that a plugin is tested with `cargo test` and
//! nothing installed.
//!
//! It is a promise to people outside the project, so it depends on nothing in `host/`, and nothing here may decide
//! anything: rules belong to the plugin or to the engine.
//!
//! ```
//! use campanile_plugin_sdk::policy::{Decision, Input, RetryPolicy};
//! use campanile_plugin_sdk::types::{Outcome, PluginError};
//!
//! struct OneVoicemail;
//!
//! impl RetryPolicy for OneVoicemail {
//!     type Settings = campanile_plugin_sdk::NoSettings;
//!
//!     fn decide(input: &Input, _settings: &Self::Settings) -> Result<Decision, PluginError> {
//!         match input.last() {
//!             Some(last) if last.outcome == Outcome::Voicemail => Ok(Decision::Complete("left a voicemail".into())),
//!             _ => Ok(input.builtin.clone()),
//!         }
//!     }
//! }
//!
//! campanile_plugin_sdk::export!(retry_policy: OneVoicemail);
//! # fn main() {}
//! ```

mod bindings;
#[cfg(feature = "lent-calendar")]
pub mod calendar;
mod civil;
#[cfg(feature = "lent-clock")]
pub mod clock;
pub mod dates;
#[cfg(feature = "call-evaluator")]
pub mod evaluator;
mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
#[cfg(feature = "voice-gateway")]
pub mod gateway;
#[cfg(feature = "lent-http")]
pub mod http;
#[cfg(feature = "lead-importer")]
pub mod importer;
pub mod log;
mod panic;
#[cfg(feature = "retry-policy")]
pub mod policy;
#[cfg(feature = "lead-importer")]
pub mod records;
#[cfg(feature = "lent-secret")]
pub mod secret;
mod settings;
#[cfg(feature = "result-sink")]
pub mod sink;
#[cfg(feature = "lent-state")]
pub mod state;
#[cfg(feature = "lead-importer")]
pub mod sync;
pub mod types;
pub mod url;
mod webhook;

pub use settings::NoSettings;

/// For [`export!`]; not for plugins.
#[doc(hidden)]
pub mod glue {
    pub use crate::panic::install as install_panic_hook;
    pub use crate::settings::read as read_settings;

    /// At the head of every exported function of a kind that is lent a clock.
    #[cfg(all(feature = "lent-clock", feature = "lent-http"))]
    pub fn enter() {
        install_panic_hook();
        crate::http::lend_clock(crate::clock::now);
    }
}
