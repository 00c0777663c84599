//! What can no longer matter, left out, so that the search meets a state once and not in a thousand shades.
//!
//! Every omission here is one that no later step can see: an event that a final state or a higher rank will ignore, a
//! call that is over and noted, the age of something older than every rule looks back. Where a guard that makes an event
//! harmless is taken away, the event stays. It must never leave out a phone that may ring or a row that locks one.

use std::collections::BTreeSet;

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::lead::Progress;

use crate::guard::Guard;
use crate::world::{Event, INDEX, INTERVAL, SILENCE, Setup, World};

pub fn forget(setup: &Setup, mut world: World) -> World {
    for lead in &mut world.leads {
        lead.due = lead.due.max(0);
        if lead.state.is_ended() {
            (lead.due, lead.progress) = (0, Progress::FIRST);
        }
    }
    hooks(setup, &mut world);
    for (index, attempt) in world.attempts.iter_mut().enumerate() {
        // A bit matters only while the same event may come again.
        let coming =
            world.hooks.iter().filter(|(of, _)| *of == index).fold(0, |bits, (_, event)| bits | 1 << *event as u8);
        attempt.events &= coming;
        if attempt.state.is_open() {
            (attempt.intent, attempt.closed) = (attempt.intent.max(-SILENCE), 0);
        } else {
            (attempt.intent, attempt.spoken, attempt.sent, attempt.unknown) = (0, false, 0, None);
            attempt.closed = attempt.closed.max(-INTERVAL);
            attempt.state = match attempt.state {
                AttemptState::Ended(Outcome::Unknown) => attempt.state,
                AttemptState::Ended(_) => AttemptState::Ended(Outcome::Busy),
                AttemptState::Refused => AttemptState::Withdrawn,
                other => other,
            };
        }
    }
    let closed: Vec<bool> = world.attempts.iter().map(|attempt| !attempt.state.is_open()).collect();
    world.calls.retain(|call| call.is_live() || !closed[call.attempt]);
    for call in world.calls.iter_mut().filter(|call| !call.is_live()) {
        call.rang = call.rang.max(-INDEX);
    }
    rows(&mut world);
    world.hooks.sort_unstable();
    world.requests.sort_unstable();
    world.calls.sort_unstable();
    world
}

/// Events that will change nothing.
fn hooks(setup: &Setup, world: &mut World) {
    let attempts = &world.attempts;
    world.hooks.retain(|(attempt, event)| match attempts[*attempt].state {
        AttemptState::InProgress => *event != Event::Ringing || !setup.has(Guard::Rank) || !setup.has(Guard::EventOnce),
        state if state.is_open() => true,
        _ => !setup.has(Guard::TerminalIsFinal) || !setup.has(Guard::EventOnce),
    });
}

/// Rows of attempts that are closed, past every wait, and of which nothing is on the way.
fn rows(world: &mut World) {
    let moving: BTreeSet<usize> = (world.orders.iter().chain(&world.asked).copied())
        .chain(world.requests.iter().map(|(attempt, _)| *attempt))
        .chain(world.answers.iter().map(|(attempt, _)| *attempt))
        .chain(world.hooks.iter().map(|(attempt, _)| *attempt))
        .chain(world.calls.iter().map(|call| call.attempt))
        .collect();
    let mut place = Vec::new();
    let mut kept = 0;
    for (index, attempt) in world.attempts.iter().enumerate() {
        let waits = attempt.closed > -INTERVAL && attempt.state != AttemptState::Withdrawn;
        let keep = attempt.state.is_open() || waits || moving.contains(&index);
        place.push(keep.then_some(kept));
        kept += usize::from(keep);
    }
    let mut keep = place.iter().map(Option::is_some);
    world.attempts.retain(|_| keep.next().unwrap_or(true));
    let moved = |attempt: &mut usize| *attempt = place[*attempt].unwrap_or(*attempt);
    world.orders.iter_mut().chain(&mut world.asked).for_each(moved);
    world.requests.iter_mut().for_each(|(attempt, _)| moved(attempt));
    world.answers.iter_mut().for_each(|(attempt, _)| moved(attempt));
    world.hooks.iter_mut().for_each(|(attempt, _)| moved(attempt));
    world.calls.iter_mut().for_each(|call| moved(&mut call.attempt));
}
