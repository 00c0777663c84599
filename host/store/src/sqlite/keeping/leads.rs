//! Leads that ended long enough ago become what an erased lead is: a row that its calls and its counts stand on, and nobody.
//!
//! Three things keep a lead: it has not ended, a call of it is open, or an evaluator has not yet read one of its calls. Its
//! numbers stay on the do-not-call list, and its source remembers by its own id that it was here, or the next run would call
//! the person again. One that was deleted is looked at for the sake of its calls, which still name its numbers.

use std::collections::BTreeMap;

use campanile_domain::ids::{LeadKey, TenantKey};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::sqlite::erasures::leads::{self, Why};
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::list;

/// Leads in one write.
pub(super) const PIECE: usize = 20;
/// Rows that are looked at in one question.
const LOOKED_AT: i64 = 10_000;
/// Leads, and calls, whose records go in one write: every day that is kept is looked through for them.
const RECORDS_OF: i64 = 50;
/// Calls that are not over are due at the end of time, see `evaluations/waiting.rs`.
const NEVER: i64 = i64::MAX;

/// Whether a lead, of a table called `l`, ended before `?2` and somebody is left in it. Those that have not
/// ended are below 20 (codes.rs).
const DUE: &str = "l.state >= 20 AND l.due_at < ?2 AND (l.primary_phone <> 0
       OR EXISTS (SELECT 1 FROM attempt a WHERE a.lead = l.id AND a.phone <> 0))
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.lead = l.id AND a.state < 10)
    AND NOT EXISTS (SELECT 1 FROM attempt a JOIN evaluation e ON e.attempt = a.id
                    WHERE a.lead = l.id AND e.done_at IS NULL)";

/// Those whose time is over among the rows behind one, and where to look on.
pub(super) fn look(db: &Connection, tenant: TenantKey, before: Timestamp, from: i64) -> Done<(Vec<i64>, Option<i64>)> {
    let until: Option<i64> = db
        .prepare_cached("SELECT max(id) FROM (SELECT id FROM lead WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3)")?
        .query_row(params![tenant.0, from, LOOKED_AT], |row| row.get(0))?;
    let Some(until) = until else { return Ok((Vec::new(), None)) };
    let found = db
        .prepare_cached(&format!(
            "SELECT l.id FROM lead l WHERE l.tenant = ?1 AND l.id > ?3 AND l.id <= ?4 AND {DUE} ORDER BY l.id"
        ))?
        .query_map(params![tenant.0, before.0, from, until], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok((found, Some(until)))
}

/// Makes them nobody's, those that are still due; how many were.
pub(super) fn let_go(op: &mut Op<'_>, before: Timestamp, some: &[i64]) -> Done<u64> {
    let (mut gone, mut counts) = (0, BTreeMap::new());
    for lead in some {
        let due: bool = op
            .db
            .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM lead l WHERE l.id = ?1 AND {DUE})"))?
            .query_row(params![lead, before.0], |row| row.get(0))?;
        if due {
            leads::one(op, Why::Retention, LeadKey(*lead), &mut counts)?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// Some keys of leads and of calls whose records have still to go.
pub(super) fn swept(db: &Connection, tenant: TenantKey) -> Done<(Vec<i64>, Vec<i64>)> {
    let of = |kind: &str| -> Done<Vec<i64>> {
        let found = db
            .prepare_cached("SELECT key FROM swept WHERE tenant = ?1 AND kind = ?2 ORDER BY key LIMIT ?3")?
            .query_map(params![tenant.0, kind, RECORDS_OF], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(found)
    };
    Ok((of("lead")?, of("call")?))
}

/// Their records have gone.
pub(super) fn done(op: &Op<'_>, of_leads: &[i64], of_calls: &[i64]) -> Done<()> {
    for (kind, keys) in [("lead", of_leads), ("call", of_calls)] {
        op.db
            .prepare_cached(
                "DELETE FROM swept WHERE tenant = ?1 AND kind = ?2 AND key IN (SELECT value FROM json_each(?3))",
            )?
            .execute(params![op.tenant(), kind, list(keys.iter().copied())])?;
    }
    Ok(())
}

/// Calls that an evaluator has still to read: what was said in them is waited for, however old it is.
pub(super) fn with_evaluations(db: &Connection, tenant: TenantKey) -> Done<Vec<i64>> {
    let found = db
        .prepare_cached(
            "SELECT e.attempt FROM campaign c JOIN evaluation e INDEXED BY evaluation_of_campaign ON e.campaign = c.id
             WHERE c.tenant = ?1 AND e.done_at IS NULL AND e.due < ?2 ORDER BY e.attempt",
        )?
        .query_map(params![tenant.0, NEVER], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
