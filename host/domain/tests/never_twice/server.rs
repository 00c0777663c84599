//! One process and its database: every transition is the domain's, every write is one transaction. Where a guard is
//! taken away, what a careless author would have written stands beside it.

use campanile_domain::attempt::{
    AnsweredBy, Applied, AttemptState, CallStatus, Dialled, Failure, LookUp, Outcome, Reconciled,
};
use campanile_domain::gate::{self, ContactFacts, LeadFacts};
use campanile_domain::lead::Wait;
use campanile_domain::ports::gateway::{Evidence, PlaceAnswer, Refusal, RefusalScope};
use campanile_domain::round::{self, Next};
use campanile_domain::settle::{self, Assessment, Disposal, Evaluation, Facts};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Effects;

use crate::guard::Guard;
use crate::world::{Answer, Attempt, Event, FLIGHT, INDEX, INTERVAL, LAG, Setup, Stage, World};

/// Now, always.
pub const T0: i64 = 1_772_000_000_000;

fn phone(setup: &Setup, attempt: &Attempt) -> campanile_domain::phone::Phone {
    setup.leads[attempt.lead][usize::from(attempt.contact)].phone
}

fn is_open(setup: &Setup, attempt: &Attempt) -> bool {
    let counts = attempt.state != AttemptState::Unknown || setup.has(Guard::UnknownIsOpen);
    attempt.durable && attempt.state.is_open() && counts
}

fn next_contact(setup: &Setup, world: &World, lead: usize) -> Option<u16> {
    let progress = &world.leads[lead].progress;
    match round::next(setup.config.contact_strategy, &setup.leads[lead], |_| true, progress) {
        Next::Dial(contact) => Some(contact),
        Next::RoundOver | Next::NoContactLeft => None,
    }
}

/// The leads that pass every gate, on facts that are loaded once for the whole batch.
pub fn candidates(setup: &Setup, world: &World) -> Vec<usize> {
    (0..world.leads.len()).filter(|lead| passes(setup, world, *lead)).collect()
}

fn passes(setup: &Setup, world: &World, lead: usize) -> bool {
    let row = &world.leads[lead];
    let in_memory = world.orders.iter().chain(&world.asked).any(|attempt| world.attempts[*attempt].lead == lead);
    let Some(contact) = next_contact(setup, world, lead).filter(|_| !in_memory && row.state.is_waiting()) else {
        return false;
    };
    let contact = &setup.leads[lead][usize::from(contact)];
    let cap = setup.config.attempts_cap(setup.leads[lead].len());
    let lead_facts = LeadFacts {
        state: row.state,
        not_before: Timestamp(T0 + row.due),
        wait: Wait::Retry,
        expires_at: None,
        attempts_left: cap.saturating_sub(row.progress.attempts),
    };
    let same_phone =
        || world.attempts.iter().filter(|attempt| attempt.durable && phone(setup, attempt) == contact.phone);
    let ended = same_phone().filter(|attempt| matches!(attempt.state, AttemptState::Ended(_)));
    let contact_facts = ContactFacts {
        suppressed: false,
        unusable: None,
        last_call_ended: ended.map(|attempt| Timestamp(T0 + attempt.closed)).max(),
        min_gap_ms: if setup.has(Guard::PhoneGap) { INTERVAL } else { 0 },
        calls_today: 0,
        max_calls_per_day: None,
        day_ends_at: Timestamp(T0),
        in_call: same_phone().any(|attempt| is_open(setup, attempt)),
        caller_id: Ok(()),
    };
    let now = Timestamp(T0);
    gate::first_closed(&gate::lead(&lead_facts, now)).is_none()
        && gate::first_closed(&gate::contact(&contact_facts, &setup.config.calling_hours, &setup.zone, now)).is_none()
}

/// Whether the database would take any of them.
pub fn claims_any(setup: &Setup, world: &World, leads: &[usize]) -> bool {
    let mut trial = world.clone();
    claim(setup, &mut trial, leads);
    trial.attempts.len() > world.attempts.len()
}

