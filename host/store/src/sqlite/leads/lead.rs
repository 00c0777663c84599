//! Leads as their owner sees them.

use std::collections::BTreeMap;

use campanile_domain::ids::{CampaignId, LeadId, TenantKey};
use campanile_domain::lead::Wait;
use campanile_domain::ports::store::{Lead, LeadFilter, LeadSort, Listed, Page};
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::filter::Question;
use crate::sqlite::dialling::facts;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::page;
use crate::sqlite::row::{LEAD, LEAD_COLUMNS, LeadRow, list};

const REST: &str = "c.public_id, d.external_id, d.variables, d.time_zone, d.created_at, d.updated_at";
/// Neither it nor its campaign is deleted.
const IS_THERE: &str = "l.state <> 27 AND c.deleted_at IS NULL";
const FROM: &str = "FROM lead l JOIN lead_data d ON d.lead = l.id JOIN campaign c ON c.id = l.campaign";

fn read(row: &Row<'_>) -> Done<Lead> {
    let hot = LeadRow::read(row, 0)?;
    let at = LEAD_COLUMNS;
    let zone: Option<String> = row.get(at + 3)?;
    let waits = hot.state.is_waiting() && hot.wait != Wait::None;
    Ok(Lead {
        key: hot.key,
        id: hot.id,
        campaign_key: hot.campaign,
        campaign: CampaignId::from_bytes(row.get(at)?),
        external_id: row.get(at + 1)?,
        state: hot.state,
        status: hot.state.status().to_owned(),
        reason: hot.state.reason().map(str::to_owned),
        progress: hot.progress,
        priority: hot.priority,
        not_before: waits.then_some(hot.not_before),
        wait: hot.wait,
        expires_at: hot.expires_at,
        time_zone: zone.and_then(|name| Zone::parse(&name).ok()),
        contacts: Vec::new(),
        variables: serde_json::from_str(&row.get::<_, String>(at + 2)?)?,
        revision: hot.revision,
        created_at: Timestamp(row.get(at + 4)?),
        updated_at: Timestamp(row.get(at + 5)?),
    })
}

/// One of a tenant.
pub(crate) fn by_id(db: &Connection, tenant: TenantKey, id: LeadId) -> Done<Lead> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {LEAD}, {REST} {FROM} WHERE l.public_id = ?1 AND l.tenant = ?2 AND {IS_THERE}"
    ))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    let mut lead = rows.next()?.map_or_else(|| not_found("lead"), read)?;
    lead.contacts = facts::contacts_of(db, lead.key.0)?.all;
    Ok(lead)
}

/// Those of these rows that a tenant has, by row.
pub(crate) fn by_keys(db: &Connection, tenant: TenantKey, keys: &[i64]) -> Done<BTreeMap<i64, Lead>> {
    let sql = format!(
        "SELECT {LEAD}, {REST} {FROM} WHERE l.id IN (SELECT value FROM json_each(?1)) AND l.tenant = ?2 AND {IS_THERE}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![list(keys.iter().copied()), tenant.0])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let lead = read(row)?;
        found.insert(lead.key.0, lead);
    }
    for (key, contacts) in facts::contacts(db, found.keys().copied())? {
        if let Some(lead) = found.get_mut(&key) {
            lead.contacts = contacts.all;
        }
    }
    Ok(found)
}

/// The key of a tenant's lead.
pub(crate) fn key_of(db: &Connection, tenant: TenantKey, id: LeadId) -> Done<i64> {
    db.prepare_cached(&format!(
        "SELECT l.id FROM lead l JOIN campaign c ON c.id = l.campaign
         WHERE l.public_id = ?1 AND l.tenant = ?2 AND {IS_THERE}"
    ))?
    .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0))
    .optional()?
    .map_or_else(|| not_found("lead"), Ok)
}

/// The key of a tenant's lead, be it deleted: its calls are still asked for by it.
pub(crate) fn key_of_any(db: &Connection, tenant: TenantKey, id: LeadId) -> Done<i64> {
    db.prepare_cached("SELECT id FROM lead WHERE public_id = ?1 AND tenant = ?2")?
        .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0))
        .optional()?
        .map_or_else(|| not_found("lead"), Ok)
}

/// The tenant's that are meant.
pub(crate) fn all(db: &Connection, tenant: TenantKey, filter: &LeadFilter, asked: &Page) -> Done<Listed<Lead>> {
    // A cursor belongs to its order as well.
    let list = match filter.sort {
        LeadSort::Newest => "leads",
        LeadSort::Oldest => "oldest-leads",
    };
    let after = match &asked.cursor {
        Some(_) => Some(page::after(asked, list, 0)?),
        None => None,
    };
    let keys = Question::of(db, tenant, filter)?.keys(db, filter.sort, after, page::limit(asked) + 1)?;
    let mut leads = by_keys(db, tenant, &keys)?;
    let found = keys.into_iter().filter_map(|key| Some((key, leads.remove(&key)?))).collect();
    Ok(page::cut(found, asked, list))
}
