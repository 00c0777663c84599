//! What is said about the host itself: health, version, the pages about errors, to anybody; metrics, to its operator.

pub(crate) mod errors;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod ready;
pub(crate) mod version;
