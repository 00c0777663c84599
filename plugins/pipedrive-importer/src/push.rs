//! What Pipedrive pushes: that a person was added, changed or deleted.
//!
//! A deletion is believed as it is; anybody else is read, because a push may be older than the next one and shows the
//! company's own fields in another way than the list. Pipedrive signs nothing: it comes with the user and password that
//! were entered with the webhook.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_plugin_sdk::importer::{IncomingLead, Page};
use campanile_plugin_sdk::records::{field, text};
use campanile_plugin_sdk::secret;
use campanile_plugin_sdk::types::{PluginError, Webhook};
use serde_json::Value as Json;

use crate::settings::Settings;
use crate::{Found, answered, person, persons};

/// Verifies a push and reads it.
pub fn receive(webhook: &Webhook, settings: &Settings) -> Result<Page, PluginError> {
    let (user, password) = credentials(webhook).unwrap_or_default();
    if !secret::same(user.as_bytes(), settings.webhook_user.as_bytes())
        || !secret::equals("webhook_password", &password)?
    {
        return Err(PluginError::forged("the user and password are not those of the webhook"));
    }
    let push: Json = webhook.json()?;
    let meta = push.get("meta").unwrap_or(&Json::Null);
    let id = field(meta, "entity_id").or_else(|| field(meta, "id")).and_then(text);
    let said = |name: &str| meta.get(name).and_then(Json::as_str).unwrap_or_default();
    let is_person = said("entity") == "person" || said("object") == "person";
    let Some(id) = id.filter(|_| is_person) else { return Ok(Page::delta([])) };
    if ["delete", "deleted"].contains(&said("action")) {
        return Ok(Page::delta([IncomingLead { deleted: true, ..IncomingLead::without_phone(id) }]));
    }
    if !settings.filter.is_empty() {
        // Whether the filter takes somebody is known to the list alone.
        return Ok(Page::delta([]));
    }
    let found: Found = answered(persons(settings).query("ids", &id).send()?)?.json()?;
    let mut page = Page::delta([]);
    for one in found.data.unwrap_or_default() {
        match person::lead(settings, &one) {
            Ok(lead) => page.leads.push(lead),
            Err(rejected) => page.rejected.push(rejected),
        }
    }
    // Who cannot be read any more was deleted meanwhile, and that is told by a push of its own.
    Ok(page)
}

fn credentials(webhook: &Webhook) -> Option<(String, String)> {
    let header = webhook.header("authorization")?;
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}
