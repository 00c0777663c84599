//! Leads by their numbers.

use campanile_domain::ids::TenantKey;
use campanile_domain::lead::LeadState;
use campanile_domain::ports::store::{Counted, NumberedLead, NumberedLeads, Slice};
use rusqlite::Connection;

use super::{Conditions, part};
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::leads::lead;
use crate::sqlite::row::{codes_of, list};

/// Leads that were not deleted, of campaigns that were not, and none that stands for a single call.
const IS_THERE: &str = "l.state <> 27 AND l.campaign NOT IN
    (SELECT id FROM campaign WHERE tenant = ?1 AND (kind <> 0 OR deleted_at IS NOT NULL))";

/// One.
pub(super) fn one(db: &Connection, tenant: TenantKey, number: i64) -> Done<NumberedLead> {
    let mut which = Conditions::of(tenant, &format!("l.tenant = ?1 AND {IS_THERE}"));
    which.and("l.id = ??", number);
    let keys = which.keys(db, ("lead l", "l.id"), Slice { offset: 0, limit: 1 })?;
    read(db, tenant, &keys)?.pop().map_or_else(|| not_found("lead"), Ok)
}

/// A slice of those that match.
pub(super) fn slice(
    db: &Connection,
    tenant: TenantKey,
    which: &NumberedLeads,
    slice: Slice,
) -> Done<Counted<NumberedLead>> {
    let (conditions, from) = conditions(tenant, which);
    let is_counted = which.phone.is_none() && which.since.is_none() && which.until.is_none();
    let total = if is_counted { kept_count(db, tenant, which)? } else { conditions.count(db, from)? };
    let keys = if slice.offset < total { conditions.keys(db, (from, "l.id"), slice)? } else { Vec::new() };
    Ok(Counted { rows: read(db, tenant, &keys)?, total })
}

fn conditions(tenant: TenantKey, which: &NumberedLeads) -> (Conditions, &'static str) {
    // With a campaign, its index is the one to go by; the plus keeps the tenant's out of it.
    let mut conditions = match which.campaign {
        Some(_) => Conditions::of(tenant, &format!("+l.tenant = ?1 AND {IS_THERE}")),
        None => Conditions::of(tenant, &format!("l.tenant = ?1 AND {IS_THERE}")),
    };
    if let Some(campaign) = which.campaign {
        conditions.and("l.campaign = ??", campaign);
    }
    if let Some(status) = &which.status {
        let codes = codes_of(|state: LeadState| state.status() == status);
        conditions.and("l.state IN (SELECT value FROM json_each(??))", codes);
    }
    if let Some(phone) = &which.phone {
        let having = "l.id IN (SELECT lead FROM contact WHERE tenant = ?1 AND '+' || phone LIKE ??)";
        conditions.and(having, part(phone));
    }
    conditions.and_since("d.created_at", which.since);
    conditions.and_until("d.created_at", which.until);
    let is_dated = which.since.is_some() || which.until.is_some();
    (conditions, if is_dated { "lead l JOIN lead_data d ON d.lead = l.id" } else { "lead l" })
}

fn kept_count(db: &Connection, tenant: TenantKey, which: &NumberedLeads) -> Done<u64> {
    let of = "l.campaign IN (SELECT id FROM campaign WHERE tenant = ?1)";
    let mut conditions = Conditions::of(tenant, &format!("{of} AND {IS_THERE}"));
    if let Some(campaign) = which.campaign {
        conditions.and("l.campaign = ??", campaign);
    }
    if let Some(status) = &which.status {
        let codes = codes_of(|state: LeadState| state.status() == status);
        conditions.and("l.state IN (SELECT value FROM json_each(??))", codes);
    }
    conditions.sum(db, "lead_count l", "l.n")
}

/// Whole, in the order of the keys.
fn read(db: &Connection, tenant: TenantKey, keys: &[i64]) -> Done<Vec<NumberedLead>> {
    let mut leads = lead::by_keys(db, tenant, keys)?;
    let mut statement = db.prepare_cached(
        "SELECT l.id, v.config ->> '$.name' FROM lead l JOIN campaign c ON c.id = l.campaign
         JOIN campaign_config v ON v.campaign = c.id AND v.version = c.config_version
         WHERE l.id IN (SELECT value FROM json_each(?1))",
    )?;
    let names = statement.query_map([list(keys.iter().copied())], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut names: std::collections::BTreeMap<i64, String> = names.collect::<Result<_, _>>()?;
    let named = |key: &i64| {
        let campaign_name = names.remove(key).unwrap_or_default();
        Some(NumberedLead { lead: leads.remove(key)?, campaign_name })
    };
    Ok(keys.iter().filter_map(named).collect())
}

#[cfg(test)]
mod tests {
    use campanile_domain::lead::Completion;

    use super::*;
    use crate::sqlite::codes::Code;

    #[test]
    fn what_is_left_out_is_what_was_deleted() {
        let deleted = LeadState::Completed(Completion::Deleted).code();
        assert!(IS_THERE.starts_with(&format!("l.state <> {deleted} ")));
    }
}
