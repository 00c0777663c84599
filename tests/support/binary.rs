//! Finds the binary under test.
//!
//! It never builds one: a test that compiles the server would test something else than what was built and would take
//! minutes to say so.

use std::path::{Path, PathBuf};

use crate::repo;

/// The binary: `CAMPANILE_BIN`, else the release build, else the debug build.
///
/// # Panics
/// There is none; the message says how to build it.
pub fn campanile() -> PathBuf {
    if let Some(named) = std::env::var_os("CAMPANILE_BIN") {
        let path = PathBuf::from(named);
        assert!(path.is_file(), "CAMPANILE_BIN is {}, which is no file", path.display());
        return path;
    }
    let built = ["target/release/campanile", "target/debug/campanile"].map(|path| repo::root().join(path));
    built.into_iter().find(|path| path.is_file()).unwrap_or_else(|| {
        panic!("the binary campanile is not built; run: cargo build --release -p campanile (or set CAMPANILE_BIN)")
    })
}

/// Python 3, where it is installed; checkers that are to be independent of this code are written in it.
pub fn python() -> Option<&'static Path> {
    let python = Path::new("python3");
    let asked = std::process::Command::new(python).arg("--version").output();
    asked.is_ok_and(|answer| answer.status.success()).then_some(python)
}
