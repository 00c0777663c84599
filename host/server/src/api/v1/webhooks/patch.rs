//! `PATCH /v1/webhooks/{id}`: where it is, what it is told of, whether it is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{CampaignId, WebhookId};
use campanile_domain::ports::store::{Webhook, WebhookConfig};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check;
use crate::api::v1::named;
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::webhooks as schema;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookPatch {
    /// Where messages go. Another address begins without a past: it is tried at once.
    #[serde(default)]
    url: Option<String>,
    /// What it is told of from now on; null: everything.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Vec<String>>, min_items = 1)]
    events: Option<Option<Vec<String>>>,
    /// `cmp_...`: only events of this campaign from now on; null: of the account.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<Option<CampaignId>>,
    /// With the format `hosted`: only calls that somebody or something answered. The format and the assistant stay.
    #[serde(default)]
    only_completed: Option<bool>,
    /// For people; at most 255 characters.
    #[serde(default)]
    #[schema(max_length = 255)]
    description: Option<String>,
    /// Whether it is told. What waits when it is disabled is sent when it is enabled again; what happens in between is not,
    /// but `recover` brings it back.
    #[serde(default)]
    enabled: Option<bool>,
}

/// Changes a webhook.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`")),
    request_body(content = WebhookPatch, example = json!({"events": ["call.ended", "lead.completed"], "enabled": true})),
    responses((status = 200, body = schema::Webhook)), security(("key" = ["admin"])))]
pub(crate) async fn patch_webhook(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
    Body(patch): Body<WebhookPatch>,
) -> Result<Json<Webhook>, Problem> {
    let before = app.store.webhook(key.of(), id).await?;
    let mut config = WebhookConfig {
        url: patch.url.unwrap_or(before.url),
        events: patch.events.unwrap_or(before.events),
        campaign: patch.campaign.unwrap_or(before.campaign),
        assistant: before.assistant,
        format: before.format,
        only_completed: patch.only_completed.unwrap_or(before.only_completed),
        description: patch.description.unwrap_or(before.description),
        enabled: patch.enabled.unwrap_or(before.enabled),
    };
    let mut faults = Vec::new();
    check(&app, key.of(), &mut config, &mut faults).await;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let changed = app.store.update_webhook(&key.writes(&app), id, config).await?;
    app.webhooks.ring();
    Ok(Json(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn what_is_named_changes_and_null_is_everything() {
        let host = Host::new().await;
        let path = format!("/v1/webhooks/{}", host.webhook().await.0);
        let narrow = json!({"events": ["lead.created"], "campaign": host.campaign().await, "description": "narrow"});
        let changed = host.patch(Some(&host.live), &path, narrow).await;
        assert_eq!((changed.status, &changed.body["events"]), (200, &json!(["lead.created"])), "{}", changed.text);
        assert_eq!(changed.body["url"], "https://hooks.example/campanile", "what is left out stays");
        let wide = host.patch(Some(&host.live), &path, json!({"events": null, "campaign": null})).await;
        assert_eq!((&wide.body["events"], &wide.body["campaign"]), (&Value::Null, &Value::Null));
        assert_eq!(wide.body["description"], "narrow");
        let wrong = host.patch(Some(&host.live), &path, json!({"url": "ftp://x", "events": ["x"]})).await;
        assert_eq!(wrong.pointers(), ["/url", "/events/0"]);
    }

    #[tokio::test]
    async fn one_that_was_disabled_is_told_again_from_then_on() {
        let host = Host::new().await;
        let (webhook, _) = host.answered_delivery(410).await;
        let path = format!("/v1/webhooks/{webhook}");
        let again = host.patch(Some(&host.live), &path, json!({"enabled": true})).await;
        assert_eq!((&again.body["enabled"], &again.body["status_reason"]["code"]), (&true.into(), &"by_hand".into()));
        assert_eq!(again.body["failing_since"], Value::Null);
        host.engine_later(60_000);
        assert_eq!(host.answer_deliveries(&webhook, 200).await, 1, "what waited, not that it was disabled");
        let off = host.patch(Some(&host.live), &path, json!({"enabled": false})).await;
        assert_eq!(off.body["enabled"], false);
        let refused = host.post_empty(Some(&host.live), &format!("{path}/test")).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["webhook_disabled".to_owned()]));
    }
}
