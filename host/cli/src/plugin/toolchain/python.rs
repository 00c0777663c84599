//! Python: `componentize-py`, from the project's own environment, an active one or the path.
//!
//! The component carries CPython and its library, which is why only the kinds of [`crate::plugin::carried`] have a template.
//! Every import of WASI is closed off in the component itself, so that it imports nothing but the contract.

use std::path::PathBuf;
use std::process::Command;

use super::run;
use crate::exit::Failure;
use crate::plugin::project::Project;

const NAME: &str = "componentize-py";

/// Makes the component, without a manifest yet.
pub fn component(project: &Project) -> Result<Vec<u8>, Failure> {
    let (compiler, environment) = compiler(project)?;
    let made = tempfile::NamedTempFile::new().map_err(|error| Failure::other(error.to_string()))?;
    let mut command = Command::new(compiler);
    command.current_dir(&project.folder).args(["-q", "-d", "wit", "-w", project.manifest.kind.word()]);
    command.args(["componentize", "--stub-wasi", "-p", "src", "plugin", "-o"]).arg(made.path());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(environment) = environment {
        // Where it looks for the packages that the plugin uses.
        command.env("VIRTUAL_ENV", environment);
    }
    run(&mut command, NAME)?;
    std::fs::read(made.path()).map_err(|error| Failure::other(format!("the component cannot be read: {error}")))
}

/// The program, and the environment it belongs to.
fn compiler(project: &Project) -> Result<(PathBuf, Option<PathBuf>), Failure> {
    let folder = project.folder.canonicalize().unwrap_or_else(|_| project.folder.clone());
    let environments = [Some(folder.join(".venv")), std::env::var_os("VIRTUAL_ENV").map(PathBuf::from)];
    for environment in environments.into_iter().flatten() {
        let program = environment.join("bin").join(NAME);
        if program.is_file() {
            return Ok((program, Some(environment)));
        }
    }
    if Command::new(NAME).arg("--version").output().is_ok_and(|asked| asked.status.success()) {
        return Ok((PathBuf::from(NAME), None));
    }
    let at = project.folder.display();
    let next = format!("python3 -m venv {at}/.venv && {at}/.venv/bin/pip install -r {at}/requirements.txt");
    Err(Failure::unavailable(format!("the compiler for Python, {NAME}, is not installed")).next(next))
}
