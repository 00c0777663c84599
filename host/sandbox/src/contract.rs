//! The contract's generated host face: one set of types for every kind.
//!
//! A world of our own that imports all that may be lent and exports all that may be answered, so that a variable or an
//! attempt is the same Rust type whatever kind is at hand. What a component of one kind really gets is decided by what
//! [`crate::engines`] links for it. Only [`crate::capabilities`], [`crate::convert`] and the rooms that call guests may
//! name these types; they change with the contract's version and must not leak further.

#![allow(missing_docs, reason = "generated; the contract's own comments are in plugin-sdk/wit")]

wasmtime::component::bindgen!({
    path: "../../plugin-sdk/wit/v0.1",
    inline: "
        package campanile:host;
        world every-kind {
            import campanile:plugin/log@0.1.0;
            import campanile:plugin/config@0.1.0;
            import campanile:plugin/clock@0.1.0;
            import campanile:plugin/calendar@0.1.0;
            import campanile:plugin/state@0.1.0;
            import campanile:plugin/secret@0.1.0;
            import campanile:plugin/http@0.1.0;
            export campanile:plugin/importer@0.1.0;
            export campanile:plugin/policy@0.1.0;
            export campanile:plugin/evaluator@0.1.0;
            export campanile:plugin/gateway@0.1.0;
            export campanile:plugin/sink@0.1.0;
            export campanile:plugin/script@0.1.0;
        }
    ",
    world: "campanile:host/every-kind",
    imports: { "campanile:plugin/http@0.1.0.send": async | trappable, default: trappable },
    exports: { default: async },
    additional_derives: [Clone, PartialEq],
});
