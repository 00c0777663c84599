//! The row of an import, and its way from status to status.

use campanile_domain::ids::{CampaignId, ImportId, TenantKey};
use campanile_domain::ports::store::{
    Existing, Import, ImportFilter, ImportStatus, ImportStep, Listed, NewImport, Page,
};
use campanile_domain::time::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::{Done, broken, conflict, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::page;

const COLUMNS: &str = "i.id, i.public_id, c.public_id, i.file_name, i.bytes, i.sha256, i.status, i.options, i.existing,
    i.understood, i.review, i.rows, i.created, i.updated, i.duplicates, i.summary, i.removed, i.created_at, i.finished_at";
/// Of a campaign that was deleted there are none.
const FROM: &str = "FROM import i JOIN campaign c ON c.id = i.campaign AND c.deleted_at IS NULL";

/// Keeps one whose file is here.
pub(crate) fn add(op: &mut Op<'_>, new: &NewImport) -> Done<Import> {
    let campaign = campaign::key_of(op.db, op.ctx.tenant, new.campaign)?;
    op.db
        .prepare_cached(
            "INSERT INTO import (public_id, tenant, campaign, file_name, bytes, sha256, status, options, existing,
                                 understood, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            new.id.to_bytes(),
            op.tenant(),
            campaign.0,
            new.file_name,
            new.bytes as i64,
            new.sha256,
            ImportStatus::Uploaded.word(),
            new.options.to_string(),
            word(new.existing),
            new.understood.to_string(),
            op.now().0,
        ])?;
    op.audit("import.upload", &new.id)?;
    one(op.db, op.ctx.tenant, new.id)
}

const fn word(existing: Existing) -> &'static str {
    match existing {
        Existing::Skip => "skip",
        Existing::Update => "update",
    }
}

/// Moves it on.
pub(crate) fn step(op: &mut Op<'_>, id: ImportId, step: &ImportStep) -> Done<Import> {
    let (key, status) = status(op.db, op.ctx.tenant, id)?;
    may(status, step.to)?;
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(serde_json::Value::to_string);
    op.db
        .prepare_cached(
            "UPDATE import SET status = ?2, options = coalesce(?3, options), existing = coalesce(?4, existing),
                    understood = coalesce(?5, understood), review = coalesce(?6, review) WHERE id = ?1",
        )?
        .execute(params![
            key,
            step.to.word(),
            json(&step.options),
            step.existing.map(word),
            json(&step.understood),
            json(&step.review),
        ])?;
    op.audit(&format!("import.{}", step.to.word()), &id)?;
    one(op.db, op.ctx.tenant, id)
}

