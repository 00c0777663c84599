//! The webhook that is told after an assistant's calls: three fields of the assistant there, an object of its own here.
//!
//! It is the one webhook of the format `hosted` that an assistant may have, the same that `/v1/webhooks` shows. As there, it
//! needs the scope `admin`: a webhook carries calls away for as long as it stands, and its address often holds a token. A
//! key without that scope is shown that there is one and not where it goes; what it sends back as it was shown changes
//! nothing, so that a flow that reads an assistant and writes it again needs no more than before.

use campanile_domain::ids::{AssistantId, WebhookId};
use campanile_domain::ports::store::{Webhook, WebhookConfig};
use campanile_domain::webhook::WebhookFormat;

use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::api::v1::webhooks::{check, mint};
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::problem::Problem;

/// What this host calls what may be wrong, and what the door does.
const NAMES: [(&str, &str); 2] = [("/url", "webhook_url"), ("", "is_webhook_active")];
/// Those platforms say nothing of calls that nobody answered, unless they are asked to.
const ONLY_COMPLETED: bool = true;

/// What an assistant shows of its webhook.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub is_active: bool,
    pub url: Option<String>,
    pub only_completed: bool,
}

/// The webhooks of an account's assistants, and whether their addresses may be shown.
pub(super) struct Webhooks {
    known: Vec<Webhook>,
    may_see: bool,
}

impl Webhooks {
    /// As far as a key may see them.
    pub(super) async fn seen<S: Sync>(app: &App, key: &Key<S>) -> Result<Self, Refusal> {
        let known = app.store.webhooks(key.of()).await?;
        Ok(Self { known, may_see: key.also::<Admin>().is_ok() })
    }

    /// That of an assistant.
    pub(super) fn of(&self, assistant: AssistantId) -> Option<&Webhook> {
        self.known.iter().find(|one| one.format == WebhookFormat::Hosted && one.assistant == Some(assistant))
    }

    /// What is shown of it.
    pub(super) fn standing(&self, assistant: AssistantId) -> Standing {
        let webhook = self.of(assistant);
        Standing {
            is_active: webhook.is_some_and(|one| one.enabled),
            url: webhook.filter(|_| self.may_see).map(|one| one.url.clone()),
            only_completed: webhook.map_or(ONLY_COMPLETED, |one| one.only_completed),
        }
    }
}

/// What is wished of it; what is left out stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub is_active: Option<bool>,
    /// `Some(None)`: there is to be none.
    pub url: Option<Option<String>>,
    pub only_completed: Option<bool>,
}

impl Wish {
    /// Reads it.
    pub(super) fn read(given: &mut Given) -> Self {
        let is_taken_away = given.names("webhook_url") && !given.is_sent("webhook_url");
        let url = given.text("webhook_url", 2_048);
        Self {
            is_active: given.boolean("is_webhook_active"),
            url: if is_taken_away { Some(None) } else { url.map(Some) },
            only_completed: given.boolean("send_webhook_only_on_completed"),
        }
    }

    /// Whether something is to be otherwise than it is shown.
    fn differs(&self, from: &Standing) -> bool {
        self.is_active.is_some_and(|active| active != from.is_active)
            || self.url.as_ref().is_some_and(|url| *url != from.url)
            || self.only_completed.is_some_and(|only| only != from.only_completed)
    }
}

/// What is to be done, once everything is known to be right.
#[derive(Debug)]
pub(super) enum Plan {
    Nothing,
    Make(WebhookConfig),
    Change(WebhookId, WebhookConfig),
    Remove(WebhookId),
}

