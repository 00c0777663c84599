//! What is wrong with a script, where, and what to do.

use crate::contract::exports::campanile::plugin::script as contract;
use crate::fault::Fault;

/// One thing wrong with a script. Lines and columns count from 1; 0 where there is no place to point at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// Line in the source.
    pub line: u32,
    /// Column in the line.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        f.write_str(&self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

/// As the interpreter told it.
pub fn diagnosed(found: Vec<contract::Diagnostic>) -> Vec<Diagnostic> {
    let one = |contract::Diagnostic { line, column, message, hint }| Diagnostic { line, column, message, hint };
    found.into_iter().map(one).collect()
}

/// A script that cannot be asked after all.
pub fn not_loaded(found: Vec<contract::Diagnostic>) -> Fault {
    let found: Vec<_> = diagnosed(found).iter().map(ToString::to_string).collect();
    Fault::Refused { code: "script_not_loaded".to_owned(), message: found.join("; "), retry_after_ms: None }
}