/// Commits an attempt for each; the database refuses what its indexes forbid.
pub fn claim(setup: &Setup, world: &mut World, leads: &[usize]) {
    for lead in leads.iter().copied() {
        let Some(contact) = next_contact(setup, world, lead) else { continue };
        let new = Attempt {
            lead,
            contact,
            durable: setup.has(Guard::IntentFirst),
            state: AttemptState::Intent,
            intent: 0,
            spoken: false,
            unknown: None,
            closed: 0,
            events: 0,
            sent: 0,
        };
        let taken = |of: &Attempt| {
            let lead = of.lead == lead && setup.has(Guard::LeadIndex);
            let phone = phone(setup, of) == phone(setup, &new) && setup.has(Guard::PhoneIndex);
            is_open(setup, of) && (lead || phone)
        };
        if world.attempts.iter().any(taken) {
            continue;
        }
        if new.durable {
            let Ok(claimed) = world.leads[lead].state.claim() else { continue };
            world.leads[lead].state = claimed;
        }
        world.orders.push(world.attempts.len());
        world.attempts.push(new);
    }
}

/// Without [`Guard::IntentFirst`] the row is written when something is known.
fn make_durable(world: &mut World, attempt: usize) {
    let row = &mut world.attempts[attempt];
    let lead = &mut world.leads[row.lead];
    if !std::mem::replace(&mut row.durable, true)
        && let Ok(claimed) = lead.state.claim()
    {
        lead.state = claimed;
    }
}

/// The one request that dials, and all that must be true of that instant.
pub fn send(setup: &Setup, world: &mut World, attempt: usize) {
    world.attempts[attempt].sent += 1;
    if world.attempts[attempt].sent > 1 {
        world.breaks("one dial per attempt");
    }
    let this = world.attempts[attempt].clone();
    let is_same = |other: &Attempt| other.lead == this.lead || phone(setup, other) == phone(setup, &this);
    let rings = |other: usize| other != attempt && is_same(&world.attempts[other]);
    let may_ring = world.requests.iter().any(|(other, _)| rings(*other))
        || world.calls.iter().any(|call| call.is_live() && rings(call.attempt));
    let too_soon = world.attempts.iter().any(|other| {
        let counts = match other.state {
            AttemptState::Ended(Outcome::Unknown) => is_same(other),
            AttemptState::NotDialled => other.lead == this.lead,
            _ => false,
        };
        counts && other.durable && other.closed + INTERVAL > 0
    });
    world.requests.push((attempt, FLIGHT));
    if may_ring {
        world.breaks("no dial of a lead or a phone while an earlier one may ring");
    }
    if too_soon {
        world.breaks("no dial sooner than the interval after an attempt whose fate was unknown");
    }
}

/// A phone rings.
pub fn rang(world: &mut World, attempt: usize) {
    match world.attempts[attempt].state {
        AttemptState::NotDialled | AttemptState::Refused | AttemptState::Withdrawn
            if world.attempts[attempt].durable =>
        {
            world.breaks("what is said not to be dialled does not ring");
        }
        _ => {}
    }
}

pub fn withdraw(setup: &Setup, world: &mut World, attempt: usize) {
    make_durable(world, attempt);
    dialled(setup, world, attempt, Dialled::Withdrawn);
}

pub fn answered(setup: &Setup, world: &mut World, attempt: usize, answer: Answer) {
    make_durable(world, attempt);
    let refused = PlaceAnswer::Refused(Refusal {
        code: "busy".into(),
        message: "later".into(),
        scope: RefusalScope::ThisMoment,
        retry_after_ms: None,
    });
    let (said, seen) = match answer {
        Answer::Placed => (PlaceAnswer::Placed { provider_call_id: "1".into() }, Evidence::Answered(201)),
        Answer::Refused => (refused, Evidence::Answered(429)),
        Answer::RefusedAfter500 => (refused, Evidence::Answered(500)),
        Answer::RefusedUnseen => (refused, Evidence::Lost),
    };
    let believed = if setup.has(Guard::Evidence) { said.weighed(seen) } else { said };
    let result = match believed {
        PlaceAnswer::Placed { .. } => Dialled::Placed,
        PlaceAnswer::Refused(_) => Dialled::Refused,
        PlaceAnswer::Unsure { .. } => Dialled::Unknown,
    };
    dialled(setup, world, attempt, result);
}

