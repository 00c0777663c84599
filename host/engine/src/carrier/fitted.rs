//! People made like those of past calls.
//!
//! Shares are read off the calls as they are: how they ended, by the hour of the day where the hour was ever dialled, how
//! long was talked, what was said. An hour with few calls leans on the whole day, so that three lucky calls at eight make no
//! rule. Phones that do not exist are counted by the phone, because each of them is dialled once. What calls cannot tell
//! stays as in a scenario that says nothing: how much of a call is the person's habit, and how the carrier misbehaves.
//!
//! One fit is one guess. Whoever wants a range fits to [`resampled`] calls, again and again: what a few calls leave open
//! then shows as width.

use std::collections::{BTreeMap, BTreeSet};

use campanile_domain::attempt::{Failure, Outcome};
use campanile_domain::ports::store::PastCall;
use campanile_domain::variable::{Role, VariableSpec};
use campanile_domain::zone::Zone;

use super::draw::Draw;
use super::scenario::{Failures, HourRates, Minute, Rates, Scenario, Span, Talk};

/// Calls of the whole day that an hour's own calls are mixed with.
const LEANING: f64 = 50.0;
/// The longest mean wait for a callback, in seconds: twice as much is the most that a scenario may say.
const LONGEST_CALLBACK: f64 = 86_400.0;

/// As many calls, drawn from these with replacement.
pub fn resampled(past: &[PastCall], seed: u64) -> Vec<PastCall> {
    let mut draw = Draw::of(seed, "resample", &[]);
    (0..past.len()).filter_map(|_| draw.pick(past).copied()).collect()
}

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    answer: f64,
    busy: f64,
    unanswered: f64,
    voicemail: f64,
    failed: f64,
}

impl Ends {
    fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Answered => &mut self.answer,
            Outcome::Voicemail => &mut self.voicemail,
            Outcome::Busy => &mut self.busy,
            Outcome::Unanswered => &mut self.unanswered,
            Outcome::Failed | Outcome::Unknown | Outcome::Cancelled => &mut self.failed,
        };
        *count += 1.0;
    }

    fn all(&self) -> f64 {
        self.answer + self.busy + self.unanswered + self.voicemail + self.failed
    }

    /// Of the living, mixed with `weight` calls of the `usual` shares; `dead` phones of all come on top.
    fn rates(&self, usual: &Self, weight: f64, dead: f64) -> Rates {
        let (all, of_usual) = (self.all() + weight, usual.all().max(1.0));
        let share = |own: f64, usual: f64| (own + weight * usual / of_usual) / all.max(1.0) * (1.0 - dead);
        let answer = share(self.answer, usual.answer);
        let busy = share(self.busy, usual.busy);
        let unanswered = share(self.unanswered, usual.unanswered);
        let voicemail = share(self.voicemail, usual.voicemail);
        // What is left, so that the sum is 1.
        Rates { answer, busy, unanswered, voicemail, failed: (1.0 - answer - busy - unanswered - voicemail).max(0.0) }
    }
}

/// `part` of `whole`, 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean_seconds(total_ms: i64, calls: usize, otherwise: Span) -> Span {
    match (total_ms, calls) {
        (1.., 1..) => Span::Mean { mean: total_ms as f64 / 1000.0 / calls as f64 },
        _ => otherwise,
    }
}

fn failures(living: &[&PastCall], dead: f64, failed: f64) -> Failures {
    let number_invalid = if failed > 0.0 { (dead / failed).min(1.0) } else { 0.0 };
    let count = |failure: Failure| living.iter().filter(|call| call.failure == failure).count();
    let all = living.iter().filter(|call| call.outcome == Outcome::Failed).count();
    let of = |failure| share(count(failure), all) * (1.0 - number_invalid);
    let callee_rejected = of(Failure::CalleeRejected);
    let caller_id_blocked = of(Failure::CallerIdBlocked);
    let provider_fault = of(Failure::ProviderFault);
    let other = (1.0 - number_invalid - callee_rejected - caller_id_blocked - provider_fault).max(0.0);
    Failures { number_invalid, callee_rejected, caller_id_blocked, provider_fault, other }
}

