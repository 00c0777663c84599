//! The source tree, for tests about the tree itself.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Folders that hold no sources.
const NO_SOURCES: [&str; 4] = [".git", "target", "node_modules", "data"];

/// A text file of the tree.
pub struct Source {
    /// From the root, with forward slashes.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Every text file of the tree, by path. Files that are not UTF-8 are left out.
///
/// # Panics
/// The tree cannot be read.
pub fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    visit(&root(), "", &mut found);
    assert!(found.len() > 50, "only {} files found below {}", found.len(), root().display());
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn visit(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("the source tree can be read").flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !NO_SOURCES.contains(&name.as_str()) {
            visit(&entry.path(), &format!("{path}/"), found);
        } else if !is_folder && let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.push(Source { path, text });
        }
    }
}
