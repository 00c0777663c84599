//! `componentize CORE.wasm campanile.toml OUT.wasm`: the last step of building a plugin (see `plugins/build`).
//!
//! A door to [`campanile_sandbox::componentize`] for scripts; it adds nothing.

use std::process::ExitCode;

fn run(core: &str, manifest: &str, out: &str) -> Result<String, String> {
    let read = |path: &str| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
    let manifest = String::from_utf8(read(manifest)?).map_err(|error| format!("{manifest}: {error}"))?;
    let component =
        campanile_sandbox::componentize::componentize(&read(core)?, &manifest).map_err(|error| error.to_string())?;
    // Whole or not at all: two builds may run at once, and somebody may be reading what the last one left.
    let whole = format!("{out}.{}", std::process::id());
    let kept = std::fs::write(&whole, &component).and_then(|()| std::fs::rename(&whole, out));
    kept.map_err(|error| format!("{out}: {error}"))?;
    Ok(format!("{out}: {} bytes, sha256 {}", component.len(), campanile_sandbox::Digest::of(&component)))
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [core, manifest, out] = arguments.as_slice() else {
        eprintln!("usage: componentize CORE.wasm campanile.toml OUT.wasm");
        return ExitCode::from(2);
    };
    match run(core, manifest, out) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("componentize: {error}");
            ExitCode::FAILURE
        }
    }
}
