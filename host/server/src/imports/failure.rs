//! Why an import or a review broke off, told to its owner.

use std::io;

use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::store::StoreError;
use campanile_intake::IntakeError;
use serde_json::{Value, json};

use super::told;

/// Why.
#[derive(Debug)]
pub enum Failure {
    /// The host stops: nothing is written, the next start goes on.
    Shutdown,
    /// The store did not take it.
    Store(StoreError),
    /// The file is not what it was, or is gone.
    Intake(IntakeError),
    /// The script that says what rows mean did not answer.
    Script(PluginFailure),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        Self::Intake(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Intake(error.into())
    }
}

impl Failure {
    /// For the import: `{"error": {"code", "message"}}`.
    pub(super) fn summary(&self) -> Value {
        let resume = "resume the import to go on where it stopped";
        let (code, message) = match self {
            Self::Shutdown => ("shutdown", format!("this host was stopped meanwhile; {resume}")),
            Self::Store(StoreError::Conflict { code, message }) => (*code, message.clone()),
            Self::Store(StoreError::AccountFull { limit, message }) => (*limit, format!("{message}; then {resume}")),
            Self::Store(StoreError::Unwritable(_)) => {
                ("storage_unwritable", format!("the storage cannot be written; once there is room, {resume}"))
            }
            Self::Store(error) => {
                tracing::error!(%error, "an import failed");
                (
                    "store",
                    format!(
                        "the rows read so far are in; the rest was not kept because of a fault of this host: {resume}"
                    ),
                )
            }
            Self::Intake(IntakeError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                ("file_gone", "this host does not have the file any more; upload it again".to_owned())
            }
            Self::Intake(error) => (error.code(), told(error)),
            Self::Script(PluginFailure { code, message, .. }) => {
                return json!({"error": {"code": "script_stopped", "message":
                    format!("the script did not answer ({code}): {message}; correct it and upload the file again")}});
            }
        };
        json!({"error": {"code": code, "message": message}})
    }
}
