//! What policies were asked and what they answered.

use campanile_domain::ids::{LeadKey, TenantKey};
use campanile_domain::ports::store::{DecisionRecord, DecisionSpan, Document, RecordCursor};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::segments::{self, Segment};
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Keeps records.
pub(crate) fn keep(op: &mut Op<'_>, records: &[Document]) -> Done<()> {
    for Document { tenant, campaign, lead, at, text } in records {
        if segments::is_erased(op.db, tenant.0, "lead", lead.0)? {
            continue;
        }
        let day = segments::of(op, *at)?;
        if day.is_first_shape() {
            op.db
                .prepare_cached(&format!("INSERT INTO decision_{day} (tenant, lead, record) VALUES (?1, ?2, ?3)"))?
                .execute(params![tenant.0, lead.0, text])?;
            continue;
        }
        op.db
            .prepare_cached(&format!(
                "INSERT INTO decision_{day} (tenant, campaign, lead, at, record) VALUES (?1, ?2, ?3, ?4, ?5)"
            ))?
            .execute(params![tenant.0, campaign.0, lead.0, at.0, text])?;
    }
    Ok(())
}

/// The records of a lead, oldest first.
pub(crate) fn of_lead(db: &Connection, tenant: TenantKey, lead: LeadKey) -> Done<Vec<DecisionRecord>> {
    let mut records = Vec::new();
    for day in segments::all(db)? {
        let mut statement = db.prepare_cached(&format!(
            "SELECT record FROM decision_{day} WHERE tenant = ?1 AND lead = ?2 ORDER BY id"
        ))?;
        let mut rows = statement.query(params![tenant.0, lead.0])?;
        while let Some(row) = rows.next()? {
            records.push(serde_json::from_str::<DecisionRecord>(&row.get::<_, String>(0)?)?);
        }
    }
    Ok(records)
}

/// Which rows of a day belong to a span: `?1` to `?4`.
fn within(day: Segment) -> String {
    let (campaign, at) = (day.campaign(), day.at());
    format!("tenant = ?1 AND {campaign} = ?2 AND {at} >= ?3 AND {at} < ?4")
}

/// A page of a campaign's records, in the order in which they were decided.
pub(crate) fn after(
    db: &Connection,
    span: DecisionSpan,
    after: Option<RecordCursor>,
    limit: u32,
) -> Done<Vec<(RecordCursor, Option<DecisionRecord>)>> {
    let mut page = Vec::new();
    let (since, until) = bounds(span);
    for day in segments::between(db, span.since, span.until)? {
        let (from, row) = match after {
            Some(cursor) if day.day < cursor.day => continue,
            Some(cursor) if day.day == cursor.day => (cursor.at.0, cursor.row),
            _ => (i64::MIN, 0),
        };
        let left = i64::from(limit) - page.len() as i64;
        if left <= 0 {
            break;
        }
        let at = day.at();
        let mut statement = db.prepare_cached(&format!(
            "SELECT id, {at}, record FROM decision_{day} WHERE {} AND ({at} > ?5 OR id > ?6) ORDER BY 2, 1 LIMIT ?7",
            within(day)
        ))?;
        let since = since.max(from);
        let span = params![span.tenant.0, span.campaign.0, since, until, from, row, left];
        let mut rows = statement.query(span)?;
        while let Some(found) = rows.next()? {
            let cursor = RecordCursor { day: day.day, at: Timestamp(found.get(1)?), row: found.get(0)? };
            page.push((cursor, serde_json::from_str(&found.get::<_, String>(2)?).ok()));
        }
    }
    Ok(page)
}

/// How many there are.
pub(crate) fn count(db: &Connection, span: DecisionSpan) -> Done<u64> {
    let (since, until) = bounds(span);
    let mut count = 0;
    for day in segments::between(db, span.since, span.until)? {
        count += db
            .prepare_cached(&format!("SELECT count(*) FROM decision_{day} WHERE {}", within(day)))?
            .query_row(params![span.tenant.0, span.campaign.0, since, until], |row| row.get::<_, i64>(0))?;
    }
    Ok(count as u64)
}

fn bounds(span: DecisionSpan) -> (i64, i64) {
    (span.since.map_or(i64::MIN, |at| at.0), span.until.map_or(i64::MAX, |at| at.0))
}
