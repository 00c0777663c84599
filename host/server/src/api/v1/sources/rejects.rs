//! `GET /v1/sources/{id}/runs/{run}/rejects`: the records of a run that cannot be called, as a file.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::{SourceId, SourceRunId};
use campanile_intake::sheet;
use http::{HeaderName, header};

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::path::{Id, Run};
use crate::problem::Problem;

/// Downloads the records of a run that cannot be called, with field, code and reason: the first thousand of them. Cells
/// that a spreadsheet would run as formulas are defused.
#[utoipa::path(get, path = "/v1/sources/{id}/runs/{run}/rejects", tag = "sources",
    params(("id" = String, Path, description = "`src_...`"), ("run" = String, Path, description = "`run_...`")),
    responses((status = 200, body = String, content_type = "text/csv", description = "One row a record")),
    security(("key" = ["leads:read"])))]
pub(crate) async fn source_rejects(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<SourceId>,
    Run(run): Run<SourceRunId>,
) -> Result<([(HeaderName, String); 2], Vec<u8>), Problem> {
    let rejected = app.store.source_rejects(key.of(), id, run).await?;
    let rows = rejected.iter().map(|one| [&*one.external_id, &*one.field, &*one.code, &*one.message]);
    let file = sheet::csv(["external_id", "field", "code", "message"], rows);
    let name = format!("attachment; filename=\"{run}-rejects.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, file))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_cannot_be_called_is_told_and_formulas_are_defused() {
        let host = Host::new().await;
        let source = host.source().await;
        let run = host.rejecting_run(&source, "=1+1").await;
        let file = host.get(Some(&host.live), &format!("/v1/sources/{source}/runs/{run}/rejects")).await;
        assert_eq!((file.status, file.header("content-type").as_str()), (200, "text/csv; charset=utf-8"));
        let rows: Vec<&str> = file.text.lines().collect();
        assert_eq!(rows[0], "\u{feff}external_id,field,code,message");
        assert!(rows[1].starts_with("'=1+1,phone,missing,"), "{rows:?}");
        let other = host
            .get(Some(&host.live), &format!("/v1/sources/{source}/runs/run_00000000000000000000000000/rejects"))
            .await;
        assert_eq!(other.problem(), (404, "CE0004"));
    }
}
