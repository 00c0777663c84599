//! A host that was restored from a backup, for its operator.

pub(crate) mod get;
pub(crate) mod release;

use campanile_domain::quarantine::{Quarantine, Resumption};
use campanile_domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What holds a restored host back.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuarantineState {
    /// `none`: this host was never restored; `held`: nobody is dialled; `released`.
    status: &'static str,
    /// What this host knows ends here: calls since are unknown to it.
    #[schema(value_type = Option<String>, format = DateTime)]
    backup_at: Option<Timestamp>,
    /// The first start on the restored data.
    #[schema(value_type = Option<String>, format = DateTime)]
    began_at: Option<Timestamp>,
    /// When it was released.
    #[schema(value_type = Option<String>, format = DateTime)]
    released_at: Option<Timestamp>,
    /// By whom.
    released_by: Option<String>,
    /// How it goes on.
    #[schema(value_type = Option<Resume>)]
    resume: Option<Resumption>,
}

/// How a restored host goes on.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "a name in the document for the domain's word")]
pub(crate) enum Resume {
    /// Each campaign after its own retry interval, counted from the first start: safe whoever was called since the backup.
    AfterRetryInterval,
    /// At once: nobody was called since the backup.
    AtOnce,
}

impl From<Option<Quarantine>> for QuarantineState {
    fn from(known: Option<Quarantine>) -> Self {
        let Some(known) = known else {
            return Self {
                status: "none",
                backup_at: None,
                began_at: None,
                released_at: None,
                released_by: None,
                resume: None,
            };
        };
        let status = if known.release.is_some() { "released" } else { "held" };
        let (released_at, released_by, resume) = match known.release {
            Some(release) => (Some(release.at), Some(release.by), Some(release.resume)),
            None => (None, None, None),
        };
        Self { status, backup_at: Some(known.backup_at), began_at: known.began_at, released_at, released_by, resume }
    }
}
