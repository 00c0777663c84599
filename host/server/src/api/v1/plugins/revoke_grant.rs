//! `DELETE /v1/plugins/{name}/grants?host=...&secret=...&auth=...`: takes back what was granted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::plugin::grants::Ask;
use campanile_domain::ports::store::Grant;
use serde::Deserialize;
use utoipa::IntoParams;

use super::list_grants::GrantList;
use super::versions_of;
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::path::Name;
use crate::problem::Problem;
use crate::query::Query;

/// What is taken back: one of each at most.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Revoked {
    /// A host, written as it was granted.
    host: Option<String>,
    /// A secret's name.
    secret: Option<String>,
    /// An auth block's name, whatever it looked like.
    auth: Option<String>,
}

impl Revoked {
    fn names(&self, ask: &Ask) -> bool {
        let named = match ask {
            Ask::Host { .. } => &self.host,
            Ask::Secret { .. } => &self.secret,
            Ask::Auth { .. } => &self.auth,
        };
        named.as_deref() == Some(ask.item().as_str())
    }
}

/// Takes back what was granted. An active version goes on without it, so its requests may be refused from now on.
#[utoipa::path(delete, path = "/v1/plugins/{name}/grants", tag = "plugins", params(("name" = String, Path, description = "Its name"), Revoked),
    responses((status = 200, body = GrantList)), security(("key" = ["plugins:write"])))]
pub(crate) async fn revoke_grant(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Query(revoked): Query<Revoked>,
) -> Result<Json<GrantList>, Problem> {
    let versions = versions_of(&app, key.of(), &name).await?;
    let grants = app.store.grants(key.of(), &name).await?;
    let asks: Vec<Ask> = grants.into_iter().map(|Grant { ask, .. }| ask).filter(|ask| revoked.names(ask)).collect();
    if asks.is_empty() {
        let message = "name a grant that there is with host, secret or auth; GET on this path lists them";
        return Err(Problem::parameter("", "no_such_grant", message));
    }
    let data = app.store.revoke_grant(&key.writes(&app), &name, asks).await?;
    if let Some(active) = versions.iter().find(|version| version.active) {
        app.plugins.changed(key.of(), active).await;
    }
    Ok(Json(GrantList { data }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn one_grant_goes_and_the_others_stay() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let path = "/v1/plugins/acme-voice/grants";
        let left = host.delete(Some(&host.live), &format!("{path}?host=api.acme.example")).await;
        assert_eq!((left.status, left.body["data"].as_array().map(Vec::len)), (200, Some(2)), "{}", left.text);
        assert_eq!(host.told().last().unwrap(), "acme-voice@1.0.0 active");
        let none = host.delete(Some(&host.live), &format!("{path}?host=api.acme.example")).await;
        assert_eq!((none.problem(), none.codes()), ((400, "CE0011"), vec!["no_such_grant".to_owned()]));
    }
}
