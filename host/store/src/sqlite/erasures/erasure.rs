//! The row of an erasure: whom it is about while it runs, and how much it came to.

use std::collections::BTreeMap;

use campanile_domain::erasure::{ERASED, Traces};
use campanile_domain::ids::{CallId, ErasureId, ImportId, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{Erasure, ErasureStatus, ImportCleaned, Listed, Page};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::sqlite::actor::by;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::page;
use crate::sqlite::row::{digits, phone};

const COLUMNS: &str = "id, public_id, status, keep_suppressed, erased, by, created_at, finished_at";
/// The list that cursors belong to.
const LIST: &str = "erasures";

/// Begins one. From here on nobody dials the number.
pub(crate) fn begin(op: &mut Op<'_>, number: Phone, keep_suppressed: bool) -> Done<Erasure> {
    refuse_open_calls(op, number)?;
    let id = ErasureId::mint(op.ctx.now, &mut op.rng);
    op.db
        .prepare_cached(
            "INSERT INTO erasure (public_id, tenant, status, keep_suppressed, phone, by, created_at)
             VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id.to_bytes(), op.tenant(), keep_suppressed, digits(number), by(&op.ctx.actor), op.now().0])?;
    trace(op, op.db.last_insert_rowid(), "phone", &digits(number))?;
    // What was said of the number may name the person, and goes.
    op.db
        .prepare_cached(
            "INSERT INTO suppression (tenant, phone, reason, by, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (tenant, phone) DO UPDATE SET reason = excluded.reason",
        )?
        .execute(params![op.tenant(), digits(number), ERASED, by(&op.ctx.actor), op.now().0])?;
    op.audit("erasure.begin", &id)?;
    one(op.db, op.ctx.tenant, id)
}

