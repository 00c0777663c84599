//! What is not let in: the code of each refusal, at the door and at once.

use campanile_tests::repo;

use super::frame::{Frame, INNOCENT, component, manifest, section, text, with_manifest};
use super::zoo::{Zoo, send};

const POLICY: &str = "campanile:plugin/policy@0.1.0";

fn good(name: &str) -> Vec<u8> {
    component(&Frame { name, ..INNOCENT })
}

/// Any component with this manifest.
fn saying(manifest: &str) -> Vec<u8> {
    with_manifest(wat::parse_str("(component)").unwrap(), manifest)
}

#[test]
fn what_is_no_component_is_refused_with_its_code() {
    let zoo = Zoo::open();
    zoo.recovers("nothing");
    let whole = good("cut-short");
    for (row, bytes) in [
        ("nothing at all", Vec::new()),
        ("text", b"not WebAssembly".to_vec()),
        ("the header alone", whole[..8].to_vec()),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("all but the last byte", whole[..whole.len() - 1].to_vec()),
        ("a core module", wat::parse_str("(module)").unwrap()),
        ("threads", text("threads", "(core module (memory 1 1 shared))")),
        ("64-bit memory", text("memory64", "(core module (memory i64 1))")),
        ("garbage collection", text("collected", "(core module (type (struct (field i32))))")),
        ("external references", text("external", "(core module (table 1 externref))")),
        ("exceptions", text("exceptions", "(core module (tag))")),
        (
            "a type that is a function's",
            text("odd-type", "(import \"a:b/c\" (instance (type $odd (func)) (export \"t\" (type (eq $odd)))))"),
        ),
    ] {
        let code = if row == "the header alone" { "plugin_manifest" } else { "plugin_invalid" };
        zoo.refused(row, bytes, code);
    }
    for cut in (8..whole.len()).step_by(whole.len() / 40) {
        let answer = send(zoo.api(), whole[..cut].to_vec());
        assert_eq!(answer.status, 422, "cut at {cut}: {}", answer.text);
    }
    zoo.recovers("forty that were cut");
}

#[test]
fn machine_code_is_refused_even_our_own() {
    let zoo = Zoo::open();
    zoo.recovers("nothing");
    let folder = zoo.host.data().join("cache");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let kept = files.flatten().map(|file| file.path()).find(|path| path.extension().is_some_and(|end| end == "cwasm"));
    // A kept artefact is 32 bytes of its digest, then what the compiler wrote.
    let artefact = std::fs::read(kept.expect("a compiled plugin is kept")).unwrap();
    zoo.refused("precompiled", artefact[32..].to_vec(), "plugin_precompiled");
    zoo.refused("precompiled, with its digest", artefact, "plugin_invalid");
}

#[test]
fn a_wrong_manifest_is_refused() {
    let zoo = Zoo::open();
    let policy = manifest("odd-one", "1.0.0", "retry-policy");
    for (row, bytes) in [
        ("no manifest", wat::parse_str("(component)").unwrap()),
        ("a manifest that is no TOML", saying("= = =")),
        ("a manifest of nothing", saying("")),
        ("an unknown field", saying(&format!("{policy}colour = \"red\"\n"))),
        ("a name with spaces", saying(&manifest("Odd One", "1.0.0", "retry-policy"))),
        ("a name that climbs", saying(&manifest("../../etc/passwd", "1.0.0", "retry-policy"))),
        ("a version of words", saying(&manifest("odd-one", "latest", "retry-policy"))),
        ("an unknown kind", saying(&manifest("odd-one", "1.0.0", "root-shell"))),
        ("the host's own kind", saying(&manifest("odd-one", "1.0.0", "script-runner"))),
        ("hosts for a policy", saying(&format!("{policy}hosts = [\"api.example.com\"]\n"))),
        ("a deep manifest", saying(&format!("{policy}settings = {}{}\n", "[".repeat(100_000), "]".repeat(100_000)))),
        ("a deep table", saying(&format!("{policy}[{}]\n", vec!["a"; 100_000].join(".")))),
        ("a manifest of 3 MB", saying(&format!("{policy}x = \"{}\"\n", "y".repeat(3 << 20)))),
        ("a manifest that is no UTF-8", {
            let mut bytes = wat::parse_str("(component)").unwrap();
            section(&mut bytes, 0, b"\x12campanile:manifest\xff\xfe");
            bytes
        }),
    ] {
        zoo.refused(row, bytes, "plugin_manifest");
    }
    zoo.refused("a name that ships", component(&Frame { name: "patient-retry", ..INNOCENT }), "plugin_name");
    let shipped = std::fs::read(repo::root().join("plugins/bundled/patient-retry.wasm")).unwrap();
    zoo.refused("what ships itself", shipped, "plugin_name");
    let runner = std::fs::read(repo::root().join("plugins/bundled/rhai-runner.wasm")).unwrap();
    zoo.refused("the host's own runner", runner, "plugin_manifest");
}

