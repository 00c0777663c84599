//! Imports of lead files.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod rejects;
