//! Calls, as they are and were.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
