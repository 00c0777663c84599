//! Version 1: one folder a thing, one file a verb.

pub(crate) mod assistants;
pub(crate) mod balance;
pub(crate) mod calls;
pub(crate) mod campaigns;
pub(crate) mod connections;
pub(crate) mod evaluations;
pub(crate) mod gateways;
pub(crate) mod imports;
mod installing;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod leads;
pub(crate) mod mappings;
pub(crate) mod me;
pub(crate) mod plugins;
pub(crate) mod scripts;
pub(crate) mod sinks;
pub(crate) mod sources;
pub(crate) mod tenants;

use crate::problem::FieldProblem;

/// The rule for names that people give.
pub(crate) fn check_name(name: &str, faults: &mut Vec<FieldProblem>) {
    let length = name.chars().count();
    if length == 0 || length > 255 {
        let message = format!("the name has {length} characters; give it 1 to 255");
        faults.push(FieldProblem::new("/name", "length", message));
    }
}
