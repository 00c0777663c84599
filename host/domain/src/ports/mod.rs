//! The outside world, as the engine needs it.
//!
//! Traits and the plain data they speak, nothing else: who implements them is wired in the binary. A port exists where
//! two real implementations do (a real and a virtual clock, the simulated carrier and a remote one, a durable store and
//! an ephemeral one, a sandbox and none), or where purity asks for it.

pub mod clock;
pub mod evaluator;
pub mod gateway;
pub mod importer;
pub mod mapper;
pub mod outbound;
pub mod plugins;
pub mod policy;
pub mod post;
pub mod post_call;
pub mod sink;
pub mod store;
