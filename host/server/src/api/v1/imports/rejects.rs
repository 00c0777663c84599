//! `GET /v1/imports/{id}/rejects`: the rejected rows as a file, to be put right and uploaded again.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::ImportStatus;
use http::{HeaderName, header};

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::codes;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};

/// Downloads the rejected rows of an import, or those that a review found: the original columns behind row, code, reason
/// and suggestion. Put right, the file can be uploaded again as it is.
#[utoipa::path(get, path = "/v1/imports/{id}/rejects", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    responses((status = 200, body = String, content_type = "text/csv", description = "Ready to be corrected and uploaded again")),
    security(("key" = ["leads:read"])))]
pub(crate) async fn import_rejects(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<ImportId>,
) -> Result<([(HeaderName, String); 2], Vec<u8>), Problem> {
    let import = app.store.import(key.of(), id).await?;
    if !matches!(
        import.status,
        ImportStatus::Reviewed | ImportStatus::Finished | ImportStatus::Undoing | ImportStatus::Undone
    ) {
        let word = import.status.word();
        let detail =
            format!("the import is {word}; its rejected rows can be downloaded when it is reviewed or finished");
        return Err(Problem::new(&codes::CONFLICT, detail.clone()).with([FieldProblem::new(
            "",
            "import_status",
            detail,
        )]));
    }
    let rows = app.store.import_rejects(key.of(), id).await?;
    let file = format!("attachment; filename=\"{id}-rejects.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, rows))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn rejected_rows_come_back_with_their_reasons() {
        let host = Host::new().await;
        let path = format!("/v1/imports?confirm=true&campaign={}", host.campaign().await);
        let begun = host.upload(&path, "text/csv", "name,phone\nAnn,+14155552671\nBob,12\n").await;
        host.background_done().await;
        let file = host.get(Some(&host.live), &format!("{}/rejects", begun.header("location"))).await;
        assert_eq!((file.status, file.header("content-type").as_str()), (200, "text/csv; charset=utf-8"));
        let rows: Vec<&str> = file.text.lines().collect();
        assert_eq!(rows[0], "\u{feff}row,code,reason,suggestion,name,phone");
        assert!(rows[1].starts_with("3,invalid,") && rows[1].ends_with(",Bob,12"), "{rows:?}");
        assert_eq!(rows.len(), 2);
    }

    #[tokio::test]
    async fn a_running_import_has_no_file_yet() {
        let host = Host::new().await;
        let import = host.running_import().await;
        let answer = host.get(Some(&host.live), &format!("/v1/imports/{import}/rejects")).await;
        assert_eq!((answer.problem(), answer.codes()), ((409, "CE0015"), vec!["import_status".to_owned()]));
    }
}
