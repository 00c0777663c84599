//! The door: what an upload must be before anything of it is compiled.
//!
//! Order matters. Size first, then the whole binary is parsed and validated (a host that stopped reading early has been
//! crashed by a truncated file before), compiled code is refused, then the manifest, then the world: every export that is
//! missing and every import that is not offered is named, with the nearest that is, because an author who is told one at a
//! time builds ten times. Nothing here compiles, runs or believes a length that the file claims.

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::limits::{COMPONENT_BYTES, LARGE_COMPONENT_BYTES, Limits};
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::report::{Finding, Report, Stage};
use wasmparser::{Validator, WasmFeatures};

use crate::bundled::bundled;
use crate::digest::Digest;
use crate::manifest;
use crate::world;

/// Reads a component and checks everything that can be checked without compiling it. The report has passed, or holds
/// everything wrong at the first gate that is closed.
pub fn admit(component: &[u8]) -> Report {
    let report = Report::at(Stage::Admission, Digest::of(component).to_string(), component.len() as u64);
    if let Err(finding) = readable(component) {
        return report.closed(finding);
    }
    let manifest = match manifest::of_component(component) {
        Ok(manifest) => manifest,
        Err(errors) => {
            let findings = errors.into_iter().map(|error| {
                Finding::at(
                    Stage::Admission,
                    "plugin_manifest",
                    error.to_string(),
                    "correct campanile.toml and build again",
                )
            });
            return findings.fold(report, Report::closed);
        }
    };
    let mut found = own_rules(&manifest, component.len());
    if found.is_empty() {
        found = world::problems(component, manifest.kind);
    }
    let report = Report { manifest: Some(manifest), ..report };
    found.into_iter().fold(report, Report::closed)
}

fn too_large(bytes: usize, what: &str, allowed: usize) -> Finding {
    let message = format!("the component has {bytes} bytes; {what} may have {allowed}");
    Finding::at(
        Stage::Admission,
        "plugin_too_large",
        message,
        "build for size (opt-level \"s\", strip) and leave out what you do not use",
    )
}

fn readable(component: &[u8]) -> Result<(), Finding> {
    if component.len() > LARGE_COMPONENT_BYTES {
        return Err(too_large(component.len(), "a plugin of any kind", LARGE_COMPONENT_BYTES));
    }
    if wasmtime::Engine::detect_precompiled(component).is_some() {
        let message = "this is compiled machine code, not WebAssembly";
        return Err(Finding::at(
            Stage::Admission,
            "plugin_precompiled",
            message,
            "upload the component itself; the host compiles it",
        ));
    }
    if !component.starts_with(b"\0asm") {
        let message =
            "the file is no WebAssembly; it does not begin with the four bytes that every WebAssembly file does";
        let next = "upload the file that campanile plugin build wrote: NAME.wasm";
        return Err(Finding::at(Stage::Admission, "plugin_invalid", message, next));
    }
    if wasmparser::Parser::is_core_wasm(component) {
        let message = "the file is a core module, not a component";
        return Err(Finding::at(
            Stage::Admission,
            "plugin_invalid",
            message,
            "campanile plugin build makes the component of it",
        ));
    }
    let validated = Validator::new_with_features(features()).validate_all(component);
    validated.map(|_| ()).map_err(|error| {
        let next = "build it with campanile plugin build; threads, 64-bit memory and garbage collection are not served";
        Finding::at(
            Stage::Admission,
            "plugin_invalid",
            format!("the file is not a component that may run here: {error}"),
            next,
        )
    })
}

/// What the validator of uploads knows; the engines' own list, in the vocabulary of this parser's version.
fn features() -> WasmFeatures {
    let refused = WasmFeatures::THREADS
        | WasmFeatures::SHARED_EVERYTHING_THREADS
        | WasmFeatures::MEMORY64
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::GC_TYPES
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::CM_ASYNC;
    WasmFeatures::default().difference(refused)
}

/// The rules that need the manifest and nothing else of the component.
fn own_rules(manifest: &Manifest, bytes: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    if manifest.kind == Kind::ScriptRunner {
        let kinds: Vec<_> = Kind::UPLOADABLE.iter().map(|kind| kind.word()).collect();
        let message = format!("{} is the host's own and no kind of plugin", manifest.kind);
        found.push(Finding::at(
            Stage::Admission,
            "plugin_manifest",
            message,
            format!("use one of {}", kinds.join(", ")),
        ));
    }
    if bundled().iter().any(|one| one.name == manifest.name) {
        let message = format!("a plugin called {:?} ships with Campanile", manifest.name);
        found.push(Finding::at(Stage::Admission, "plugin_name", message, "take another name in campanile.toml"));
    }
    let allowed = Limits::component_bytes(manifest.kind);
    if bytes > allowed {
        let mut large = too_large(bytes, &format!("a {}", manifest.kind), allowed);
        if allowed == COMPONENT_BYTES {
            large.next = "write this kind in Rust or JavaScript; only importers and evaluators may carry a large \
                          interpreter"
                .to_owned();
        }
        found.push(large);
    }
    found
}
