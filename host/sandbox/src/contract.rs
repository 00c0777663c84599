//! The contract's generated host face, one module per world.
//!
//! Only [`crate::capabilities`], [`crate::convert`] and the rooms that instantiate may name these types; they change with
//! the contract's version and must not leak further.

/// The world of retry policies; a script in its runner answers it too.
pub mod retry_policy {
    #![allow(missing_docs, reason = "generated; the contract's own comments are in plugin-sdk/wit/v0.1")]
    wasmtime::component::bindgen!({
        path: "../../plugin-sdk/wit/v0.1",
        world: "campanile:plugin/retry-policy",
        imports: { default: trappable },
        exports: { default: async },
        additional_derives: [Clone, PartialEq],
    });
}

/// The private face of the script runner.
pub mod script_runner {
    #![allow(missing_docs, reason = "generated; the contract's own comments are in plugin-sdk/wit/v0.1")]
    wasmtime::component::bindgen!({
        path: "../../plugin-sdk/wit/v0.1",
        world: "campanile:plugin/script-runner",
        exports: { default: async },
        additional_derives: [Clone, PartialEq],
    });
}
