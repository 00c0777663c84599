//! Jobs: long work that was asked for.

pub(crate) mod cancel;
pub(crate) mod get;
pub(crate) mod list;
