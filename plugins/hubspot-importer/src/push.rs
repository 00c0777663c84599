//! What HubSpot pushes: which contacts something happened to, not what they are now.
//!
//! A deletion is believed as it is; anybody else is read, because an event tells one property of many and may be older than
//! the next one. An app has one address for all that it subscribed to, and a company may have the number of a contact: events
//! about anything but contacts are passed over, and so are those that name nobody. The signature is version 3: HMAC-SHA256 of method, address, body and time under the app's client secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::importer::{IncomingLead, Page};
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::types::{PluginError, Webhook};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{CONTACTS, Settings};

/// The age from which on a request is refused, in milliseconds: HubSpot's own rule against replays.
const OLDEST_MS: i64 = 300_000;
/// Contacts that are read in one request.
const AT_ONCE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    subscription_type: String,
    #[serde(default)]
    object_type_id: String,
    /// Events about two contacts have other names for them.
    object_id: Option<u64>,
    /// Who went into another contact and is not there any more.
    #[serde(default)]
    merged_object_ids: Vec<u64>,
}

impl Event {
    fn is_of_a_contact(&self) -> bool {
        const CONTACT: &str = "0-1";
        let kind = self.subscription_type.split('.').next();
        kind == Some("contact") || (kind == Some("object") && self.object_type_id == CONTACT)
    }

    fn says(&self, what: &str) -> bool {
        self.subscription_type.to_lowercase().ends_with(what)
    }

    fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.object_id.into_iter().chain(self.merged_object_ids.iter().copied())
    }
}

fn verify(webhook: &Webhook) -> Result<(), PluginError> {
    let missing = |name: &str| PluginError::forged(format!("there is no header {name}"));
    let signature = webhook.header("x-hubspot-signature-v3").ok_or_else(|| missing("X-HubSpot-Signature-v3"))?;
    let time = webhook.header("x-hubspot-request-timestamp").ok_or_else(|| missing("X-HubSpot-Request-Timestamp"))?;
    let sent: i64 = time.parse().map_err(|_| PluginError::forged("the time of the request is no number"))?;
    if webhook.received_at - sent > OLDEST_MS {
        return Err(PluginError::forged("the request is older than five minutes"));
    }
    let mut signed = format!("{}{}", webhook.method, decoded(&webhook.url)).into_bytes();
    signed.extend_from_slice(&webhook.body);
    signed.extend_from_slice(time.as_bytes());
    let ours = secret::hmac("client_secret", Digest::Sha256, &signed)?;
    let theirs = STANDARD.decode(signature).unwrap_or_default();
    if secret::same(&ours, &theirs) { Ok(()) } else { Err(PluginError::forged("the signature does not hold")) }
}

/// The address with those characters decoded that HubSpot decodes before it signs.
fn decoded(url: &str) -> String {
    const PAIRS: [(&str, &str); 13] = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
        ("%7E", "~"),
    ];
    PAIRS.iter().fold(url.to_owned(), |url, (code, sign)| url.replace(code, sign).replace(&code.to_lowercase(), sign))
}

/// See the module.
pub(super) fn receive(webhook: &Webhook, settings: &Settings) -> Result<Page, PluginError> {
    verify(webhook)?;
    let mut events: Vec<Event> = webhook.json()?;
    events.retain(Event::is_of_a_contact);
    let of = |what: &str| events.iter().filter(|event| event.says(what)).flat_map(Event::ids).collect::<Vec<_>>();
    let (mut gone, back) = (of("deletion"), of("restore"));
    gone.retain(|id| !back.contains(id));
    let mut changed: Vec<u64> = events.iter().flat_map(Event::ids).filter(|id| !gone.contains(id)).collect();
    for ids in [&mut gone, &mut changed] {
        ids.sort_unstable();
        ids.dedup();
    }
    let mut page = Page::delta(gone.iter().map(|id| deleted(*id)));
    let fields = settings.fields();
    for ids in changed.chunks(AT_ONCE) {
        let inputs: Vec<_> = ids.iter().map(|id| json!({ "id": id.to_string() })).collect();
        let question = json!({ "properties": settings.properties(), "inputs": inputs });
        let answer =
            Request::post(settings.at(&format!("{CONTACTS}/batch/read"))).auth("app").json(&question)?.send()?;
        let body: Json = answer.ok()?.json()?;
        let found = body.get("results").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for record in found {
            match fields.lead(record) {
                Ok(lead) => page.leads.push(lead),
                Err(rejected) => page.rejected.push(rejected),
            }
        }
        // Who is not there any more was deleted after the event.
        let there =
            |id: &u64| found.iter().any(|record| record.get("id").and_then(Json::as_str) == Some(&id.to_string()));
        page.leads.extend(ids.iter().filter(|id| !there(id)).map(|id| deleted(*id)));
    }
    Ok(page)
}

fn deleted(id: u64) -> IncomingLead {
    IncomingLead { deleted: true, ..IncomingLead::without_phone(id.to_string()) }
}
