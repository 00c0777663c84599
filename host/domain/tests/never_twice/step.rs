//! Everything that can happen next: the process works or dies, messages arrive, are lost or come twice, phones ring and
//! time passes. Who may do what is decided in [`crate::server`], by the domain's own functions.

use campanile_domain::attempt::{AttemptState, next_look_up};
use campanile_domain::lead::{LeadState, Phase};
use campanile_domain::time::Timestamp;

use crate::forget::forget;
use crate::server::{self, T0};
use crate::world::{Answer, Call, Event, INTERVAL, SILENCE, STALL, Setup, Stage, World};

/// What happened. The numbers are those of leads, attempts and calls.
#[derive(Clone, Debug)]
pub enum Action {
    Claim(Vec<usize>),
    Dial(usize),
    Withdraw(usize),
    Receive(usize, Answer),
    TimeOut(usize),
    LookUp(usize),
    Lose(usize),
    Crash,
    Boot,
    Deliver(usize, Event),
    LoseHook(usize, Event),
    DoubleHook(usize, Event),
    Arrive(usize, Arrival),
    PickUp(usize),
    Over(usize),
    Careless(usize),
    Stall,
    Pass(i64),
}

/// What a request to dial comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Taken,
    Refused,
    RingsBut500,
    RingsUnseen,
    Vanishes,
}

/// Every next world, with what led there.
pub fn successors(setup: &Setup, world: &World) -> Vec<(Action, World)> {
    let actions = actions(setup, world);
    actions.into_iter().map(|action| (action.clone(), forget(setup, after(setup, world, &action)))).collect()
}

fn actions(setup: &Setup, world: &World) -> Vec<Action> {
    let mut list = Vec::new();
    let faulty = world.faults > 0;
    if world.up {
        own_work(setup, world, &mut list);
        if faulty {
            list.push(Action::Crash);
        }
    } else {
        list.push(Action::Boot);
    }
    let mut hooks = world.hooks.clone();
    hooks.dedup();
    for (attempt, event) in hooks {
        if world.up {
            list.push(Action::Deliver(attempt, event));
        }
        if faulty {
            list.extend([Action::LoseHook(attempt, event), Action::DoubleHook(attempt, event)]);
        }
    }
    for (index, _) in world.requests.iter().enumerate() {
        list.push(Action::Arrive(index, Arrival::Taken));
        if faulty {
            let odd = [Arrival::Refused, Arrival::RingsBut500, Arrival::RingsUnseen, Arrival::Vanishes];
            list.extend(odd.map(|arrival| Action::Arrive(index, arrival)));
        }
    }
    for (index, call) in world.calls.iter().enumerate().filter(|(_, call)| call.is_live()) {
        if call.stage == Stage::Ringing {
            list.push(Action::PickUp(index));
        }
        list.push(Action::Over(index));
    }
    for (index, lead) in world.leads.iter().enumerate() {
        let dialling = lead.state == LeadState::Processing(Phase::Dialling);
        if faulty && dialling && setup.leads[index].len() > 1 {
            list.push(Action::Careless(index));
        }
    }
    let claims = list.iter().any(|action| matches!(action, Action::Claim(_) | Action::LookUp(_) | Action::Lose(_)));
    let room = mandatory(world).min().unwrap_or(i64::MAX);
    if world.up && !world.orders.is_empty() && faulty && room >= STALL {
        list.push(Action::Stall);
    }
    if world.up && !claims && world.orders.is_empty() && world.answers.is_empty() && room > 0 {
        list.extend(timers(world).chain([room]).filter(|at| (1..i64::MAX).contains(at)).min().map(Action::Pass));
    }
    list
}

/// What the process does by itself.
fn own_work(setup: &Setup, world: &World, list: &mut Vec<Action>) {
    let candidates = server::candidates(setup, world);
    let batches = candidates.iter().map(|lead| vec![*lead]).chain((candidates.len() > 1).then(|| candidates.clone()));
    // A claim that the database refuses whole changes nothing and holds nobody up.
    list.extend(batches.filter(|leads| server::claims_any(setup, world, leads)).map(Action::Claim));
    for attempt in world.orders.iter().copied() {
        list.push(Action::Dial(attempt));
        if world.faults > 0 {
            list.push(Action::Withdraw(attempt));
        }
    }
    list.extend(world.answers.iter().map(|(attempt, answer)| Action::Receive(*attempt, *answer)));
    for attempt in world.asked.iter().copied() {
        if world.faults > 0 || !is_in_the_air(world, attempt) {
            list.push(Action::TimeOut(attempt));
        }
    }
    for (index, attempt) in world.attempts.iter().enumerate().filter(|(_, attempt)| attempt.durable) {
        if look_up_at(world, index).is_some_and(|at| at <= 0) {
            list.push(Action::LookUp(index));
        }
        if is_live(attempt.state) && attempt.intent + SILENCE <= 0 {
            list.push(Action::Lose(index));
        }
    }
}

fn is_live(state: AttemptState) -> bool {
    matches!(state, AttemptState::Placed | AttemptState::Ringing | AttemptState::InProgress)
}

fn is_in_the_air(world: &World, attempt: usize) -> bool {
    world.requests.iter().any(|(request, _)| *request == attempt) || world.answers.iter().any(|(of, _)| *of == attempt)
}