/// Its row and status.
pub(super) fn status(db: &Connection, tenant: TenantKey, id: ImportId) -> Done<(i64, ImportStatus)> {
    let found: Option<(i64, String)> = db
        .prepare_cached(&format!("SELECT i.id, i.status {FROM} WHERE i.public_id = ?1 AND i.tenant = ?2"))?
        .query_row(params![id.to_bytes(), tenant.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => not_found("import"),
        Some((key, word)) => Ok((key, read_status(&word)?)),
    }
}

fn read_status(word: &str) -> Done<ImportStatus> {
    ImportStatus::of_word(word).ok_or_else(|| broken(format!("no import is {word:?}")))
}

/// Refuses a step that does not exist.
pub(super) fn may(from: ImportStatus, to: ImportStatus) -> Done<()> {
    if from.may_become(to) {
        return Ok(());
    }
    let possible: Vec<_> =
        ImportStatus::ALL.into_iter().filter(|next| from.may_become(*next)).map(ImportStatus::word).collect();
    let next = if possible.is_empty() { "nothing else".to_owned() } else { possible.join(" or ") };
    let message = format!("the import is {} and cannot become {}; it can become {next}", from.word(), to.word());
    Err(conflict("import_status", message))
}

/// The rows that a review would reject.
pub(crate) fn keep_rejects(op: &mut Op<'_>, id: ImportId, rejects: &[u8]) -> Done<()> {
    let (key, _) = status(op.db, op.ctx.tenant, id)?;
    op.db.prepare_cached("UPDATE import SET rejects = ?2 WHERE id = ?1")?.execute(params![key, rejects])?;
    Ok(())
}

/// Forgets one of which nothing is in the campaign.
pub(crate) fn discard(op: &mut Op<'_>, id: ImportId) -> Done<()> {
    let (key, status) = status(op.db, op.ctx.tenant, id)?;
    if !status.is_before() {
        let message = format!(
            "the import is {}; only one that was not confirmed can be discarded; undo it to take its leads out",
            status.word()
        );
        return Err(conflict("import_status", message));
    }
    op.db.prepare_cached("DELETE FROM import WHERE id = ?1")?.execute([key])?;
    op.audit("import.discard", &id)
}

fn read(row: &Row<'_>) -> Done<(i64, Import)> {
    let json =
        |column: usize| Ok::<_, crate::sqlite::fault::Fault>(serde_json::from_str(&row.get::<_, String>(column)?)?);
    let count = |column: usize| row.get::<_, i64>(column).map(|count| count as u64);
    let review: Option<String> = row.get(10)?;
    let existing: String = row.get(8)?;
    let import = Import {
        id: ImportId::from_bytes(row.get(1)?),
        campaign: CampaignId::from_bytes(row.get(2)?),
        file_name: row.get(3)?,
        bytes: count(4)?,
        sha256: row.get(5)?,
        status: read_status(&row.get::<_, String>(6)?)?,
        options: json(7)?,
        existing: if existing == word(Existing::Update) { Existing::Update } else { Existing::Skip },
        understood: json(9)?,
        review: review.as_deref().map(serde_json::from_str).transpose()?,
        rows: count(11)?,
        created: count(12)?,
        updated: count(13)?,
        duplicates: count(14)?,
        summary: json(15)?,
        removed: count(16)?,
        created_at: Timestamp(row.get(17)?),
        finished_at: row.get::<_, Option<i64>>(18)?.map(Timestamp),
    };
    Ok((row.get(0)?, import))
}

/// One.
pub(crate) fn one(db: &Connection, tenant: TenantKey, id: ImportId) -> Done<Import> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE i.public_id = ?1 AND i.tenant = ?2"))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("import"), |row| Ok(read(row)?.1))
}

/// Newest first.
pub(crate) fn list(db: &Connection, tenant: TenantKey, filter: &ImportFilter, asked: &Page) -> Done<Listed<Import>> {
    let mut sql = format!("SELECT {COLUMNS} {FROM} WHERE i.tenant = ?1 AND i.id < ?2");
    let mut values = vec![Sql::Integer(tenant.0), Sql::Integer(page::after(asked, "imports", i64::MAX)?)];
    if let Some(campaign) = filter.campaign {
        values.push(Sql::Blob(campaign.to_bytes().to_vec()));
        sql += &format!(" AND c.public_id = ?{}", values.len());
    }
    if let Some(status) = filter.status {
        values.push(Sql::Text(status.word().to_owned()));
        sql += &format!(" AND i.status = ?{}", values.len());
    }
    values.push(Sql::Integer(i64::from(page::limit(asked) + 1)));
    sql += &format!(" ORDER BY i.id DESC LIMIT ?{}", values.len());
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(page::cut(found, asked, "imports"))
}

/// Those that still need their files or a host at work.
pub(crate) fn open(db: &Connection) -> Done<Vec<(TenantKey, Import)>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS}, i.tenant {FROM} WHERE i.status NOT IN ('finished', 'undone') ORDER BY i.id"
    ))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((TenantKey(row.get(19)?), read(row)?.1));
    }
    Ok(found)
}

/// The rejected rows' file.
pub(crate) fn rejects(db: &Connection, tenant: TenantKey, id: ImportId) -> Done<Vec<u8>> {
    db.prepare_cached(&format!("SELECT i.rejects {FROM} WHERE i.public_id = ?1 AND i.tenant = ?2"))?
        .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0))
        .optional()?
        .map_or_else(|| not_found("import"), Ok)
}
