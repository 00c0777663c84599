//! Runs: when a source is due, how a run begins, how it fails, what it leaves to read.

use campanile_domain::ids::{SourceId, SourceKey, SourceRunId, TenantKey};
use campanile_domain::importer::RejectedRecord;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::setback;
use campanile_domain::ports::store::{
    DueSource, InstanceStatus, Listed, Page, SourceCounts, SourceError, SourceRow, SourceRun, SourceTurn, StoreError,
};
use campanile_domain::region::region_of_zone;
use campanile_domain::source::KEPT_REJECTS;
use campanile_domain::time::Timestamp;
use rand_core::Rng;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::source;
use crate::sqlite::failures;
use crate::sqlite::fault::{Done, Fault, not_found};
use crate::sqlite::instances;
use crate::sqlite::op::{About, Op};
use crate::sqlite::page;
use crate::sqlite::plugins::state;
use crate::sqlite::scope::{self, Cache, Scope};

/// Runs of a source that are kept with their rejected records.
const KEPT_RUNS: i64 = 50;

/// A run that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub key: i64,
    pub id: SourceRunId,
    pub settling: u8,
    pub counts: SourceCounts,
}

impl Running {
    /// The one of a source that a step names.
    ///
    /// # Errors
    /// It was stopped, or the source is not active any more.
    pub(super) fn expect(op: &Op<'_>, source: &SourceRow, key: i64) -> Done<Self> {
        let found = Self::of(op.db, source.key)?.filter(|running| running.key == key);
        found.filter(|_| source.status == InstanceStatus::Active).ok_or(Fault::Store(StoreError::Stale))
    }

    fn of(db: &Connection, source: SourceKey) -> Done<Option<Self>> {
        let mut statement = db.prepare_cached(
            "SELECT id, public_id, settling, counts FROM source_run WHERE source = ?1 AND status = 'running'",
        )?;
        let mut rows = statement.query([source.0])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let counts = serde_json::from_str(&row.get::<_, String>(3)?)?;
        let id = SourceRunId::from_bytes(row.get(1)?);
        Ok(Some(Self { key: row.get(0)?, id, settling: row.get(2)?, counts }))
    }

    /// Writes how far it is.
    pub(super) fn save(&self, op: &Op<'_>) -> Done<()> {
        op.db.prepare_cached("UPDATE source_run SET settling = ?2, counts = ?3 WHERE id = ?1")?.execute(params![
            self.key,
            self.settling,
            serde_json::to_string(&self.counts)?
        ])?;
        Ok(())
    }

    /// Ends it.
    pub(super) fn end(&self, op: &mut Op<'_>, source: &SourceRow, error: Option<&SourceError>) -> Done<()> {
        let status = if error.is_some() { "failed" } else { "finished" };
        let text = error.map(serde_json::to_string).transpose()?;
        op.db
            .prepare_cached(
                "UPDATE source_run SET status = ?2, error = ?3, finished_at = ?4, counts = ?5 WHERE id = ?1",
            )?
            .execute(params![self.key, status, text, op.now().0, serde_json::to_string(&self.counts)?])?;
        let about = About { campaign: Some(source.campaign_key.0), ..About::default() };
        let kind = if error.is_some() { "source.failed" } else { "source.run_finished" };
        let data = serde_json::json!({
            "id": source.id, "run": self.id, "status": status, "counts": self.counts, "error": error,
        });
        op.event(source.tenant, kind, about, data.to_string());
        Ok(())
    }

    /// Keeps why a record cannot be called, as long as there are not too many.
    pub(super) fn reject(&mut self, op: &Op<'_>, record: &RejectedRecord) -> Done<()> {
        self.counts.rejected += 1;
        // A push has no run to keep them with.
        if self.counts.rejected > KEPT_REJECTS || self.key == 0 {
            return Ok(());
        }
        let RejectedRecord { external_id, field, code, message } = record;
        op.db
            .prepare_cached(
                "INSERT OR IGNORE INTO source_reject (run, n, external_id, field, code, message)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![self.key, self.counts.rejected as i64, external_id, field, code, message])?;
        Ok(())
    }
}

/// The next to be asked, by time; `each` of a tenant, so that one with many sources leaves room for others.
pub(crate) fn due(db: &Connection, cache: &mut Cache, each: u32, limit: u32) -> Done<Vec<DueSource>> {
    let mut statement = db.prepare_cached(
        "SELECT id, tenant, next_at, version FROM (
           SELECT s.id, s.tenant, s.next_at, t.version,
                  row_number() OVER (PARTITION BY s.tenant ORDER BY s.next_at, s.id) AS place
           FROM source s JOIN tenant t ON t.id = s.tenant
           WHERE s.status = 'active' AND s.deleted_at IS NULL)
         WHERE place <= ?1 ORDER BY next_at, id",
    )?;
    let mut rows = statement.query([each])?;
    let mut found = Vec::new();
    // Suspended tenants take no room in the limit.
    while let Some(row) = rows.next()?
        && found.len() < limit as usize
    {
        let tenant: i64 = row.get(1)?;
        if !scope::terms(db, cache, (tenant, row.get(3)?))?.suspended {
            let at = Timestamp(row.get(2)?);
            found.push(DueSource { key: SourceKey(row.get(0)?), tenant: TenantKey(tenant), at });
        }
    }
    Ok(found)
}

