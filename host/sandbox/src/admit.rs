//! The door: what an upload must be before anything of it is compiled.
//!
//! Order matters. Size first, then the whole binary is parsed and validated (a host that stopped reading early has been
//! crashed by a truncated file before), compiled code is refused, then the manifest, then the world: every export that is
//! missing and every import that is not offered is named, because an author who is told one at a time builds ten times.

use std::collections::BTreeSet;

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::manifest::Manifest;
use wasmparser::{Validator, WasmFeatures};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId, WorldKey};

use crate::digest::Digest;
use crate::manifest::{self, ManifestError};

/// The largest component that may be a policy, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

const CONTRACT: &str = include_str!("../../../plugin-sdk/wit/v0.1/campanile.wit");
const SCRIPT_CONTRACT: &str = include_str!("../../../plugin-sdk/wit/v0.1/script.wit");

/// A component that may be compiled.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its content.
    pub digest: Digest,
}

/// Why an upload is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// Too large.
    #[error(
        "the component has {bytes} bytes; a policy may have {}. Build for size and strip debug information",
        MAX_BYTES
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Compiled code of some engine.
    #[error("this is compiled machine code, not WebAssembly; upload the component itself, the host compiles it")]
    Precompiled,
    /// Not valid, or with features that are switched off.
    #[error("the file is not a component that may run here: {0}")]
    Invalid(String),
    /// The manifest is missing or wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Manifest(Vec<ManifestError>),
    /// It does not answer the world of its kind.
    #[error("the component does not answer the world {world}: {}", .problems.join("; "))]
    World {
        /// The world of the kind that the manifest names.
        world: &'static str,
        /// Each missing export and each import that is not offered.
        problems: Vec<String>,
    },
}

impl AdmissionError {
    /// Stable, for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "plugin_too_large",
            Self::Precompiled => "plugin_precompiled",
            Self::Invalid(_) => "plugin_invalid",
            Self::Manifest(_) => "plugin_manifest",
            Self::World { .. } => "plugin_wrong_world",
        }
    }
}

/// Reads a component and checks everything that can be checked without compiling it.
///
/// # Errors
/// The first gate that it does not pass, with everything wrong at that gate.
pub fn admit(component: &[u8]) -> Result<Admitted, AdmissionError> {
    if component.len() > MAX_BYTES {
        return Err(AdmissionError::TooLarge { bytes: component.len() });
    }
    if wasmtime::Engine::detect_precompiled(component).is_some() {
        return Err(AdmissionError::Precompiled);
    }
    if wasmparser::Parser::is_core_wasm(component) {
        let what = "it is a core module; `campanile plugin build` makes the component of it";
        return Err(AdmissionError::Invalid(what.to_owned()));
    }
    Validator::new_with_features(features())
        .validate_all(component)
        .map_err(|error| AdmissionError::Invalid(error.to_string()))?;
    let manifest = manifest::of_component(component).map_err(AdmissionError::Manifest)?;
    check_world(component, manifest.kind)?;
    Ok(Admitted { manifest, digest: Digest::of(component) })
}

/// What the validator of uploads knows; the engine's own list, in the vocabulary of this parser's version.
fn features() -> WasmFeatures {
    let refused = WasmFeatures::THREADS
        | WasmFeatures::SHARED_EVERYTHING_THREADS
        | WasmFeatures::MEMORY64
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::CM_ASYNC;
    WasmFeatures::default().difference(refused)
}

/// The contract, parsed, with the world of a kind.
fn world(kind: Kind) -> Result<(Resolve, WorldId), AdmissionError> {
    let unreadable =
        |error: String| AdmissionError::Invalid(format!("the host's own contract cannot be read: {error}"));
    let mut sources = wit_parser::UnresolvedPackageGroup::parse("campanile.wit", CONTRACT)
        .map_err(|error| unreadable(format!("{error:?}")))?;
    if kind == Kind::ScriptRunner {
        sources = wit_parser::UnresolvedPackageGroup::parse("script.wit", SCRIPT_CONTRACT)
            .map_err(|error| unreadable(format!("{error:?}")))?;
    }
    let mut resolve = Resolve::default();
    let package = resolve.push_group(sources).map_err(|error| unreadable(format!("{error:?}")))?;
    let world =
        resolve.select_world(&[package], Some(kind.word())).map_err(|error| unreadable(format!("{error:?}")))?;
    Ok((resolve, world))
}

fn name(resolve: &Resolve, key: &WorldKey) -> String {
    resolve.name_world_key(key)
}

fn check_world(component: &[u8], kind: Kind) -> Result<(), AdmissionError> {
    let decoded = wit_component::decode(component).map_err(|error| AdmissionError::Invalid(format!("{error:#}")))?;
    let DecodedWasm::Component(has, has_world) = decoded else {
        return Err(AdmissionError::Invalid("it is a package of interfaces, not a component".to_owned()));
    };
    let (contract, wanted) = world(kind)?;
    let names = |resolve: &Resolve, keys: Vec<&WorldKey>| -> BTreeSet<String> {
        keys.into_iter().map(|key| name(resolve, key)).collect()
    };
    let has_world_of = &has.worlds[has_world];
    let wanted_world = &contract.worlds[wanted];
    let exported = names(&has, has_world_of.exports.keys().collect());
    let imported = names(&has, has_world_of.imports.keys().collect());
    let required = names(&contract, wanted_world.exports.keys().collect());
    let offered = names(&contract, wanted_world.imports.keys().collect());
    let list = |names: &BTreeSet<String>| {
        if names.is_empty() { "nothing".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
    };
    let mut problems: Vec<String> = required
        .difference(&exported)
        .map(|missing| format!("it does not export {missing} (it exports {})", list(&exported)))
        .collect();
    if kind != Kind::ScriptRunner {
        problems.extend(imported.difference(&offered).map(|extra| {
            format!(
                "it imports {extra}, which this kind is not lent (it is lent {}); remove what pulls it in",
                list(&offered)
            )
        }));
    }
    if problems.is_empty() && kind != Kind::ScriptRunner {
        problems.extend(
            wit_component::targets(&contract, wanted, component, false)
                .err()
                .map(|error| format!("its types are not the contract's: {error:#}")),
        );
    }
    if problems.is_empty() { Ok(()) } else { Err(AdmissionError::World { world: kind.word(), problems }) }
}
