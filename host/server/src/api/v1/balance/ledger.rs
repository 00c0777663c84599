//! `GET /v1/balance/ledger`: every movement of the account's money.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::money::EntryKind;
use campanile_domain::ports::store::{LedgerEntry, LedgerFilter, Listed};
use campanile_domain::time::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::paging::page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Which movements.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerQuery {
    /// Of calls of this campaign.
    #[param(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// `top_up`, `reserve`, `extend`, `release` or `settle`.
    #[param(pattern = "^(top_up|reserve|extend|release|settle)$")]
    kind: Option<String>,
    /// At or after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists every movement of the account's money, newest first. They add up to the balance.
#[utoipa::path(get, path = "/v1/balance/ledger", tag = "balance", params(LedgerQuery),
    responses((status = 200, body = schema::Listed<schema::balance::LedgerEntry>)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn list_ledger(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Query(query): Query<LedgerQuery>,
) -> Result<Json<Listed<LedgerEntry>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let kind = query.kind.as_deref().map(kind).transpose()?;
    let filter = LedgerFilter { campaign: query.campaign, kind, since: query.since, until: query.until };
    Ok(Json(app.store.ledger(key.of(), &filter, &page).await?))
}

fn kind(word: &str) -> Result<EntryKind, Problem> {
    EntryKind::parse(word).ok_or_else(|| {
        let known = EntryKind::ALL.map(EntryKind::as_str).join(", ");
        let message = format!("{word:?} is not a kind of the ledger; the kinds are: {known}");
        Problem::parameter("kind", "unknown_value", message)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn the_movements_are_listed_and_add_up() {
        let host = Host::new().await;
        let key = host.billed_account(5_000_000).await;
        let listed = host.get(Some(&key), "/v1/balance/ledger?kind=top_up&since=2026-03-02T00:00:00Z").await;
        let line = json!({"kind": "top_up", "amount_micros": 5_000_000, "balance_change_micros": 5_000_000,
            "available_change_micros": 5_000_000, "available_after_micros": 5_000_000, "campaign": null, "call": null,
            "at": "2026-03-02T15:00:00Z"});
        assert_eq!((listed.status, &listed.body), (200, &json!({"data": [line], "next_cursor": null})));
        let nothing = host.get(Some(&host.live), "/v1/balance/ledger").await;
        assert_eq!((nothing.status, &nothing.body["data"]), (200, &json!([])));
    }

    #[tokio::test]
    async fn what_cannot_be_listed_is_named() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        for (wrong, pointer) in
            [("kind=refund", "?kind"), ("limit=0", "?limit"), ("cursor=x", "?cursor"), ("lead=lead_1", "?lead")]
        {
            let answer = host.get(Some(&host.live), &format!("/v1/balance/ledger?{wrong}")).await;
            assert_eq!((answer.problem(), answer.pointers()), ((400, "CE0011"), vec![pointer.to_owned()]), "{wrong}");
        }
        let path = format!("/v1/balance/ledger?campaign={campaign}");
        assert_eq!(host.get(Some(&host.live), &path).await.status, 200);
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
