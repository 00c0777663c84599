//! Sources, from the upload of an importer to the leads of a campaign, against another system that changes and fails.
//!
//! `crm.rs` is the other system: what it holds is the truth. The importer of `running.rs` is `plugin-sdk/examples/importer.rs`, built
//! here; those of `first_party.rs` are what ships. Where no compiler for WebAssembly is installed the tests say so and pass, unless `CAMPANILE_REQUIRE_GUESTS=1`.

mod conformance;
mod crm;
mod first_party;
mod running;
