//! `DELETE /v1/imports/{id}`: forget an upload that was not confirmed.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::ImportId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::imports::Files;
use crate::path::Id;
use crate::problem::Problem;

/// Forgets an upload of which nothing is in the campaign, and its file. One that was confirmed is undone instead.
#[utoipa::path(delete, path = "/v1/imports/{id}", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    responses((status = 204, description = "It is gone")), security(("key" = ["leads:write"])))]
pub(crate) async fn discard_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<ImportId>,
) -> Result<StatusCode, Problem> {
    app.store.discard_import(&key.writes(&app), id).await?;
    Files::in_folder(app.config.upload_dir.clone()).remove(id);
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_upload_goes_with_its_file_and_an_import_does_not() {
        let host = Host::new().await;
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
        let sent = host.upload(&path, "text/csv", "phone\n+14155552671\n").await;
        let place = sent.header("location");
        let file = host.app.config.upload_dir.join(place.rsplit('/').next().unwrap());
        assert!(file.exists());
        assert_eq!(host.delete(Some(&host.live), &place).await.status, 204);
        assert_eq!((host.get(Some(&host.live), &place).await.status, file.exists()), (404, false));
        let sent = host.upload(&format!("{path}&confirm=true"), "text/csv", "phone\n+14155552671\n").await;
        host.background_done().await;
        let refused = host.delete(Some(&host.live), &sent.header("location")).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["import_status".to_owned()]));
    }
}
