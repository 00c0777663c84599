//! `GET /v1/suppressions`: the list, by number.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, StoreError, Suppression};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::page;
use crate::phones;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Which numbers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuppressionsQuery {
    /// This number alone; an empty list when it is not on it.
    phone: Option<String>,
    /// The country of a phone without a country code, two letters.
    #[param(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the do-not-call list, by number.
#[utoipa::path(get, path = "/v1/suppressions", tag = "suppressions", params(SuppressionsQuery),
    responses((status = 200, body = schema::Listed<schema::privacy::Suppression>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_suppressions(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Query(query): Query<SuppressionsQuery>,
) -> Result<Json<Listed<Suppression>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let region = phones::region_of_url(query.default_region.as_deref())?;
    let Some(written) = query.phone else {
        return Ok(Json(app.store.suppressions(key.of(), &page).await?));
    };
    let phone = phones::of_url(&written, region, "phone")?;
    let data = match app.store.suppression(key.of(), &phone).await {
        Ok(one) => vec![one],
        Err(StoreError::NotFound(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(Json(Listed { data, next_cursor: None }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_list_comes_in_pages_and_by_number() {
        let host = Host::new().await;
        for number in ["+14155552673", "+14155552671", "+14155552672"] {
            host.suppress(number).await;
        }
        let first = host.get(Some(&host.live), "/v1/suppressions?limit=2").await;
        assert_eq!(first.body["data"][1]["phone"], "+14155552672");
        let next = format!("/v1/suppressions?limit=2&cursor={}", first.body["next_cursor"].as_str().unwrap());
        let second = host.get(Some(&host.live), &next).await;
        assert_eq!(
            (&second.body["data"][0]["phone"], &second.body["next_cursor"]),
            (&"+14155552673".into(), &().into())
        );
        let one = host.get(Some(&host.live), "/v1/suppressions?phone=4155552671&default_region=US").await;
        assert_eq!(one.body["data"][0]["phone"], "+14155552671");
        let none = host.get(Some(&host.live), "/v1/suppressions?phone=+14155552679").await;
        assert_eq!((none.status, none.body["data"].as_array().map(Vec::len)), (200, Some(0)));
        assert_eq!(host.get(Some(&host.live), "/v1/suppressions?phone=x").await.problem(), (400, "CE0011"));
    }
}
