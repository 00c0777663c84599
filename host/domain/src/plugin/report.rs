//! What became of an upload: one report for the API, the command line and the dashboard.
//!
//! The same codes everywhere, everything wrong at a gate at once, and for each finding what to do next: an author who is
//! told one thing at a time builds ten times.

use serde::{Deserialize, Serialize};

use super::manifest::Manifest;

/// The gates of an upload, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Read whole, without running or compiling anything.
    Admission,
    /// Compiled in a process of its own.
    Compilation,
    /// Run against the cases of its kind in the real sandbox.
    Conformance,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// At which gate.
    pub stage: Stage,
    /// Stable, for machines: `plugin_wrong_world`.
    pub code: String,
    /// The value and the rule.
    pub message: String,
    /// What to do next.
    pub next: String,
}

impl Finding {
    /// A finding at a gate.
    pub fn at(stage: Stage, code: &str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { stage, code: code.to_owned(), message: message.into(), next: next.into() }
    }
}

/// One conformance case that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// What was tried.
    pub name: String,
    /// It answered as its kind must.
    pub passed: bool,
    /// What it answered, or what was wrong with the answer.
    pub detail: String,
    /// Fuel it used, or milliseconds where time is the limit.
    pub used: u64,
    /// `used` of the limit, in per cent.
    pub percent: u32,
    /// Peak memory, in bytes.
    pub memory_bytes: u64,
}

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// No gate was closed so far.
    pub passed: bool,
    /// The gate that it stands at or came to.
    pub stage: Stage,
    /// What it says about itself; absent when not even that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    /// SHA-256 of the upload, in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// What stands in the way.
    pub findings: Vec<Finding>,
    /// Size of the compiled artefact, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact_bytes: Option<u64>,
    /// How long compiling took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile_ms: Option<u64>,
    /// The conformance cases that ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseResult>,
}

impl Report {
    /// Of an upload that stands at a gate; nothing is known of it but its content.
    pub fn at(stage: Stage, sha256: impl Into<String>, bytes: u64) -> Self {
        Self {
            passed: true,
            stage,
            manifest: None,
            sha256: sha256.into(),
            bytes,
            findings: Vec::new(),
            artefact_bytes: None,
            compile_ms: None,
            cases: Vec::new(),
        }
    }

    /// The report with one more finding, which closes the gate it was found at.
    #[must_use]
    pub fn closed(mut self, finding: Finding) -> Self {
        self.passed = false;
        self.stage = finding.stage;
        self.findings.push(finding);
        self
    }
}