/// Finds out what a wish means, and refuses what cannot be. `assistant` is left out for one that is not made yet.
pub(super) async fn plan<S: Sync>(
    app: &App,
    key: &Key<S>,
    assistant: Option<AssistantId>,
    wish: Wish,
) -> Result<Plan, Refusal> {
    let webhooks = Webhooks::seen(app, key).await?;
    let webhook = assistant.and_then(|assistant| webhooks.of(assistant));
    let standing = match assistant {
        Some(assistant) => webhooks.standing(assistant),
        None => Standing { is_active: false, url: None, only_completed: ONLY_COMPLETED },
    };
    if !wish.differs(&standing) {
        return Ok(Plan::Nothing);
    }
    key.also::<Admin>()?;
    let Wish { is_active, url, only_completed } = wish;
    let Some(url) = url.unwrap_or_else(|| webhook.map(|one| one.url.clone())) else {
        return without(webhook, is_active, only_completed);
    };
    let mut config = WebhookConfig {
        url,
        enabled: is_active.unwrap_or(standing.is_active),
        only_completed: only_completed.unwrap_or(standing.only_completed),
        format: WebhookFormat::Hosted,
        assistant,
        campaign: webhook.and_then(|one| one.campaign),
        description: webhook.map(|one| one.description.clone()).unwrap_or_default(),
        events: None,
    };
    let mut faults = Vec::new();
    check(app, key.of(), &mut config, &mut faults).await;
    if !faults.is_empty() {
        return Err(Refusal::renamed(&Problem::invalid(faults), &NAMES));
    }
    Ok(match webhook {
        Some(one) => Plan::Change(one.id, config),
        None => Plan::Make(config),
    })
}

/// There is no address.
fn without(webhook: Option<&Webhook>, is_active: Option<bool>, only_completed: Option<bool>) -> Result<Plan, Refusal> {
    let mut faults = Vec::new();
    let mut refuse = |field: &str, message: &str| faults.push((field.to_owned(), message.to_owned()));
    if is_active == Some(true) {
        refuse("webhook_url", "The webhook url field is required when is webhook active is true.");
    }
    if only_completed == Some(false) {
        let message = "The send webhook only on completed field is the webhook's here; send a webhook_url with it.";
        refuse("send_webhook_only_on_completed", message);
    }
    match (faults.is_empty(), webhook) {
        (false, _) => Err(Refusal::invalid(faults)),
        (true, Some(webhook)) => Ok(Plan::Remove(webhook.id)),
        (true, None) => Ok(Plan::Nothing),
    }
}

