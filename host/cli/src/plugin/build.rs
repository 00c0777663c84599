//! `campanile plugin build`: from sources to the component that is uploaded, with the manifest inside.

use std::path::PathBuf;

use clap::Args;

use super::project::Project;
use super::toolchain;
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin build`.
#[derive(Args, Debug)]
pub struct Build {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Build) -> Result<(), Failure> {
    let project = Project::open(&args.dir)?;
    let component = component(&project)?;
    let path = project.component();
    if args.json {
        let manifest = &project.manifest;
        say(serde_json::json!({ "component": path, "bytes": component.len(), "name": manifest.name,
            "version": manifest.version, "kind": manifest.kind }))?;
    } else {
        say(path.display())?;
    }
    eprintln!("{} bytes. Next: campanile plugin check", component.len());
    Ok(())
}

/// Builds and writes the component.
pub fn component(project: &Project) -> Result<Vec<u8>, Failure> {
    let component = toolchain::component(project)?;
    let path = project.component();
    let folder = path.parent().unwrap_or(&project.folder);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, &component))
        .map_err(|error| Failure::other(format!("{} cannot be written: {error}", path.display())))?;
    Ok(component)
}
