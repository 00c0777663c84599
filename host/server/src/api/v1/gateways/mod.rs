//! Voice gateways: through what calls are placed. Kinds and their settings are the wiring's to know, see
//! [`crate::GatewayKinds`].

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
