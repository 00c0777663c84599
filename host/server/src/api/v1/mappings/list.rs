//! `GET /v1/mappings`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, SavedMapping};

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the saved mappings by name. Confirm an import with `save_mapping_as` to save one; a file with the same set of
/// headers takes the latest that was saved for them.
#[utoipa::path(get, path = "/v1/mappings", tag = "imports", params(Paging),
    responses((status = 200, body = schema::Listed<schema::imports::SavedMapping>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_mappings(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<SavedMapping>>, Problem> {
    let page = paging.page()?;
    Ok(Json(cut(app.store.mappings(key.of()).await?, &page, |mapping| mapping.name.clone())?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn they_are_listed_by_name() {
        let host = Host::new().await;
        host.mapping("Second").await;
        host.mapping("First").await;
        let listed = host.get(Some(&host.live), "/v1/mappings").await;
        let names: Vec<_> =
            listed.body["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["First", "Second"]);
        assert_eq!(listed.body["data"][0]["options"]["primary"], "Phone");
        assert_eq!(listed.body["data"][0]["headers"], serde_json::json!(["name", "phone"]));
    }
}
