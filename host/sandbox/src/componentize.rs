//! From the compiler's core module to a component that carries its manifest.
//!
//! `cargo build` for WebAssembly ends in a core module with the contract's types in custom sections; this turns it into a
//! component and adds `campanile.toml`. The same bytes in give the same bytes out, so a released component can be checked
//! against its source. It compiles nothing and runs nothing.

use crate::manifest::{self, ManifestError, SECTION};

/// The module cannot become a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComponentizeError {
    /// The manifest is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Manifest(Vec<ManifestError>),
    /// The module is not one, or does not answer the world whose types it carries.
    #[error(
        "the module cannot be made a component: {0}. It must be built for wasm32-unknown-unknown with the SDK's export \
         macro called once"
    )]
    Module(String),
    /// What should be a component is something else.
    #[error("the compiler made no component; use the compiler and the flags of the template")]
    NotAComponent,
}

/// Makes the component of a core module and its `campanile.toml`.
///
/// # Errors
/// The manifest or the module is not what it must be.
pub fn componentize(core: &[u8], manifest: &str) -> Result<Vec<u8>, ComponentizeError> {
    manifest::parse(manifest).map_err(ComponentizeError::Manifest)?;
    let mut encoder = wit_component::ComponentEncoder::default();
    let mut component = encoder
        .validate(true)
        .module(core)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| ComponentizeError::Module(format!("{error:#}")))?;
    push_section(&mut component, SECTION, manifest.as_bytes());
    Ok(component)
}

/// Adds `campanile.toml` to what is a component already, as the compilers of other languages make it.
///
/// # Errors
/// The manifest is not what it must be, or these are not the bytes of a component.
pub fn with_manifest(component: &[u8], manifest: &str) -> Result<Vec<u8>, ComponentizeError> {
    manifest::parse(manifest).map_err(ComponentizeError::Manifest)?;
    if !wasmparser::Parser::is_component(component) {
        return Err(ComponentizeError::NotAComponent);
    }
    let mut component = component.to_vec();
    push_section(&mut component, SECTION, manifest.as_bytes());
    Ok(component)
}

fn push_section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut body = Vec::with_capacity(name.len() + data.len() + 5);
    push_length(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(data);
    component.push(0);
    push_length(component, body.len());
    component.extend_from_slice(&body);
}

/// Unsigned LEB128, as lengths are written in WebAssembly.
fn push_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let byte = (length & 0x7f) as u8;
        length >>= 7;
        if length == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}
