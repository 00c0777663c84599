//! A look ahead: which leads could be called, and which never will be.
//!
//! Those that never will are counted from what makes them so, which is little: what expires, the do-not-call list, dead
//! contacts. Those that can are a million at worst, and are sampled: what they have in common is enough to reckon with.

use std::collections::BTreeMap;

use campanile_domain::estimate::Group;
use campanile_domain::ids::{CampaignId, TenantKey};
use campanile_domain::ports::store::Outlook;
use campanile_domain::time::{MINUTE_MS, Timestamp};
use rusqlite::{Connection, params};

use super::campaign::key_of;
use crate::sqlite::fault::Done;

/// Leads of a stratum that are looked at, at most.
const SAMPLE: u32 = 2_000;
/// Due times that are nearer to each other are one.
const ALIKE_MS: i64 = 10 * MINUTE_MS;

/// Leads that stand alike, and where they are found. Those of the first two need only a slot.
const STRATA: [(&str, &str); 3] =
    [("state = 0", "lead_fresh"), ("state = 2", "lead_staged"), ("(state = 1 OR state = 3 OR state = 4)", "lead_due")];

/// Looks ahead.
pub(crate) fn outlook(db: &Connection, tenant: TenantKey, id: CampaignId, at: Timestamp) -> Done<Outlook> {
    let campaign = key_of(db, tenant, id)?.0;
    let count = |sql: &str| -> Done<u64> {
        let found: i64 = db.prepare_cached(sql)?.query_row(params![campaign, at.0], |row| row.get(0))?;
        Ok(found.max(0) as u64)
    };
    let mut outlook = Outlook {
        live: count("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state < 20 AND ?2 = ?2")?,
        expired: count(
            "SELECT count(*) FROM lead INDEXED BY lead_expiring
             WHERE campaign = ?1 AND expires_at <= ?2 AND expires_at IS NOT NULL AND state < 20",
        )?,
        ..Outlook::default()
    };
    blocked(db, tenant, campaign, at, &mut outlook)?;
    let mut groups = BTreeMap::new();
    for (states, index) in STRATA {
        let sql = format!("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND {states} AND ?2 = ?2");
        let all = count(&sql)?;
        if all > 0 {
            outlook.sampled += sample(db, (campaign, at), (states, index), all, &mut groups)?;
        }
    }
    let found = groups.into_iter().map(|(group, leads)| Group { leads: leads.round() as u64, ..group });
    outlook.groups = found.filter(|group| group.leads > 0).collect();
    Ok(outlook)
}

/// Leads without a contact that may be called: only those need a look that the list or a dead contact touches.
fn blocked(db: &Connection, tenant: TenantKey, campaign: i64, at: Timestamp, outlook: &mut Outlook) -> Done<()> {
    let (all, suppressed): (i64, i64) = db
        .prepare_cached(
            "WITH touched (lead) AS (
               SELECT c.lead FROM suppression s CROSS JOIN contact c ON c.tenant = s.tenant AND c.phone = s.phone
               WHERE s.tenant = ?2
               UNION
               SELECT c.lead FROM contact c INDEXED BY contact_unusable WHERE c.tenant = ?2 AND c.unusable <> 0)
             SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM contact c WHERE c.lead = l.id AND c.unusable = 0)), 0)
             FROM touched t CROSS JOIN lead l ON l.id = t.lead
             WHERE l.campaign = ?1 AND l.state < 20 AND coalesce(l.expires_at > ?3, 1)
               AND NOT EXISTS (
                 SELECT 1 FROM contact c WHERE c.lead = l.id AND c.unusable = 0 AND NOT EXISTS (
                   SELECT 1 FROM suppression s WHERE s.tenant = c.tenant AND s.phone = c.phone))",
        )?
        .query_row(params![campaign, tenant.0, at.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    outlook.suppressed = suppressed.max(0) as u64;
    outlook.unusable = (all - suppressed).max(0) as u64;
    Ok(())
}

/// Reads leads of a stratum that has so many, and adds what they stand for. Returns how many were read.
fn sample(
    db: &Connection,
    (campaign, at): (i64, Timestamp),
    (states, index): (&str, &str),
    all: u64,
    groups: &mut BTreeMap<Group, f64>,
) -> Done<u64> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT l.round, l.due_at, coalesce(l.expires_at <= ?2, 0),
                (SELECT count(*) FROM contact c WHERE c.lead = l.id AND c.unusable = 0 AND NOT EXISTS (
                   SELECT 1 FROM suppression s WHERE s.tenant = c.tenant AND s.phone = c.phone))
         FROM lead l INDEXED BY {index} WHERE l.campaign = ?1 AND {states} LIMIT {SAMPLE}"
    ))?;
    let mut rows = statement.query(params![campaign, at.0])?;
    let (mut read, mut found) = (0_u64, BTreeMap::<Group, u64>::new());
    while let Some(row) = rows.next()? {
        read += 1;
        let (due, expired, contacts): (i64, bool, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
        if expired || contacts == 0 {
            continue;
        }
        let later = due > at.0 && due < Timestamp::MAX.0;
        let due = if later { at + (due - at.0 + ALIKE_MS / 2) / ALIKE_MS * ALIKE_MS } else { at };
        *found.entry(Group { contacts, round: row.get(0)?, due, leads: 0 }).or_default() += 1;
    }
    let each = all as f64 / read.max(1) as f64;
    for (group, leads) in found {
        *groups.entry(group).or_default() += leads as f64 * each;
    }
    Ok(read)
}
