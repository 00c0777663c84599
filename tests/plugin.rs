//! The author's side of plugins: what `campanile plugin` writes, builds and says, away from any clone.
//!
//! Compilers of other languages are fetched from their registries; that is tried by `tests/templates`, which says what it had
//! to leave out. Here is what needs nothing but the binary.

use std::path::{Path, PathBuf};

use campanile_tests::process::{Finished, run};
use campanile_tests::repo;
use serde_json::Value;

const TEMPLATES: [(&str, &str); 12] = [
    ("lead-importer", "rust"),
    ("retry-policy", "rust"),
    ("call-evaluator", "rust"),
    ("voice-gateway", "rust"),
    ("result-sink", "rust"),
    ("lead-importer", "javascript"),
    ("retry-policy", "javascript"),
    ("call-evaluator", "javascript"),
    ("voice-gateway", "javascript"),
    ("result-sink", "javascript"),
    ("lead-importer", "python"),
    ("call-evaluator", "python"),
];

fn json(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

fn plugin(args: &[&str]) -> Finished {
    run(&[&["plugin"], args].concat())
}

fn new(kind: &str, language: &str, folder: &Path) -> Finished {
    plugin(&["new", "--kind", kind, "--lang", language, "--json", &folder.display().to_string()])
}

fn bundled(name: &str) -> PathBuf {
    repo::root().join("plugins/bundled").join(name)
}

#[test]
fn every_template_is_written_whole_outside_a_clone() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, language) in TEMPLATES {
        let at = folder.path().join(format!("{language}-{kind}"));
        let told = json(&new(kind, language, &at).well());
        assert_eq!((&told["kind"], &told["name"]), (&kind.into(), &format!("{language}-{kind}").into()), "{told}");
        let files: Vec<_> = told["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for file in ["campanile.toml", "README.md", ".gitignore"] {
            assert!(files.contains(&file), "{kind} {language}: {files:?}");
        }
        let contract = files.iter().find(|file| file.ends_with("campanile.wit")).unwrap();
        let written = std::fs::read_to_string(at.join(contract)).unwrap();
        let ours = std::fs::read_to_string(repo::root().join("plugin-sdk/wit/v0.1/campanile.wit")).unwrap();
        assert_eq!(written, ours, "{kind} {language}");
        for file in files.iter().filter(|file| file.starts_with("fixtures/")) {
            let case: Value = serde_json::from_str(&std::fs::read_to_string(at.join(file)).unwrap()).unwrap();
            assert!(case["name"].is_string(), "{kind} {file}: {case}");
        }
    }
}

#[test]
fn what_cannot_be_begun_says_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let policy = new("retry-policy", "python", &folder.path().join("too-large"));
    assert_eq!(policy.code, 2, "{}", policy.stderr);
    assert!(policy.stderr.contains("--lang javascript"), "{}", policy.stderr);
    let name = new("retry-policy", "rust", &folder.path().join("My Policy"));
    assert_eq!(name.code, 2, "{}", name.stderr);
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join("notes.txt"), "mine").unwrap();
    let ended = new("retry-policy", "rust", &taken);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert_eq!(std::fs::read_dir(&taken).unwrap().count(), 1);
    assert_eq!(new("no-such-kind", "rust", &folder.path().join("fresh")).code, 2);
}

#[test]
fn a_released_component_would_be_admitted_and_one_that_is_inside_already_would_not() {
    let released = bundled("twilio-voice.wasm").display().to_string();
    let report = json(&plugin(&["check", "--json", &released]).well());
    assert_eq!((&report["passed"], &report["manifest"]["name"]), (&true.into(), &"twilio-voice".into()), "{report}");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    let table = plugin(&["check", &released]).well();
    assert!(table.stdout.contains(report["sha256"].as_str().unwrap()), "{}", table.stdout);
    let inside = plugin(&["check", "--json", &bundled("patient-retry.wasm").display().to_string()]);
    assert_eq!((inside.code, &json(&inside)["findings"][0]["code"]), (6, &"plugin_name".into()), "{}", inside.stderr);
}

#[test]
fn garbage_is_refused_with_a_code_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(bundled("patient-retry.wasm")).unwrap();
    let module = [&b"\0asm\x01\0\0\0"[..]].concat();
    let cases =
        [("garbage", b"not WebAssembly".to_vec()), ("half", whole[..whole.len() / 2].to_vec()), ("module", module)];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let ended = plugin(&["check", "--json", &path.display().to_string()]);
        assert_eq!(ended.code, 6, "{name}: {}", ended.stderr);
        let finding = &json(&ended)["findings"][0];
        assert_eq!(finding["code"], "plugin_invalid", "{name}: {finding}");
        assert!(!finding["next"].as_str().unwrap().is_empty() && ended.stderr.contains("next:"), "{}", ended.stderr);
    }
    let missing = plugin(&["check", &folder.path().join("nothing.wasm").display().to_string()]);
    assert_eq!(missing.code, 3, "{}", missing.stderr);
}

#[test]
fn a_folder_that_is_no_plugin_and_one_that_was_not_built_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for verb in ["build", "check", "test"] {
        let ended = plugin(&[verb, &folder.path().display().to_string()]);
        assert_eq!(ended.code, 3, "{verb}: {}", ended.stderr);
        assert!(ended.stderr.contains("campanile plugin new"), "{verb}: {}", ended.stderr);
    }
    let at = folder.path().join("fresh");
    let _ = new("retry-policy", "javascript", &at).well();
    for verb in ["check", "test"] {
        let ended = plugin(&[verb, &at.display().to_string()]);
        assert_eq!(ended.code, 3, "{verb}: {}", ended.stderr);
        assert!(ended.stderr.contains("campanile plugin build"), "{verb}: {}", ended.stderr);
    }
    let unbuilt = plugin(&["build", &at.display().to_string()]);
    assert_eq!(unbuilt.code, 7, "{}", unbuilt.stderr);
    assert!(unbuilt.stderr.contains("next:") && unbuilt.stderr.contains("install"), "{}", unbuilt.stderr);
    std::fs::write(at.join("campanile.toml"), "name = \"Fresh\"").unwrap();
    assert_eq!(plugin(&["build", &at.display().to_string()]).code, 6);
}

#[test]
fn verbs_that_need_a_server_say_that_there_is_none() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    for args in [
        &["versions", "busy-soon"][..],
        &["activate", "busy-soon@1.0.0"],
        &["rollback", "busy-soon"],
        &["logs", "busy-soon"],
        &["grant", "busy-soon@1.0.0"],
        &["fixture", "pull", "lead_00000000000000000000000000"],
    ] {
        let ended = plugin(&[args, &["--server", &server, "--key", "cpn_live_x"]].concat());
        assert_eq!(ended.code, 7, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(&server) && ended.stdout.is_empty(), "{args:?}: {}", ended.stderr);
    }
    let unversioned = plugin(&["activate", "busy-soon", "--server", &server, "--key", "cpn_live_x"]);
    assert_eq!(unversioned.code, 2, "{}", unversioned.stderr);
}
