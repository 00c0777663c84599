//! Lines for the tenant, kept in the record of the call.
//!
//! The host keeps 1 KiB of a line and 64 KiB of a call, whatever is written. A plugin has no other output: nothing it
//! prints to standard output goes anywhere.

pub use crate::bindings::campanile::plugin::log::Level;

/// Writes one line.
pub fn write(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::campanile::plugin::log::write(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.log.push((level, message.to_owned())));
}

/// A detail for whoever debugs the plugin.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// What happened, for the tenant.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Something odd that the plugin could live with.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// Something wrong.
pub fn error(message: &str) {
    write(Level::Error, message);
}
