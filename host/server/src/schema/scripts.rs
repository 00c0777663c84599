//! Scripts that are tried.

use utoipa::ToSchema;

/// What a script can be asked, by the function that it defines: `retry_policy` (`decide`), `call_evaluator` (`evaluate`),
/// `row_mapping` (`map_row`).
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ScriptRole {
    /// `decide(lead)`.
    RetryPolicy,
    /// `evaluate(talk)`.
    CallEvaluator,
    /// `map_row(row)`.
    RowMapping,
}

/// What a script is.
#[derive(ToSchema)]
pub struct ScriptRead {
    /// At least one.
    pub roles: Vec<ScriptRole>,
    /// JSON Schema of its own settings.
    pub settings: serde_json::Value,
}

/// What became of a case.
#[derive(ToSchema)]
pub struct CaseResult {
    /// Its name.
    pub case: String,
    /// It is as expected.
    pub passed: bool,
    /// What is different.
    pub difference: Option<String>,
}
