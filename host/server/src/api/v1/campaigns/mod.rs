//! Campaigns.

pub(crate) mod clone;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod pause;
pub(crate) mod preflight;
pub(crate) mod rehearse;
pub(crate) mod resume;
pub(crate) mod shadow;
pub(crate) mod start;
pub(crate) mod stats;
pub(crate) mod stop;

pub(crate) mod config;
mod look_ahead;
mod reckoned;
mod standing;
mod tagged;
pub(crate) mod verb;
