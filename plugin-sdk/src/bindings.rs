//! The generated face of what the kinds share: the data types and what the host lends.
//!
//! Each kind's bindings (see [`crate::policy`]) point here instead of generating their own copies, so that an attempt is
//! the same Rust type in every kind. One module per interface that not every kind is lent, so that a component imports
//! only what its world has. Nothing but the kinds and the wrappers may name the generator's modules.

#![allow(missing_docs, reason = "generated; the contract's own comments are in wit/v0.1/campanile.wit")]

wit_bindgen::generate!({
    path: "wit/v0.1",
    inline: "
        package campanile:sdk;
        world lent {
            import campanile:plugin/types@0.1.0;
            import campanile:plugin/log@0.1.0;
            import campanile:plugin/config@0.1.0;
        }
    ",
    world: "campanile:sdk/lent",
    additional_derives: [PartialEq],
    generate_all,
});

/// Local time.
#[cfg(feature = "lent-calendar")]
pub mod calendar {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        inline: "package campanile:sdk-calendar; world lent { import campanile:plugin/calendar@0.1.0; }",
        world: "campanile:sdk-calendar/lent",
        with: { "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types },
        additional_derives: [PartialEq, Eq],
        generate_all,
    });
}

/// The time of the world outside.
#[cfg(feature = "lent-clock")]
pub mod clock {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        inline: "package campanile:sdk-clock; world lent { import campanile:plugin/clock@0.1.0; }",
        world: "campanile:sdk-clock/lent",
        with: { "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types },
        generate_all,
    });
}

/// What an instance keeps between calls.
#[cfg(feature = "lent-state")]
pub mod state {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        inline: "package campanile:sdk-state; world lent { import campanile:plugin/state@0.1.0; }",
        world: "campanile:sdk-state/lent",
        generate_all,
    });
}

/// Secrets, used and never read.
#[cfg(feature = "lent-secret")]
pub mod secret {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        inline: "package campanile:sdk-secret; world lent { import campanile:plugin/secret@0.1.0; }",
        world: "campanile:sdk-secret/lent",
        additional_derives: [PartialEq, Eq],
        generate_all,
    });
}

/// Requests to other systems.
#[cfg(feature = "lent-http")]
pub mod http {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        inline: "package campanile:sdk-http; world lent { import campanile:plugin/http@0.1.0; }",
        world: "campanile:sdk-http/lent",
        additional_derives: [PartialEq, Eq],
        generate_all,
    });
}
