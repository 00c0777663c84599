//! Who did what in an account: one entry for every write of a person or a key.

pub(crate) mod list;

use campanile_domain::ids::KeyId;
use campanile_domain::ports::store::{AuditFilter, Page};
use campanile_domain::time::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::paging::page;
use crate::problem::Problem;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// `operator`, or the id of a key: `key_...`.
    #[param(pattern = "^(operator|key_[0-7][0-9a-hjkmnp-tv-z]{25})$")]
    actor: Option<String>,
    /// What was done: `campaign.start`, for example.
    action: Option<String>,
    /// What it was done to: its id, or its name where it has no id.
    target: Option<String>,
    /// At or after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl AuditQuery {
    pub(crate) fn read(self) -> Result<(AuditFilter, Page), Problem> {
        let page = page(self.limit, self.cursor)?;
        let Self { actor, action, target, since, until, .. } = self;
        if let Some(actor) = actor.as_ref().filter(|actor| *actor != "operator" && actor.parse::<KeyId>().is_err()) {
            let message =
                format!("{actor:?} is nobody who does things; send operator, or the id of a key (GET /v1/keys)");
            return Err(Problem::parameter("actor", "unknown_value", message));
        }
        Ok((AuditFilter { actor, action, target, since, until }, page))
    }
}
