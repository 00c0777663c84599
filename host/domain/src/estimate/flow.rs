//! The flow of leads through slots, rounds and opening hours.
//!
//! Leads that are alike and due at the same time are one cohort, a number that need not be whole. A step is a stretch of
//! open time; its length is a small part of the time that the work takes, so that a hundred leads and a million take about
//! as many steps. What the slots can take is counted in slot-time: what they have in it, and what their calls still hold.
//! A call dialled in a step holds its slot beyond it, and is not free for the next: that is the only memory the slots have.
//!
//! The file is long because every row of the built-in table is here once more, as shares; apart, the rows and the steps would
//! need to know all of each other.

use std::collections::BTreeMap;

use super::averages::{ANSWERED, Averages, FAILED, VOICEMAIL};
use super::people::{EVERYBODY, Hour, Left};
use super::{Estimate, HORIZON_MS, Question, Unfinished};
use crate::campaign::OnGoalUndetermined;
use crate::money::Micros;
use crate::policy::ContactStrategy;
use crate::time::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::zone::Civil;

/// Into how many steps the work is cut.
const STEPS: f64 = 300.0;
/// The shortest and the longest step, in milliseconds.
const STEP_MS: (f64, f64) = (SECOND_MS as f64, 5.0 * MINUTE_MS as f64);
/// Calls that the first guess gives a lead, to choose the step.
const CALLS_EACH: f64 = 2.0;
/// A campaign with fewer leads left than that is over.
const NOBODY: f64 = 1e-3;
/// A cohort of fewer leads than that is let go: too little to be seen in any sum, and a step like any other to walk.
const CRUMB: f64 = 1e-5;
/// The wait before a call is repeated that the provider broke, in milliseconds.
const REPAIR_MS: i64 = 30 * SECOND_MS;

/// Leads that are alike. The order is the order of claiming: whose round goes on, then retries, then the fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cohort {
    turn: Turn,
    /// Contacts whose phones exist; 0: none does.
    living: u32,
    /// Contacts whose phones do not, and that nobody has dialled yet.
    dead: u32,
    round: u32,
    /// Contacts tried in the round.
    tried: u32,
    /// Calls to each phone today, where that is limited.
    today: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    GoesOn,
    Retry,
    Fresh,
}

/// Sums of what was dialled.
#[derive(Clone, Copy, Default)]
struct Sums {
    calls: f64,
    answered: f64,
    goals: f64,
    talk_ms: f64,
    cost: f64,
}