#[test]
fn a_wrong_world_is_refused_by_name() {
    let zoo = Zoo::open();
    let import = |name: &str| text("wrong-world", &format!("(import \"{name}\" (instance))"));
    for name in [
        "wasi:sockets/tcp@0.2.0",
        "wasi:http/outgoing-handler@0.2.0",
        "campanile:plugin/http@0.1.0",
        "campanile:plugin/log@9.0.0",
        "evil:corp/backdoor@1.0.0",
    ] {
        let answer = zoo.refused(name, import(name), "plugin_wrong_world");
        assert!(answer.text.contains(name), "{}", answer.text);
    }
    let answer = zoo.refused("no export", text("wrong-world", ""), "plugin_wrong_world");
    assert!(answer.text.contains(POLICY), "{}", answer.text);
    let empty = format!("(instance $none) (export \"{POLICY}\" (instance $none))");
    zoo.refused("an export that is empty", text("wrong-world", &empty), "plugin_wrong_world");
    let kind = with_manifest(good("wrong-world"), "");
    assert_eq!(send(zoo.api(), kind).status, 202, "the first manifest counts");
    let mut claims = good("wrong-kind-of-thing");
    let at = claims.windows(12).rposition(|part| part == b"retry-policy").unwrap();
    claims[at..at + 12].copy_from_slice(b"result-sink\"");
    claims[at + 12] = b' ';
    zoo.refused("the world of another kind", claims, "plugin_wrong_world");
    let other = text("wrong-world", "(instance $none) (export \"campanile:plugin/policy@0.2.0\" (instance $none))");
    zoo.refused("another version of the contract", other, "plugin_contract_version");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let zoo = Zoo::open();
    let mut policy = good("too-large");
    section(&mut policy, 0, &[&b"\x03pad"[..], &vec![0; 4 << 20]].concat());
    zoo.refused("a policy of 4 MiB", policy, "plugin_too_large");
    let answer =
        zoo.api().ask(reqwest::Method::POST, "/v1/plugins", Some(("application/wasm", vec![0; (48 << 20) + 1])));
    // The server may close the connection before all of it was sent.
    if let Ok(answer) = answer {
        assert_eq!(answer.problem(), (413, "CE0010".to_owned()), "{}", answer.text);
    }
    zoo.recovers("48 MiB and a byte");
    let typed = zoo.api().upload("/v1/plugins", "text/plain", good("well-typed"));
    assert_eq!(typed.problem(), (415, "CE0009".to_owned()));
    zoo.recovers("another content type");
}

#[test]
fn a_version_never_changes() {
    let zoo = Zoo::open();
    let first = good("same-version");
    assert_eq!(send(zoo.api(), first.clone()).status, 202);
    assert_eq!(send(zoo.api(), first).status, 200, "the same bytes are the same version");
    let other = component(&Frame { name: "same-version", body: "(unreachable)", ..INNOCENT });
    assert_eq!(send(zoo.api(), other).problem(), (409, "CE0015".to_owned()));
    zoo.recovers("the same version with other bytes");
}
