//! Calls, as clients of hosted calling platforms know them.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod make;

mod shown;

pub(super) use self::shown::{finished_at, seconds};

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{NumberedCall, StoreError};

use super::refusal::Refusal;
use crate::app::App;

/// The call of a number.
pub(super) async fn of(app: &App, tenant: TenantKey, number: i64) -> Result<NumberedCall, Refusal> {
    match app.store.call_numbered(tenant, number).await {
        Err(StoreError::NotFound(_)) => Err(Refusal::not_found("call", number)),
        found => Ok(found?),
    }
}
