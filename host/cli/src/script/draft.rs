//! A script on its author's disk, ready to be asked.
//!
//! It runs here as it would in a server: in the same sandbox, under the same limits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_sandbox::Sandbox;
use campanile_server::trying::Case;
use campanile_server::{Diagnostic, ScriptRead, ScriptRole, Scripts};

use crate::exit::Failure;
use crate::script_checker::Checker;
use crate::wait::wait;

/// Nobody's: there is no account here.
pub const AUTHOR: TenantKey = TenantKey(0);

/// A script that was read.
pub struct Draft {
    /// Where it lies.
    pub path: PathBuf,
    /// What it runs in.
    pub sandbox: Sandbox,
    /// The source.
    pub source: Arc<str>,
    /// What it is.
    pub described: ScriptRead,
}

impl Draft {
    /// Reads it; everything wrong with it is a failure that says where.
    pub fn open(path: &Path, sandbox: &Sandbox) -> Result<Self, Failure> {
        let shown = path.display();
        let source = std::fs::read_to_string(path).map_err(|error| {
            Failure::not_found(format!("{shown} cannot be read: {error}")).next("name a script on this machine")
        })?;
        match wait(Checker(sandbox.clone()).check(AUTHOR, &source)) {
            Ok(described) => {
                let (path, sandbox) = (path.to_owned(), sandbox.clone());
                Ok(Self { path, sandbox, source: source.into(), described })
            }
            Err(found) => {
                let told = |one: &Diagnostic| {
                    let Diagnostic { line, column, message, hint } = one;
                    let place = if *line > 0 { format!("line {line}, column {column}: ") } else { String::new() };
                    let hint = if hint.is_empty() { String::new() } else { format!(" ({hint})") };
                    format!("{shown}: {place}{message}{hint}")
                };
                Err(Failure::invalid(found.iter().map(told).collect::<Vec<_>>().join("\n")))
            }
        }
    }

    /// The same, if it can be asked this.
    pub fn that(path: &Path, sandbox: &Sandbox, role: ScriptRole) -> Result<Self, Failure> {
        let draft = Self::open(path, sandbox)?;
        if draft.described.roles.contains(&role) {
            return Ok(draft);
        }
        Err(Failure::invalid(format!("{} does not define {}", path.display(), role.function())))
    }

    /// The name that it goes by.
    pub fn name(&self) -> PluginRef {
        PluginRef { name: name(&self.path), version: None }
    }
}

/// The name that a script of this file has: `goal_retry.rhai` is `goal-retry`.
pub fn name(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("script").replace('_', "-").to_lowercase()
}

/// The file of a script's cases: `goal_retry.rhai` has `goal_retry.cases.json`.
pub fn file_of(script: &Path) -> PathBuf {
    script.with_extension("cases.json")
}

/// Reads the cases of a script.
pub fn cases(script: &Path) -> Result<Vec<Case>, Failure> {
    let file = file_of(script);
    let shown = file.display();
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::not_found(format!("{shown} cannot be read: {error}")).next(
            "write cases there: [{\"name\": \"busy\", \"calls\": [\"busy\"], \"expect\": {\"decision\": \"retry\"}}]",
        )
    })?;
    let cases: Vec<Case> =
        serde_json::from_str(&text).map_err(|error| Failure::invalid(format!("{shown}: {error}")))?;
    if cases.is_empty() {
        return Err(Failure::invalid(format!("{shown} has no case")));
    }
    Ok(cases)
}
