//! What follows from a call, row by row.
//!
//! Every row of the decision table in `docs/states.md`, and every sentence under it, is a test here, named after the
//! rule and played through the functions that the store calls: `counted`, `assess`, `dispose`. Nothing here may build a
//! disposal by hand or reach into the rules; what is compared is what a lead's owner could see.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod call;
mod clamps;
mod failures;
mod hands;
mod roles;
mod table;
