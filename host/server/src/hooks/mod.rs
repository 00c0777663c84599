//! Where the world calls us: providers' webhooks.

pub(crate) mod gateways;
