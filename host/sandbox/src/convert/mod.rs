//! Between the domain's types and the contract's records: one file per kind of plugin.
//!
//! Going in, everything is copied. Coming back, nothing is believed: an answer is either exactly a domain value or an
//! error that names the part and the rule. No rule of calling may be decided here.

pub mod evaluator;
pub mod gateway;
pub mod importer;
pub mod instance;
pub mod mapping;
pub mod policy;
pub mod sink;
mod value;
