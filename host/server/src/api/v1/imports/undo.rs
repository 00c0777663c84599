//! `POST /v1/imports/{id}/undo`: take an import's leads out again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{Import, ImportStatus, ImportStep};
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::imports::start;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::imports as schema;

/// Removes the leads that an import brought and that nobody has called. Leads that were called stay, and so does what the
/// import changed of leads that were there before. In the background; read the import until it is `undone`: `removed`
/// counts.
#[utoipa::path(post, path = "/v1/imports/{id}/undo", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    responses((status = 202, body = schema::Import)), security(("key" = ["leads:write"])))]
pub(crate) async fn undo_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<ImportId>,
    _: Empty,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let ctx = key.writes(&app);
    let import = app.store.step_import(&ctx, id, ImportStep::to(ImportStatus::Undoing)).await?;
    start(&app, ctx, id, ImportStatus::Undoing);
    Ok((StatusCode::ACCEPTED, Json(import)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_nobody_called_goes_and_the_rest_stays() {
        let host = Host::new().await;
        let (lead, _) = host.called_lead().await;
        let campaign = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
        let campaign = campaign.as_str().unwrap();
        let path = format!("/v1/imports?confirm=true&campaign={campaign}");
        let file: String =
            (0..1_200).fold("phone\n+14155552671\n".to_owned(), |file, n| file + &format!("+1415556{:04}\n", 2000 + n));
        let sent = host.upload(&path, "text/csv", &file).await;
        host.background_done().await;
        let place = sent.header("location");
        let begun = host.post_empty(Some(&host.live), &format!("{place}/undo")).await;
        assert_eq!((begun.status, &begun.body["status"]), (202, &"undoing".into()), "{}", begun.text);
        host.background_done().await;
        let undone = host.get(Some(&host.live), &place).await.body;
        assert_eq!((&undone["status"], &undone["removed"]), (&"undone".into(), &1_200.into()), "{undone}");
        let left = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads")).await;
        assert_eq!(left.body["data"].as_array().map(Vec::len), Some(1));
        let stats = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/stats")).await;
        assert_eq!(stats.body["leads"], 1, "{}", stats.text);
        let again = host.post_empty(Some(&host.live), &format!("{place}/undo")).await;
        assert_eq!((again.problem(), again.codes()), ((409, "CE0015"), vec!["import_status".to_owned()]));
    }
}
