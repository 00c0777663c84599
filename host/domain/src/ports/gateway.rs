//! Who places the calls.
//!
//! A gateway is asked once per attempt to dial and never again; what it answers is weighed against what the host itself
//! saw (see [`Evidence`]). What the provider tells later comes as webhooks, is stored before anybody reads it, and is
//! read by [`Gateway::receive`]. The simulated carrier is a gateway like any other.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::attempt::{AnsweredBy, CallStatus, Failure};
use crate::ids::CallId;
use crate::money::{Currency, Micros};
use crate::phone::Phone;
use crate::plugin::instance::{Checked, Choice};
use crate::time::Timestamp;
use crate::variable::Variables;

/// One dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dial {
    /// The attempt, and the name the provider may know the call by.
    pub attempt: CallId,
    /// Which dial of this lead it is, from 1.
    pub number: u32,
    /// The number to show.
    pub caller_id: Phone,
    /// The number to call.
    pub to: Phone,
    /// The assistant as the gateway knows it.
    pub assistant_ref: Option<String>,
    /// Where the provider's events go; empty for a gateway that needs none.
    pub callback_url: String,
    /// How long to let it ring, in milliseconds.
    pub ring_timeout_ms: i64,
    /// The longest call, in milliseconds.
    pub max_call_ms: i64,
    /// The lead's variables with the contact's merged over them.
    pub variables: Variables,
}

/// What asking to dial came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum PlaceAnswer {
    /// Taken.
    Placed {
        /// The provider's name for the call.
        provider_call_id: String,
    },
    /// Surely not dialled.
    Refused(Refusal),
    /// It may ring.
    Unsure {
        /// What was seen.
        why: String,
    },
}

/// Why the provider surely did not dial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The provider's code.
    pub code: String,
    /// For a person.
    pub message: String,
    /// What the refusal is about.
    pub scope: RefusalScope,
    /// When to ask again, in milliseconds from now.
    pub retry_after_ms: Option<i64>,
}

impl Refusal {
    /// The code of a refusal that the host made up itself, because no byte reached the provider. Several in a row make the
    /// gateway wait until it answers a check.
    pub const UNREACHABLE: &'static str = "unreachable";
}

/// What a refusal is about, and so who can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalScope {
    /// The number cannot be called: the contact is dead.
    ThisNumber,
    /// Another caller id may work.
    ThisCallerId,
    /// Later may work.
    ThisMoment,
    /// The account cannot call at all: the campaign pauses.
    ThisAccount,
}

/// What the host itself saw of the one request that dials. It outranks whatever a gateway answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// No byte of the request left the host.
    NothingSent,
    /// An answer came, with this status.
    Answered(u16),
    /// Bytes were sent and no answer came.
    Lost,
}

impl PlaceAnswer {
    /// Holds an answer against the evidence: "refused" is believed only if nothing was sent or the answer was a 4xx;
    /// everything that may have dialled without a call to show for it is unsure.
    pub fn weighed(self, evidence: Evidence) -> Self {
        let surely_not = match evidence {
            Evidence::NothingSent => true,
            Evidence::Answered(status) => (400..500).contains(&status),
            Evidence::Lost => false,
        };
        match self {
            Self::Refused(refusal) if !surely_not => Self::Unsure {
                why: format!("refused as {:?}, but the request may have been carried out", refusal.code),
            },
            other => other,
        }
    }
}

/// Somebody said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The assistant.
    Assistant,
    /// The person called.
    Person,
    /// Anybody else.
    Other,
}

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// From the start of the call, in milliseconds.
    pub at_ms: i64,
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
}

/// What the provider tells about a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEvent {
    /// Our attempt, when the provider carries it.
    pub attempt: Option<CallId>,
    /// The provider's name for the call.
    pub provider_call_id: String,
    /// Names this event; the same event twice has the same one.
    pub event_id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub status: CallStatus,
    /// The provider's own code.
    #[serde(default)]
    pub code: String,
    /// Who answered.
    #[serde(default)]
    pub answered_by: AnsweredBy,
    /// Why it failed.
    #[serde(default)]
    pub failure: Failure,
    /// How long the parties talked, in milliseconds.
    #[serde(default)]
    pub talk_ms: Option<i64>,
    /// What the provider charges.
    #[serde(default)]
    pub cost_micros: Option<Micros>,
    /// In which currency.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// What was said; may come later than the end of the call.
    #[serde(default)]
    pub transcript: Option<Vec<Utterance>>,
    /// The provider's own analysis of the call. `None`: not there (yet); an empty map: it looked and found nothing.
    #[serde(default)]
    pub analysis: Option<Variables>,
}

/// What a gateway can do; the reconciler believes "surely not dialled" only from one that can find.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    /// It can find a call by our attempt id.
    pub finds_by_attempt: bool,
    /// A dialled call can be found at the latest so many milliseconds after the dial.
    pub find_lag_ms: i64,
    /// Its own limit on dials per second.
    pub calls_per_second: Option<f64>,
}

/// What the provider knows of an attempt whose answer was lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// It was dialled.
    Found(Box<CallEvent>),
    /// It was not.
    SurelyNotDialled,
    /// It cannot tell.
    CannotTell,
}

/// A request that a provider sent to our hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The method.
    pub method: String,
    /// The whole URL as the provider called it.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
}

/// A gateway could not do what it was asked, apart from dialling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct GatewayError {
    /// Stable and machine-readable.
    pub code: String,
    /// For a person.
    pub message: String,
}

/// Places calls and reads what the provider tells.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// What it can do.
    fn able(&self) -> Capabilities;
    /// Whether it can place calls, and what is missing.
    ///
    /// # Errors
    /// It could not be asked.
    async fn check(&self) -> Result<Checked, GatewayError>;
    /// The choices for a setting, for a form; none for a kind that has nothing to choose from.
    ///
    /// # Errors
    /// It could not be asked.
    async fn options(&self, _setting: &str, _query: &str) -> Result<Vec<Choice>, GatewayError> {
        Ok(Vec::new())
    }
    /// Dials. Called at most once per attempt.
    async fn place(&self, dial: &Dial) -> PlaceAnswer;
    /// The latest about a call the provider named.
    ///
    /// # Errors
    /// The provider did not answer.
    async fn look_up(&self, provider_call_id: &str) -> Result<CallEvent, GatewayError>;
    /// What the provider knows of an attempt, dialled between two instants if it was.
    ///
    /// # Errors
    /// The provider did not answer.
    async fn find(
        &self,
        attempt: CallId,
        to: &Phone,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Finding, GatewayError>;
    /// Ends a call.
    ///
    /// # Errors
    /// The provider did not answer; the call may go on.
    async fn hang_up(&self, provider_call_id: &str) -> Result<(), GatewayError>;
    /// Verifies a webhook and reads its events.
    ///
    /// # Errors
    /// It is forged or not understood.
    async fn receive(&self, webhook: &Webhook) -> Result<Vec<CallEvent>, GatewayError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_is_believed_only_with_evidence() {
        let refused = || {
            PlaceAnswer::Refused(Refusal {
                code: "busy".into(),
                message: "try later".into(),
                scope: RefusalScope::ThisMoment,
                retry_after_ms: None,
            })
        };
        assert_eq!(refused().weighed(Evidence::NothingSent), refused());
        assert_eq!(refused().weighed(Evidence::Answered(429)), refused());
        for evidence in [Evidence::Answered(500), Evidence::Answered(200), Evidence::Lost] {
            assert!(matches!(refused().weighed(evidence), PlaceAnswer::Unsure { .. }), "{evidence:?}");
        }
    }
}
