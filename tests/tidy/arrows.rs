//! The arrows between the rooms, read from the manifests.
//!
//! `domain <- engine <- server <- cli`; store, sandbox and egress know the domain only and never each other; the command line
//! alone wires all; the promise to plugin authors depends on nothing in the host. Cargo would let any of it rot.
//! Dev-dependencies are exempt: a room's tests may set another room up.

use std::collections::BTreeSet;

use campanile_tests::repo::{Source, sources};

/// Who may know whom. A room that is not here may know nobody.
const ARROWS: [(&str, &[&str]); 7] = [
    ("campanile-egress", &["campanile-domain"]),
    ("campanile-intake", &["campanile-domain"]),
    ("campanile-engine", &["campanile-domain"]),
    ("campanile-store", &["campanile-domain"]),
    ("campanile-sandbox", &["campanile-domain"]),
    ("campanile-server", &["campanile-domain", "campanile-engine", "campanile-intake"]),
    (
        "campanile",
        &[
            "campanile-domain",
            "campanile-intake",
            "campanile-egress",
            "campanile-engine",
            "campanile-store",
            "campanile-sandbox",
            "campanile-server",
        ],
    ),
];
/// The guests' side: plugins may know the kit, and each other not at all.
const KIT: &str = "campanile-plugin-sdk";
/// What is measured beside the host, in a workspace of its own, and what it is asked with.
const PEERS: (&str, &[&str]) = ("tests/peers/Cargo.toml", &[KIT, "rhai-runner"]);

/// An arrow: who knows whom, and in which manifest it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
    manifest: String,
}

/// The dependencies of a manifest that are built into the crate; whatever the target.
fn tables(manifest: &toml::Table) -> Vec<&toml::Table> {
    let kinds = ["dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let per_target = targets.into_iter().flat_map(|targets| targets.values().filter_map(toml::Value::as_table));
    std::iter::once(manifest)
        .chain(per_target)
        .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind).and_then(toml::Value::as_table)))
        .collect()
}

fn arrows(path: &str, text: &str) -> Vec<Arrow> {
    let manifest: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path} is no manifest: {error}"));
    let Some(from) = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str)
    else {
        return Vec::new();
    };
    let arrow = |(name, value): (&String, &toml::Value)| {
        let renamed = value.get("package").and_then(toml::Value::as_str);
        let to = renamed.unwrap_or(name).to_owned();
        let ours = to.starts_with("campanile") || value.get("path").is_some();
        ours.then(|| Arrow { from: from.to_owned(), to, manifest: path.to_owned() })
    };
    tables(&manifest).into_iter().flat_map(|table| table.iter().filter_map(arrow)).collect()
}

fn is_allowed(arrow: &Arrow) -> bool {
    if arrow.manifest == PEERS.0 {
        return PEERS.1.contains(&arrow.to.as_str());
    }
    if ["plugins/", "plugin-sdk/templates/"].iter().any(|folder| arrow.manifest.starts_with(folder)) {
        return arrow.to == KIT;
    }
    ARROWS.iter().any(|(from, to)| *from == arrow.from && to.contains(&arrow.to.as_str()))
}

fn forbidden(manifests: &[Source]) -> Vec<Arrow> {
    let all = manifests.iter().flat_map(|source| arrows(&source.path, &source.text));
    all.filter(|arrow| !is_allowed(arrow)).collect()
}

fn manifests() -> Vec<Source> {
    sources().into_iter().filter(|source| source.path.ends_with("Cargo.toml")).collect()
}

#[test]
fn no_room_knows_a_room_that_it_must_not_know() {
    let found = forbidden(&manifests());
    assert!(found.is_empty(), "forbidden arrows, see the head of tidy/arrows.rs: {found:#?}");
}

#[test]
fn every_room_is_on_the_map() {
    let known: BTreeSet<_> = manifests()
        .iter()
        .filter(|source| source.path.starts_with("host/"))
        .filter_map(|source| {
            source.text.parse::<toml::Table>().ok()?.get("package")?.get("name")?.as_str().map(str::to_owned)
        })
        .collect();
    let mut mapped: BTreeSet<_> = ARROWS.iter().map(|(from, _)| (*from).to_owned()).collect();
    mapped.insert("campanile-domain".to_owned());
    assert_eq!(known, mapped);
}

#[test]
fn a_forbidden_arrow_is_found_wherever_it_hides() {
    let manifest = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let found = |path: &str, text: &str| {
        let found = forbidden(&[manifest(path, text)]);
        found.into_iter().map(|arrow| format!("{} -> {}", arrow.from, arrow.to)).collect::<Vec<_>>()
    };
    let store = |rest: &str| format!("[package]\nname = \"campanile-store\"\n{rest}");
    let path = "host/store/Cargo.toml";
    assert!(found(path, &store("[dependencies]\ncampanile-domain.workspace = true")).is_empty());
    assert!(found(path, &store("[dev-dependencies]\ncampanile-engine.workspace = true")).is_empty());
    for hidden in [
        "[dependencies]\ncampanile-sandbox.workspace = true",
        "[dependencies]\ncampanile-sandbox = { path = \"../sandbox\" }",
        "[dependencies]\nquiet = { package = \"campanile-sandbox\", path = \"../sandbox\" }",
        "[build-dependencies]\ncampanile-sandbox.workspace = true",
        "[target.'cfg(unix)'.dependencies]\ncampanile-sandbox.workspace = true",
    ] {
        assert_eq!(found(path, &store(hidden)), ["campanile-store -> campanile-sandbox"], "{hidden}");
    }
    let kit =
        "[package]\nname = \"campanile-plugin-sdk\"\n[dependencies]\ncampanile-domain = { path = \"../host/domain\" }";
    assert_eq!(found("plugin-sdk/Cargo.toml", kit), ["campanile-plugin-sdk -> campanile-domain"]);
    let guest = "[package]\nname = \"patient\"\n[dependencies]\ncampanile-plugin-sdk = { path = \"../../plugin-sdk\" }";
    assert!(found("plugins/patient/Cargo.toml", guest).is_empty());
    let tests = "[package]\nname = \"campanile-tests\"\n[dependencies]\ncampanile-domain.workspace = true";
    assert_eq!(found("tests/Cargo.toml", tests), ["campanile-tests -> campanile-domain"]);
}
