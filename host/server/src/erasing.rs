//! A person is erased: piece by piece, beside the dials, to the end.
//!
//! The store knows what hangs on leads and which texts may name them; what lead files left is cleaned here, because only this
//! room reads their shapes. A call with the person that began meanwhile is waited for. A host that stops goes on at its next
//! start, and everything that was done may be done again.

use std::collections::BTreeSet;
use std::sync::Arc;

use campanile_domain::erasure::Traces;
use campanile_domain::ids::{ErasureId, TenantKey};
use campanile_domain::ports::store::{Erasure, ImportCleaned, ImportFilter, Page, StoreError, Stored};
use campanile_domain::time::SECOND_MS;
use campanile_intake::without_rows;
use serde_json::Value;

use crate::app::App;
use crate::imports::Files;
use crate::problem::Problem;

/// How often a call that is under way is looked at, in milliseconds.
const LOOK_MS: i64 = SECOND_MS;

/// Refuses while a lead file waits or is read: its rows would bring the person back.
pub(crate) async fn refuse_open_files(app: &App, tenant: TenantKey) -> Result<(), Problem> {
    let files = Files::in_folder(app.config.upload_dir.clone());
    let open = app.store.open_imports().await?;
    let open: Vec<String> = open
        .into_iter()
        .filter(|(of, import)| *of == tenant && files.of(import.id).exists())
        .map(|(_, import)| format!("{} ({})", import.id, import.status.word()))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let message = format!(
        "lead files that may hold the person are not in yet: {}; confirm or resume them and wait until they are finished, or discard or undo them, and ask again",
        open.join(", ")
    );
    Err(Problem::conflict("import_open", message))
}

/// Goes on with every erasure that a host before left in the middle. Once, before requests are answered.
///
/// # Errors
/// The store's.
pub async fn resume_erasures(app: &Arc<App>) -> Stored<()> {
    for (tenant, id) in app.store.open_erasures().await? {
        tracing::info!(%id, "an erasure goes on");
        start(app, tenant, id);
    }
    Ok(())
}

/// Erases in the background.
pub(crate) fn start(app: &Arc<App>, tenant: TenantKey, id: ErasureId) {
    let (host, tracker) = (Arc::clone(app), app.background.clone());
    tracker.spawn(async move {
        let ended = tokio::select! {
            biased;
            () = host.shutdown.cancelled() => return,
            ended = run(&host, tenant, id) => ended,
        };
        match ended {
            Ok(erasure) => tracing::info!(%id, finished_at = ?erasure.finished_at, "an erasure is finished"),
            Err(error) => {
                tracing::error!(%id, %error, "an erasure is not finished; this host goes on with it at the next start")
            }
        }
    });
}

async fn run(app: &App, tenant: TenantKey, id: ErasureId) -> Stored<Erasure> {
    let store = &app.store;
    let mut campaigns = BTreeSet::new();
    loop {
        let piece = store.erase_leads(&app.context(tenant), id).await?;
        campaigns.extend(piece.campaigns);
        if piece.waiting > 0 {
            app.engine_clock.sleep_until(app.engine_clock.now() + LOOK_MS).await;
        } else if !piece.more {
            break;
        }
    }
    campaigns.into_iter().for_each(|campaign| app.engine.leads_changed(campaign));
    store.erase_records_and_texts(&app.context(tenant), id).await?;
    clean_imports(app, tenant, id).await?;
    store.finish_erasure(&app.context(tenant), id).await
}

/// What the lead files of an account left behind.
async fn clean_imports(app: &App, tenant: TenantKey, id: ErasureId) -> Stored<()> {
    let traces = app.store.erasure_traces(tenant, id).await?;
    let filter = ImportFilter { campaign: None, status: None };
    let mut page = Page { cursor: None, limit: 200 };
    loop {
        let listed = app.store.imports(tenant, &filter, &page).await?;
        for import in listed.data {
            let rejects = app.store.import_rejects(tenant, import.id).await?;
            let unreadable = |error: std::io::Error| StoreError::Broken(format!("rejected rows: {error}"));
            let (rejects, rows) = without_rows(&rejects, |cell| traces.found_in(cell)).map_err(unreadable)?;
            let (mut understood, mut review, mut summary) = (import.understood, import.review, import.summary);
            let found = [
                rows > 0,
                without_samples(&traces, &mut understood),
                review.as_mut().is_some_and(|review| without_examples(&traces, review)),
                traces.blank(&mut summary),
            ];
            if found.contains(&true) {
                let cleaned = ImportCleaned { understood, review, summary, rejects, rows };
                app.store.clean_import(&app.context(tenant), id, import.id, cleaned).await?;
            }
        }
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}

/// Samples stand by column, so those of a row are not told from others: all of them go.
fn without_samples(traces: &Traces, understood: &mut Value) -> bool {
    if !traces.found_within(understood) {
        return false;
    }
    for column in understood["columns"].as_array_mut().into_iter().flatten() {
        if let Some(samples) = column.get_mut("samples") {
            *samples = Value::Array(Vec::new());
        }
    }
    // What is left may be a header, in a file that has none.
    traces.blank(understood);
    true
}

/// Examples of rows go whole.
fn without_examples(traces: &Traces, review: &mut Value) -> bool {
    let before = review.clone();
    if let Some(examples) = review.get_mut("examples") {
        drop_examples(traces, examples);
    }
    traces.blank(review);
    *review != before
}

fn drop_examples(traces: &Traces, value: &mut Value) {
    match value {
        Value::Array(examples) => examples.retain(|example| !traces.found_within(example)),
        Value::Object(groups) => groups.values_mut().for_each(|group| drop_examples(traces, group)),
        _ => {}
    }
}
