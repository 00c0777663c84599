//! Retention: how long an account keeps what.

pub(crate) mod get;
pub(crate) mod patch;
