//! Whose calls the people of a rehearsal are made of; those of an estimate are the same.

use campanile_domain::ids::{CampaignId, TenantKey};
use campanile_domain::ports::store::{PastCall, Stored};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// Past calls that people are made of, at most.
const PAST: u32 = 10_000;
/// With fewer calls nobody can be told from chance.
pub(crate) const FEWEST: usize = 100;

/// Whose calls the people are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeopleOf {
    /// The campaign's own.
    Campaign,
    /// Those of the whole account; the campaign has too few.
    Account,
    /// Nobody's: the account has too few calls, and the people are made up.
    Nobody,
}

/// Who the rehearsed people are.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = RehearsedPeople)]
pub struct Cast {
    /// Whose calls they are made of.
    pub of: PeopleOf,
    /// How many there are.
    pub calls: u64,
}

/// The campaign's own calls, or the account's while those are too few.
pub(crate) async fn past(app: &App, tenant: TenantKey, campaign: CampaignId) -> Stored<(PeopleOf, Vec<PastCall>)> {
    let own = app.store.past_calls(tenant, Some(campaign), PAST).await?;
    if own.len() >= FEWEST {
        return Ok((PeopleOf::Campaign, own));
    }
    let all = app.store.past_calls(tenant, None, PAST).await?;
    Ok(if all.len() >= FEWEST { (PeopleOf::Account, all) } else { (PeopleOf::Nobody, all) })
}
