//! Places calls with Twilio Programmable Voice, or with a provider that speaks its API.
//!
//! The API has no idempotency and cannot be searched by an id of ours, so the whole gateway leans to one side: what may
//! ring is never called refused, and what cannot be found is never called not dialled. Our attempt id travels in the query
//! of the callback URL, whose signature covers it.

mod calls;
mod check;
mod end;
mod event;
mod find;
mod loose;
mod place;
mod receive;
mod refusal;
mod settings;
mod signature;
mod status;

use campanile_plugin_sdk::gateway::{Capabilities, Dial, DialFault, Event, Finding, Placed, VoiceGateway};
use campanile_plugin_sdk::types::{Checked, PluginError, Timestamp, Webhook};

pub use settings::Settings;

/// How long a new call may be missing from the list of calls, in milliseconds.
const FIND_LAG_MS: u64 = 60_000;

/// The gateway.
pub struct TwilioVoice;

impl VoiceGateway for TwilioVoice {
    type Settings = Settings;

    fn able(settings: &Settings) -> Capabilities {
        Capabilities {
            finds_by_number_and_time: true,
            find_lag_ms: FIND_LAG_MS,
            calls_per_second: Some(settings.calls_per_second),
            ..Capabilities::default()
        }
    }

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        check::check(settings)
    }

    fn place(dial: &Dial, settings: &Settings) -> Result<Placed, DialFault> {
        place::place(dial, settings)
    }

    fn look_up(provider_call_id: &str, settings: &Settings) -> Result<Event, PluginError> {
        Ok(event::of_call(calls::get(provider_call_id, settings)?))
    }

    fn find(
        _attempt_id: &str,
        to: &str,
        since: Timestamp,
        until: Timestamp,
        settings: &Settings,
    ) -> Result<Finding, PluginError> {
        find::find(to, since, until, settings)
    }

    fn hang_up(provider_call_id: &str, settings: &Settings) -> Result<(), PluginError> {
        end::hang_up(provider_call_id, settings)
    }

    fn receive(webhook: &Webhook, settings: &Settings) -> Result<Vec<Event>, PluginError> {
        signature::verify(webhook, settings)?;
        receive::read(webhook, settings)
    }
}

campanile_plugin_sdk::export!(voice_gateway: TwilioVoice);