fn refuse_open_calls(op: &Op<'_>, number: Phone) -> Done<()> {
    let calls: Vec<[u8; 16]> = op
        .db
        .prepare_cached(
            "SELECT a.public_id FROM attempt a INDEXED BY attempt_open_phone WHERE a.tenant = ?1 AND a.state < 10 AND (a.phone = ?2 OR EXISTS (
               SELECT 1 FROM contact c WHERE c.lead = a.lead AND c.phone = ?2)) ORDER BY a.id",
        )?
        .query_map(params![op.tenant(), digits(number)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let [first, ..] = calls.as_slice() else { return Ok(()) };
    let message = format!(
        "{} call(s) with this person are under way, {} among them; wait until they are over, or stop their campaigns, and ask again",
        calls.len(),
        CallId::from_bytes(*first)
    );
    Err(conflict("call_under_way", message))
}

/// Something to be looked for.
pub(super) fn trace(op: &Op<'_>, erasure: i64, kind: &str, value: &impl ToSql) -> Done<()> {
    op.db
        .prepare_cached("INSERT OR IGNORE INTO erasure_trace (erasure, kind, value) VALUES (?1, ?2, ?3)")?
        .execute(params![erasure, kind, value])?;
    Ok(())
}

/// The row of one that runs, and its number; no number once that is forgotten.
pub(super) fn running(db: &Connection, tenant: TenantKey, id: ErasureId) -> Done<(i64, Option<i64>)> {
    db.prepare_cached("SELECT id, phone FROM erasure WHERE public_id = ?1 AND tenant = ?2 AND status = 'running'")?
        .query_row(params![id.to_bytes(), tenant.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .map_or_else(|| not_found("erasure that runs"), Ok)
}

/// The keys of the leads and of the calls that were erased.
pub(super) fn keys(db: &Connection, tenant: TenantKey, id: ErasureId) -> Done<(Vec<i64>, Vec<i64>)> {
    let (key, _) = running(db, tenant, id)?;
    let of = |kind: &str| -> Done<Vec<i64>> {
        let found = db
            .prepare_cached("SELECT value FROM erasure_trace WHERE erasure = ?1 AND kind = ?2 ORDER BY value")?
            .query_map(params![key, kind], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(found)
    };
    Ok((of("lead")?, of("call")?))
}

/// What is looked for in texts.
pub(super) fn traces(db: &Connection, tenant: TenantKey, id: ErasureId) -> Done<Traces> {
    let (key, _) = running(db, tenant, id)?;
    let mut traces = Traces::default();
    let mut statement =
        db.prepare_cached("SELECT kind, value FROM erasure_trace WHERE erasure = ?1 ORDER BY kind, value")?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        match row.get::<_, String>(0)?.as_str() {
            "phone" => traces.phone(phone(row.get(1)?)?),
            "word" => traces.word(row.get::<_, String>(1)?),
            _ => {}
        }
    }
    Ok(traces)
}

/// So much more was erased.
pub(super) fn add(op: &Op<'_>, id: ErasureId, counts: &BTreeMap<&'static str, u64>) -> Done<()> {
    let (key, _) = running(op.db, op.ctx.tenant, id)?;
    let known: String =
        op.db.prepare_cached("SELECT erased FROM erasure WHERE id = ?1")?.query_row([key], |row| row.get(0))?;
    let mut known: BTreeMap<String, u64> = serde_json::from_str(&known)?;
    for (kind, count) in counts.iter().filter(|(_, count)| **count > 0) {
        *known.entry((*kind).to_owned()).or_default() += count;
    }
    op.db
        .prepare_cached("UPDATE erasure SET erased = ?2 WHERE id = ?1")?
        .execute(params![key, serde_json::to_string(&known)?])?;
    Ok(())
}

/// Replaces the documents of an import.
pub(super) fn clean_import(op: &Op<'_>, id: ErasureId, import: ImportId, cleaned: &ImportCleaned) -> Done<()> {
    let ImportCleaned { understood, review, summary, rejects, rows } = cleaned;
    op.db
        .prepare_cached(
            "UPDATE import SET understood = ?3, review = ?4, summary = ?5, rejects = ?6
             WHERE public_id = ?1 AND tenant = ?2",
        )?
        .execute(params![
            import.to_bytes(),
            op.tenant(),
            understood.to_string(),
            review.as_ref().map(ToString::to_string),
            summary.to_string(),
            rejects
        ])?;
    add(op, id, &BTreeMap::from([("import_rows", *rows)]))
}

/// Forgets whom it is about. A number that is not to stay on the list goes now, after the last lead that had it.
pub(super) fn forget(op: &mut Op<'_>, id: ErasureId) -> Done<()> {
    let (key, number) = running(op.db, op.ctx.tenant, id)?;
    let Some(number) = number else { return Ok(()) };
    op.db
        .prepare_cached(
            "DELETE FROM suppression WHERE tenant = ?1 AND phone = ?2
             AND EXISTS (SELECT 1 FROM erasure WHERE id = ?3 AND keep_suppressed = 0)",
        )?
        .execute(params![op.tenant(), number, key])?;
    op.db.prepare_cached("DELETE FROM erasure_trace WHERE erasure = ?1")?.execute([key])?;
    op.db.prepare_cached("UPDATE erasure SET phone = NULL WHERE id = ?1")?.execute([key])?;
    Ok(())
}

/// Nothing is left.
pub(super) fn finish(op: &mut Op<'_>, id: ErasureId) -> Done<Erasure> {
    let (key, _) = running(op.db, op.ctx.tenant, id)?;
    op.db
        .prepare_cached("UPDATE erasure SET status = 'finished', finished_at = ?2 WHERE id = ?1")?
        .execute(params![key, op.now().0])?;
    one(op.db, op.ctx.tenant, id)
}

fn read(row: &Row<'_>) -> Done<(i64, Erasure)> {
    let finished = row.get::<_, String>(2)? == ErasureStatus::Finished.word();
    let erasure = Erasure {
        id: ErasureId::from_bytes(row.get(1)?),
        status: if finished { ErasureStatus::Finished } else { ErasureStatus::Running },
        keep_suppressed: row.get(3)?,
        erased: serde_json::from_str(&row.get::<_, String>(4)?)?,
        by: row.get(5)?,
        created_at: Timestamp(row.get(6)?),
        finished_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    };
    Ok((row.get(0)?, erasure))
}

/// One.
pub(super) fn one(db: &Connection, tenant: TenantKey, id: ErasureId) -> Done<Erasure> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM erasure WHERE public_id = ?1 AND tenant = ?2"))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("erasure"), |row| Ok(read(row)?.1))
}

/// The latest first.
pub(super) fn all(db: &Connection, tenant: TenantKey, asked: &Page) -> Done<Listed<Erasure>> {
    let before = page::after(asked, LIST, i64::MAX)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM erasure WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![tenant.0, before, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(page::cut(found, asked, LIST))
}

/// Those that run.
pub(super) fn open(db: &Connection) -> Done<Vec<(TenantKey, ErasureId)>> {
    let found = db
        .prepare_cached("SELECT tenant, public_id FROM erasure WHERE status = 'running' ORDER BY id")?
        .query_map([], |row| Ok((TenantKey(row.get(0)?), ErasureId::from_bytes(row.get(1)?))))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
