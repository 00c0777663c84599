//! The switch: places calls, keeps them, tells about them when it is time.
//!
//! Plain data with `now` as a parameter, so that the process that crashes and the rehearsal that must not wait drive one
//! and the same carrier. It never de-duplicates: two dials of one attempt are two calls and two ringing phones, because
//! the promise never to dial twice is the engine's to keep and this is where it is found out. What a single call comes
//! to depends on (seed, phone, number) and the instant, not on the order of the calls around it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use campanile_domain::attempt::{Failure, Outcome};
use campanile_domain::ids::CallId;
use campanile_domain::phone::Phone;
use campanile_domain::ports::gateway::{CallEvent, Dial, Finding, PlaceAnswer, Refusal, RefusalScope};
use campanile_domain::time::{DAY_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::VariableSpec;

use super::call::{Call, CallKey, Mark, Step, key_of, name_of};
use super::fate::{Meeting, fate};
use super::faults::{Mishaps, Reception, is_blind, mishaps};
use super::questions;
use super::scenario::{Scenario, Turn};

/// How long a call is remembered after it was placed, in milliseconds: a week, far beyond any reconciler.
pub const REMEMBERED_MS: i64 = 7 * DAY_MS;
/// How long news travels, in milliseconds.
const NEWS_MS: i64 = 150;

/// What became of a dial.
#[derive(Clone, Debug, PartialEq)]
pub struct Placing {
    /// What the caller learns.
    pub answer: PlaceAnswer,
    /// What the carrier did.
    pub reception: Reception,
    /// The call that rings.
    pub call: Option<Ringing>,
}

/// A call that rings, as the carrier's own log keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ringing {
    /// The carrier's name for it.
    pub provider_call_id: String,
    /// How it will end.
    pub outcome: Outcome,
    /// When the line will be free again, unless somebody hangs up before.
    pub ends_at: Timestamp,
}

/// An event on its way to whoever dialled.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// When it is told.
    pub due_at: Timestamp,
    /// Where to.
    pub callback_url: Arc<str>,
    /// The event.
    pub event: CallEvent,
}

#[derive(Clone, Copy, Debug, Default)]
struct Met {
    asked: u32,
    again: u32,
}

/// The simulated carrier.
pub struct Carrier {
    scenario: Scenario,
    seed: u64,
    asked_by_default: Arc<[VariableSpec]>,
    calls: BTreeMap<CallKey, Call>,
    oldest: VecDeque<(Timestamp, CallKey)>,
    forgotten: Option<Timestamp>,
    met: BTreeMap<(Phone, u32), Met>,
    scripts: BTreeMap<Phone, (usize, usize)>,
    queue: BTreeMap<(Timestamp, u64), (CallKey, Mark)>,
    queued: u64,
}

