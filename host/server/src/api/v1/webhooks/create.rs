//! `POST /v1/webhooks`: an endpoint that is told what happens from now on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{AssistantId, CampaignId};
use campanile_domain::ports::store::WebhookConfig;
use campanile_domain::webhook::WebhookFormat;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{WebhookWithSecret, check, mint};
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::problem::Problem;

/// A webhook that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookRequest {
    /// Where messages go: https and a public address, or a host that the operator of this one lists.
    url: String,
    /// What it is told of; everything, what later releases add too, when it is left out.
    #[serde(default)]
    #[schema(min_items = 1)]
    events: Option<Vec<String>>,
    /// `cmp_...`: only events of this campaign; those of the account when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// `asst_...`: only events of this assistant's campaigns and single calls; whoever speaks when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^asst_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    assistant: Option<AssistantId>,
    /// `standard` when it is left out. `hosted`: one message for every call that is over, in the words of hosted calling platforms,
    /// for flows that were made for those; an assistant has one of them at most.
    #[serde(default)]
    #[schema(value_type = String, required = false, pattern = "^(standard|hosted)$")]
    format: WebhookFormat,
    /// With the format `hosted`: only calls that somebody or something answered.
    #[serde(default)]
    only_completed: bool,
    /// For people; at most 255 characters.
    #[serde(default)]
    #[schema(max_length = 255)]
    description: String,
}

/// Makes a webhook. What signs its messages is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks",
    request_body(content = WebhookRequest, example = json!({"url": "https://hooks.example/campanile",
        "events": ["lead.goal_reached", "lead.completed", "lead.max_retries"], "description": "the sales flow"})),
    responses((status = 201, body = WebhookWithSecret)), security(("key" = ["admin"])))]
pub(crate) async fn create_webhook(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Body(request): Body<WebhookRequest>,
) -> Result<(StatusCode, Json<WebhookWithSecret>), Problem> {
    let WebhookRequest { url, events, campaign, assistant, format, only_completed, description } = request;
    let mut config =
        WebhookConfig { url, events, campaign, assistant, format, only_completed, description, enabled: true };
    let mut faults = Vec::new();
    check(&app, key.of(), &mut config, &mut faults).await;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let secret = mint(&*app.entropy);
    let webhook = app.store.create_webhook(&key.writes(&app), config, secret.clone()).await?;
    Ok((StatusCode::CREATED, Json(WebhookWithSecret::new(webhook, &secret))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn its_secret_is_shown_once() {
        let host = Host::new().await;
        let (id, secret) = host.webhook().await;
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
        let read = host.get(Some(&host.live), &format!("/v1/webhooks/{id}")).await;
        assert_eq!((read.status, &read.body["enabled"], &read.body["events"]), (200, &true.into(), &Value::Null));
        assert!(!read.text.contains(&secret[6..]) && read.body.get("secret").is_none());
        assert_ne!(host.webhook().await.1, secret);
    }

    #[tokio::test]
    async fn everything_wrong_is_told_at_once() {
        let host = Host::new().await;
        let body = json!({"url": "http://hooks.example/", "events": ["lead.created", "lead.lost", "webhook.test"],
            "campaign": "cmp_00000000000000000000000000", "description": "x".repeat(256)});
        let wrong = host.post(Some(&host.live), "/v1/webhooks", body).await;
        let places = ["/url", "/description", "/events/1", "/events/2", "/campaign"].map(str::to_owned);
        assert_eq!((wrong.problem(), wrong.pointers()), ((422, "CE0007"), places.to_vec()), "{}", wrong.text);
        let private = json!({"url": "https://127.0.0.1/hook", "events": []});
        let wrong = host.post(Some(&host.live), "/v1/webhooks", private).await;
        assert_eq!(wrong.codes(), ["url_refused", "length"]);
        let long = json!({"url": format!("https://hooks.example/{}", "x".repeat(2_048))});
        assert_eq!(host.post(Some(&host.live), "/v1/webhooks", long).await.pointers(), ["/url"]);
    }

    #[tokio::test]
    async fn events_are_sorted_and_each_is_there_once() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let body = json!({"url": "https://hooks.example/", "events": ["lead.created", "call.ended", "lead.created"],
            "campaign": campaign, "description": "the flow"});
        let made = host.post(Some(&host.live), "/v1/webhooks", body).await;
        assert_eq!((made.status, &made.body["events"]), (201, &json!(["call.ended", "lead.created"])), "{}", made.text);
        assert_eq!((&made.body["campaign"], &made.body["description"]), (&json!(campaign), &json!("the flow")));
    }

    #[tokio::test]
    async fn a_faster_host_tells_nobody() {
        let mut host = Host::new().await;
        host.with_faster_clock();
        let made = host.post(Some(&host.live), "/v1/webhooks", json!({"url": "https://hooks.example/"})).await;
        assert_eq!((made.problem(), made.codes()), ((422, "CE0007"), vec!["faster_clock".to_owned()]));
    }
}
