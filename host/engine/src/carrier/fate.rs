//! What would happen if this phone were dialled now: the truth about people, before any carrier gets it wrong.
//!
//! A fate is drawn by name: the seed, the phone, the number of the dial, and the hour through the rates. The order of
//! calls, the campaign and the policy do not enter, so two policies that are compared meet the same people. People are
//! people: a dead number is dead in every call, and with the scenario's `habit` a call meets the phone's own lasting
//! draw and not a fresh one; over all phones the rates come out the same.
//!
//! It must never look at the faults of the carrier: what goes wrong on the way never changes what happened.

use campanile_domain::attempt::{AnsweredBy, Failure, Outcome};
use campanile_domain::phone::Phone;
use campanile_domain::time::{HOUR_MS, Timestamp};

use super::draw::Draw;
use super::scenario::{Failures, Rates, Scenario, ScriptedOutcome, Turn};

/// Names one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    /// Who is called.
    pub phone: Phone,
    /// Which dial of the lead it is, from 1.
    pub number: u32,
    /// How many calls under the same phone and number failed on the carrier's side before. A failure that the engine
    /// repairs uses no number, and a call that is repeated must be able to end otherwise.
    pub again: u32,
}

/// What is said in a call that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Nothing: nobody answered.
    Nothing,
    /// The assistant's message, to a machine.
    Message,
    /// The goal is reached.
    Goal,
    /// The person says no.
    Declined,
    /// The call does not tell.
    Undetermined,
    /// The person asks not to be called again.
    OptOut,
    /// The person asks for a later call.
    Callback,
    /// Somebody else answered.
    WrongPerson,
}

/// Everything about a call that chance decides. Durations in milliseconds, before the limits of the dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How it ends.
    pub outcome: Outcome,
    /// Why it fails.
    pub failure: Failure,
    /// From the dial to the first sign of the network.
    pub setup_ms: i64,
    /// Ringing, if it is answered.
    pub ring_ms: i64,
    /// How many hours later a callback is asked for.
    pub callback_hours: u32,
    /// Chooses the words of the transcript.
    pub words: u64,
    conversation_ms: i64,
    message_ms: i64,
    would_say: Said,
    machine_detected: bool,
}

impl Fate {
    /// What is said.
    pub fn said(&self) -> Said {
        match self.outcome {
            Outcome::Answered => self.would_say,
            Outcome::Voicemail => Said::Message,
            _ => Said::Nothing,
        }
    }

    /// How long the parties talk, in milliseconds; 0 when nobody answers.
    pub fn talk_ms(&self) -> i64 {
        match self.outcome {
            Outcome::Answered => self.conversation_ms,
            Outcome::Voicemail => self.message_ms,
            _ => 0,
        }
    }

    /// Who answers, as far as the provider can tell.
    pub fn answered_by(&self) -> AnsweredBy {
        match self.outcome {
            Outcome::Answered => AnsweredBy::Human,
            Outcome::Voicemail if self.machine_detected => AnsweredBy::Machine,
            _ => AnsweredBy::Unknown,
        }
    }

    /// The fate as a script has it; what the script leaves open stays as drawn.
    #[must_use]
    pub fn scripted(mut self, turn: &Turn) -> Self {
        let say =
            |fate: Self, said| Self { outcome: Outcome::Answered, failure: Failure::None, would_say: said, ..fate };
        let end = |fate: Self, outcome| Self { outcome, failure: Failure::None, ..fate };
        let fail = |fate: Self, failure| Self { outcome: Outcome::Failed, failure, ..fate };
        self = match turn.outcome {
            None => self,
            Some(ScriptedOutcome::Answered) => end(self, Outcome::Answered),
            Some(ScriptedOutcome::Goal) => say(self, Said::Goal),
            Some(ScriptedOutcome::Declined) => say(self, Said::Declined),
            Some(ScriptedOutcome::Undetermined) => say(self, Said::Undetermined),
            Some(ScriptedOutcome::OptOut) => say(self, Said::OptOut),
            Some(ScriptedOutcome::Callback) => say(self, Said::Callback),
            Some(ScriptedOutcome::WrongPerson) => say(self, Said::WrongPerson),
            Some(ScriptedOutcome::Voicemail) => end(self, Outcome::Voicemail),
            Some(ScriptedOutcome::Busy) => end(self, Outcome::Busy),
            Some(ScriptedOutcome::Unanswered) => end(self, Outcome::Unanswered),
            Some(ScriptedOutcome::NumberInvalid) => fail(self, Failure::NumberInvalid),
            Some(ScriptedOutcome::CalleeRejected) => fail(self, Failure::CalleeRejected),
            Some(ScriptedOutcome::CallerIdBlocked) => fail(self, Failure::CallerIdBlocked),
            Some(ScriptedOutcome::ProviderFault) => fail(self, Failure::ProviderFault),
            Some(ScriptedOutcome::Failed) => fail(self, Failure::Other),
        };
        let ms = |seconds: f64| (seconds * 1000.0) as i64;
        if let Some(seconds) = turn.ring_seconds {
            self.ring_ms = ms(seconds);
        }
        if let Some(seconds) = turn.talk_seconds {
            (self.conversation_ms, self.message_ms) = (ms(seconds), ms(seconds));
        }
        self
    }
}