impl Plan {
    /// Does it, for an assistant that is there now.
    pub(super) async fn carry_out<S: Sync>(
        self,
        app: &App,
        key: &Key<S>,
        assistant: AssistantId,
    ) -> Result<(), Refusal> {
        let ctx = key.writes(app);
        match self {
            Self::Nothing => return Ok(()),
            Self::Make(config) => {
                let config = WebhookConfig { assistant: Some(assistant), ..config };
                drop(app.store.create_webhook(&ctx, config, mint(&*app.entropy)).await?);
            }
            Self::Change(id, config) => drop(app.store.update_webhook(&ctx, id, config).await?),
            Self::Remove(id) => app.store.delete_webhook(&ctx, id).await?,
        }
        app.webhooks.ring();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    const URL: &str = "https://hooks.example/flow";

    async fn put(host: &Host, key: &str, path: &str, body: Value) -> Answer {
        host.send(Some(key), "PUT", path, Some(body)).await
    }

    async fn webhooks(host: &Host) -> Vec<Value> {
        host.get(Some(&host.live), "/v1/webhooks").await.body["data"].as_array().unwrap().clone()
    }

    #[tokio::test]
    async fn three_fields_make_a_webhook_change_it_and_take_it_out() {
        let host = Host::new().await;
        host.gateway().await;
        let body = json!({"name": "Mara", "type": "outbound", "timezone": "Europe/Berlin", "is_webhook_active": true,
            "webhook_url": URL, "send_webhook_only_on_completed": false});
        let made = host.post(Some(&host.live), "/api/user/assistant", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let shown = |answer: &Answer| {
            let data = &answer.body["data"];
            ["is_webhook_active", "webhook_url", "send_webhook_only_on_completed"].map(|field| data[field].clone())
        };
        assert_eq!(shown(&made), [json!(true), json!(URL), json!(false)]);
        let path = format!("/api/user/assistant/{}", made.body["data"]["id"]);
        let here = webhooks(&host).await[0].clone();
        let of = host.get(Some(&host.live), "/v1/assistants").await.body["data"][0]["id"].clone();
        for (field, value) in [
            ("url", json!(URL)),
            ("assistant", of),
            ("format", json!("hosted")),
            ("only_completed", json!(false)),
            ("enabled", json!(true)),
            ("events", json!(["call.ended"])),
        ] {
            assert_eq!(here[field], value, "{field}");
        }
        let changes = [
            (json!({"name": "Maria"}), [json!(true), json!(URL), json!(false)]),
            (json!({"is_webhook_active": false}), [json!(false), json!(URL), json!(false)]),
            (json!({"send_webhook_only_on_completed": true}), [json!(false), json!(URL), json!(true)]),
            (
                json!({"is_webhook_active": 1, "webhook_url": "https://b.example/"}),
                [json!(true), json!("https://b.example/"), json!(true)],
            ),
        ];
        for (change, expected) in changes {
            let changed = put(&host, &host.live, &path, change.clone()).await;
            assert_eq!((changed.status, shown(&changed)), (200, expected), "{change}: {}", changed.text);
            assert_eq!(webhooks(&host).await[0]["id"], here["id"], "it is the same one");
        }
        let gone = put(&host, &host.live, &path, json!({"webhook_url": null})).await;
        assert_eq!(shown(&gone), [json!(false), Value::Null, json!(true)]);
        assert_eq!(webhooks(&host).await.len(), 0);
        let nowhere = put(&host, &host.live, &path, json!({"is_webhook_active": true})).await;
        assert_eq!((nowhere.status, nowhere.body["errors"]["webhook_url"].is_array()), (422, true), "{}", nowhere.text);
    }

    #[tokio::test]
    async fn triggers_of_flows_switch_it_on_and_off() {
        let host = Host::new().await;
        host.assistant().await;
        let id = host.get(Some(&host.live), "/api/user/assistants").await.body[0]["id"].clone();
        let send = |verb: &'static str, body: Value| {
            let host = &host;
            async move { host.post(Some(&host.live), &format!("/api/user/assistants/{verb}-webhook"), body).await }
        };
        for url in [URL, URL, "https://b.example/"] {
            let on = send("enable", json!({"assistant_id": id, "webhook_url": url})).await;
            assert_eq!((on.status, &on.body["data"]), (200, &json!([])), "{}", on.text);
            let known = webhooks(&host).await;
            assert_eq!((known.len(), &known[0]["url"], &known[0]["only_completed"]), (1, &json!(url), &json!(true)));
        }
        for _ in 0..2 {
            assert_eq!(send("disable", json!({"assistant_id": id})).await.status, 200);
            assert_eq!(webhooks(&host).await.len(), 0);
        }
        for (verb, body, status, field) in [
            ("enable", json!({"assistant_id": id}), 422, "webhook_url"),
            ("enable", json!({"assistant_id": id, "webhook_url": "ftp://x"}), 422, "webhook_url"),
            ("enable", json!({"webhook_url": URL}), 422, "assistant_id"),
            ("disable", json!({}), 422, "assistant_id"),
        ] {
            let refused = send(verb, body).await;
            assert_eq!((refused.status, refused.body["errors"][field].is_array()), (status, true), "{}", refused.text);
        }
        assert_eq!(send("enable", json!({"assistant_id": 4_000, "webhook_url": URL})).await.status, 404);
    }

    #[tokio::test]
    async fn whoever_may_not_see_the_address_writes_back_what_it_was_shown() {
        let host = Host::new().await;
        host.assistant().await;
        let id = host.get(Some(&host.live), "/api/user/assistants").await.body[0]["id"].clone();
        let on = json!({"assistant_id": id, "webhook_url": URL});
        host.post(Some(&host.live), "/api/user/assistants/enable-webhook", on).await;
        let path = format!("/api/user/assistant/{id}");
        let reader = host.key("campaigns:read", None).await;
        let seen = host.get(Some(&reader), &path).await.body;
        assert_eq!((&seen["is_webhook_active"], &seen["webhook_url"]), (&json!(true), &Value::Null));
        let writer = host.key("assistants:write", None).await;
        assert_eq!(put(&host, &writer, &path, seen.clone()).await.status, 200);
        assert_eq!(webhooks(&host).await[0]["url"], URL);
        for change in [json!({"is_webhook_active": false}), json!({"webhook_url": "https://b.example/"})] {
            let refused = put(&host, &writer, &path, change).await;
            assert_eq!(refused.status, 403, "{}", refused.text);
            assert!(refused.body["message"].as_str().unwrap().contains("admin"), "{}", refused.text);
        }
        assert_eq!(webhooks(&host).await[0]["url"], URL);
        // It goes with its assistant.
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 200);
        assert_eq!(webhooks(&host).await.len(), 0);
    }
}
