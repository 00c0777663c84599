//! Failures that are counted until there are too many, kept as rows so that a restart forgets none.

use campanile_domain::failures::{FailureWindow, TooMany};
use campanile_domain::time::Timestamp;
use rusqlite::params;

use super::fault::Done;
use super::op::Op;

/// Whose failures: a table with `at`, and the column that says of whom.
#[derive(Clone, Copy)]
pub(crate) struct Of(&'static str, &'static str);

/// Of a campaign's policy.
pub(crate) const POLICY: Of = Of("policy_failure", "campaign");
/// Of a source's importer.
pub(crate) const SOURCE: Of = Of("source_failure", "source");
/// Of a sink.
pub(crate) const SINK: Of = Of("sink_failure", "sink");

/// Counts one; the rule is the domain's.
pub(crate) fn count(op: &Op<'_>, Of(table, column): Of, key: i64) -> Done<Option<TooMany>> {
    let counted: Vec<Timestamp> = op
        .db
        .prepare_cached(&format!("SELECT at FROM {table} WHERE {column} = ?1 ORDER BY at"))?
        .query_map([key], |row| row.get(0).map(Timestamp))?
        .collect::<Result<_, _>>()?;
    let mut window = FailureWindow::of(counted);
    if let Some(too_many) = window.fail(op.now()) {
        op.db.prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1"))?.execute([key])?;
        return Ok(Some(too_many));
    }
    op.db
        .prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1 AND at < ?2"))?
        .execute(params![key, op.now().0 - FailureWindow::WINDOW_MS])?;
    op.db
        .prepare_cached(&format!("INSERT INTO {table} ({column}, at) VALUES (?1, ?2)"))?
        .execute(params![key, op.now().0])?;
    Ok(None)
}