/// Draws the fate of one call, dialled at `at`.
pub fn fate(seed: u64, meeting: Meeting, at: Timestamp, scenario: &Scenario) -> Fate {
    let Meeting { phone, number, again } = meeting;
    let mut person = Draw::of(seed, "person", &[phone.digits()]);
    let mut call = Draw::of(seed, "call", &[phone.digits(), u64::from(number), u64::from(again)]);
    let (alive, habit) = (person.unit(), person.unit());
    let (habitual, mood) = (call.chance(scenario.people.habit), call.unit());
    let class = call.unit();
    let (outcome, failure) = end(
        alive,
        if habitual { habit } else { mood },
        class,
        &scenario.rates_at(at),
        scenario.rates.failed * scenario.failures.number_invalid,
        &scenario.failures,
    );
    let talk = &scenario.talk;
    Fate {
        outcome,
        failure,
        setup_ms: 400 + call.below(1_100) as i64,
        ring_ms: talk.ring_seconds.draw_ms(&mut call),
        conversation_ms: talk.talk_seconds.draw_ms(&mut call),
        message_ms: talk.voicemail_seconds.draw_ms(&mut call),
        would_say: said(call.unit(), scenario),
        callback_hours: (talk.callback_seconds.draw_ms(&mut call) / HOUR_MS).clamp(1, 10_000) as u32,
        machine_detected: !call.chance(talk.undetected_machine_rate),
        words: call.bits(),
    }
}

/// `dead` is the share of phones that do not exist. They are failed calls of the ordinary rates; of the living the
/// other shares are as much larger, so that all phones together have the rates.
fn end(alive: f64, temper: f64, class: f64, rates: &Rates, dead: f64, failures: &Failures) -> (Outcome, Failure) {
    if alive < dead {
        return (Outcome::Failed, Failure::NumberInvalid);
    }
    let failed = (rates.failed - dead).max(0.0);
    let mut left = temper * (rates.answer + rates.voicemail + rates.unanswered + rates.busy + failed);
    let ends = [
        (rates.answer, Outcome::Answered),
        (rates.voicemail, Outcome::Voicemail),
        (rates.unanswered, Outcome::Unanswered),
        (rates.busy, Outcome::Busy),
    ];
    for (rate, outcome) in ends {
        if left < rate {
            return (outcome, Failure::None);
        }
        left -= rate;
    }
    (Outcome::Failed, failure_of_the_living(class, failures))
}

fn failure_of_the_living(class: f64, failures: &Failures) -> Failure {
    let classes = [
        (failures.callee_rejected, Failure::CalleeRejected),
        (failures.caller_id_blocked, Failure::CallerIdBlocked),
        (failures.provider_fault, Failure::ProviderFault),
    ];
    let mut left = class * (1.0 - failures.number_invalid);
    for (share, failure) in classes {
        if left < share {
            return failure;
        }
        left -= share;
    }
    Failure::Other
}

fn said(mut left: f64, scenario: &Scenario) -> Said {
    let talk = &scenario.talk;
    let all = [
        (talk.goal_rate, Said::Goal),
        (talk.undetermined_rate, Said::Undetermined),
        (talk.opt_out_rate, Said::OptOut),
        (talk.callback_rate, Said::Callback),
        (talk.wrong_person_rate, Said::WrongPerson),
    ];
    for (rate, said) in all {
        if left < rate {
            return said;
        }
        left -= rate;
    }
    Said::Declined
}

#[cfg(test)]
mod tests;
