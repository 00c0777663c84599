//! `campanile compile-plugin ENGINE`: the server's own child that compiles an upload; nobody else calls it.
//!
//! Reads the component from its input, limits itself before it looks at it, and writes machine code to its output.

use std::path::PathBuf;

use campanile_sandbox::Compiler;
use clap::Args;

use crate::exit::Failure;

/// Flags of `compile-plugin`.
#[derive(Args, Debug)]
pub struct CompilePlugin {
    /// Which engine the code is for: by-fuel or by-time
    engine: String,
}

/// Runs the command; what is wrong with the component is on the standard error already.
pub fn run(args: &CompilePlugin) -> Result<(), Failure> {
    match campanile_sandbox::compiler::serve(&args.engine) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Failure::silent()),
        Err(error) => Err(Failure::other(format!("the compiler could not read or write: {error}"))),
    }
}

/// The compiler of a server: children of this very binary.
pub fn children() -> Result<Compiler, Failure> {
    let program: PathBuf = std::env::current_exe()
        .map_err(|error| Failure::other(format!("the binary's own path is not known: {error}")))?;
    Ok(Compiler::child(program, vec!["compile-plugin".to_owned()]))
}
