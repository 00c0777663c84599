//! `PATCH /v1/assistants/{id}`: changes what it names; running campaigns follow at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::{AssistantId, TenantKey};
use campanile_domain::ports::store::{Assistant, Page};
use serde_json::{Map, Value};

use super::read;
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::body::Object;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::assistants as schema;

/// Changes an assistant.
#[utoipa::path(patch, path = "/v1/assistants/{id}", tag = "assistants", params(("id" = String, Path, description = "`asst_...`")),
    request_body(content = schema::AssistantPatch, example = json!({"ring_timeout_seconds": 45})),
    responses((status = 200, body = schema::Assistant)), security(("key" = ["assistants:write"])))]
pub(crate) async fn patch_assistant(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<AssistantId>,
    Object(named): Object,
) -> Result<Json<Assistant>, Problem> {
    let current = app.store.assistant(key.of(), id).await?;
    change(&app, &key, &current, named).await.map(Json)
}

/// Changes an assistant and tells the gateways and the engine.
pub(crate) async fn change(
    app: &App,
    key: &Key<AssistantsWrite>,
    current: &Assistant,
    named: Map<String, Value>,
) -> Result<Assistant, Problem> {
    let Ok(Value::Object(mut body)) = serde_json::to_value(&current.config) else {
        return Err(Problem::internal("an assistant is no object"));
    };
    body.extend(named);
    let config = read(app, key.of(), body).await?;
    let changed = app.store.update_assistant(&key.writes(app), current.id, config).await?;
    app.gateways.assistant_changed(&changed).await;
    tell_campaigns(app, key.of(), current.id).await?;
    Ok(changed)
}

/// The engine keeps what it needs of an assistant with each campaign.
async fn tell_campaigns(app: &App, tenant: TenantKey, assistant: AssistantId) -> Result<(), Problem> {
    let mut page = Page { cursor: None, limit: 200 };
    loop {
        let running = app.store.campaigns(tenant, None, Some(CampaignState::InProgress), &page).await?;
        for campaign in running.data.iter().filter(|campaign| campaign.assistant == assistant) {
            app.engine.campaign_changed(campaign.key);
        }
        match running.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn named_fields_change_and_the_others_stay() {
        let host = Host::new().await;
        let path = format!("/v1/assistants/{}", host.assistant().await);
        let patch = json!({"ring_timeout_seconds": 45, "phone_numbers": ["+1 415-555-2672"]});
        let changed = host.patch(Some(&host.live), &path, patch).await;
        assert_eq!((changed.status, &changed.body["ring_timeout_seconds"]), (200, &45.into()));
        assert_eq!(
            (&changed.body["name"], &changed.body["phone_numbers"][0]),
            (&"Mara".into(), &"+14155552672".into())
        );
        let wrong = host.patch(Some(&host.live), &path, json!({"ring": 1, "max_call_seconds": "long"})).await;
        let mut pointers = wrong.pointers();
        pointers.sort();
        assert_eq!((wrong.problem(), pointers), ((422, "CE0007"), vec!["/max_call_seconds".into(), "/ring".into()]));
    }
}
