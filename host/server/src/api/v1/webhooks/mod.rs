//! Webhooks: endpoints of other systems that are told what happens.
//!
//! All of them need the scope `admin`, reading them too: a webhook carries every lead and call of the account away for as
//! long as it stands, so whoever could make one with less could read with it what the key may not, and go on when the key is
//! revoked; and an address often holds a token.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod recover;
pub(crate) mod resend;
pub(crate) mod rotate_secret;
pub(crate) mod test;

use campanile_domain::event;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use campanile_domain::ports::store::{Webhook, WebhookConfig};
use campanile_domain::webhook::{self as rules, HOSTED_EVENT, WebhookFormat};
use serde::Serialize;
use utoipa::ToSchema;

use super::check_events;
use crate::app::App;
use crate::ports::Entropy;
use crate::problem::FieldProblem;
use crate::schema::webhooks as schema;

/// The longest description, in characters.
const DESCRIPTION: usize = 255;
/// The longest address, in bytes.
const URL_BYTES: usize = 2_048;

/// A webhook with what signs its messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    /// The webhook.
    #[serde(flatten)]
    #[schema(value_type = schema::Webhook, inline)]
    webhook: Webhook,
    /// `whsec_...`: with it the endpoint checks who sends. It is in this answer and nowhere else.
    secret: String,
}

impl WebhookWithSecret {
    fn new(webhook: Webhook, secret: &SecretString) -> Self {
        Self { webhook, secret: secret.expose_secret().to_owned() }
    }
}

pub(crate) fn mint(entropy: &dyn Entropy) -> SecretString {
    let mut random = [0; rules::SECRET_BYTES];
    entropy.fill(&mut random);
    rules::secret(&random)
}

/// The rules for what its owner says of a webhook. Events are sorted, each once.
pub(crate) async fn check(app: &App, tenant: TenantKey, config: &mut WebhookConfig, faults: &mut Vec<FieldProblem>) {
    if app.config.faster_clock && config.enabled {
        let message = "this host's clock is faster than the sun's, and other systems live by the sun's; start it without \
                       --clock to have webhooks told";
        faults.push(FieldProblem::new("", "faster_clock", message));
    }
    if config.url.len() > URL_BYTES {
        let message = format!("the address has {} bytes; {URL_BYTES} are the most", config.url.len());
        faults.push(FieldProblem::new("/url", "length", message));
    } else if let Err(why) = app.post.may_go(&config.url) {
        faults.push(FieldProblem::new("/url", "url_refused", why));
    }
    let length = config.description.chars().count();
    if length > DESCRIPTION {
        let message = format!("the description has {length} characters; {DESCRIPTION} are the most");
        faults.push(FieldProblem::new("/description", "length", message));
    }
    if config.format == WebhookFormat::Hosted {
        only_the_end_of_calls(config, faults);
    } else if config.only_completed {
        let message = "only_completed is for the format \"hosted\"; here, ask for events and look at the call's status";
        faults.push(FieldProblem::new("/only_completed", "format", message));
    }
    if let Some(events) = config.events.take() {
        let known = event::subscribable().map(|kind| kind.name);
        config.events = Some(check_events(events, "webhooks", known, faults));
    }
    if let Some(campaign) = config.campaign
        && app.store.campaign(tenant, campaign).await.is_err()
    {
        let message = format!("there is no campaign {campaign} in this account; GET /v1/campaigns lists them");
        faults.push(FieldProblem::new("/campaign", "unknown_campaign", message));
    }
    if let Some(assistant) = config.assistant
        && app.store.assistant(tenant, assistant).await.is_err()
    {
        let message = format!("there is no assistant {assistant} in this account; GET /v1/assistants lists them");
        faults.push(FieldProblem::new("/assistant", "unknown_assistant", message));
    }
}

/// Hosted platforms send one message for a call, when it is over.
fn only_the_end_of_calls(config: &mut WebhookConfig, faults: &mut Vec<FieldProblem>) {
    let asked = config.events.replace(vec![HOSTED_EVENT.to_owned()]);
    if asked.is_some_and(|asked| asked.iter().any(|event| event != HOSTED_EVENT)) {
        let message = format!("the format \"hosted\" tells of {HOSTED_EVENT} and of nothing else; leave events out");
        faults.push(FieldProblem::new("/events", "format", message));
    }
}
