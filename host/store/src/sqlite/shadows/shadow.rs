//! A shadow's row: begun, stopped, read.

use std::collections::BTreeMap;

use campanile_domain::ids::{CampaignId, TenantKey};
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::Shadow;
use campanile_domain::replay::{Change, Difference};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::sqlite::actor::by;
use crate::sqlite::campaigns::campaign::key_of;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;

/// Begins one in place of the last.
pub(crate) fn start(op: &mut Op<'_>, campaign: CampaignId, policy: &PluginRef, settings: &Value) -> Done<Shadow> {
    let key = key_of(op.db, op.ctx.tenant, campaign)?;
    let (policy, settings) = (policy.to_string(), settings.to_string());
    let known: Option<(i64, String, String, bool)> = op
        .db
        .prepare_cached("SELECT id, policy, settings, stopped_at IS NULL FROM shadow WHERE campaign = ?1")?
        .query_row([key.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    if let Some((last, of, with, runs)) = known {
        if runs && of == policy && with == settings {
            return of_campaign(op.db, op.ctx.tenant, campaign);
        }
        for table in ["shadow_count", "shadow_lead"] {
            op.db.execute(&format!("DELETE FROM {table} WHERE shadow = ?1"), [last])?;
        }
        op.db.execute("DELETE FROM shadow WHERE id = ?1", [last])?;
    }
    op.db
        .prepare_cached(
            "INSERT INTO shadow (tenant, campaign, policy, settings, by, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![op.tenant(), key.0, policy, settings, by(&op.ctx.actor), op.now().0])?;
    op.audit_changes("shadow.start", &campaign, &[policy.to_string()])?;
    of_campaign(op.db, op.ctx.tenant, campaign)
}

/// Stops it.
pub(crate) fn stop(op: &mut Op<'_>, campaign: CampaignId) -> Done<Shadow> {
    let key = key_of(op.db, op.ctx.tenant, campaign)?;
    let stopped = op
        .db
        .prepare_cached("UPDATE shadow SET stopped_at = ?2 WHERE campaign = ?1 AND stopped_at IS NULL")?
        .execute(params![key.0, op.now().0])?;
    if stopped > 0 {
        op.audit("shadow.stop", &campaign)?;
    }
    of_campaign(op.db, op.ctx.tenant, campaign)
}

/// What it came to so far.
pub(crate) fn of_campaign(db: &Connection, tenant: TenantKey, campaign: CampaignId) -> Done<Shadow> {
    let campaign_key = key_of(db, tenant, campaign)?;
    let mut statement = db.prepare_cached(
        "SELECT id, policy, settings, by, since, stopped_at, asked, same, reworded, after_divergence, dropped, diverged
         FROM shadow WHERE campaign = ?1",
    )?;
    let mut rows = statement.query([campaign_key.0])?;
    let Some(row) = rows.next()? else { return not_found("shadow") };
    let key: i64 = row.get(0)?;
    let count = |column| row.get::<_, i64>(column).map(|count| count as u64);
    Ok(Shadow {
        campaign,
        policy: row.get(1)?,
        settings: serde_json::from_str(&row.get::<_, String>(2)?)?,
        by: row.get(3)?,
        since: Timestamp(row.get(4)?),
        stopped_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        asked: count(6)?,
        same: count(7)?,
        reworded: count(8)?,
        after_divergence: count(9)?,
        dropped: count(10)?,
        diverged: count(11)?,
        failed: words(db, key, "failed")?,
        not_compared: words(db, key, "not_compared")?,
        changes: changes(db, key)?,
        leads: leads(db, key)?,
    })
}

fn words(db: &Connection, key: i64, what: &str) -> Done<BTreeMap<String, u64>> {
    let found = db
        .prepare_cached("SELECT word, n FROM shadow_count WHERE shadow = ?1 AND what = ?2 ORDER BY word")?
        .query_map(params![key, what], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

fn changes(db: &Connection, key: i64) -> Done<Vec<Change>> {
    let found = db
        .prepare_cached(
            "SELECT word, other, n FROM shadow_count WHERE shadow = ?1 AND what = 'change' ORDER BY n DESC, word, other",
        )?
        .query_map([key], |row| {
            Ok(Change { from: row.get(0)?, to: row.get(1)?, leads: row.get::<_, i64>(2)? as u64 })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

fn leads(db: &Connection, key: i64) -> Done<Vec<Difference>> {
    let mut statement = db.prepare_cached(
        "SELECT difference FROM shadow_lead WHERE shadow = ?1 AND difference IS NOT NULL ORDER BY place",
    )?;
    let mut rows = statement.query([key])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
    }
    Ok(found)
}
