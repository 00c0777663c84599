//! One call on the carrier's line: its course, and what can be told of it at any instant.
//!
//! The whole course is known when the call is placed, so that a look-up, an event and a log line are three views of one
//! truth and can never disagree. The only thing that changes a course is somebody hanging up. Nothing here knows what
//! is told to whom; an event that was lost is as true as any other.

use std::sync::Arc;

use campanile_domain::attempt::{AnsweredBy, CallStatus, Failure, Outcome};
use campanile_domain::ids::CallId;
use campanile_domain::money::Micros;
use campanile_domain::phone::Phone;
use campanile_domain::ports::gateway::{CallEvent, Dial};
use campanile_domain::time::{MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::{Value, VariableSpec};

use super::draw::Draw;
use super::fate::Fate;
use super::scenario::{Cost, Scenario};
use super::{questions, talk};

/// What the carrier knows a call by: our attempt, and the how-manieth call under that attempt it is, from 1.
pub(super) type CallKey = (CallId, u32);

/// The carrier's public name for a call.
pub(super) fn name_of(key: CallKey) -> String {
    format!("sim_{}_{}", key.0, key.1)
}

/// Reads what [`name_of`] wrote.
pub(super) fn key_of(name: &str) -> Option<CallKey> {
    let (attempt, nth) = name.strip_prefix("sim_")?.rsplit_once('_')?;
    Some((attempt.parse().ok()?, nth.parse().ok()?))
}

/// A turn in the course of a call. The order is that of the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Ringing,
    Answered,
    Ended,
    Analysed,
    HungUp,
}

impl Mark {
    /// The place of its mishaps in [`super::faults::Mishaps::tellings`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub mark: Mark,
    pub at: Timestamp,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub key: CallKey,
    pub to: Phone,
    pub number: u32,
    pub callback_url: Arc<str>,
    pub placed_at: Timestamp,
    pub fate: Fate,
    pub steps: Vec<Step>,
    pub found_from: Timestamp,
    name: Option<Box<str>>,
    asked: Arc<[VariableSpec]>,
    analysed: bool,
    talk_ms: i64,
}

/// How long the network needs to say that it cannot connect, in milliseconds after the set-up.
const TONE_MS: i64 = SECOND_MS;

impl Call {
    /// Places it. Ringing and talking keep to the limits of the dial: who answers does so before the time-out, so that
    /// the rates hold whatever the assistant's settings.
    pub fn place(
        key: CallKey,
        dial: &Dial,
        asked: Arc<[VariableSpec]>,
        fate: Fate,
        mishaps: &super::faults::Mishaps,
        now: Timestamp,
    ) -> Self {
        let patience = dial.ring_timeout_ms.max(SECOND_MS);
        let ring_ms = fate.ring_ms.min(patience - SECOND_MS).max(0);
        let talk_ms = fate.talk_ms().min(dial.max_call_ms.max(0));
        let rings = now + fate.setup_ms;
        let step = |mark, at| Step { mark, at };
        let mut steps = match fate.outcome {
            Outcome::Answered | Outcome::Voicemail => vec![
                step(Mark::Ringing, rings),
                step(Mark::Answered, rings + ring_ms),
                step(Mark::Ended, rings + ring_ms + talk_ms),
            ],
            Outcome::Unanswered => vec![step(Mark::Ringing, rings), step(Mark::Ended, rings + patience)],
            _ => vec![step(Mark::Ended, rings + TONE_MS)],
        };
        if let Some(after_ms) = mishaps.analysis_after_ms.filter(|_| fate.talk_ms() > 0)
            && let Some(end) = steps.last().map(|last| last.at)
        {
            steps.push(step(Mark::Analysed, end + after_ms));
        }
        let name =
            ["first_name", "name"].into_iter().find_map(|name| dial.variables.get(name).and_then(Value::as_text));
        Self {
            key,
            to: dial.to,
            number: dial.number,
            callback_url: Arc::from(dial.callback_url.as_str()),
            placed_at: now,
            found_from: now + mishaps.unfound_ms,
            steps,
            name: name.map(Box::from),
            asked,
            analysed: !mishaps.no_analysis,
            talk_ms,
            fate,
        }
    }

    fn at(&self, mark: Mark) -> Option<Timestamp> {
        self.steps.iter().find(|step| step.mark == mark).map(|step| step.at)
    }

    /// The instant at which the line is free again.
    pub fn ends_at(&self) -> Timestamp {
        self.at(Mark::HungUp).or_else(|| self.at(Mark::Ended)).unwrap_or(self.placed_at)
    }

