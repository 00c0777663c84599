//! A job's row, from its beginning to its end. An end is final: whoever comes second changes nothing.

use campanile_domain::ids::{JobId, TenantKey};
use campanile_domain::ports::store::{
    Job, JobError, JobProgress, JobState, Listed, MOST_KEPT_JOBS, MOST_RUNNING_JOBS, Page, RESUMED_JOBS,
};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use crate::sqlite::actor::by;
use crate::sqlite::fault::{Done, broken, conflict, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::page;

const COLUMNS: &str = "id, public_id, kind, state, done, total, request, error, by, created_at, finished_at";
/// The list that cursors belong to.
const LIST: &str = "jobs";

fn read(row: &Row<'_>, result: Option<String>) -> Done<Job> {
    let state: String = row.get(3)?;
    let parsed = |text: Option<String>| text.map(|text| serde_json::from_str(&text)).transpose();
    let error: Option<String> = row.get(7)?;
    Ok(Job {
        id: JobId::from_bytes(row.get(1)?),
        kind: row.get(2)?,
        state: JobState::read(&state).ok_or_else(|| broken(format!("{state:?} is no state of a job")))?,
        progress: JobProgress { done: row.get::<_, i64>(4)? as u64, total: row.get::<_, i64>(5)? as u64 },
        request: serde_json::from_str(&row.get::<_, String>(6)?)?,
        result: parsed(result)?,
        error: error.map(|text| serde_json::from_str(&text)).transpose()?,
        by: row.get(8)?,
        created_at: Timestamp(row.get(9)?),
        finished_at: row.get::<_, Option<i64>>(10)?.map(Timestamp),
    })
}

/// One.
pub(crate) fn one(db: &Connection, tenant: TenantKey, id: JobId) -> Done<Job> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS}, result FROM job WHERE public_id = ?1 AND tenant = ?2"))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    let Some(row) = rows.next()? else { return not_found("job") };
    read(row, row.get(11)?)
}

/// The latest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey, asked: &Page) -> Done<Listed<Job>> {
    let after = page::after(asked, LIST, i64::MAX)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM job WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![tenant.0, after, page::limit(asked) + 1])?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        jobs.push((row.get(0)?, read(row, None)?));
    }
    Ok(page::cut(jobs, asked, LIST))
}

/// Begins one, and lets go of the oldest that are over.
pub(crate) fn begin(op: &mut Op<'_>, kind: &'static str, request: &Value) -> Done<Job> {
    let running: i64 = op
        .db
        .prepare_cached("SELECT count(*) FROM job WHERE tenant = ?1 AND state = 'running'")?
        .query_row([op.tenant()], |row| row.get(0))?;
    if running >= MOST_RUNNING_JOBS as i64 {
        let message =
            format!("{running} jobs of this account run already, which is all it may have; wait for one or cancel one");
        return Err(conflict("too_many_jobs", message));
    }
    op.db
        .prepare_cached(
            "DELETE FROM job WHERE state <> 'running' AND id IN (
               SELECT id FROM job WHERE tenant = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![op.tenant(), MOST_KEPT_JOBS as i64 - 1])?;
    let id = JobId::mint(op.ctx.now, &mut op.rng);
    op.db
        .prepare_cached(
            "INSERT INTO job (public_id, tenant, kind, state, request, by, created_at)
             VALUES (?1, ?2, ?3, 'running', ?4, ?5, ?6)",
        )?
        .execute(params![id.to_bytes(), op.tenant(), kind, request.to_string(), by(&op.ctx.actor), op.now().0])?;
    op.audit("job.begin", &id)?;
    one(op.db, op.ctx.tenant, id)
}

/// How far it is; whether it is to go on.
pub(crate) fn progress(op: &mut Op<'_>, id: JobId, progress: JobProgress) -> Done<bool> {
    let moved = op
        .db
        .prepare_cached(
            "UPDATE job SET done = ?3, total = ?4 WHERE public_id = ?1 AND tenant = ?2 AND state = 'running'",
        )?
        .execute(params![id.to_bytes(), op.tenant(), progress.done as i64, progress.total as i64])?;
    Ok(moved == 1)
}

fn over(op: &Op<'_>, id: JobId, state: JobState, result: Option<String>, error: Option<String>) -> Done<()> {
    op.db
        .prepare_cached(
            "UPDATE job SET state = ?3, result = coalesce(?4, result), error = ?5, finished_at = ?6
             WHERE public_id = ?1 AND tenant = ?2 AND state = 'running'",
        )?
        .execute(params![id.to_bytes(), op.tenant(), state.word(), result, error, op.now().0])?;
    Ok(())
}

/// Ends it, unless it is over.
pub(crate) fn end(op: &mut Op<'_>, id: JobId, result: &Result<Value, JobError>) -> Done<Job> {
    match result {
        Ok(result) => over(op, id, JobState::Finished, Some(result.to_string()), None)?,
        Err(error) => over(op, id, JobState::Failed, None, Some(serde_json::to_string(error)?))?,
    }
    one(op.db, op.ctx.tenant, id)
}

/// Cancels it, unless it is over.
pub(crate) fn cancel(op: &mut Op<'_>, id: JobId) -> Done<Job> {
    let known = one(op.db, op.ctx.tenant, id)?;
    if known.state != JobState::Running {
        return Ok(known);
    }
    over(op, id, JobState::Cancelled, None, None)?;
    op.audit("job.cancel", &id)?;
    one(op.db, op.ctx.tenant, id)
}

/// Whatever runs by the rows runs nowhere.
pub(crate) fn interrupt(op: &mut Op<'_>) -> Done<u64> {
    let message = "the host stopped during this job and nothing of its result was kept; ask for it again";
    let error = JobError { code: "interrupted".into(), message: message.into() };
    let count = op
        .db
        .prepare_cached(
            "UPDATE job SET state = 'failed', error = ?1, finished_at = ?2 WHERE state = 'running'
               AND kind NOT IN (SELECT value FROM json_each(?3))",
        )?
        .execute(params![serde_json::to_string(&error)?, op.now().0, serde_json::to_string(&RESUMED_JOBS)?])?;
    Ok(count as u64)
}

/// Those that the next host goes on with.
pub(crate) fn unfinished(db: &Connection) -> Done<Vec<(TenantKey, Job)>> {
    let sql = format!(
        "SELECT {COLUMNS}, tenant FROM job
         WHERE state = 'running' AND kind IN (SELECT value FROM json_each(?1)) ORDER BY id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([serde_json::to_string(&RESUMED_JOBS)?])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((TenantKey(row.get(11)?), read(row, None)?));
    }
    Ok(found)
}
