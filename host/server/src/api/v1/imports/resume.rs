//! `POST /v1/imports/{id}/resume`: go on with an import that failed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{Import, ImportStatus, ImportStep};
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::codes;
use crate::imports::{Files, start};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::imports as schema;

/// Goes on with an import that failed, behind the last page that is in. Its file is kept for seven days.
#[utoipa::path(post, path = "/v1/imports/{id}/resume", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    responses((status = 202, body = schema::Import)), security(("key" = ["leads:write"])))]
pub(crate) async fn resume_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<ImportId>,
    _: Empty,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = app.store.import(key.of(), id).await?;
    let refused = |code, detail: String| {
        Err(Problem::new(&codes::CONFLICT, detail.clone()).with([FieldProblem::new("", code, detail)]))
    };
    if import.status != ImportStatus::Failed {
        let word = import.status.word();
        return refused("import_status", format!("the import is {word}; only one that failed can be resumed"));
    }
    if !Files::in_folder(app.config.upload_dir.clone()).of(id).exists() {
        let detail =
            "this host does not have the file any more; upload it again, leads that are in come in no second time";
        return refused("file_gone", detail.to_owned());
    }
    let ctx = key.writes(&app);
    let import = app.store.step_import(&ctx, id, ImportStep::to(ImportStatus::Running)).await?;
    start(&app, ctx, id, ImportStatus::Running);
    Ok((StatusCode::ACCEPTED, Json(import)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_goes_on_behind_the_last_page() {
        let host = Host::new().await;
        let (place, file) = host.half_an_import().await;
        let resumed = host.post_empty(Some(&host.live), &format!("{place}/resume")).await;
        assert_eq!(resumed.status, 202, "{}", resumed.text);
        host.background_done().await;
        let import = host.get(Some(&host.live), &place).await.body;
        assert_eq!((&import["status"], &import["rows"]), (&"finished".into(), &file.into()), "{import}");
        assert_eq!((&import["created"], &import["duplicates"]), (&file.into(), &0.into()), "no row came in twice");
        let again = host.post_empty(Some(&host.live), &format!("{place}/resume")).await;
        assert_eq!((again.problem(), again.codes()), ((409, "CE0015"), vec!["import_status".to_owned()]));
    }
}
