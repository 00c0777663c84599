//! Scripts: a few lines of an account's own that decide what follows a call. A version never changes; the active one is
//! what `name@active` follows.

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod test;

/// What the store calls a script.
pub(crate) const KIND: &str = "script";
