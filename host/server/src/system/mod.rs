//! What is said to anybody: health, version, and the pages about errors.

pub(crate) mod errors;
pub(crate) mod health;
pub(crate) mod ready;
pub(crate) mod version;
