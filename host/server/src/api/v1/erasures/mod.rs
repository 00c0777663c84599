//! Erasures: a person by their number, everywhere.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
