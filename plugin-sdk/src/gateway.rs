//! Voice gateways: place calls with a provider and read what it tells back.
//!
//! The one thing that must not go wrong is a person called twice. [`VoiceGateway::place`] dials once and says what it saw:
//! placed, refused, or unsure; what is unsure is looked up and never dialled again meanwhile, so nothing is gained by
//! guessing. The host weighs every answer against what it saw leave itself.

use serde::de::DeserializeOwned;

use crate::http::Fault;
use crate::types::{AnsweredBy, Checked, Choice, Extra, Failure, PluginError, Timestamp, Webhook};

/// The generated bindings; for [`crate::export!`].
#[doc(hidden)]
#[allow(missing_docs, reason = "generated; the contract's own comments are in wit/v0.1/campanile.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        world: "campanile:plugin/voice-gateway",
        with: {
            "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types,
            "campanile:plugin/log@0.1.0": crate::bindings::campanile::plugin::log,
            "campanile:plugin/config@0.1.0": crate::bindings::campanile::plugin::config,
            "campanile:plugin/clock@0.1.0": crate::bindings::clock::campanile::plugin::clock,
            "campanile:plugin/secret@0.1.0": crate::bindings::secret::campanile::plugin::secret,
            "campanile:plugin/http@0.1.0": crate::bindings::http::campanile::plugin::http,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
    });
}

pub use bindings::exports::campanile::plugin::gateway::{
    Capabilities, Dial, DialFault, Event, Finding, Placed, Refusal, RefusalScope, Status,
};

fn not_written(what: &str) -> PluginError {
    PluginError::new("not_supported", format!("this gateway {what}"))
}

/// A voice gateway. Without bodies of its own it promises nothing, finds nothing and refuses to dial.
pub trait VoiceGateway {
    /// What the tenant may set; its JSON Schema stands in `campanile.toml`. `options` is asked while a form is being
    /// filled in: give what it reads a default.
    type Settings: DeserializeOwned;

    /// What it can do. Must not ask anybody. Where the settings cannot be read the host is told [`Capabilities::default`].
    fn able(settings: &Self::Settings) -> Capabilities {
        let _ = settings;
        Capabilities::default()
    }

    /// Whether it can place calls: who am I there, what is missing.
    fn check(settings: &Self::Settings) -> Result<Checked, PluginError> {
        let _ = settings;
        Ok(Checked::ready("there is nothing to check"))
    }

    /// The choices for a setting, narrowed by what the person typed; none for a setting that has none.
    fn options(setting: &str, query: &str, settings: &Self::Settings) -> Result<Vec<Choice>, PluginError> {
        let _ = (setting, query, settings);
        Ok(Vec::new())
    }

    /// Dials, once. At most one request that is not GET, and four in all.
    fn place(dial: &Dial, settings: &Self::Settings) -> Result<Placed, DialFault> {
        let _ = (dial, settings);
        Err(DialFault::refused(RefusalScope::ThisAccount, "not_supported", "this gateway does not place calls"))
    }

    /// The latest about a call.
    fn look_up(provider_call_id: &str, settings: &Self::Settings) -> Result<Event, PluginError> {
        let _ = (provider_call_id, settings);
        Err(not_written("does not look calls up"))
    }

    /// For an attempt whose answer was lost: what does the provider know? [`Finding::SurelyNotDialled`] is for providers
    /// that can be asked by the attempt's id.
    fn find(
        attempt_id: &str,
        to: &str,
        since: Timestamp,
        until: Timestamp,
        settings: &Self::Settings,
    ) -> Result<Finding, PluginError> {
        let _ = (attempt_id, to, since, until, settings);
        Ok(Finding::CannotTell)
    }

    /// Ends a call. One that is over already is no error.
    fn hang_up(provider_call_id: &str, settings: &Self::Settings) -> Result<(), PluginError> {
        let _ = (provider_call_id, settings);
        Err(not_written("does not end calls"))
    }

    /// Verifies the signature, then reads the events. An unsigned or forged request is an error
    /// ([`PluginError::forged`]).
    fn receive(webhook: &Webhook, settings: &Self::Settings) -> Result<Vec<Event>, PluginError> {
        let _ = (webhook, settings);
        Err(PluginError::new("no_webhooks", "this gateway does not take webhooks"))
    }
}

impl Default for Capabilities {
    /// Promises nothing: what is unsure stays unsure until the provider tells.
    fn default() -> Self {
        Self {
            idempotent_dial_ms: None,
            finds_by_attempt: false,
            find_lag_ms: 0,
            finds_by_number_and_time: false,
            calls_per_second: None,
            needs_polling: false,
        }
    }
}

impl Placed {
    /// Taken, and how the provider names the call.
    pub fn new(provider_call_id: impl Into<String>) -> Self {
        Self { provider_call_id: provider_call_id.into(), extra: Extra::new() }
    }
}

impl DialFault {
    /// Surely not dialled.
    pub fn refused(scope: RefusalScope, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused(Refusal { code: code.into(), message: message.into(), scope, retry_after_ms: None })
    }
}

/// What no answer to the dialling request means: refused where the host says that nothing left it, else it may ring.
impl From<Fault> for DialFault {
    fn from(fault: Fault) -> Self {
        match &fault {
            Fault::BudgetSpent => Self::refused(RefusalScope::ThisMoment, fault.code(), fault.sentence()),
            _ if fault.is_unsent() => Self::refused(RefusalScope::ThisAccount, fault.code(), fault.sentence()),
            _ => Self::Unsure(fault.sentence()),
        }
    }
}

impl Event {
    /// An event of a call with nothing known but its status.
    pub fn new(call: impl Into<String>, event_id: impl Into<String>, at: Timestamp, status: Status) -> Self {
        Self {
            attempt_id: None,
            provider_call_id: call.into(),
            event_id: event_id.into(),
            at,
            status,
            code: String::new(),
            answered_by: AnsweredBy::Unknown,
            failure: Failure::None,
            talk_ms: None,
            cost_micros: None,
            currency: None,
            transcript: None,
            recording_url: None,
            variables: None,
            extra: Extra::new(),
        }
    }
}

impl Status {
    /// Whether the call is over.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Busy | Self::Unanswered | Self::Failed | Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Empty;
    impl VoiceGateway for Empty {
        type Settings = crate::NoSettings;
    }

    #[test]
    fn a_gateway_without_bodies_dials_nobody_and_promises_nothing() {
        let none = crate::NoSettings;
        assert_eq!(Empty::able(&none), Capabilities::default());
        let (able, finds) = (Empty::able(&none), Empty::find("call_1", "+15550100", 0, 1, &none));
        assert!(!able.finds_by_attempt && able.idempotent_dial_ms.is_none());
        assert_eq!(finds, Ok(Finding::CannotTell));
        assert_eq!(Empty::hang_up("x", &none).unwrap_err().code, "not_supported");
    }

    #[test]
    fn only_what_never_left_the_host_is_refused() {
        let scope = |fault: Fault| match DialFault::from(fault) {
            DialFault::Refused(refusal) => Some(refusal.scope),
            DialFault::Unsure(_) => None,
        };
        assert_eq!(scope(Fault::Denied("host".into())), Some(RefusalScope::ThisAccount));
        assert_eq!(scope(Fault::Unauthorised("secret".into())), Some(RefusalScope::ThisAccount));
        assert_eq!(scope(Fault::BudgetSpent), Some(RefusalScope::ThisMoment));
        for fault in [Fault::Unreachable("reset".into()), Fault::TimedOut, Fault::TooLarge] {
            assert_eq!(scope(fault), None);
        }
    }
}