impl Carrier {
    /// A carrier that nobody has called.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let scripts = scenario.script.iter().enumerate().map(|(index, script)| (script.phone, (index, 0))).collect();
        Self {
            asked_by_default: questions::of_scenario(&scenario).into(),
            scenario,
            seed,
            calls: BTreeMap::new(),
            oldest: VecDeque::new(),
            forgotten: None,
            met: BTreeMap::new(),
            scripts,
            queue: BTreeMap::new(),
            queued: 0,
        }
    }

    /// What it plays.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Its seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Dials at `now`. `questions` are what the assistant asks of its calls; by the scenario's names when `None`.
    pub fn place(&mut self, dial: &Dial, questions: Option<Arc<[VariableSpec]>>, now: Timestamp) -> Placing {
        self.forget(now);
        let turn = self.next_turn(dial.to);
        let met = self.met.entry((dial.to, dial.number)).or_default();
        let Met { asked, again } = *met;
        met.asked += 1;
        let name = [dial.to.digits(), u64::from(dial.number), u64::from(asked)];
        let mishaps = mishaps(self.seed, &name, &self.scenario.faults, turn.as_ref());
        if let Reception::Refused(scope) = mishaps.reception {
            let answer = PlaceAnswer::Refused(refusal(scope, dial));
            return Placing { answer, reception: mishaps.reception, call: None };
        }
        let unsure = || PlaceAnswer::Unsure { why: "the carrier gave no answer".to_owned() };
        if !mishaps.reception.rings() {
            return Placing { answer: unsure(), reception: mishaps.reception, call: None };
        }
        let meeting = Meeting { phone: dial.to, number: dial.number, again };
        let drawn = fate(self.seed, meeting, now, &self.scenario);
        let fate = turn.map_or(drawn.clone(), |turn| drawn.scripted(&turn));
        met.again += u32::from(matches!(fate.failure, Failure::ProviderFault | Failure::CallerIdBlocked));
        let key = (dial.attempt, self.calls_of(dial.attempt).next_back().map_or(1, |call| call.key.1 + 1));
        let asked = questions.unwrap_or_else(|| Arc::clone(&self.asked_by_default));
        let call = Call::place(key, dial, asked, fate, &mishaps, now);
        let ringing = Ringing { provider_call_id: name_of(key), outcome: call.fate.outcome, ends_at: call.ends_at() };
        let answer = match mishaps.reception {
            Reception::Placed => PlaceAnswer::Placed { provider_call_id: ringing.provider_call_id.clone() },
            _ => unsure(),
        };
        for (due_at, mark) in schedule(&call.steps, &mishaps) {
            self.enqueue(due_at, key, mark);
        }
        self.oldest.push_back((now, key));
        self.calls.insert(key, call);
        Placing { answer, reception: mishaps.reception, call: Some(ringing) }
    }

    /// The script's word on this dial; it counts the dials of the phone.
    fn next_turn(&mut self, phone: Phone) -> Option<Turn> {
        let (script, used) = self.scripts.get_mut(&phone)?;
        let outcomes = &self.scenario.script.get(*script)?.outcomes;
        let turn = outcomes.get(*used).or_else(|| outcomes.last())?.clone();
        *used += 1;
        Some(turn)
    }

    fn calls_of(&self, attempt: CallId) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.range((attempt, 0)..=(attempt, u32::MAX)).map(|(_, call)| call)
    }

    fn enqueue(&mut self, due_at: Timestamp, key: CallKey, mark: Mark) {
        self.queue.insert((due_at, self.queued), (key, mark));
        self.queued += 1;
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((placed_at, key)) = self.oldest.front().copied()
            && placed_at + REMEMBERED_MS < now
        {
            self.oldest.pop_front();
            self.calls.remove(&key);
            self.forgotten = Some(placed_at);
        }
    }

    /// When there is next something to tell.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.queue.first_key_value().map(|((due_at, _), _)| *due_at)
    }

    /// Everything to be told up to `now`, in order.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while let Some(entry) = self.queue.first_entry()
            && entry.key().0 <= now
        {
            let due_at = entry.key().0;
            let (key, mark) = entry.remove();
            // Hanging up takes steps away; their news is then not true any more.
            let told = self.calls.get(&key).and_then(|call| {
                let step = call.steps.iter().find(|step| step.mark == mark)?;
                Some((call, call.event(*step, self.seed, &self.scenario)))
            });
            if let Some((call, event)) = told {
                deliveries.push(Delivery { due_at, callback_url: Arc::clone(&call.callback_url), event });
            }
        }
        deliveries
    }

    /// The latest about a call at `now`, whether it was told or not; `None` for a call that the carrier does not know.
    pub fn look_up(&self, provider_call_id: &str, now: Timestamp) -> Option<CallEvent> {
        let call = self.calls.get(&key_of(provider_call_id)?)?;
        Some(call.seen_at(now, self.seed, &self.scenario))
    }

    /// What is known at `now` of an attempt that was dialled at `since` or later, if at all. Of several calls the last.
    /// Within the stated lag the answer may be that nothing was dialled although something was: a search index is
    /// late, and an engine that believes it too early is found out.
    pub fn find(&self, attempt: CallId, since: Timestamp, now: Timestamp) -> Finding {
        let faults = &self.scenario.faults;
        let spell_ms = (faults.blind_seconds * 1000.0) as i64;
        if now < since + spell_ms && is_blind(self.seed, attempt.0, faults) {
            return Finding::CannotTell;
        }
        if let Some(call) = self.calls_of(attempt).rfind(|call| call.found_from <= now) {
            return Finding::Found(Box::new(call.seen_at(now, self.seed, &self.scenario)));
        }
        match self.forgotten {
            Some(forgotten) if since <= forgotten => Finding::CannotTell,
            _ => Finding::SurelyNotDialled,
        }
    }

    /// Ends a call at `now`: `Some(true)` if it was live, `Some(false)` if it was over, `None` if there is no such call.
    pub fn hang_up(&mut self, provider_call_id: &str, now: Timestamp) -> Option<bool> {
        let key = key_of(provider_call_id)?;
        let live = self.calls.get_mut(&key)?.hang_up(now);
        if live {
            self.enqueue(now + NEWS_MS, key, Mark::HungUp);
        }
        Some(live)
    }
}

/// When each step is told: in order, unless a mishap has it otherwise, and never before it happened.
fn schedule(steps: &[Step], mishaps: &Mishaps) -> Vec<(Timestamp, Mark)> {
    let telling = |step: &Step| mishaps.tellings.get(step.mark.index()).copied().unwrap_or_default();
    let mut dues: Vec<_> = steps.iter().map(|step| step.at + NEWS_MS).collect();
    for index in (1..dues.len()).rev() {
        if telling(&steps[index - 1]).swapped {
            dues[index - 1] = dues[index] + 1;
        }
    }
    let mut told = Vec::with_capacity(steps.len());
    for (step, due_at) in steps.iter().zip(dues) {
        let telling = telling(step);
        if telling.lost {
            continue;
        }
        let due_at = due_at + telling.late_ms;
        told.push((due_at, step.mark));
        told.extend(telling.again_ms.map(|after_ms| (due_at + after_ms, step.mark)));
    }
    told
}

fn refusal(scope: RefusalScope, dial: &Dial) -> Refusal {
    let (code, message, retry_after_ms) = match scope {
        RefusalScope::ThisNumber => ("number_barred", format!("{} cannot be called over this carrier", dial.to), None),
        RefusalScope::ThisCallerId => ("caller_id_barred", format!("{} may not be shown", dial.caller_id), None),
        RefusalScope::ThisMoment => {
            ("congestion", "all lines are taken; ask again later".to_owned(), Some(30 * SECOND_MS))
        }
        RefusalScope::ThisAccount => ("account_suspended", "the account may not call".to_owned(), None),
    };
    Refusal { code: code.to_owned(), message, scope, retry_after_ms }
}

#[cfg(test)]
mod tests;