    /// Ends the call at `now`; `false` when it was over.
    pub fn hang_up(&mut self, now: Timestamp) -> bool {
        if self.ends_at() <= now {
            return false;
        }
        self.steps.retain(|step| step.at <= now);
        self.talk_ms = self.at(Mark::Answered).map_or(0, |answered| now.since(answered));
        self.steps.push(Step { mark: Mark::HungUp, at: now });
        true
    }

    /// What a look-up tells at `now`.
    pub fn seen_at(&self, now: Timestamp, seed: u64, scenario: &Scenario) -> CallEvent {
        match self.steps.iter().rfind(|step| step.at <= now) {
            Some(step) => self.event(*step, seed, scenario),
            None => self.bare("0", self.placed_at, CallStatus::Initiated),
        }
    }

    /// What is told about one step.
    pub fn event(&self, step: Step, seed: u64, scenario: &Scenario) -> CallEvent {
        let status = match step.mark {
            Mark::Ringing => CallStatus::Ringing,
            Mark::Answered => CallStatus::InProgress,
            Mark::HungUp => CallStatus::Cancelled,
            Mark::Ended | Mark::Analysed => match self.fate.outcome {
                Outcome::Answered | Outcome::Voicemail => CallStatus::Completed,
                Outcome::Busy => CallStatus::Busy,
                Outcome::Unanswered => CallStatus::Unanswered,
                Outcome::Failed | Outcome::Unknown | Outcome::Cancelled => CallStatus::Failed,
            },
        };
        let number = (step.mark.index() + 1).to_string();
        let mut event = self.bare(&number, if step.mark == Mark::Analysed { self.ends_at() } else { step.at }, status);
        match step.mark {
            Mark::Ringing | Mark::Answered => {}
            Mark::HungUp => self.charge(&mut event, scenario.cost),
            Mark::Ended | Mark::Analysed => {
                event.failure = self.fate.failure;
                event.code = code(self.fate.outcome, self.fate.failure).to_owned();
                self.charge(&mut event, scenario.cost);
                if self.at(Mark::Answered).is_some() {
                    event.answered_by = self.fate.answered_by();
                    if step.mark == Mark::Analysed || self.at(Mark::Analysed).is_none() {
                        self.tell(&mut event, seed, scenario);
                    }
                }
            }
        }
        event
    }

    fn bare(&self, number: &str, at: Timestamp, status: CallStatus) -> CallEvent {
        let provider_call_id = name_of(self.key);
        CallEvent {
            attempt: Some(self.key.0),
            event_id: format!("{provider_call_id}.{number}"),
            provider_call_id,
            at,
            status,
            code: String::new(),
            answered_by: AnsweredBy::Unknown,
            failure: Failure::None,
            talk_ms: None,
            cost_micros: None,
            currency: None,
            transcript: None,
            analysis: None,
        }
    }

    fn charge(&self, event: &mut CallEvent, cost: Cost) {
        if self.at(Mark::Answered).is_none() {
            return;
        }
        let minutes = (self.talk_ms + MINUTE_MS - 1) / MINUTE_MS;
        event.talk_ms = Some(self.talk_ms);
        event.cost_micros = Some(Micros(cost.per_minute_micros.0.saturating_mul(minutes)));
        event.currency = Some(cost.currency);
    }

    fn tell(&self, event: &mut CallEvent, seed: u64, scenario: &Scenario) {
        let (said, hours) = (self.fate.said(), self.fate.callback_hours);
        event.transcript = Some(talk::transcript(said, self.name.as_deref(), self.talk_ms, hours, self.fate.words));
        if self.analysed {
            let draw = Draw::of(seed, "answers", &[self.to.digits(), u64::from(self.number)]);
            let goal = scenario.talk.goal_variable.as_deref();
            event.analysis = Some(questions::answers(&self.asked, goal, said, self.ends_at(), hours, draw));
        }
    }
}

/// The carrier's own code: the SIP response that such an end has on a real line (RFC 3261, RFC 8197).
const fn code(outcome: Outcome, failure: Failure) -> &'static str {
    match (outcome, failure) {
        (Outcome::Answered | Outcome::Voicemail, _) => "sip_200",
        (Outcome::Busy, _) => "sip_486",
        (Outcome::Unanswered, _) => "sip_480",
        (_, Failure::NumberInvalid) => "sip_404",
        (_, Failure::CalleeRejected) => "sip_603",
        (_, Failure::CallerIdBlocked) => "sip_607",
        (_, Failure::ProviderFault) => "sip_503",
        _ => "sip_500",
    }
}
