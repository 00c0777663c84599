//! The calls that wait for an evaluator: how they come here, when they are due, how far they are.

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::evaluation::{TRANSCRIPT_KEPT_MS, TRANSCRIPT_WAIT_MS};
use campanile_domain::ids::{AttemptKey, CampaignId, TenantKey};
use campanile_domain::ports::store::{DueEvaluation, EvaluationState};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Determinations;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::AttemptRow;
use crate::sqlite::scope::{self, Cache, Scope};

/// A call that is not over is not due.
const NEVER: i64 = i64::MAX;

/// Whether the campaign has somebody to ask, and something to be asked.
pub(crate) fn has_evaluators(scope: &Scope) -> bool {
    !scope.plan.config.evaluators.is_empty() && !scope.plan.assistant.variables.is_empty()
}

/// Whether every evaluator was asked about a call.
pub(crate) fn is_done(db: &Connection, attempt: AttemptKey) -> Done<bool> {
    let done = db
        .prepare_cached("SELECT done_at IS NOT NULL FROM evaluation WHERE attempt = ?1")?
        .query_row([attempt.0], |row| row.get(0))
        .optional()?;
    Ok(done.unwrap_or(false))
}

/// The call is over and waits. It is due at once where its transcript came, else when that was waited for.
pub(crate) fn enter(op: &Op<'_>, scope: &Scope, attempt: &AttemptRow) -> Done<()> {
    if !has_evaluators(scope) {
        return Ok(());
    }
    let soon = op.now().0 + TRANSCRIPT_KEPT_MS;
    let later = attempt.ended_at.unwrap_or(op.now()).0 + TRANSCRIPT_WAIT_MS;
    op.db
        .prepare_cached(
            "INSERT INTO evaluation (attempt, tenant, campaign, due) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (attempt) DO UPDATE SET due = CASE WHEN said THEN ?5 ELSE ?4 END WHERE due = ?6",
        )?
        .execute(params![attempt.key.0, attempt.tenant.0, attempt.campaign.0, later, soon, NEVER])?;
    Ok(())
}

/// What waited is settled without it.
pub(crate) fn close(op: &Op<'_>, attempt: AttemptKey) -> Done<()> {
    op.db
        .prepare_cached("UPDATE evaluation SET done_at = ?2 WHERE attempt = ?1 AND done_at IS NULL AND due < ?3")?
        .execute(params![attempt.0, op.now().0, NEVER])?;
    Ok(())
}

/// A transcript came, early or late: a call that waits is due, and one that was read without it is read again for what is
/// still open.
pub(crate) fn said(op: &mut Op<'_>, attempt: AttemptKey) -> Done<()> {
    let attempt = AttemptRow::load(op, attempt)?;
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    if !has_evaluators(&scope) {
        return Ok(());
    }
    let over = matches!(attempt.state, AttemptState::Ended(_));
    if over && attempt.state != AttemptState::Ended(Outcome::Answered) {
        return Ok(());
    }
    let soon = op.now().0 + TRANSCRIPT_KEPT_MS;
    let open = match &attempt.variables {
        Some(text) => {
            let held: Determinations = serde_json::from_str(text)?;
            held.open(&scope.plan.assistant.variables).next().is_some()
        }
        None => true,
    };
    let due = if over { soon } else { NEVER };
    op.db
        .prepare_cached(
            "INSERT INTO evaluation (attempt, tenant, campaign, due, said, done_at)
             VALUES (?1, ?2, ?3, ?4, 1, CASE WHEN ?5 THEN NULL ELSE ?6 END)
             ON CONFLICT (attempt) DO UPDATE SET said = 1, due = ?4,
               next = CASE WHEN done_at IS NOT NULL AND ?5 THEN 0 ELSE next END,
               done_at = CASE WHEN ?5 THEN NULL ELSE done_at END",
        )?
        .execute(params![attempt.key.0, attempt.tenant.0, attempt.campaign.0, due, open, op.now().0])?;
    Ok(())
}

