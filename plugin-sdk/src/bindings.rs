//! The generated face of what every kind shares: the data types and what the host lends.
//!
//! Each kind's bindings (see [`crate::policy`]) point here instead of generating their own copies, so that an attempt is
//! the same Rust type in every kind. Nothing else in the crate may name the generator.

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

/// Asked of by the kinds that know local time; apart, so that the others do not import it.
#[cfg(feature = "retry-policy")]
pub mod timed {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        inline: "
            package campanile:sdk-timed;
            world timed { import campanile:plugin/calendar@0.1.0; }
        ",
        world: "campanile:sdk-timed/timed",
        with: { "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types },
        additional_derives: [PartialEq, Eq],
        generate_all,
    });
}
