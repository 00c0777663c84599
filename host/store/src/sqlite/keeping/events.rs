//! The beginning of an account's event log.
//!
//! Numbers are never given twice, and what is left has none missing: entries go from the first one on, up to the first that is
//! young enough. Whoever has not read so far goes on behind them; a delivery that still waits for one of them is skipped when
//! its turn comes.

use campanile_domain::ports::store::LetGo;
use campanile_domain::time::Timestamp;
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Entries in one write.
const PIECE: usize = 500;

/// Drops a piece of it.
pub(super) fn let_go(op: &Op<'_>, before: Timestamp) -> Done<LetGo> {
    let first: Vec<(i64, i64)> = op
        .db
        .prepare_cached("SELECT seq, at FROM event WHERE tenant = ?1 ORDER BY seq LIMIT ?2")?
        .query_map(params![op.tenant(), PIECE as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let old = first.iter().take_while(|(_, at)| *at < before.0);
    let Some((last, _)) = old.last() else { return Ok(LetGo::default()) };
    let gone = op
        .db
        .prepare_cached("DELETE FROM event WHERE tenant = ?1 AND seq <= ?2")?
        .execute(params![op.tenant(), last])?;
    Ok(LetGo { gone: gone as u64, next: (gone >= PIECE).then_some(0) })
}
