//! JavaScript: `componentize-qjs`, which npm installs into the project.
//!
//! The engine is QuickJS, snapshotted at build time after the module was loaded. Every import of WASI is closed off in the
//! component itself, so that it imports nothing but the contract.

use std::path::PathBuf;
use std::process::Command;

use super::run;
use crate::exit::Failure;
use crate::plugin::project::Project;

const COMPILER: &str = "node_modules/.bin/componentize-qjs";

/// Makes the component, without a manifest yet.
pub fn component(project: &Project) -> Result<Vec<u8>, Failure> {
    let compiler = compiler(project)?;
    let made = tempfile::NamedTempFile::new().map_err(|error| Failure::other(error.to_string()))?;
    let mut command = Command::new(compiler);
    command.current_dir(&project.folder).args(["--wit", "wit", "--world", project.manifest.kind.word()]);
    command.args(["--js", "src/plugin.js", "--module-root", "src", "--minify", "--opt-size", "--sync", "--stub-wasi"]);
    run(command.arg("--output").arg(made.path()), "componentize-qjs")?;
    std::fs::read(made.path()).map_err(|error| Failure::other(format!("the component cannot be read: {error}")))
}

/// The project's own, or that of a folder above it.
fn compiler(project: &Project) -> Result<PathBuf, Failure> {
    let folder = project.folder.canonicalize().unwrap_or_else(|_| project.folder.clone());
    let found = folder.ancestors().map(|folder| folder.join(COMPILER)).find(|path| path.exists());
    found.ok_or_else(|| {
        let has_npm = Command::new("npm").arg("--version").output().is_ok_and(|asked| asked.status.success());
        let next = match (has_npm, std::path::Path::new("/etc/debian_version").exists()) {
            (true, _) => format!("npm install --prefix {}", project.folder.display()),
            (false, true) => "apt-get install npm".to_owned(),
            (false, false) => "install Node.js 18 or newer, which brings npm".to_owned(),
        };
        Failure::unavailable(format!("the compiler for JavaScript is not installed: {COMPILER} is not there"))
            .next(next)
    })
}
