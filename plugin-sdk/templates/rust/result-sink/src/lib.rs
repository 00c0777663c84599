//! Writes what became of each lead back to a list that is served as JSON:
//!
//! `POST {base_url}/people/ID/results` with the header `idempotency-key` answers 2xx.

use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::sink::{Ack, ResultEvent, ResultSink};
use campanile_plugin_sdk::types::{Checked, PluginError};
use campanile_plugin_sdk::url;

/// What an instance may set; the same names as in campanile.toml.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Settings {
    base_url: String,
}

struct Plugin;

impl ResultSink for Plugin {
    type Settings = Settings;

    // Whether it can write; shown while somebody fills in the settings.
    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        Ok(match Request::get(at(settings, "/people")).query("limit", 1).auth("api").send()?.status {
            200 => Checked::ready("The list answers."),
            401 | 403 => Checked::misconfigured("The list does not accept the token.", ["token"]),
            status => Checked::unreachable(format!("The list answers {status}.")),
        })
    }

    // One acknowledgement per event, in the same order. `Failed` is delivered again; `Skipped` never.
    fn deliver(events: &[ResultEvent], settings: &Settings) -> Result<Vec<Ack>, PluginError> {
        Ok(events.iter().map(|event| deliver(event, settings)).collect())
    }
}

campanile_plugin_sdk::export!(result_sink: Plugin);

fn deliver(event: &ResultEvent, settings: &Settings) -> Ack {
    let Some(id) = &event.external_id else {
        return Ack::Skipped("the lead did not come from this list".into());
    };
    let request = Request::post(at(settings, &format!("/people/{}/results", url::encode(id))))
        .header("idempotency-key", &event.event_id)
        .body("application/json", event.data_json.as_bytes())
        .auth("api");
    match request.send() {
        Ok(answer) if answer.status == 404 => Ack::Skipped("the list does not know this person any more".into()),
        // What is not 2xx becomes the error that it is, with how long the list asked to be left alone.
        Ok(answer) => answer.ok().map(|_| ()).into(),
        Err(fault) => Ack::Failed(fault.into()),
    }
}

// The host adds the token after it has checked the address.
fn at(settings: &Settings, path: &str) -> String {
    format!("{}{path}", settings.base_url.trim_end_matches('/'))
}
