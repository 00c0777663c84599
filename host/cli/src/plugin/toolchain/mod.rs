//! The compilers of the languages that plugins are written in.
//!
//! Each is found where its own package manager puts it; none is fetched here, because a build that installs things is a
//! surprise. Where one is missing the error is the one command that brings it.

mod javascript;
mod python;
mod rust;

use std::process::Command;

use campanile_sandbox::componentize;

use super::carried::Language;
use super::project::Project;
use crate::exit::Failure;

/// Compiles a project and makes the component of it, manifest included.
pub fn component(project: &Project) -> Result<Vec<u8>, Failure> {
    let made = match project.language {
        Language::Rust => componentize::componentize(&rust::module(project)?, &project.manifest_text),
        Language::Javascript => componentize::with_manifest(&javascript::component(project)?, &project.manifest_text),
        Language::Python => componentize::with_manifest(&python::component(project)?, &project.manifest_text),
    };
    made.map_err(|error| Failure::invalid(error.to_string()).next("correct it, then: campanile plugin build"))
}

/// Runs a compiler; what it says goes to stderr.
fn run(command: &mut Command, what: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let ended = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| Failure::unavailable(format!("{what} cannot be started: {error}")))?;
    // A compiler's chatter is not this command's data.
    let told = if ended.status.success() { Ok(()) } else { std::io::stderr().write_all(&ended.stdout) };
    if ended.status.success() && told.is_ok() {
        return Ok(());
    }
    Err(Failure::invalid(format!("{what} ended with {}", ended.status))
        .next("correct what it says above, then: campanile plugin build"))
}
