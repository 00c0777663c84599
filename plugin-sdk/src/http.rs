//! Requests to other systems.
//!
//! The host sends them: only to hosts that the manifest asks for and the tenant granted, only over https, with the
//! credentials of an auth block that the plugin names and never sees. Any status is an answer; only what has no answer is
//! a [`Fault`]. Nothing is repeated, here or in the host: a plugin returns the error with what the other system said about
//! waiting, and the host calls it again.
//!
//! ```
//! use campanile_plugin_sdk::http::Request;
//! use campanile_plugin_sdk::types::PluginError;
//!
//! fn name_of(person: &str) -> Result<String, PluginError> {
//!     let answer = Request::get("https://api.example.com/people").query("id", person).auth("crm").send()?.ok()?;
//!     Ok(answer.json::<serde_json::Value>()?["name"].to_string())
//! }
//! ```

mod fault;
mod request;
mod response;
mod retry_after;

#[cfg(feature = "lent-clock")]
pub(crate) use retry_after::lend as lend_clock;

pub use crate::bindings::http::campanile::plugin::http::{Fault, Request, Response};
