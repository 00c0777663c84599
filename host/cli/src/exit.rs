//! How a command ends.
//!
//! The exit codes are a promise to scripts: 0 ok, 1 failure, 2 usage, 3 not found, 4 auth, 5 conflict, 6 validation,
//! 7 unavailable. An error on the terminal says what happened and ends with what to do next.

use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    next: Option<String>,
}

impl Failure {
    /// Anything that has no better code.
    pub fn other(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), next: None }
    }

    /// A failure that has been told already.
    pub fn silent() -> Self {
        Self::other("")
    }

    /// Flags that do not fit together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), next: None }
    }

    /// Something that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into(), next: None }
    }

    /// A key that does not open this.
    pub fn auth(message: impl Into<String>) -> Self {
        Self { code: 4, message: message.into(), next: None }
    }

    /// A state that is not the one that was wanted.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { code: 5, message: message.into(), next: None }
    }

    /// Content that breaks a rule.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { code: 6, message: message.into(), next: None }
    }

    /// Something that should answer and does not.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { code: 7, message: message.into(), next: None }
    }

    /// What to try next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The same, with another way to go on.
    #[must_use]
    pub fn or_next(mut self, other: &str) -> Self {
        self.next = Some(self.next.map_or_else(|| other.to_owned(), |next| format!("{next}; or {other}")));
        self
    }

    /// The same, of work of which a part is done.
    #[must_use]
    pub fn after(mut self, done: &str, next: &str) -> Self {
        self.message = format!("{}; {done}", self.message);
        self.next(next)
    }

    /// Whether somebody should have answered and did not.
    pub const fn is_unavailable(&self) -> bool {
        self.code == 7
    }

    /// Whether there is nothing to tell any more.
    pub const fn is_silent(&self) -> bool {
        self.message.is_empty()
    }

    /// Tells the person and ends.
    pub fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("error: {}", self.message);
        }
        if let Some(next) = self.next {
            eprintln!("next:  {next}");
        }
        ExitCode::from(self.code)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::other(format!("{error:#}"))
    }
}
