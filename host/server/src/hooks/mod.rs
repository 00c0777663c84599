//! Where the world calls us: providers' webhooks, and people who come back from consenting.

pub(crate) mod connections;
pub(crate) mod gateways;
mod incoming;
pub(crate) mod sources;
