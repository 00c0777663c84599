//! `GET /v1/sources/{id}/options`: the choices for a setting, so that a form can be filled in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;

use super::failed;
use crate::api::v1::installing::{Choices, Wanted};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;

/// Asks the importer for the choices of a setting.
#[utoipa::path(get, path = "/v1/sources/{id}/options", tag = "sources",
    params(("id" = String, Path, description = "`src_...`"), Wanted),
    responses((status = 200, body = Choices)), security(("key" = ["leads:write"])))]
pub(crate) async fn source_options(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Choices>, Problem> {
    let source = app.store.source(key.of(), id).await?;
    let (setting, query) = wanted.read()?;
    let answer = app.sources.options(&source, &setting, &query).await;
    answer.answer.map(|choices| Json(Choices { choices })).map_err(|failure| failed(&failure))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn choices_come_and_failures_are_told() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}/options", host.source().await);
        let lists = host.get(Some(&host.live), &format!("{path}?setting=list&query=sp")).await;
        assert_eq!((lists.status, &lists.body["choices"][0]["value"]), (200, &"sp-1".into()), "{}", lists.text);
        let broken = host.get(Some(&host.live), &format!("{path}?setting=broken")).await;
        assert_eq!((broken.problem(), broken.codes()), ((502, "CE0033"), vec!["http_unreachable".to_owned()]));
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (400, "CE0011"));
    }
}
