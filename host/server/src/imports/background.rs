//! Imports that go on while their owner does something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{
    Campaign, ImportFilter, ImportStatus, ImportStep, Page, StoreError, Stored, WriteContext,
};
use campanile_domain::time::DAY_MS;
use tokio::runtime::Handle;

use super::files::Files;
use super::work::{Job, Work};
use super::{review, run, undo};
use crate::app::App;

/// A file that nobody confirmed is kept so long, in milliseconds.
const UNCONFIRMED_MS: i64 = DAY_MS;
/// And one whose import failed, so that it can be resumed.
const FAILED_MS: i64 = 7 * DAY_MS;

/// What imports of the API are worked on with.
pub(crate) fn at_work(app: &Arc<App>) -> Work {
    let host = Arc::clone(app);
    let tell = move |campaign: &Campaign| host.leads_came(campaign);
    Work {
        store: Arc::clone(&app.store),
        clock: Arc::clone(&app.engine_clock),
        entropy: Arc::clone(&app.entropy),
        shutdown: app.shutdown.clone(),
        files: Files::in_folder(app.config.upload_dir.clone()),
        mapper: Arc::clone(&app.mapper),
        tell: Arc::new(tell),
        runtime: Handle::current(),
    }
}

/// Goes on with an import that is busy, in the background.
pub(crate) fn start(app: &Arc<App>, ctx: WriteContext, import: ImportId, status: ImportStatus) {
    let job = Job { work: at_work(app), ctx, import };
    spawn(app, job, status);
}

fn spawn(app: &App, job: Job, status: ImportStatus) {
    app.background.spawn_blocking(move || {
        let ended = match status {
            ImportStatus::Reviewing => review(&job),
            ImportStatus::Running => run(&job, &mut |_| {}),
            ImportStatus::Undoing => undo(&job, &mut |_| {}),
            _ => return,
        };
        if let Err(error) = ended {
            let import = job.import;
            tracing::error!(%import, %error, "an import stands as it is; this host goes on with it at the next start");
        }
    });
}

/// Takes up what a host that stopped or died left in the middle, forgets uploads that nobody confirmed for a day, and
/// clears away files that no import needs. Once, before requests are answered.
///
/// # Errors
/// The store's; the folder of the files cannot be read.
pub async fn resume_imports(app: &Arc<App>) -> Stored<()> {
    let work = at_work(app);
    let now = app.engine_clock.now();
    let mut needed = BTreeSet::new();
    for (tenant, import) in app.store.open_imports().await? {
        let job = Job::of_host(work.clone(), tenant, import.id);
        let age = now.since(import.created_at);
        match import.status {
            status if status.is_before() && age > UNCONFIRMED_MS => {
                if status == ImportStatus::Reviewing {
                    let step = ImportStep::to(ImportStatus::Uploaded);
                    app.store.step_import(&job.ctx, import.id, step).await?;
                }
                app.store.discard_import(&job.ctx, import.id).await?;
                continue;
            }
            ImportStatus::Failed if age > FAILED_MS => continue,
            status if status.is_busy() => {
                tracing::info!(import = %import.id, status = status.word(), "an import goes on");
                spawn(app, job, status);
            }
            _ => {}
        }
        needed.insert(import.id);
    }
    work.files.keep_only(&needed).map_err(|error| StoreError::Unwritable(format!("the folder of uploads: {error}")))
}

/// Forgets a tenant's uploads that nobody confirmed in time; returns how many are left.
pub(crate) async fn forget_old(app: &App, ctx: &WriteContext) -> Stored<usize> {
    let files = Files::in_folder(app.config.upload_dir.clone());
    let mut left = 0;
    for status in [ImportStatus::Uploaded, ImportStatus::Reviewed] {
        let filter = ImportFilter { campaign: None, status: Some(status) };
        let page = Page { cursor: None, limit: 200 };
        for import in app.store.imports(ctx.tenant, &filter, &page).await?.data {
            if ctx.now.since(import.created_at) > UNCONFIRMED_MS {
                app.store.discard_import(ctx, import.id).await?;
                files.remove(import.id);
            } else {
                left += 1;
            }
        }
    }
    Ok(left)
}
