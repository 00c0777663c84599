//! Campaigns, as clients of hosted calling platforms know them.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod update_status;

mod shown;

pub(crate) use self::shown::Shown;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{Campaign, StoreError};

use super::refusal::Refusal;
use crate::app::App;

/// The campaign of a number.
pub(super) async fn of(app: &App, tenant: TenantKey, number: i64) -> Result<Campaign, Refusal> {
    match app.store.campaign_numbered(tenant, number).await {
        Err(StoreError::NotFound(_)) => Err(Refusal::not_found("campaign", number)),
        found => Ok(found?),
    }
}
