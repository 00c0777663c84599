//! A call at the fake provider, as its API shows it and as its callbacks tell it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::Sha1;

use super::plan::Plan;
use super::wire::{Fields, field};

/// The only account.
pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
/// Opens it and signs its callbacks.
pub const TOKEN: &str = "the-auth-token-of-the-account";

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its id.
    pub sid: String,
    /// What was asked for.
    pub asked: Fields,
    /// What becomes of it.
    pub plan: Plan,
    /// In the API's words.
    pub status: &'static str,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

fn date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).expect("a date")
}

/// The signature of a callback: of its URL and its sorted fields.
pub fn signature(token: &str, url: &str, fields: &Fields) -> String {
    let mut sorted = fields.clone();
    sorted.sort();
    let text = sorted.into_iter().fold(url.to_owned(), |text, (name, value)| text + &name + &value);
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl Call {
    /// A field of the request.
    pub fn asked(&self, name: &str) -> &str {
        field(&self.asked, name).unwrap_or_default()
    }

    /// Our attempt, which travels in the query of the callback.
    pub fn attempt(&self) -> String {
        let callback = url::Url::parse(self.asked("StatusCallback")).expect("a callback");
        let id = callback.query_pairs().find(|(name, _)| name == "attempt");
        id.map(|(_, id)| id.into_owned()).unwrap_or_default()
    }

    fn is_over(&self) -> bool {
        !["queued", "ringing", "in-progress"].contains(&self.status)
    }

    fn listens(&self) -> bool {
        !self.asked("MachineDetection").is_empty()
    }

    /// As the API shows it.
    pub fn json(&self) -> Value {
        let fate = self.plan.fate;
        let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{}", self.sid);
        let answered = matches!(self.status, "in-progress" | "completed");
        let started = (self.status != "queued").then(|| date(self.created));
        let seconds = fate.seconds().filter(|_| self.status == "completed").map(|seconds| seconds.to_string());
        let price = seconds.is_some().then_some("-0.01400");
        json!({
            "sid": self.sid, "date_created": date(self.created), "date_updated": date(self.updated),
            "parent_call_sid": null, "account_sid": ACCOUNT, "to": self.asked("To"), "to_formatted": self.asked("To"),
            "from": self.asked("From"), "from_formatted": self.asked("From"), "phone_number_sid": null,
            "status": self.status, "start_time": started, "end_time": self.is_over().then(|| date(self.updated)),
            "duration": seconds, "price": price, "price_unit": "USD", "direction": "outbound-api",
            "answered_by": fate.answered_by().filter(|_| answered && self.listens()), "api_version": "2010-04-01",
            "forwarded_from": null, "group_sid": null, "caller_name": null, "queue_time": "0", "trunk_sid": null,
            "uri": format!("{uri}.json"), "subresource_uris": {"recordings": format!("{uri}/Recordings.json")},
        })
    }

    /// The callback of a step.
    pub fn callback(&self, number: usize, step: &str) -> Fields {
        let fate = self.plan.fate;
        let mut fields: Fields = [
            ("CallSid", self.sid.as_str()),
            ("AccountSid", ACCOUNT),
            ("From", self.asked("From")),
            ("To", self.asked("To")),
            ("CallStatus", step),
            ("Direction", "outbound-api"),
            ("ApiVersion", "2010-04-01"),
            ("CallbackSource", "call-progress-events"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        add("Timestamp", date(self.updated));
        add("SequenceNumber", number.to_string());
        if !["initiated", "ringing", "in-progress"].contains(&step) {
            add("SipResponseCode", fate.sip().to_string());
            add("CallDuration", fate.seconds().unwrap_or(0).to_string());
            if let Some(by) = fate.answered_by().filter(|_| self.listens()) {
                add("AnsweredBy", by.to_owned());
            }
        }
        fields
    }

    /// The callback that tells who answered, where that is listened for beside the call.
    pub fn detection(&self) -> Option<Fields> {
        let by = self.plan.fate.answered_by().filter(|_| self.asked("AsyncAmd") == "true")?;
        let fields = [
            ("CallSid", self.sid.as_str()),
            ("AccountSid", ACCOUNT),
            ("AnsweredBy", by),
            ("MachineDetectionDuration", "2400"),
        ];
        Some(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
    }
}