/// Begins a run, or goes on with the one that is under way.
pub(crate) fn turn(op: &mut Op<'_>, key: SourceKey) -> Done<Option<SourceTurn>> {
    let source = match source::by_key(op.db, key) {
        Ok(source) if source.status == InstanceStatus::Active => source,
        Ok(_) | Err(Fault::Store(StoreError::NotFound(_))) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let running = match Running::of(op.db, key)? {
        Some(running) => running,
        None => begin(op, &source)?,
    };
    let cursor =
        op.db.prepare_cached("SELECT cursor FROM source WHERE id = ?1")?.query_row([key.0], |row| row.get(0))?;
    let kept = state::read(op.db, source.tenant, &source.id)?;
    let region = region(op.db, op.cache, &source)?;
    Ok(Some(SourceTurn { source, run: running.key, cursor, kept, region, settling: running.settling > 0 }))
}

/// How national numbers are read: the source's country, else the one of the campaign's zone.
pub(super) fn region(
    db: &Connection,
    cache: &mut Cache,
    source: &SourceRow,
) -> Done<Option<campanile_domain::region::Region>> {
    if source.default_country.is_some() {
        return Ok(source.default_country);
    }
    Ok(region_of_zone(Scope::load(db, cache, source.campaign_key)?.plan.zone.name()))
}

fn begin(op: &mut Op<'_>, source: &SourceRow) -> Done<Running> {
    let id = SourceRunId::mint(op.ctx.now, &mut op.rng);
    let counts = SourceCounts::default();
    op.db
        .prepare_cached(
            "INSERT INTO source_run (public_id, source, status, counts, started_at) VALUES (?1, ?2, 'running', ?3, ?4)",
        )?
        .execute(params![id.to_bytes(), source.key.0, serde_json::to_string(&counts)?, op.now().0])?;
    let key = op.db.last_insert_rowid();
    let old = "SELECT id FROM source_run WHERE source = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2";
    for sql in [
        format!("DELETE FROM source_reject WHERE run IN ({old})"),
        format!("DELETE FROM source_run WHERE id IN ({old})"),
    ] {
        op.db.prepare_cached(&sql)?.execute(params![source.key.0, KEPT_RUNS])?;
    }
    Ok(Running { key, id, settling: 0, counts })
}

/// Stops the run that is under way, if there is one: somebody paused or changed the source.
pub(super) fn stop(op: &Op<'_>, source: SourceKey) -> Done<()> {
    op.db
        .prepare_cached(
            "UPDATE source_run SET status = 'stopped', finished_at = ?2 WHERE source = ?1 AND status = 'running'",
        )?
        .execute(params![source.0, op.now().0])?;
    Ok(())
}

/// What a failure does to a source beyond its run: it waits for a person, is paused, or goes on.
pub(super) fn weigh(op: &mut Op<'_>, source: &SourceRow, failure: &PluginFailure) -> Done<()> {
    let verdict = instances::verdict(op, (failures::SOURCE, source.key.0), ("source", &source.plugin), failure)?;
    if let Some((status, why)) = verdict {
        // A push may have failed while a run is under way.
        stop(op, source.key)?;
        source::set(op, source.key, status, &why)?;
    }
    Ok(())
}

/// A run failed.
pub(crate) fn fail(op: &mut Op<'_>, key: SourceKey, run: i64, failure: &PluginFailure) -> Done<SourceRow> {
    let source = source::by_key(op.db, key)?;
    let running = Running::expect(op, &source, run)?;
    let next = setback::next_step(&failure.code, "source");
    let error = SourceError { code: failure.code.clone(), message: failure.message.clone(), next };
    running.end(op, &source, Some(&error))?;
    let failures = source.failures_in_a_row.saturating_add(1);
    let jitter = (op.rng.next_u32() as f64) / f64::from(u32::MAX);
    let wait = setback::back_off_ms(failures, failure.retry_after_ms, jitter);
    op.db.prepare_cached("UPDATE source SET failures = ?2, next_at = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        failures,
        (op.now() + wait).0
    ])?;
    weigh(op, &source, failure)?;
    source::by_key(op.db, key)
}

fn read(row: &Row<'_>) -> Done<SourceRun> {
    let (started, finished): (i64, Option<i64>) = (row.get(3)?, row.get(4)?);
    let error: Option<String> = row.get(6)?;
    Ok(SourceRun {
        id: SourceRunId::from_bytes(row.get(1)?),
        status: row.get(2)?,
        started_at: Timestamp(started),
        finished_at: finished.map(Timestamp),
        duration_ms: finished.map(|finished| finished - started),
        counts: serde_json::from_str(&row.get::<_, String>(5)?)?,
        error: error.map(|text| serde_json::from_str(&text)).transpose()?,
    })
}

/// Of a source, newest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey, id: SourceId, asked: &Page) -> Done<Listed<SourceRun>> {
    let source = source::of_tenant(db, tenant, id)?;
    let before = page::after(asked, "runs", i64::MAX)?;
    let mut statement = db.prepare_cached(
        "SELECT id, public_id, status, started_at, finished_at, counts, error FROM source_run
         WHERE source = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let mut rows = statement.query(params![source.key.0, before, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, read(row)?));
    }
    Ok(page::cut(found, asked, "runs"))
}

/// What a run rejected.
pub(crate) fn rejects(db: &Connection, tenant: TenantKey, id: SourceId, run: SourceRunId) -> Done<Vec<RejectedRecord>> {
    let source = source::of_tenant(db, tenant, id)?;
    let key: Option<i64> = db
        .prepare_cached("SELECT id FROM source_run WHERE public_id = ?1 AND source = ?2")?
        .query_row(params![run.to_bytes(), source.key.0], |row| row.get(0))
        .optional()?;
    let Some(key) = key else { return not_found("run") };
    let found = db
        .prepare_cached("SELECT external_id, field, code, message FROM source_reject WHERE run = ?1 ORDER BY n")?
        .query_map([key], |row| {
            Ok(RejectedRecord { external_id: row.get(0)?, field: row.get(1)?, code: row.get(2)?, message: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