/// A campaign under way.
pub(super) struct Flow<'a> {
    question: &'a Question<'a>,
    averages: Averages,
    hours: Vec<Hour>,
    /// Those who are left after so many calls to a contact, where other contacts follow and where none does; and the chance
    /// by end of a call to be left.
    left_after: [(Vec<Left>, [f64; 5]); 2],
    step_ms: i64,
    ready: BTreeMap<Cohort, f64>,
    waiting: BTreeMap<(Timestamp, Cohort), f64>,
    /// Leads that are ready or wait.
    left: f64,
    dialled: Vec<(Timestamp, f64)>,
    /// Slot-time that calls still hold.
    held_ms: f64,
    sums: Sums,
    today: Option<(Timestamp, f64)>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        let averages = Averages::of(question);
        let calls: f64 = question.groups.iter().map(|group| group.leads as f64 * CALLS_EACH).sum();
        let by_slots = calls * averages.usual_ms / f64::from(question.slots.max(1));
        let by_rate = question.calls_per_second.map_or(0.0, |rate| calls / rate * 1_000.0);
        let step_ms = (by_slots.max(by_rate) / STEPS).clamp(STEP_MS.0, STEP_MS.1) as i64;
        let rounds = question.config.rounds() as usize;
        let hours = Hour::all(question.people);
        let left_after = [false, true].map(|last| {
            let stays = stays(question, last);
            (hours.last().map_or_else(Vec::new, |usual| Left::after(rounds, usual, &stays)), stays)
        });
        let mut flow = Self {
            question,
            averages,
            hours,
            left_after,
            step_ms,
            ready: BTreeMap::new(),
            waiting: BTreeMap::new(),
            left: 0.0,
            dialled: Vec::new(),
            held_ms: 0.0,
            sums: Sums::default(),
            today: None,
        };
        for group in question.groups {
            flow.arrive(group);
        }
        flow
    }

    /// Some phones of fresh leads do not exist; nobody knows which before they are dialled.
    fn arrive(&mut self, group: &super::Group) {
        let contacts = group.contacts.max(1);
        let turn = if group.round <= 1 { Turn::Fresh } else { Turn::Retry };
        let chance = if group.round <= 1 { self.question.people.dead.clamp(0.0, 1.0) } else { 0.0 };
        let mut ways = 1.0;
        for dead in 0..=contacts {
            let share = ways * chance.powi(dead as i32) * (1.0 - chance).powi((contacts - dead) as i32);
            let cohort = Cohort { turn, living: contacts - dead, dead, round: group.round.max(1), tried: 0, today: 0 };
            self.wait(group.due.max(self.question.start), cohort, group.leads as f64 * share);
            ways *= f64::from(contacts - dead) / f64::from(dead + 1);
        }
    }

    fn wait(&mut self, due: Timestamp, cohort: Cohort, leads: f64) {
        if leads > CRUMB {
            *self.waiting.entry((due, cohort)).or_default() += leads;
            self.left += leads;
        }
    }

    /// Goes from opening to opening until nobody is left.
    pub(super) fn run(mut self) -> Estimate {
        let (config, zone) = (self.question.config, self.question.zone);
        let mut at = self.question.start.max(config.starts_at.unwrap_or(self.question.start));
        let (mut before, mut closes) = (at, at);
        let mut unfinished = None;
        loop {
            if self.ready.is_empty() {
                let Some(((due, _), _)) = self.waiting.first_key_value() else { break };
                at = at.max(*due);
            }
            if at >= closes {
                let Some(opens) = config.calling_hours.next_allowed(at, zone) else {
                    unfinished = Some(Unfinished::NeverOpen);
                    break;
                };
                at = opens;
                closes = config.calling_hours.open_until(at, zone).unwrap_or(Timestamp::MAX);
            }
            if config.ends_at.is_some_and(|end| at >= end) {
                unfinished = Some(Unfinished::Ended);
                break;
            }
            if at.since(self.question.start) > HORIZON_MS {
                unfinished = Some(Unfinished::Horizon);
                break;
            }
            self.held_ms = (self.held_ms - self.slots() * at.since(before) as f64).max(0.0);
            before = at;
            self.become_ready(at);
            let until = closes.min(at + self.step_ms).min(config.ends_at.unwrap_or(Timestamp::MAX));
            self.step(at, until);
            if self.question.budget_left.is_some_and(|left| self.sums.cost >= left.0 as f64) {
                unfinished = self.anybody().then_some(Unfinished::BudgetSpent);
                break;
            }
            if !self.anybody() {
                break;
            }
            at = match self.full_until(at) {
                Some(midnight) if !self.ready.is_empty() => midnight,
                _ => until,
            };
        }
        self.told(unfinished)
    }

    fn slots(&self) -> f64 {
        f64::from(self.question.slots.max(1))
    }

    fn anybody(&self) -> bool {
        self.left >= NOBODY
    }

    fn become_ready(&mut self, at: Timestamp) {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > at {
                break;
            }
            let ((_, cohort), leads) = entry.remove_entry();
            *self.ready.entry(cohort).or_default() += leads;
        }
    }

    fn midnight_after(&self, at: Timestamp) -> Timestamp {
        let zone = self.question.zone;
        let Civil { year, month, day, .. } = zone.local(at);
        zone.instant(Civil::new(year, month, day + 1, 0, 0, 0)).max(at + 1)
    }

    /// Calls that the caller ids have left today.
    fn left_today(&mut self, at: Timestamp) -> f64 {
        let Some(each) = self.question.config.max_calls_per_caller_id_per_day else { return f64::INFINITY };
        let all = f64::from(each) * f64::from(self.question.caller_ids);
        match self.today {
            Some((midnight, used)) if at < midnight => all - used,
            _ => {
                self.today = Some((self.midnight_after(at), 0.0));
                all
            }
        }
    }

    fn full_until(&mut self, at: Timestamp) -> Option<Timestamp> {
        let full = self.left_today(at) < NOBODY;
        self.today.filter(|_| full).map(|(midnight, _)| midnight)
    }

    /// Dials what slots and limits allow from `at` until `until`.
    fn step(&mut self, at: Timestamp, until: Timestamp) {
        let hour = self.question.zone.local(at).hour;
        let span = until.since(at).max(0) as f64;
        let each_ms =
            self.hours.get(usize::from(hour)).map_or(self.averages.usual_ms, |now| self.averages.call_ms(now));
        let room_ms = (self.slots() * (span + each_ms) - self.held_ms).max(0.0);
        let by_rate = self.question.calls_per_second.map_or(f64::INFINITY, |rate| rate * span / 1_000.0);
        let calls = (room_ms / each_ms.max(1.0)).min(by_rate).min(self.left_today(at)).max(0.0);
        let shares = self.shares(calls);
        let mut dialled = 0.0;
        for (cohort, leads) in std::mem::take(&mut self.ready) {
            let going = leads * shares[cohort.turn as usize];
            self.left -= leads;
            if leads - going > CRUMB {
                self.ready.insert(cohort, leads - going);
                self.left += leads - going;
            }
            if going > 0.0 {
                dialled += self.dial(at, hour, cohort, going);
            }
        }
        self.sums.calls += dialled;
        if let Some((_, used)) = &mut self.today {
            *used += dialled;
        }
        if dialled > 0.0 {
            self.dialled.push((at, dialled));
        }
    }

    /// What part of each turn's leads is dialled: overdue retries keep at least half of the slots.
    fn shares(&self, calls: f64) -> [f64; 3] {
        let mut want = [0.0; 3];
        for (cohort, leads) in &self.ready {
            want[cohort.turn as usize] += leads;
        }
        let [going_on, retries, fresh] = want;
        let first = going_on.min(calls);
        let left = calls - first;
        let again = retries.min((left / 2.0).max(left - fresh));
        let part = |given: f64, want: f64| if want > 0.0 { (given / want).min(1.0) } else { 0.0 };
        [part(first, going_on), part(again, retries), part(left - again, fresh)]
    }

    /// Dials, and sends every share on. Returns the calls that it took.
    fn dial(&mut self, at: Timestamp, hour: u8, mut cohort: Cohort, leads: f64) -> f64 {
        let mut calls = 0.0;
        let last = is_last(self.question, &cohort);
        let index = match self.question.config.contact_strategy {
            ContactStrategy::Escalate => cohort.round - 1,
            ContactStrategy::Rotate => (cohort.round - 1) / cohort.living.max(1),
        } as usize;
        let (left_after, stays) = &mut self.left_after[usize::from(last)];
        let habits = left_after.get(index).map_or(EVERYBODY, Left::habits);
        let Some(hour) = self.hours.get(usize::from(hour)) else { return calls };
        let ends = hour.ends_of(&habits);
        if let Some(next) = left_after.get_mut(index + 1) {
            next.add(&hour.staying(&habits, stays), leads);
        }
        if cohort.dead > 0 {
            // Whoever answers before a dead phone's turn spares its dial: half of them, on average.
            let met = if cohort.living > 0 { 1.0 - ends[ANSWERED] / 2.0 } else { 1.0 };
            let short = leads * f64::from(cohort.dead) * met;
            calls += short;
            self.held_ms += short * self.averages.hold_ms[FAILED];
            cohort.dead = 0;
        }
        if cohort.living == 0 {
            return calls;
        }
        for (end, share) in ends.into_iter().enumerate() {
            let part = leads * share;
            self.held_ms += part * self.averages.hold_ms[end];
            self.sums.talk_ms += part * self.averages.talk_ms[end];
            self.sums.cost += part * self.averages.cost[end];
            let ended = at + self.averages.hold_ms[end] as i64;
            self.follow(end, at, ended, cohort, part);
        }
        calls + leads
    }

    fn follow(&mut self, end: usize, dialled: Timestamp, ended: Timestamp, cohort: Cohort, leads: f64) {
        let (people, config) = (self.question.people, self.question.config);
        match end {
            ANSWERED => {
                self.sums.answered += leads;
                self.sums.goals += leads * people.goal;
                let wrong = leads * people.wrong_person;
                if is_last(self.question, &cohort) {
                    self.retry(dialled, ended, cohort, wrong);
                } else {
                    self.next_contact(ended, cohort, wrong);
                }
                self.call_back(ended, cohort, leads * people.callback);
                self.retry(dialled, ended, cohort, leads * unsatisfied(self.question));
            }
            _ if !is_last(self.question, &cohort) && end != FAILED => self.next_contact(ended, cohort, leads),
            VOICEMAIL if !config.retry_on_voicemail && !config.retry_until_goal => {}
            FAILED => {
                let repaired =
                    people.provider_fault + if self.question.caller_ids > 1 { people.caller_id_blocked } else { 0.0 };
                let repaired = leads * repaired.clamp(0.0, 1.0);
                self.wait(self.grid(ended + REPAIR_MS), Cohort { turn: Turn::GoesOn, ..cohort }, repaired);
                if is_last(self.question, &cohort) {
                    self.retry(dialled, ended, cohort, leads - repaired);
                } else {
                    self.next_contact(ended, cohort, leads - repaired);
                }
            }
            _ => self.retry(dialled, ended, cohort, leads),
        }
    }

    /// The nearest line of a grid of steps, so that what is due at about the same time is one cohort.
    fn grid(&self, at: Timestamp) -> Timestamp {
        let step = self.step_ms;
        let since = at.since(self.question.start).max(0);
        self.question.start + (since + step / 2) / step * step
    }

    fn next_contact(&mut self, ended: Timestamp, cohort: Cohort, leads: f64) {
        let next = Cohort { turn: Turn::GoesOn, tried: cohort.tried + 1, ..cohort };
        if self.attempts(&cohort) < self.question.config.attempts_cap(cohort.living as usize) {
            self.wait(self.grid(ended), next, leads);
        }
    }

    fn retry(&mut self, dialled: Timestamp, ended: Timestamp, cohort: Cohort, leads: f64) {
        let config = self.question.config;
        if leads <= 0.0 || cohort.round >= config.rounds() || self.attempts(&cohort) >= cap(self.question, &cohort) {
            return;
        }
        let due = ended + config.retry_interval_ms();
        let (due, today) = match self.question.max_calls_per_number_per_day {
            None => (due, 0),
            Some(most) => match self.midnight_after(dialled) {
                midnight if due >= midnight => (due, 0),
                midnight if cohort.today + 1 >= most => (midnight, 0),
                _ => (due, cohort.today + 1),
            },
        };
        let next = Cohort { turn: Turn::Retry, round: cohort.round + 1, tried: 0, today, ..cohort };
        self.wait(self.grid(due), next, leads);
    }

    fn call_back(&mut self, ended: Timestamp, cohort: Cohort, leads: f64) {
        if cohort.round < self.question.config.rounds() && self.attempts(&cohort) < cap(self.question, &cohort) {
            let next = Cohort { turn: Turn::GoesOn, round: cohort.round + 1, tried: 0, today: 0, ..cohort };
            self.wait(self.grid(ended + self.question.people.callback_ms), next, leads);
        }
    }

    /// Calls of a lead with the one that was just dialled.
    fn attempts(&self, cohort: &Cohort) -> u32 {
        let each = match self.question.config.contact_strategy {
            ContactStrategy::Escalate => cohort.living,
            ContactStrategy::Rotate => 1,
        };
        (cohort.round - 1) * each + cohort.tried + 1
    }

    fn told(&self, unfinished: Option<Unfinished>) -> Estimate {
        let mut left = std::f64::consts::LN_2;
        // More calls than this come after the instant with a chance of one half.
        let last = self.dialled.iter().rev().find(|(_, calls)| {
            left -= calls;
            left <= 0.0
        });
        let last = last.or(self.dialled.first()).map(|(at, _)| *at);
        let ends_at = last.map(|last| {
            let since = last - self.averages.usual_ms as i64;
            let late = self.dialled.iter().rev().take_while(|(at, _)| *at >= since).map(|(_, calls)| calls);
            last + self.averages.longest_ms(late.sum::<f64>().clamp(1.0, self.slots()))
        });
        let count = |number: f64| number.round().max(0.0) as u64;
        Estimate {
            calls: count(self.sums.calls),
            answered: count(self.sums.answered),
            goals_reached: count(self.sums.goals),
            talk_ms: self.sums.talk_ms.round() as i64,
            cost_micros: Micros(self.sums.cost.round() as i64),
            duration_ms: ends_at.map_or(0, |end| end.since(self.question.start)),
            ends_at,
            unfinished,
        }
    }
}