pub fn timed_out(setup: &Setup, world: &mut World, attempt: usize) {
    make_durable(world, attempt);
    if setup.has(Guard::DialOnce) {
        dialled(setup, world, attempt, Dialled::Unknown);
    } else {
        world.asked.push(attempt);
        send(setup, world, attempt);
    }
}

fn dialled(setup: &Setup, world: &mut World, attempt: usize, result: Dialled) {
    // A webhook may have been faster; then the attempt stays where it led.
    let Ok(state) = world.attempts[attempt].state.dial(result) else { return };
    world.attempts[attempt].spoken |= result == Dialled::Placed;
    moved(setup, world, attempt, state);
}

pub fn lose(world: &mut World, attempt: usize) {
    if let Ok(state) = world.attempts[attempt].state.lose() {
        let row = &mut world.attempts[attempt];
        (row.state, row.unknown) = (state, Some((0, 0)));
    }
}

/// Memory is gone, with it what was never written down.
pub fn crash(world: &mut World) {
    world.up = false;
    world.orders.clear();
    world.asked.clear();
    world.answers.clear();
    for attempt in world.attempts.iter_mut().filter(|attempt| !attempt.durable) {
        attempt.state = AttemptState::Withdrawn;
    }
}

pub fn boot(setup: &Setup, world: &mut World) {
    world.up = true;
    for attempt in 0..world.attempts.len() {
        if world.attempts[attempt].state != AttemptState::Intent {
            continue;
        }
        if setup.has(Guard::BootMakesUnknown) {
            lose(world, attempt);
        } else {
            world.orders.push(attempt);
        }
    }
}

/// A webhook, out of the inbox: until it is there the provider keeps it, so the inbox is the tail of its way.
pub fn deliver(setup: &Setup, world: &mut World, attempt: usize, event: Event) {
    if !world.attempts[attempt].durable {
        return;
    }
    let bit = 1 << event as u8;
    if world.attempts[attempt].events & bit != 0 {
        if !setup.has(Guard::EventOnce) {
            world.breaks("an event is written down once");
        }
        return;
    }
    world.attempts[attempt].events |= bit;
    apply(setup, world, attempt, event);
}

fn apply(setup: &Setup, world: &mut World, attempt: usize, event: Event) {
    let status = match event {
        Event::Ringing => CallStatus::Ringing,
        Event::InProgress => CallStatus::InProgress,
        Event::Unanswered => CallStatus::Unanswered,
        Event::Completed => CallStatus::Completed,
    };
    let state = world.attempts[attempt].state;
    let reopened = !state.is_open() && !setup.has(Guard::TerminalIsFinal);
    let unranked = state.is_open() && !setup.has(Guard::Rank);
    let as_if = if reopened || unranked { AttemptState::Unknown } else { state };
    let Applied::Moved(next) = as_if.apply(status, AnsweredBy::Unknown) else { return };
    let order = [AttemptState::Placed, AttemptState::Ringing, AttemptState::InProgress];
    let place = |state| order.iter().position(|known| *known == state);
    if let (Some(before), Some(now)) = (place(state), place(next))
        && now < before
    {
        world.breaks("a call does not go backwards");
    }
    world.attempts[attempt].spoken = true;
    moved(setup, world, attempt, next);
}

