//! `GET /v1/imports/{id}`: how the file is understood, the review, the progress, and in the end the summary.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::Import;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::imports as schema;

/// Reads where an import stands: how its file is understood, what a review found, how far it is, what became of its rows.
#[utoipa::path(get, path = "/v1/imports/{id}", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    responses((status = 200, body = schema::Import)), security(("key" = ["leads:read"])))]
pub(crate) async fn get_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<ImportId>,
) -> Result<Json<Import>, Problem> {
    Ok(Json(app.store.import(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_summary_says_how_the_file_was_understood() {
        let host = Host::new().await;
        let path = format!("/v1/imports?confirm=true&campaign={}&default_region=DE", host.campaign().await);
        let begun = host.upload(&path, "text/csv", "Name;Telefon\nAnna;030 23125144\n").await;
        host.background_done().await;
        let import = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!((import.status, &import.body["created"]), (200, &1.into()), "{}", import.text);
        assert_eq!(
            (&import.body["summary"]["columns"]["primary"], &import.body["summary"]["default_region"]),
            (&"Telefon".into(), &"DE".into())
        );
    }
}