fn look_up_at(world: &World, attempt: usize) -> Option<i64> {
    let (since, made) = world.attempts[attempt].unknown?;
    next_look_up(Timestamp(T0 + since), made).map(|at| at.0 - T0)
}

/// What happens by then at the latest, whether anybody likes it or not.
fn mandatory(world: &World) -> impl Iterator<Item = i64> {
    let calls = world.calls.iter().filter_map(Call::deadline);
    world.requests.iter().map(|(_, deadline)| *deadline).chain(calls)
}

/// When the process has something to do by itself.
fn timers(world: &World) -> impl Iterator<Item = i64> {
    let due = world.leads.iter().filter(|lead| lead.state.is_waiting()).map(|lead| lead.due);
    let look_ups = (0..world.attempts.len()).filter_map(|attempt| look_up_at(world, attempt));
    let open = world.attempts.iter().filter(|attempt| attempt.durable);
    let rest = open.filter_map(|attempt| {
        if is_live(attempt.state) {
            Some(attempt.intent + SILENCE)
        } else {
            (!attempt.state.is_open()).then_some(attempt.closed + INTERVAL)
        }
    });
    due.chain(look_ups).chain(rest)
}

fn after(setup: &Setup, world: &World, action: &Action) -> World {
    let mut next = world.clone();
    let fault = |next: &mut World| next.faults -= 1;
    match action {
        Action::Claim(leads) => server::claim(setup, &mut next, leads),
        Action::Dial(attempt) => {
            next.orders.retain(|order| order != attempt);
            next.asked.push(*attempt);
            server::send(setup, &mut next, *attempt);
        }
        Action::Withdraw(attempt) => {
            fault(&mut next);
            next.orders.retain(|order| order != attempt);
            server::withdraw(setup, &mut next, *attempt);
        }
        Action::Receive(attempt, answer) => {
            next.answers.retain(|(of, _)| of != attempt);
            next.asked.retain(|asked| asked != attempt);
            server::answered(setup, &mut next, *attempt, *answer);
        }
        Action::TimeOut(attempt) => {
            if is_in_the_air(&next, *attempt) {
                fault(&mut next);
            }
            next.answers.retain(|(of, _)| of != attempt);
            next.asked.retain(|asked| asked != attempt);
            server::timed_out(setup, &mut next, *attempt);
        }
        Action::LookUp(attempt) => server::look_up(setup, &mut next, *attempt),
        Action::Lose(attempt) => server::lose(&mut next, *attempt),
        Action::Crash => {
            fault(&mut next);
            server::crash(&mut next);
        }
        Action::Boot => server::boot(setup, &mut next),
        Action::Deliver(attempt, event) => {
            take_hook(&mut next, *attempt, *event);
            server::deliver(setup, &mut next, *attempt, *event);
        }
        Action::LoseHook(attempt, event) => {
            fault(&mut next);
            take_hook(&mut next, *attempt, *event);
        }
        Action::DoubleHook(attempt, event) => {
            fault(&mut next);
            next.hooks.push((*attempt, *event));
        }
        Action::Arrive(index, arrival) => {
            if *arrival != Arrival::Taken {
                fault(&mut next);
            }
            arrive(&mut next, *index, *arrival);
        }
        Action::PickUp(index) => {
            next.calls[*index].stage = Stage::Talking;
            next.hooks.push((next.calls[*index].attempt, Event::InProgress));
        }
        Action::Over(index) => {
            let call = &mut next.calls[*index];
            let event = if call.stage == Stage::Talking { Event::Completed } else { Event::Unanswered };
            call.stage = Stage::Over(event);
            next.hooks.push((call.attempt, event));
        }
        Action::Careless(lead) => {
            fault(&mut next);
            let row = &mut next.leads[*lead];
            (row.state, row.progress.start, row.due) = (LeadState::Rescheduled, Some(1), 0);
        }
        Action::Stall => {
            fault(&mut next);
            next.pass(STALL);
        }
        Action::Pass(ms) => next.pass(*ms),
    }
    server::check(setup, &mut next);
    next
}

fn take_hook(world: &mut World, attempt: usize, event: Event) {
    if let Some(index) = world.hooks.iter().position(|hook| *hook == (attempt, event)) {
        world.hooks.remove(index);
    }
}

/// The provider has the request.
fn arrive(world: &mut World, index: usize, arrival: Arrival) {
    let (attempt, _) = world.requests.remove(index);
    let answer = match arrival {
        Arrival::Taken => Some(Answer::Placed),
        Arrival::Refused => Some(Answer::Refused),
        Arrival::RingsBut500 => Some(Answer::RefusedAfter500),
        Arrival::RingsUnseen => Some(Answer::RefusedUnseen),
        Arrival::Vanishes => None,
    };
    // An answer finds nobody when the process that asked is gone or has stopped waiting.
    if let Some(answer) = answer.filter(|_| world.asked.contains(&attempt)) {
        world.answers.push((attempt, answer));
    }
    if matches!(arrival, Arrival::Taken | Arrival::RingsBut500 | Arrival::RingsUnseen) {
        world.calls.push(Call { attempt, rang: 0, stage: Stage::Ringing });
        world.hooks.push((attempt, Event::Ringing));
        server::rang(world, attempt);
    }
}