pub fn look_up(setup: &Setup, world: &mut World, attempt: usize) {
    let row = &world.attempts[attempt];
    let Some((since, made)) = row.unknown else { return };
    let found = world.calls.iter().find(|call| call.attempt == attempt && setup.finds && call.rang + INDEX <= 0);
    if let Some(call) = found {
        let event = match call.stage {
            Stage::Ringing => Event::Ringing,
            Stage::Talking => Event::InProgress,
            Stage::Over(event) => event,
        };
        return apply(setup, world, attempt, event);
    }
    let since = if setup.has(Guard::LagFromDial) { since } else { row.intent };
    let look = LookUp {
        surely_not_dialled: true,
        finds_by_attempt: setup.finds || !setup.has(Guard::FindTrust),
        find_lag_ms: if setup.has(Guard::FindLag) { LAG } else { 0 },
        was_dialled: row.spoken,
        since: Timestamp(T0 + since),
        made: made + 1,
        now: Timestamp(T0),
    };
    let closing = look.closes().or((!setup.has(Guard::GiveUpLate)).then_some(Reconciled::GivenUp));
    match closing.map(|finding| row.state.reconcile(finding)) {
        Some(Ok(state)) => moved(setup, world, attempt, state),
        _ => world.attempts[attempt].unknown = world.attempts[attempt].unknown.map(|(since, made)| (since, made + 1)),
    }
}

/// Writes the attempt's new state; when it is over, settles the lead in the same transaction.
fn moved(setup: &Setup, world: &mut World, attempt: usize, state: AttemptState) {
    let row = &mut world.attempts[attempt];
    row.state = state;
    row.unknown = (state == AttemptState::Unknown).then_some((0, 0));
    if state.is_open() {
        return;
    }
    row.closed = 0;
    let really_rang = world.calls.iter().any(|call| call.attempt == attempt);
    if really_rang && !matches!(state, AttemptState::Ended(_)) {
        world.breaks("what rang is not said to be refused, withdrawn or not dialled");
    }
    let (lead, contact) = (world.attempts[attempt].lead, world.attempts[attempt].contact);
    let disposal = settled(setup, world, lead, contact, state);
    let row = &mut world.leads[lead];
    if let Ok(next) = row.state.settle(disposal.state) {
        let unsure = matches!(state, AttemptState::NotDialled | AttemptState::Ended(Outcome::Unknown));
        let waits = setup.has(Guard::RetryWait) || !unsure;
        row.due = if waits { disposal.not_before.0 - T0 } else { 0 };
        (row.state, row.progress) = (next, disposal.progress);
    }
}

fn settled(setup: &Setup, world: &World, lead: usize, contact: u16, state: AttemptState) -> Disposal {
    let outcome = if let AttemptState::Ended(outcome) = state { outcome } else { Outcome::Failed };
    let mut progress = world.leads[lead].progress;
    match state {
        AttemptState::Ended(_) => progress = settle::counted(progress, outcome, Failure::None, true),
        AttemptState::Refused => progress.deferrals += 1,
        _ => {}
    }
    let facts = Facts {
        config: &setup.config,
        zone: &setup.zone,
        progress,
        contacts: &setup.leads[lead],
        suppressed: 0,
        contact,
        outcome,
        failure: Failure::None,
        answered_by: AnsweredBy::Unknown,
        ended_at: Timestamp(T0),
        roles: Effects::default(),
        evaluation: Evaluation::NotNeeded,
        goal: None,
        caller_id_left: true,
        expires_at: None,
        hand: None,
        now: Timestamp(T0),
    };
    match state {
        AttemptState::Refused => settle::deferred(&facts, None),
        AttemptState::Withdrawn => settle::withdrawn(&facts),
        AttemptState::NotDialled => settle::not_dialled(&facts),
        _ => match settle::assess(&facts) {
            Assessment::Settled(disposal) => disposal,
            Assessment::Ask(decision) => settle::dispose(&facts, &decision, false),
            Assessment::AwaitEvaluation => unreachable!("nothing is evaluated here"),
        },
    }
}

/// What must hold in every state.
pub fn check(setup: &Setup, world: &mut World) {
    let open: Vec<_> = world.attempts.iter().filter(|attempt| attempt.durable && attempt.state.is_open()).collect();
    let pairs = || open.iter().enumerate().flat_map(|(index, one)| open[..index].iter().map(move |other| (one, other)));
    let lead = pairs().any(|(one, other)| one.lead == other.lead);
    let by_phone = pairs().any(|(one, other)| phone(setup, one) == phone(setup, other));
    if lead {
        world.breaks("one open attempt per lead");
    }
    if by_phone {
        world.breaks("one open attempt per phone");
    }
}
