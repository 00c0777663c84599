//! Taking an import back, page by page.

use campanile_domain::ports::store::{Import, ImportStatus, Stored};

use super::work::Job;

/// Leads in one transaction.
const PAGE: u32 = 500;

/// Removes the leads of an import that is being undone and that nobody has called. Blocks. Nothing when the host stops
/// meanwhile.
///
/// # Errors
/// The store's; it goes on at the next start.
pub fn undo(job: &Job, progress: &mut dyn FnMut(u64)) -> Stored<Option<Import>> {
    let work = &job.work;
    let import = job.wait(work.store.import(job.ctx.tenant, job.import))?;
    let campaign = job.wait(work.store.campaign(job.ctx.tenant, import.campaign))?;
    while !work.shutdown.is_cancelled() {
        let import = job.wait(work.store.undo_import_page(&job.context(), job.import, PAGE))?;
        (work.tell)(&campaign);
        progress(import.removed);
        if import.status == ImportStatus::Undone {
            work.files.remove(job.import);
            return Ok(Some(import));
        }
    }
    Ok(None)
}
