//! An assistant as it is answered: the settings that this host has, and those whose value is the same for all of them.

use campanile_domain::ports::store::Assistant;
use campanile_domain::variable::Variables;
use serde::Serialize;

use super::kind_there;
use super::webhook::{Standing, Webhooks};
use crate::api::hosted::words;

/// An assistant.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    id: i64,
    name: String,
    r#type: &'static str,
    status: &'static str,
    timezone: &'static str,
    phone_number_id: Option<u64>,
    max_duration: u32,
    ringing_time: u32,
    variables: Variables,
    post_call_evaluation: bool,
    post_call_schema: Vec<Question>,
    is_webhook_active: bool,
    webhook_url: Option<String>,
    send_webhook_only_on_completed: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize)]
struct Question {
    name: String,
    r#type: &'static str,
    description: String,
}

impl Shown {
    /// Assistants with what is shown of their webhooks.
    pub(super) fn all(webhooks: &Webhooks, assistants: impl IntoIterator<Item = Assistant>) -> Vec<Self> {
        assistants
            .into_iter()
            .map(|assistant| {
                let standing = webhooks.standing(assistant.id);
                Self::new(assistant, standing)
            })
            .collect()
    }

    /// With what may be shown of its webhook.
    pub(super) fn new(assistant: Assistant, webhook: Standing) -> Self {
        let config = assistant.config;
        let questions = config.variables.into_iter().map(|spec| Question {
            name: spec.name,
            r#type: kind_there(spec.kind),
            description: spec.description,
        });
        let post_call_schema: Vec<_> = questions.collect();
        Self {
            id: assistant.key.0,
            name: config.name,
            r#type: if config.outbound { "outbound" } else { "inbound" },
            status: "active",
            timezone: config.time_zone.name(),
            phone_number_id: config.phone_numbers.first().map(|phone| phone.digits()),
            max_duration: config.max_call_seconds,
            ringing_time: config.ring_timeout_seconds,
            variables: Variables::new(),
            post_call_evaluation: !post_call_schema.is_empty(),
            post_call_schema,
            is_webhook_active: webhook.is_active,
            webhook_url: webhook.url,
            send_webhook_only_on_completed: webhook.only_completed,
            created_at: words::date(assistant.created_at),
            updated_at: words::date(assistant.updated_at),
        }
    }
}
