//! Puts the SDK's sources, the contract and the templates into the binary.
//!
//! `campanile plugin new` must work outside any clone, so the binary carries what a new plugin is made of. The list is
//! made here, from the folders as they are: a list kept by hand would miss the file that was added yesterday.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Below `plugin-sdk/`.
const CARRIED: [&str; 4] = ["Cargo.toml", "src", "templates", "wit/v0.1/campanile.wit"];

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let root = variable("CARGO_MANIFEST_DIR").join("../..").canonicalize()?;
    let mut files = Vec::new();
    for carried in CARRIED {
        let path = root.join("plugin-sdk").join(carried);
        println!("cargo::rerun-if-changed={}", path.display());
        collect(&path, carried, &mut files)?;
    }
    // The versions that the first-party plugins are built with.
    let lock = root.join("plugins/Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    files.push(("Cargo.lock".to_owned(), lock));
    files.sort();
    let mut list = String::from("&[\n");
    for (name, path) in files {
        writeln!(list, "({name:?}, include_str!({:?})),", path.display().to_string()).map_err(io::Error::other)?;
    }
    list.push(']');
    fs::write(variable("OUT_DIR").join("carried.rs"), list)
}

fn collect(path: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    if !path.is_dir() {
        files.push((name.to_owned(), path.to_owned()));
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let Ok(leaf) = entry.file_name().into_string() else { continue };
        collect(&entry.path(), &format!("{name}/{leaf}"), files)?;
    }
    Ok(())
}
