//! Results that go back: a running campaign, a sink that was uploaded, and another system that fails and loses its answers.
//!
//! The sink is `plugin-sdk/examples/sink.rs`, built here; what the other system holds is the truth about what arrived. Where
//! no compiler for WebAssembly is installed the tests say so and pass, unless `CAMPANILE_REQUIRE_GUESTS=1`.

mod ledger;
mod results;
