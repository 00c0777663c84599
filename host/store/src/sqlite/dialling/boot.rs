//! What the engine begins with, and its snapshots later.
//!
//! An intent that is found at start was committed by a process that is gone: nobody knows whether the phone rang, so it
//! is unknown from now on and never dialled again by itself.

use campanile_domain::attempt::AttemptState;
use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::lead::{LeadState, Phase};
use campanile_domain::money::Micros;
use campanile_domain::policy::Trigger;
use campanile_domain::ports::store::{Boot, CampaignSnapshot, TenantSnapshot, Unfinished};
use campanile_domain::time::MINUTE_MS;
use rusqlite::{Connection, OptionalExtension};

use super::decide;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::row::{ATTEMPT, AttemptRow, LEAD, LeadRow};
use crate::sqlite::scope::{self, Cache, Scope};

/// Reads everything, after what a crash left is unknown.
pub(crate) fn boot(op: &mut Op<'_>) -> Done<Boot> {
    let mut open = open_attempts(op)?;
    for attempt in open.iter_mut().filter(|attempt| attempt.state == AttemptState::Intent) {
        let now = op.now();
        attempt.keep_detail(op, "the host stopped before it knew what came of the dial")?;
        attempt.go_on(op, AttemptState::Unknown, now)?;
    }
    op.flush()?;
    let unfinished = unfinished(op)?;
    Ok(Boot {
        tenants: tenants(op.db, op.cache)?,
        campaigns: campaigns(op)?,
        open: open.iter().map(AttemptRow::open).collect(),
        unfinished,
    })
}

fn open_attempts(op: &Op<'_>) -> Done<Vec<AttemptRow>> {
    let mut statement =
        op.db.prepare_cached(&format!("SELECT {ATTEMPT} FROM attempt a WHERE a.state < 10 ORDER BY a.id"))?;
    let mut rows = statement.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        open.push(AttemptRow::read(row)?);
    }
    Ok(open)
}

fn campaigns(op: &mut Op<'_>) -> Done<Vec<CampaignSnapshot>> {
    let keys: Vec<i64> = op
        .db
        .prepare_cached(
            "SELECT id FROM campaign c WHERE state IN (1, 2)
             AND (state = 1 OR EXISTS (SELECT 1 FROM lead_count n WHERE n.campaign = c.id AND n.state = 10 AND n.n > 0))
             ORDER BY id",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for key in keys {
        let scope = Scope::load(op.db, op.cache, CampaignKey(key))?;
        debug_assert!(matches!(scope.state, CampaignState::InProgress | CampaignState::Paused));
        found.push(scope.snapshot(op.db)?);
    }
    Ok(found)
}

/// Leads between two transactions.
fn unfinished(op: &mut Op<'_>) -> Done<Vec<Unfinished>> {
    let leads = {
        let mut statement = op.db.prepare_cached(&format!(
            "SELECT {LEAD} FROM lead l WHERE l.state IN (12, 13) AND l.state BETWEEN 12 AND 15
               AND NOT EXISTS (SELECT 1 FROM campaign c WHERE c.id = l.campaign AND c.deleted_at IS NOT NULL)
             ORDER BY l.id"
        ))?;
        let mut rows = statement.query([])?;
        let mut leads = Vec::new();
        while let Some(row) = rows.next()? {
            leads.push(LeadRow::read(row, 0)?);
        }
        leads
    };
    let mut found = Vec::new();
    for lead in leads {
        let scope = Scope::load(op.db, op.cache, lead.campaign)?;
        if lead.state == LeadState::Processing(Phase::Deciding) {
            let asked = decide::again(op, &scope, &lead, Trigger::RetriedDecision)?;
            found.extend(asked.map(|asked| Unfinished::Decide(Box::new(asked))));
            continue;
        }
        let Some(attempt) = lead.last_attempt else { continue };
        let ended = AttemptRow::load(op, attempt)?.ended_at.unwrap_or(op.now());
        let waits = i64::from(scope.plan.config.evaluation_timeout_minutes) * MINUTE_MS;
        found.push(Unfinished::AwaitEvaluation { lead: lead.key, campaign: lead.campaign, deadline: ended + waits });
    }
    Ok(found)
}

/// One campaign's snapshot.
pub(crate) fn snapshot(db: &Connection, cache: &mut Cache, key: CampaignKey) -> Done<CampaignSnapshot> {
    Scope::load(db, cache, key)?.snapshot(db)
}

/// The tenants' snapshots.
pub(crate) fn tenants(db: &Connection, cache: &mut Cache) -> Done<Vec<TenantSnapshot>> {
    let keys: Vec<(i64, i64)> = db
        .prepare_cached("SELECT id, version FROM tenant ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let of = |(key, version)| {
        let terms = scope::terms(db, cache, (key, version))?;
        Ok(TenantSnapshot {
            key: TenantKey(key),
            max_concurrent_calls: terms.limits.max_concurrent_calls,
            calls_per_second: terms.limits.calls_per_second,
            suspended: terms.suspended,
            billed: terms.billing.is_some(),
        })
    };
    keys.into_iter().map(of).collect()
}

/// Whether the evaluation of a lead is still missing.
pub(crate) fn evaluation_missing(db: &Connection, lead: i64) -> Done<bool> {
    let missing = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM lead WHERE id = ?1 AND state = 13)")?
        .query_row([lead], |row| row.get(0))?;
    Ok(missing)
}

/// The balance of a tenant, when it is billed.
pub(crate) fn available(db: &Connection, tenant: TenantKey) -> Done<Option<Micros>> {
    let found: Option<Option<i64>> = db
        .prepare_cached("SELECT CASE WHEN billing IS NULL THEN NULL ELSE available END FROM tenant WHERE id = ?1")?
        .query_row([tenant.0], |row| row.get(0))
        .optional()?;
    match found {
        Some(available) => Ok(available.map(Micros)),
        None => not_found("tenant"),
    }
}
