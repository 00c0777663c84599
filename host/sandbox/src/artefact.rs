//! Compiled components, kept so that each is compiled once per machine.
//!
//! Compiling takes from tens of milliseconds to seconds, loading well under one. An artefact is native code: it is
//! compiled by this binary (see [`crate::compiler`]) and written by this process, into a folder that only the operator writes, under the digest of its source and the engine's
//! compatibility hash, whole or not at all (temporary file, then rename), and its own digest is checked when it is read
//! back. It is never accepted from outside. A cache that cannot be read or written costs time and nothing else.

use std::borrow::Cow;
use std::hash::{Hash as _, Hasher};
use std::path::{Path, PathBuf};

use campanile_domain::plugin::Kind;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::compiler::Compiler;
use crate::digest::Digest;
use crate::engines::Metered;
use crate::fault::Fault;

const DIGEST_BYTES: usize = 32;

/// Where artefacts are kept; without a folder nothing outlives the process.
#[derive(Clone, Debug, Default)]
pub struct Artefacts {
    folder: Option<PathBuf>,
}

impl Artefacts {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The artefact of a component, if one is kept.
    pub fn load(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        load(engine, &self.path(engine, digest)?).map(|(component, _)| component)
    }

    /// The compiled form of a component with the artefact's size: kept, else compiled now and kept.
    ///
    /// # Errors
    /// It cannot be compiled.
    pub async fn component(
        &self,
        engine: &Engine,
        compiler: &Compiler,
        wasm: Cow<'_, [u8]>,
        digest: Digest,
        kind: Kind,
    ) -> Result<(Component, Option<u64>), Fault> {
        let path = self.path(engine, digest);
        if let Some((component, bytes)) = path.as_deref().and_then(|path| load(engine, path)) {
            return Ok((component, Some(bytes)));
        }
        let compiled = compiler.compile(engine, Metered::of(kind), wasm.into_owned()).await?;
        if let Some(Err(error)) = path.as_deref().map(|path| keep(path, &compiled)) {
            tracing::warn!(%digest, %error, "a compiled plugin could not be kept; it is compiled again next time");
        }
        let component = deserialize(engine, &compiled).map_err(|error| Fault::not_ready(&error))?;
        Ok((component, Some(compiled.len() as u64)))
    }

    fn path(&self, engine: &Engine, digest: Digest) -> Option<PathBuf> {
        let mut compatibility = Bytes::default();
        engine.precompile_compatibility_hash().hash(&mut compatibility);
        let engine = Digest::of(&compatibility.0).to_string();
        Some(self.folder.as_ref()?.join(format!("{digest}-{}.cwasm", &engine[..16])))
    }
}

fn load(engine: &Engine, path: &Path) -> Option<(Component, u64)> {
    let file = std::fs::read(path).ok()?;
    let (digest, compiled) = file.split_at_checked(DIGEST_BYTES)?;
    if Digest::of(compiled).0 != *digest {
        tracing::warn!(path = %path.display(), "a compiled plugin is damaged; it is compiled again");
        return None;
    }
    Some((deserialize(engine, compiled).ok()?, compiled.len() as u64))
}

/// Artefacts are trusted because of where they come from: `precompile_component` in this process or in its own child, or a
/// file that such a process wrote in full.
#[expect(unsafe_code, reason = "loading our own artefacts is the one place for it; see the module's header")]
fn deserialize(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are the unmodified output of `Engine::precompile_component`.
    unsafe { Component::deserialize(engine, compiled) }
}

fn keep(path: &Path, compiled: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = Vec::with_capacity(DIGEST_BYTES + compiled.len());
    file.extend_from_slice(&Digest::of(compiled).0);
    file.extend_from_slice(compiled);
    std::fs::write(&temporary, file)?;
    std::fs::rename(&temporary, path)
}

/// Collects what is hashed, so that the result does not depend on a hasher's seed.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"(component)";

    fn compile(artefacts: &Artefacts, engine: &Engine, wasm: &[u8]) {
        let (digest, kind) = (Digest::of(wasm), Kind::RetryPolicy);
        let made = artefacts.component(engine, &Compiler::InProcess, Cow::Borrowed(wasm), digest, kind);
        futures::executor::block_on(made).unwrap();
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn an_artefact_is_kept_once_and_a_damaged_one_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let artefacts = Artefacts::new(Some(folder.path().join("cache")));
        let engine = Engine::default();
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        compile(&artefacts, &engine, &wasm);
        let kept = files(&folder.path().join("cache"));
        assert_eq!(kept.len(), 1);
        assert!(load(&engine, &kept[0]).is_some());

        let mut bytes = std::fs::read(&kept[0]).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&kept[0], &bytes).unwrap();
        assert!(load(&engine, &kept[0]).is_none());
        compile(&artefacts, &engine, &wasm);
        assert!(load(&engine, &kept[0]).is_some());
    }

    #[test]
    fn another_engine_configuration_has_its_own_artefact() {
        let artefacts = Artefacts::new(Some(PathBuf::from("x")));
        let digest = Digest::of(b"x");
        let fuelled = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
        assert_ne!(artefacts.path(&Engine::default(), digest), artefacts.path(&fuelled, digest));
    }
}
