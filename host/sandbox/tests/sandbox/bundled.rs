//! What ships is what the manifest says, and what the sources say.

use std::path::{Path, PathBuf};

use campanile_sandbox::{BundledBody, Digest, bundled, manifest};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Released {
    component: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    name: String,
    version: String,
    kind: String,
    sha256: String,
    bytes: u64,
    compiler: String,
}

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn released() -> Vec<Component> {
    let text = String::from_utf8(read(&plugins().join("bundled/manifest.toml"))).unwrap();
    toml::from_str::<Released>(&text).unwrap().component
}

#[test]
fn the_manifest_names_the_bytes_that_ship() {
    let mut total = 0;
    for component in released() {
        let bytes = read(&plugins().join("bundled").join(format!("{}.wasm", component.name)));
        assert_eq!(bytes.len() as u64, component.bytes, "{}", component.name);
        assert_eq!(Digest::of(&bytes).to_string(), component.sha256, "{}", component.name);
        assert!(component.compiler.starts_with("rustc 1."), "{}", component.compiler);
        let own = manifest::of_component(&bytes).unwrap();
        assert_eq!((own.name, own.version), (component.name, component.version));
        assert_eq!(own.kind.word(), component.kind);
        total += bytes.len();
    }
    assert!(total < 8 << 20, "{total} bytes lie here; 8 MiB are allowed");
    let files = std::fs::read_dir(plugins().join("bundled")).unwrap().count();
    assert_eq!(files, released().len() + 1, "a file in plugins/bundled is not in its manifest");
}

#[test]
fn versions_agree_from_cargo_to_the_binary() {
    for component in released() {
        let folder = plugins().join(&component.name);
        let cargo: toml::Table = toml::from_str(&String::from_utf8(read(&folder.join("Cargo.toml"))).unwrap()).unwrap();
        assert_eq!(cargo["package"]["version"].as_str(), Some(component.version.as_str()), "{}", component.name);
        let source = manifest::parse(&String::from_utf8(read(&folder.join("campanile.toml"))).unwrap()).unwrap();
        let own = manifest::of_component(&read(&plugins().join("bundled").join(format!("{}.wasm", component.name))));
        assert_eq!(own.unwrap(), source, "{}: campanile.toml changed without a release", component.name);
        if let Some(listed) = bundled().iter().find(|listed| listed.name == component.name) {
            assert_eq!(listed.version, component.version);
        } else {
            // What runs scripts is no plugin; what reaches out is uploaded by who installs it.
            let uploaded = ["script-runner", "voice-gateway", "lead-importer", "result-sink", "call-evaluator"];
            assert!(uploaded.contains(&component.kind.as_str()), "{}", component.name);
        }
    }
    for listed in bundled().iter().filter(|listed| matches!(listed.body, BundledBody::Component(_))) {
        assert!(released().iter().any(|component| component.name == listed.name), "{}", listed.name);
    }
}

#[test]
fn no_path_of_a_machine_ships() {
    for component in released() {
        let bytes = read(&plugins().join("bundled").join(format!("{}.wasm", component.name)));
        for path in ["/root/", "/home/", "/tmp/", "/Users/", "/usr/", env!("CARGO_MANIFEST_DIR")] {
            let found = bytes.windows(path.len()).position(|window| window == path.as_bytes());
            let around = found.map(|at| String::from_utf8_lossy(&bytes[at..(at + 60).min(bytes.len())]).into_owned());
            assert_eq!(around, None, "{} holds {path}", component.name);
        }
    }
}