/// Who is next: those that are due, fresh calls before calls that are read anew, then those that will be. At most `each` of
/// either kind of a tenant, so that a long line of one leaves room for others, and a suspended one takes none.
pub(crate) fn due(
    db: &Connection,
    cache: &mut Cache,
    now: Timestamp,
    (each, limit): (u32, u32),
) -> Done<Vec<DueEvaluation>> {
    // From tenant to tenant by the index: what it costs depends on how many have a line, not on how long the lines are.
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE waiting (tenant) AS (
           SELECT min(tenant) FROM evaluation WHERE done_at IS NULL
           UNION ALL
           SELECT (SELECT min(e.tenant) FROM evaluation e WHERE e.done_at IS NULL AND e.tenant > w.tenant)
           FROM waiting w WHERE w.tenant IS NOT NULL),
         kind (again) AS (VALUES (0), (1))
         SELECT e.attempt, e.tenant, t.version, e.due
         FROM waiting w CROSS JOIN kind k JOIN tenant t ON t.id = w.tenant
         JOIN evaluation e ON e.attempt IN (
           SELECT f.attempt FROM evaluation f
           WHERE f.tenant = w.tenant AND f.again = k.again AND f.done_at IS NULL AND f.due < ?1
           ORDER BY f.due, f.attempt LIMIT ?2)
         ORDER BY e.due > ?3, CASE WHEN e.due > ?3 THEN 0 ELSE e.again END, e.due, e.attempt",
    )?;
    let mut rows = statement.query(params![NEVER, each, now.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()?
        && found.len() < limit as usize
    {
        let tenant: i64 = row.get(1)?;
        if !scope::terms(db, cache, (tenant, row.get(2)?))?.suspended {
            let (attempt, at) = (AttemptKey(row.get(0)?), Timestamp(row.get(3)?));
            found.push(DueEvaluation { attempt, tenant: TenantKey(tenant), at });
        }
    }
    Ok(found)
}

/// It is asked again later.
pub(crate) fn put_off(op: &mut Op<'_>, attempt: AttemptKey, at: Timestamp) -> Done<()> {
    op.db
        .prepare_cached("UPDATE evaluation SET due = ?2 WHERE attempt = ?1 AND done_at IS NULL")?
        .execute(params![attempt.0, at.0])?;
    Ok(())
}

/// What failed is asked again at once.
pub(crate) fn retry(op: &mut Op<'_>) -> Done<u64> {
    let changed = op
        .db
        .prepare_cached(
            "UPDATE evaluation SET due = ?2, failures = 0 WHERE tenant = ?1 AND done_at IS NULL AND failures > 0",
        )?
        .execute(params![op.tenant(), op.now().0])?;
    Ok(changed as u64)
}

/// How far one is.
pub(crate) fn state(db: &Connection, tenant: TenantKey, attempt: AttemptKey) -> Done<Option<EvaluationState>> {
    let mut statement = db.prepare_cached(
        "SELECT done_at, due, failures, error, cost, currency FROM evaluation WHERE attempt = ?1 AND tenant = ?2",
    )?;
    let mut rows = statement.query(params![attempt.0, tenant.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let done = row.get::<_, Option<i64>>(0)?.is_some();
    let due: i64 = row.get(1)?;
    let (error, currency): (Option<String>, Option<String>) = (row.get(3)?, row.get(5)?);
    Ok(Some(EvaluationState {
        done,
        next_try_at: (!done && due < NEVER).then_some(Timestamp(due)),
        failures: row.get(2)?,
        error: error.map(|text| serde_json::from_str(&text)).transpose()?,
        cost_micros: row.get(4)?,
        cost_currency: currency,
    }))
}

/// How many of a campaign wait.
pub(crate) fn count(db: &Connection, tenant: TenantKey, id: CampaignId) -> Done<u64> {
    let key = campaign::key_of(db, tenant, id)?;
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM evaluation WHERE campaign = ?1 AND done_at IS NULL AND due < ?2")?
        .query_row(params![key.0, NEVER], |row| row.get(0))?;
    Ok(count as u64)
}
