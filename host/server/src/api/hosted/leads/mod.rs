//! Leads, as clients of hosted calling platforms know them.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod update;

mod shown;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{NumberedLead, StoreError};

use super::refusal::Refusal;
use crate::app::App;

/// The lead of a number.
pub(super) async fn of(app: &App, tenant: TenantKey, number: i64) -> Result<NumberedLead, Refusal> {
    match app.store.lead_numbered(tenant, number).await {
        Err(StoreError::NotFound(_)) => Err(Refusal::not_found("lead", number)),
        found => Ok(found?),
    }
}
