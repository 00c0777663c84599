//! Rust: any compiler that can build `wasm32-unknown-unknown`, which is rustup's target or Debian's own toolchain.
//!
//! No path of the author's machine may reach the component, because a panic's message is shown to others: every folder that
//! the compiler could name is mapped.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run;
use crate::exit::Failure;
use crate::plugin::project::Project;

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: &str = "apt-get install rustc-web cargo-web rust-web-src lld-19";

/// A compiler that can build for WebAssembly.
struct Toolchain {
    cargo: PathBuf,
    sysroot: PathBuf,
    /// Debian's: the standard library is built along, with its own linker.
    debian: Option<(PathBuf, PathBuf)>,
}

/// Compiles the crate; the core module.
pub fn module(project: &Project) -> Result<Vec<u8>, Failure> {
    let toolchain = find(&project.folder)?;
    let target = project.folder.join("target");
    let mut command = Command::new(&toolchain.cargo);
    command.current_dir(&project.folder).args(["build", "--release", "--lib", "--quiet", "--target", TARGET]);
    command.env("CARGO_TARGET_DIR", full(&target)).env("CARGO_ENCODED_RUSTFLAGS", mapped(project, &toolchain));
    command.env_remove("RUSTFLAGS");
    if let Some((rustc, linker)) = &toolchain.debian {
        // Without the parts of std that print backtraces, which nothing here can read.
        command
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", rustc);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    run(&mut command, "cargo build")?;
    let made = target.join(TARGET).join("release/plugin.wasm");
    std::fs::read(&made).map_err(|error| {
        Failure::other(format!("cargo has built, but {} cannot be read: {error}", made.display()))
            .next("write in Cargo.toml: [lib] name = \"plugin\", crate-type = [\"cdylib\", \"lib\"]")
    })
}

fn full(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn find(folder: &Path) -> Result<Toolchain, Failure> {
    let asked = sysroot(Path::new("rustc"), folder);
    if let Some(sysroot) = asked.clone()
        && sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
    {
        return Ok(Toolchain { cargo: "cargo".into(), sysroot, debian: None });
    }
    let named = |variable: &str, usual: &str| std::env::var_os(variable).map_or_else(|| usual.into(), PathBuf::from);
    let rustc: PathBuf = named("CAMPANILE_DEBIAN_RUSTC", "/usr/bin/rustc");
    let cargo: PathBuf = named("CAMPANILE_DEBIAN_CARGO", "/usr/bin/cargo");
    if rustc.is_file()
        && cargo.is_file()
        && let Some(linker) = ["wasm-ld-19", "wasm-ld"].into_iter().find_map(on_path)
        && let Some(sysroot) = sysroot(&rustc, folder)
        && sysroot.join("lib/rustlib/src/rust/library/std").is_dir()
    {
        return Ok(Toolchain { cargo, sysroot, debian: Some((rustc, linker)) });
    }
    let next = if on_path("rustup").is_some() {
        format!("rustup target add {TARGET}")
    } else if Path::new("/etc/debian_version").exists() {
        DEBIAN_PACKAGES.to_owned()
    } else {
        format!("install Rust from https://rustup.rs, then: rustup target add {TARGET}")
    };
    Err(Failure::unavailable(format!("no Rust compiler here can build {TARGET}")).next(next))
}

fn sysroot(rustc: &Path, folder: &Path) -> Option<PathBuf> {
    let asked = Command::new(rustc).args(["--print", "sysroot"]).current_dir(folder).output().ok()?;
    let told = String::from_utf8(asked.stdout).ok().filter(|_| asked.status.success())?;
    Some(PathBuf::from(told.trim()))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The flags that keep this machine's paths out; the last that matches wins, so the longest come last.
fn mapped(project: &Project, toolchain: &Toolchain) -> OsString {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let sources = toolchain.sysroot.join("lib/rustlib/src/rust");
    let mut maps = vec![(full(&project.folder), "/plugin"), (toolchain.sysroot.clone(), "/rust")];
    maps.extend(home.clone().map(|home| (home, "/cargo")));
    maps.extend(sources.canonicalize().ok().map(|real| (real, "/rust/src")));
    maps.push((sources, "/rust/src"));
    let registries = home.and_then(|home| home.join("registry/src").read_dir().ok());
    maps.extend(registries.into_iter().flatten().flatten().map(|entry| (entry.path(), "/crates")));
    let mut flags = OsString::new();
    for (from, to) in maps {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    flags
}
