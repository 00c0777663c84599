//! A plugin's folder: what is in it and what it is called.

use std::path::{Path, PathBuf};

use campanile_domain::plugin::manifest::Manifest;

use super::carried::Language;
use crate::exit::Failure;

/// A folder with a `campanile.toml`.
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// The manifest as it is written.
    pub manifest_text: String,
    /// The manifest.
    pub manifest: Manifest,
    /// By the file that its build begins with.
    pub language: Language,
}

impl Project {
    /// Reads a folder.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("campanile.toml");
        let manifest_text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::not_found(format!("{} cannot be read: {error}", path.display()))
                .next("run it in a plugin's folder, or: campanile plugin new --kind retry-policy --lang rust")
        })?;
        let manifest = campanile_sandbox::manifest::parse(&manifest_text).map_err(|errors| {
            let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
            Failure::invalid(told.join("; ")).next(format!("correct {}", path.display()))
        })?;
        let language = [
            ("Cargo.toml", Language::Rust),
            ("package.json", Language::Javascript),
            ("requirements.txt", Language::Python),
        ]
        .into_iter()
        .find(|(file, _)| folder.join(file).is_file())
        .map(|(_, language)| language)
        .ok_or_else(|| {
            let looked = "neither Cargo.toml nor package.json nor requirements.txt is there";
            Failure::not_found(format!("{} has nothing to build: {looked}", folder.display()))
                .next("campanile plugin new writes all of a plugin's files")
        })?;
        Ok(Self { folder: folder.to_owned(), manifest_text, manifest, language })
    }

    /// Where the component is.
    pub fn component(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.manifest.name))
    }

    /// Reads the component that was built.
    pub fn built(&self) -> Result<Vec<u8>, Failure> {
        let path = self.component();
        std::fs::read(&path).map_err(|error| {
            Failure::not_found(format!("{} cannot be read: {error}", path.display())).next("campanile plugin build")
        })
    }
}
