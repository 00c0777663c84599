//! Where the world calls us: providers' webhooks, and people who come back from consenting.

pub(crate) mod connections;
pub(crate) mod gateways;
pub(crate) mod sources;
