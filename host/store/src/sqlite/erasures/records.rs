//! What stands beside the main database about leads and calls: decisions, shadows, evaluations, transcripts.

use std::collections::BTreeMap;

use campanile_domain::ids::TenantKey;
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::records::beside_kind::Beside;
use crate::sqlite::records::segments;
use crate::sqlite::row::list;

/// Erases them and remembers that they were, so that what comes late is not kept.
pub(crate) fn erase(
    op: &mut Op<'_>,
    tenant: TenantKey,
    leads: &[i64],
    calls: &[i64],
) -> Done<BTreeMap<&'static str, u64>> {
    let mut counts = BTreeMap::new();
    for (kind, keys) in [("lead", leads), ("call", calls)] {
        for key in keys {
            op.db
                .prepare_cached("INSERT OR IGNORE INTO erased (tenant, kind, key) VALUES (?1, ?2, ?3)")?
                .execute(params![tenant.0, kind, key])?;
        }
    }
    for day in segments::all(op.db)? {
        let mut of_leads = vec![("decisions", format!("decision_{day}"))];
        for (kind, beside) in [("shadow_answers", Beside::Shadow), ("evaluations", Beside::Evaluation)] {
            if segments::has(op.db, day, beside)? {
                of_leads.push((kind, format!("{}_{day}", beside.table())));
            }
        }
        let tables = of_leads.into_iter().map(|(kind, table)| (kind, table, "lead", leads));
        for (kind, table, column, keys) in
            tables.chain([("transcripts", format!("transcript_{day}"), "attempt", calls)])
        {
            let sql =
                format!("DELETE FROM {table} WHERE tenant = ?1 AND {column} IN (SELECT value FROM json_each(?2))");
            let gone = op.db.prepare_cached(&sql)?.execute(params![tenant.0, list(keys.iter().copied())])?;
            *counts.entry(kind).or_default() += gone as u64;
        }
    }
    Ok(counts)
}
