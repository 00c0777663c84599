//! The plugins built from their sources, here and now, and held to the same behaviour as those that ship.
//!
//! Needs a compiler for WebAssembly (see `plugins/build`). Where there is none the test says so and passes; set
//! `CAMPANILE_REQUIRE_GUESTS=1`, as CI does, to make that a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use campanile_domain::attempt::Outcome::{Busy, Unanswered, Voicemail};
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::zone::Zone;
use campanile_sandbox::{AllocationChoice, Digest, Options, Sandbox, admit, conform};
use futures::executor::block_on;
use serde_json::json;

use crate::kinds::every_kind_is_asked_in_types;
use crate::support::{TENANT, after, ask_of, call, fresh_policies, policies};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn build(arguments: &[&str]) -> std::process::Output {
    Command::new("sh")
        .arg(plugins().join("build"))
        .args(arguments)
        .env("CAMPANILE_COMPONENTIZE", env!("CARGO_BIN_EXE_componentize"))
        .env_remove("RUSTC")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}

/// The folder of the built components, or `None` where no compiler for them is installed.
fn components() -> Option<PathBuf> {
    let found = build(&["--find"]);
    if found.status.code() == Some(3) {
        let why = String::from_utf8_lossy(&found.stderr).into_owned();
        assert!(std::env::var_os("CAMPANILE_REQUIRE_GUESTS").is_none(), "{why}");
        eprintln!("skipped: {why}");
        return None;
    }
    let built = build(&[]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Some(plugins().join("target/components"))
}

/// What the SDK's panic hook tells, through a real compiler and a real trap.
fn a_panic_says_where(built: &Sandbox, components: &Path) {
    built.install_component(TENANT, &std::fs::read(components.join("panics.wasm")).unwrap()).unwrap();
    let failure = ask_of(built, "panics", json!({}), after(&[Busy])).decision.unwrap_err();
    assert_eq!(failure.code, "policy_trapped");
    let line =
        include_str!("../../../../plugin-sdk/examples/panics.rs").lines().position(|line| line.contains("assert_eq!"));
    assert!(failure.message.contains(&format!("panics.rs:{}:", line.unwrap() + 1)), "{failure}");
    assert!(failure.message.contains("this policy likes Paris only"), "{failure}");
    let mut parisian = after(&[Busy]);
    parisian.zone = Zone::parse("Europe/Paris").unwrap();
    assert!(ask_of(built, "panics", json!({}), parisian).decision.is_ok());
}

/// Part of the one test that builds: two at once would write the same files.
fn every_kind_is_admitted_and_conforms(components: &Path) {
    let sandbox = fresh_policies();
    for name in ["importer", "policy", "evaluator", "gateway", "sink", "twilio-voice"] {
        let wasm = std::fs::read(components.join(format!("{name}.wasm"))).unwrap();
        let report = admit(&wasm);
        assert!(report.passed, "{name}: {:?}", report.findings);
        let manifest = report.manifest.unwrap();
        let prepared = block_on(sandbox.prepare(&wasm, Digest::of(&wasm), manifest.kind)).unwrap();
        let cases = block_on(conform(&sandbox, TENANT, &prepared, &manifest));
        let failed: Vec<_> = cases.iter().filter(|case| !case.passed).collect();
        assert!(failed.is_empty() && cases.len() > 10, "{name}: {failed:#?}");
    }
}

#[test]
fn what_is_built_from_source_is_what_ships() {
    let Some(components) = components() else { return };
    let read = |name: &str| std::fs::read(components.join(name)).unwrap();
    for name in ["patient-retry", "rhai-runner"] {
        let report = admit(&read(&format!("{name}.wasm")));
        // What ships is refused for nothing but being what ships.
        let own = |code: &str| code == "plugin_name" || (name == "rhai-runner" && code == "plugin_manifest");
        assert!(report.findings.iter().all(|found| own(&found.code)), "{name}: {report:?}");
    }
    let built = Sandbox::with_components(
        Options { allocation: AllocationChoice::OnDemand, ..Options::default() },
        &[("patient-retry", "0.1.0", &read("patient-retry.wasm"))],
        &read("rhai-runner.wasm"),
    );
    let built = built.unwrap();
    a_panic_says_where(&built, &components);
    every_kind_is_admitted_and_conforms(&components);
    every_kind_is_asked_in_types(&components);
    for policy in ["patient-retry", "goal-retry", "voicemail-twice"] {
        for outcomes in
            [&[Busy][..], &[Voicemail], &[Unanswered, Voicemail], &[Voicemail, Busy, Voicemail], &[Unanswered; 6]]
        {
            let call = call(policy, json!({}), after(outcomes));
            let fresh = block_on(built.decide(&call)).decision.unwrap();
            assert_eq!(fresh, block_on(policies().decide(&call)).decision.unwrap(), "{policy} after {outcomes:?}");
        }
    }
}