/// No other contact follows in the round.
fn is_last(question: &Question<'_>, cohort: &Cohort) -> bool {
    question.config.contact_strategy == ContactStrategy::Rotate || cohort.tried + 1 >= cohort.living
}

fn cap(question: &Question<'_>, cohort: &Cohort) -> u32 {
    question.config.attempts_cap(cohort.living as usize)
}

/// Of the answered calls: those that are followed by another round because the goal was not reached.
fn unsatisfied(question: &Question<'_>) -> f64 {
    let (people, config) = (question.people, question.config);
    if !config.retry_until_goal {
        return 0.0;
    }
    let others = people.goal + people.opt_out + people.callback + people.wrong_person;
    let untold = if config.on_goal_undetermined == OnGoalUndetermined::Retry { 0.0 } else { people.undetermined };
    (1.0 - others - untold).max(0.0)
}

/// The chance by end of a call that the lead stays to be called in a later round.
fn stays(question: &Question<'_>, last: bool) -> [f64; 5] {
    let (people, config) = (question.people, question.config);
    let answered = (unsatisfied(question) + people.callback + people.wrong_person).clamp(0.0, 1.0);
    let voicemail = if !last || config.retry_on_voicemail || config.retry_until_goal { 1.0 } else { 0.0 };
    [answered, voicemail, 1.0, 1.0, 1.0]
}
