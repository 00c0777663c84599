//! A page: its leads, the cursor and what the importer keeps, in one transaction.

use campanile_domain::campaign::Happening;
use campanile_domain::ids::SourceKey;
use campanile_domain::importer::PageMode;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::ports::store::{SourceNext, SourceRow, SourceStep};
use campanile_domain::source::ReadPage;
use rusqlite::params;

use super::apply::{At, snapshot};
use super::run::{self, Running};
use super::source;
use crate::sqlite::campaigns::verbs;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::plugins::state;

/// The code of a page that leads back to itself.
const STUCK: &str = "plugin_cursor_stuck";

/// Stores a page.
pub(crate) fn page(
    op: &mut Op<'_>,
    key: SourceKey,
    run: i64,
    page: &ReadPage,
    kept: Option<&Kept>,
) -> Done<SourceStep> {
    let source = source::by_key(op.db, key)?;
    let running = Running::expect(op, &source, run)?;
    let cursor: Option<String> =
        op.db.prepare_cached("SELECT cursor FROM source WHERE id = ?1")?.query_row([key.0], |row| row.get(0))?;
    if page.more && page.cursor == cursor {
        // Asking for ever the same page would be a loop without an end.
        let why = "it says that there is another page and gives the cursor that it was asked with";
        run::fail(op, key, run, &PluginFailure::new(STUCK, why))?;
        return Ok(SourceStep { arrived: 0, next: SourceNext::Over });
    }
    let (snapshot, open) = open(op, &source, page.mode, cursor.is_none())?;
    let mut at = At { source: &source, run: running, snapshot, marking: open, arrived: 0 };
    records(op, &mut at, page)?;
    let At { mut run, arrived, .. } = at;
    run.counts.pages += 1;
    if !page.more {
        run.settling = if page.mode == PageMode::SnapshotEnd { 2 } else { 1 };
    }
    run.save(op)?;
    op.db.prepare_cached("UPDATE source SET cursor = ?2, next_at = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        page.cursor,
        // Behind the sources that wait meanwhile.
        op.now().0
    ])?;
    if let Some(kept) = kept {
        state::write(op, &source.id, kept)?;
    }
    arrive(op, &source, arrived)?;
    Ok(SourceStep { arrived, next: if page.more { SourceNext::Pull } else { SourceNext::Settle } })
}

/// Applies the records of a page.
pub(super) fn records(op: &mut Op<'_>, at: &mut At<'_>, page: &ReadPage) -> Done<()> {
    at.run.counts.seen += (page.records.len() + page.rejected.len()) as u64;
    for record in &page.rejected {
        at.unread(op, record)?;
    }
    for record in &page.records {
        at.record(op, record)?;
    }
    Ok(())
}

/// A campaign that was over goes on when somebody is there to call.
pub(super) fn arrive(op: &mut Op<'_>, source: &SourceRow, arrived: u64) -> Done<()> {
    if arrived > 0 {
        let detail = format!("{arrived} lead(s) came from {}", source.id);
        verbs::happen(op, source.campaign_key, Happening::LeadArrived, detail)?;
    }
    Ok(())
}

/// The snapshot that a page belongs to. One that is begun at the beginning begins anew, so that what an abandoned one has
/// shown does not count; one that is gone on with after a failure is still the same.
fn open(op: &Op<'_>, source: &SourceRow, mode: PageMode, at_the_beginning: bool) -> Done<(i64, bool)> {
    let (number, open) = snapshot(op, source)?;
    let (number, open) = match mode {
        PageMode::Delta => (number, false),
        PageMode::SnapshotPart | PageMode::SnapshotEnd if open && !at_the_beginning => (number, true),
        PageMode::SnapshotPart | PageMode::SnapshotEnd => (number + 1, true),
    };
    op.db.prepare_cached("UPDATE source SET snapshot = ?2, snapshot_open = ?3 WHERE id = ?1")?.execute(params![
        source.key.0,
        number,
        open
    ])?;
    Ok((number, open))
}
