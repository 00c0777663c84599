//! Campaigns in progress that cannot call.

use campanile_domain::gate::{Gate, Verdict};
use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::stall::{Seen, Stall, needs_a_person};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::sqlite::dialling::{claim, queue};
use crate::sqlite::fault::{Done, Fault, broken};
use crate::sqlite::op::{About, Op};
use crate::sqlite::scope::{Cache, Scope};

/// Those in progress (1) with leads that have not ended. The index `campaign_live` has 1 and 2, and is found by naming both.
pub(super) fn watched(db: &Connection) -> Done<Vec<(TenantKey, CampaignKey)>> {
    let found = db
        .prepare_cached(
            "SELECT tenant, id FROM campaign WHERE state IN (1, 2) AND state = 1 AND deleted_at IS NULL AND EXISTS (
               SELECT 1 FROM lead_count WHERE campaign = campaign.id AND state < 20 AND n > 0) ORDER BY id",
        )?
        .query_map([], |row| Ok((TenantKey(row.get(0)?), CampaignKey(row.get(1)?))))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// The stall as it was at the last look, and what the next one makes of it; `None`: nothing changed.
pub(super) fn look(
    db: &Connection,
    cache: &mut Cache,
    campaign: CampaignKey,
    gateway_healthy: bool,
    now: Timestamp,
) -> Done<Option<(Option<Stall>, bool)>> {
    let before = read(db, campaign)?;
    let scope = Scope::load(db, cache, campaign)?;
    let (after, tell) = Stall::after(before, seen(db, &scope, gateway_healthy, now)?, now);
    Ok((after != before).then_some((after, tell)))
}

fn read(db: &Connection, campaign: CampaignKey) -> Done<Option<Stall>> {
    let (gate, since, told): (Option<u8>, Option<i64>, bool) = db
        .prepare_cached("SELECT stalled_gate, stalled_since, stalled_told FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let Some((gate, since)) = gate.zip(since) else { return Ok(None) };
    let gate = Gate::from_number(gate).ok_or_else(|| broken(format!("{gate} is no gate")))?;
    Ok(Some(Stall { gate, since: Timestamp(since), told }))
}

fn seen(db: &Connection, scope: &Scope, gateway_healthy: bool, now: Timestamp) -> Done<Seen> {
    let hours = &scope.plan.config.calling_hours;
    if !hours.allowed(now, &scope.plan.zone) {
        return Ok(Seen::Quiet);
    }
    // A quarantine may end at an instant.
    let by_itself = matches!(scope.held().at(now), Verdict::Until(_));
    let somebody = || Ok::<_, Fault>(queue::due(db, scope.key.0, now, 1)?.len() > 0);
    match claim::closed(scope, gateway_healthy, now) {
        Some(gate) if needs_a_person(gate) && !by_itself && somebody()? => Ok(Seen::Shut(gate)),
        Some(_) => Ok(Seen::Quiet),
        None if somebody()? || is_calling(db, scope.key)? => Ok(Seen::Open),
        // Nobody is due: they wait for their time, or for a number to call from that nobody has.
        None if without_caller_id(db, scope.key)? => Ok(Seen::Shut(Gate::CallerId)),
        None => Ok(Seen::Open),
    }
}

fn is_calling(db: &Connection, campaign: CampaignKey) -> Done<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM lead_count WHERE campaign = ?1 AND state = 10 AND n > 0)";
    Ok(db.prepare_cached(sql)?.query_row([campaign.0], |row| row.get(0))?)
}

/// Leads wait for a caller id, and none comes free by itself.
fn without_caller_id(db: &Connection, campaign: CampaignKey) -> Done<bool> {
    let first: Option<i64> = db
        .prepare_cached("SELECT min(due_at) FROM lead WHERE campaign = ?1 AND gate = ?2 AND gate <> 0")?
        .query_row(params![campaign.0, Gate::CallerId.number()], |row| row.get(0))?;
    Ok(first == Some(Timestamp::MAX.0))
}

/// Keeps what a look made of it. Looked at again inside the write: a top-up may have come between.
pub(super) fn keep(op: &mut Op<'_>, campaign: CampaignKey, gateway_healthy: bool) -> Done<Option<Gate>> {
    let now = op.now();
    let Some((stall, tell)) = look(op.db, op.cache, campaign, gateway_healthy, now)? else { return Ok(None) };
    op.db
        .prepare_cached("UPDATE campaign SET stalled_gate = ?2, stalled_since = ?3, stalled_told = ?4 WHERE id = ?1")?
        .execute(params![
            campaign.0,
            stall.map(|stall| stall.gate.number()),
            stall.map(|stall| stall.since.0),
            stall.is_some_and(|stall| stall.told)
        ])?;
    let Some(stall) = stall.filter(|_| tell) else { return Ok(None) };
    let scope = Scope::load(op.db, op.cache, campaign)?;
    let data = serde_json::json!({ "id": scope.id, "gate": stall.gate, "stalled_since": stall.since });
    let about = About { campaign: Some(campaign.0), ..About::default() };
    op.event(scope.tenant, "campaign.stalled", about, data.to_string());
    Ok(Some(stall.gate))
}
