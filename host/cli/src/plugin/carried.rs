//! What the binary carries for authors: the SDK's sources, the contract, the templates.
//!
//! A new plugin is the files of its kind (manifest, fixtures), of its language and of both, with the contract beside them,
//! so that nothing has to be fetched from this project. One example per kind, the same in every language, so that all of
//! them answer the same fixtures.

use std::path::PathBuf;

use campanile_domain::plugin::Kind;
use clap::ValueEnum;

/// Path below `plugin-sdk/` and content, sorted by path.
static CARRIED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/carried.rs"));

const CONTRACT: &str = "wit/v0.1/campanile.wit";

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust, with the SDK
    Rust,
    /// JavaScript, through QuickJS
    Javascript,
    /// Python; importers and evaluators only, for its size
    Python,
}

impl Language {
    /// The word in flags and folders.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Javascript => "javascript",
            Self::Python => "python",
        }
    }

    /// Whether there is a template of this kind.
    pub fn writes(self, kind: Kind) -> bool {
        let folder = format!("templates/{}/{kind}/", self.word());
        CARRIED.iter().any(|(path, _)| path.starts_with(&folder))
    }
}

/// Every file of a new plugin, by its path in the project.
pub fn files(kind: Kind, language: Language, name: &str) -> Vec<(PathBuf, String)> {
    let word = language.word();
    let of_kind = format!("templates/{word}/{kind}/");
    let of_language = format!("templates/{word}/");
    let shared = format!("templates/shared/{kind}/");
    let is_folder_of_a_kind = |rest: &str| Kind::UPLOADABLE.iter().any(|kind| rest.starts_with(kind.word()));
    let mut files = Vec::new();
    for (path, text) in CARRIED {
        let inside = [&of_kind, &shared].into_iter().find_map(|folder| path.strip_prefix(folder.as_str()));
        let common = path.strip_prefix(of_language.as_str()).filter(|rest| !is_folder_of_a_kind(rest));
        if let Some(rest) = inside.or(common).filter(|rest| *rest != "src/http.js" || asks_others(kind)) {
            let rest = if rest == "gitignore" { ".gitignore" } else { rest };
            files.push((PathBuf::from(rest), fill(text, kind, name)));
        } else if let Some(rest) = vendored(path, language) {
            let text = if *path == "Cargo.toml" { on_its_own(text) } else { (*text).to_owned() };
            files.push((rest, text));
        }
    }
    files.sort();
    files
}

/// Where a file of the SDK goes, if the language needs it.
fn vendored(path: &str, language: Language) -> Option<PathBuf> {
    match (language, path) {
        (Language::Rust, "Cargo.lock") => Some("Cargo.lock".into()),
        (Language::Rust, path) => (!path.starts_with("templates/")).then(|| PathBuf::from("sdk").join(path)),
        (_, CONTRACT) => Some("wit/campanile.wit".into()),
        _ => None,
    }
}

/// Whether the example of a kind sends requests.
fn asks_others(kind: Kind) -> bool {
    kind.reaches_out() && kind != Kind::CallEvaluator
}

fn fill(text: &str, kind: Kind, name: &str) -> String {
    let reach = if asks_others(kind) { ", secrets, hosts" } else { "" };
    text.replace("{{name}}", name).replace("{{kind}}", kind.word()).replace("{{reach}}", reach)
}

/// The SDK's `Cargo.toml` outside its workspace: without what belongs to its own tests and examples.
fn on_its_own(text: &str) -> String {
    let Ok(mut manifest) = text.parse::<toml::Table>() else { return text.to_owned() };
    for section in ["example", "dev-dependencies", "lints"] {
        manifest.remove(section);
    }
    if let Some(package) = manifest.get_mut("package").and_then(toml::Value::as_table_mut) {
        package.remove("workspace");
    }
    manifest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(files: &[(PathBuf, String)], path: &str) -> String {
        let found = files.iter().find(|(at, _)| at == &PathBuf::from(path));
        found.unwrap_or_else(|| panic!("{path} is not there")).1.clone()
    }

    #[test]
    fn every_template_is_a_project_without_gaps() {
        for kind in Kind::UPLOADABLE {
            for language in [Language::Rust, Language::Javascript, Language::Python] {
                if !language.writes(kind) {
                    continue;
                }
                let files = files(kind, language, "my-plugin");
                for path in ["campanile.toml", "README.md", ".gitignore"] {
                    text(&files, path);
                }
                assert!(files.iter().any(|(path, _)| path.starts_with("fixtures")), "{kind} {language:?}");
                let own = files.iter().filter(|(path, _)| !path.starts_with("sdk") && !path.starts_with("wit"));
                for (path, text) in own {
                    assert!(!text.contains("{{"), "{kind} {language:?} {}: {text}", path.display());
                }
                let manifest = campanile_sandbox::manifest::parse(&text(&files, "campanile.toml")).unwrap();
                assert_eq!((manifest.kind, manifest.name.as_str()), (kind, "my-plugin"));
            }
        }
    }

    #[test]
    fn every_kind_can_be_written_in_javascript_and_policies_not_in_python() {
        assert!(Kind::UPLOADABLE.iter().all(|kind| Language::Javascript.writes(*kind)));
        assert!(Language::Python.writes(Kind::LeadImporter) && Language::Python.writes(Kind::CallEvaluator));
        assert!(!Language::Python.writes(Kind::RetryPolicy) && !Language::Python.writes(Kind::ScriptRunner));
    }

    #[test]
    fn the_sdk_stands_alone() {
        let files = files(Kind::RetryPolicy, Language::Rust, "my-plugin");
        let manifest = text(&files, "sdk/Cargo.toml").parse::<toml::Table>().unwrap();
        assert!(!manifest["package"].as_table().unwrap().contains_key("workspace"), "{manifest}");
        assert!(text(&files, "sdk/wit/v0.1/campanile.wit").contains("world retry-policy"));
        assert!(text(&files, "Cargo.toml").contains(r#"features = ["retry-policy"]"#));
    }

    #[test]
    fn the_types_for_javascript_are_those_of_the_contract() {
        let files = files(Kind::LeadImporter, Language::Javascript, "my-plugin");
        let (contract, types) = (text(&files, "wit/campanile.wit"), text(&files, "types/campanile.d.ts"));
        let package = contract.lines().find_map(|line| line.strip_prefix("package ")).unwrap();
        let version = package.trim_end_matches(';').split_once('@').unwrap().1;
        let mut seen = 0;
        for line in contract.lines() {
            if let Some(name) = line.strip_prefix("interface ").and_then(|rest| rest.strip_suffix(" {")) {
                let module = format!("declare module 'campanile:plugin/{name}@{version}'");
                assert!(types.contains(&module) || name == "mapper", "{module} is missing; generate the types again");
            }
            for word in ["record ", "variant ", "enum "] {
                let Some(rest) = line.trim_start().strip_prefix(word) else { continue };
                let name: String = rest.split([' ', '{']).next().unwrap().split('-').map(capital).collect();
                let declared = format!("export interface {name} {{");
                let aliased = format!("export type {name} =");
                assert!(types.contains(&declared) || types.contains(&aliased) || name == "Row", "{name} is missing");
                seen += 1;
            }
        }
        assert!(seen > 30, "{seen}");
    }

    fn capital(part: &str) -> String {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    }
}
