//! The last look before the dial.
//!
//! Between the commit of an intent and the request to the gateway a person may have paused the campaign or asked not to
//! be called; what may have closed meanwhile is asked again. Slots, gaps and money were taken with the intent.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use campanile_domain::campaign::CampaignState;
use campanile_domain::gate::Gate;
use campanile_domain::ids::CampaignKey;
use campanile_domain::time::Timestamp;
use rusqlite::Connection;

use crate::sqlite::fault::Done;
use crate::sqlite::scope::{Cache, Scope};

/// The gates that may have closed since the commit, for each attempt.
pub(crate) fn recheck(db: &Connection, cache: &mut Cache, attempts: &[i64], now: Timestamp) -> Done<Vec<Option<Gate>>> {
    let mut scopes: BTreeMap<i64, Scope> = BTreeMap::new();
    let mut of = db.prepare_cached(
        "SELECT a.campaign, a.state, EXISTS (SELECT 1 FROM suppression s WHERE s.tenant = a.tenant AND s.phone = a.phone)
         FROM attempt a WHERE a.id = ?1",
    )?;
    let mut closed = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let (campaign, state, suppressed): (i64, u8, bool) =
            of.query_row([attempt], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let scope = match scopes.entry(campaign) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(Scope::load(db, cache, CampaignKey(campaign))?),
        };
        let config = &scope.plan.config;
        let outside = config.starts_at.is_some_and(|start| now < start) || config.ends_at.is_some_and(|end| now >= end);
        closed.push(if !scope.held().at(now).is_pass() {
            Some(Gate::Quarantine)
        } else if scope.state != CampaignState::InProgress {
            Some(Gate::CampaignRunning)
        } else if outside {
            Some(Gate::CampaignDates)
        } else if scope.terms.suspended {
            Some(Gate::TenantConcurrency)
        } else if state != 0 {
            Some(Gate::LeadStatus)
        } else if suppressed {
            Some(Gate::ContactSuppressed)
        } else if !config.calling_hours.allowed(now, &scope.plan.zone) {
            Some(Gate::CallingHours)
        } else {
            None
        });
    }
    Ok(closed)
}