fn talk(past: &[PastCall], has_goal: bool) -> Talk {
    let usual = Talk::default();
    let of = |outcome: Outcome| past.iter().filter(move |call| call.outcome == outcome);
    let total = |outcome: Outcome| of(outcome).map(|call| call.talk_ms).sum::<i64>();
    let (answered, machines) = (of(Outcome::Answered).count(), of(Outcome::Voicemail).count());
    let said =
        |what: &dyn Fn(&PastCall) -> bool| share(of(Outcome::Answered).filter(|call| what(call)).count(), answered);
    let (opted_out, wrong) = (|call: &PastCall| call.roles.opt_out, |call: &PastCall| call.roles.wrong_person);
    let asks = |call: &PastCall| call.roles.callback_at.is_some() && !opted_out(call) && !wrong(call);
    let plain = |call: &PastCall| !opted_out(call) && !wrong(call) && call.roles.callback_at.is_none();
    let waits: Vec<f64> = of(Outcome::Answered)
        .filter(|call| asks(call))
        .filter_map(|call| Some(call.roles.callback_at?.since(call.at) as f64 / 1000.0))
        .collect();
    let callback_seconds = match waits.iter().sum::<f64>() / waits.len().max(1) as f64 {
        mean if mean > 0.0 => Span::Mean { mean: mean.min(LONGEST_CALLBACK) },
        _ => usual.callback_seconds,
    };
    Talk {
        talk_seconds: mean_seconds(total(Outcome::Answered), answered, usual.talk_seconds),
        voicemail_seconds: mean_seconds(total(Outcome::Voicemail), machines, usual.voicemail_seconds),
        goal_rate: said(&|call| plain(call) && call.goal == Some(true)),
        undetermined_rate: if has_goal { said(&|call| plain(call) && call.goal.is_none()) } else { 0.0 },
        opt_out_rate: said(&opted_out),
        callback_rate: said(&asks),
        wrong_person_rate: said(&|call| wrong(call) && !opted_out(call)),
        callback_seconds,
        ..usual
    }
}

/// Answers the questions that are asked.
fn asked(talk: Talk, variables: &[VariableSpec], goal: Option<&str>) -> Talk {
    let named = |role: Role| variables.iter().find(|spec| spec.role == role).map(|spec| spec.name.clone());
    Talk {
        goal_variable: goal.map(str::to_owned),
        opt_out_variable: named(Role::OptOut),
        callback_variable: named(Role::CallbackAt),
        wrong_person_variable: named(Role::WrongPerson),
        ..talk
    }
}

impl Scenario {
    /// The people of these calls; the ordinary ones of a scenario that says nothing, without any. `zone`: whose hours of the
    /// day; `variables` and `goal`: what the assistant asks, and which of it is the goal.
    #[must_use]
    pub fn fitted(past: &[PastCall], zone: &Zone, variables: &[VariableSpec], goal: Option<&str>) -> Self {
        let time_zone = Some(zone.clone());
        if past.is_empty() {
            return Self { time_zone, talk: asked(Talk::default(), variables, goal), ..Self::default() };
        }
        let phones: BTreeSet<_> = past.iter().map(|call| call.phone).collect();
        let is_dead = |call: &&PastCall| call.failure == Failure::NumberInvalid;
        let dead: BTreeSet<_> = past.iter().filter(is_dead).map(|call| call.phone).collect();
        let dead = share(dead.len(), phones.len());
        let living: Vec<_> = past.iter().filter(|call| !is_dead(call)).collect();
        let (mut day, mut by_hour) = (Ends::default(), BTreeMap::<u8, Ends>::new());
        for call in &living {
            day.add(call.outcome);
            by_hour.entry(zone.local(call.at).hour).or_default().add(call.outcome);
        }
        let rates = day.rates(&day, 0.0, dead);
        let hours = by_hour.iter().map(|(hour, ends)| {
            let from = u16::from(*hour) * 60;
            HourRates { from: Minute(from), to: Minute(from + 60), rates: ends.rates(&day, LEANING, dead) }
        });
        Self {
            time_zone,
            rates,
            hours: hours.collect(),
            failures: failures(&living, dead, rates.failed),
            talk: asked(talk(past, goal.is_some()), variables, goal),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
