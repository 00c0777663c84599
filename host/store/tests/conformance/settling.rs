//! From the end of a call to the lead's next state.

use std::sync::Arc;

use campanile_domain::attempt::{AnsweredBy, AttemptState, CallStatus, Failure, Outcome};
use campanile_domain::campaign::{CampaignConfig, CampaignState};
use campanile_domain::contact::{Contact, Unusable};
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::TenantKey;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, SuppressedBy};
use campanile_domain::policy::{Decision, OnPolicyFailure, Retry, Whom};
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::policy::{PolicyAnswer, PolicyFailure};
use campanile_domain::ports::store::{After, Changed, Dimension, Fence, NewLead, Page, Store, StoreError, Undecided};
use campanile_domain::replay::{Made, Standing};
use campanile_domain::settle::Clamp;
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::{Role, Value, ValueKind, VariableSpec, Variables};

use crate::support::{MONDAY, Setup, World, end, event, lead, phone, wait};

fn question(name: &str, role: Role) -> VariableSpec {
    VariableSpec {
        name: name.into(),
        kind: ValueKind::Boolean,
        choices: vec![],
        description: "?".into(),
        required: false,
        role,
    }
}

/// A campaign that goes on until somebody booked; `opt_out` suppresses.
fn goal(store: Arc<dyn Store>, change: impl FnOnce(&mut CampaignConfig)) -> World {
    let mut config = CampaignConfig {
        calling_hours: CallingHours::always(),
        goal_variable: Some("booked".into()),
        retry_until_goal: true,
        ..CampaignConfig::named("goal")
    };
    change(&mut config);
    let variables = vec![question("booked", Role::None), question("opt_out", Role::OptOut)];
    World::with(store, Setup { config, variables, ..Setup::default() })
}

fn answers(pairs: &[(&str, Value)]) -> Option<Variables> {
    Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn state(changed: &Changed) -> LeadState {
    match &changed.after {
        Some(After::Settled { state, .. }) => *state,
        other => panic!("not settled: {other:?}"),
    }
}

pub fn events_count_once_and_in_rank(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let answered = event(order.open.id, MONDAY + 5, CallStatus::InProgress);
    let moved = world.apply(MONDAY + 5, answered.clone()).unwrap();
    assert_eq!((moved.state, moved.answered_at), (AttemptState::InProgress, Some(MONDAY + 5)));
    assert!(world.apply(MONDAY + 6, answered).is_none(), "twice");
    assert!(world.apply(MONDAY + 6, event(order.open.id, MONDAY + 6, CallStatus::Ringing)).is_none(), "out of order");
    let by_name = CallEvent { attempt: None, ..end(&order, MONDAY + 30_000, CallStatus::Completed) };
    let ended = world.apply(MONDAY + 31_000, by_name).unwrap();
    assert_eq!(ended.ended, Some((Outcome::Answered, false)));
    assert_eq!(state(&ended), LeadState::Completed(Completion::Contacted));
    assert!(world.apply(MONDAY + 32_000, event(order.open.id, MONDAY, CallStatus::Failed)).is_none(), "final");
    let mut stray = event(order.open.id, MONDAY, CallStatus::Ringing);
    (stray.attempt, stray.provider_call_id) = (None, "somebody else's".into());
    assert!(world.apply(MONDAY, stray).is_none());
    let call = &world.calls(id)[0];
    assert_eq!((call.talk_ms, call.status.as_str(), call.number), (30_000, "completed", 1));
    assert_eq!(call.decision.as_ref().unwrap().reason, "contacted");
}

pub fn an_unanswered_call_is_retried_until_its_rounds_are_used(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let mut now = MONDAY;
    for round in 1..=4 {
        let changed = world.call(now, CallStatus::Unanswered);
        let known = world.lead(id);
        assert_eq!(known.progress.attempts, round);
        if round == 4 {
            assert_eq!(state(&changed), LeadState::MaxRetries(Exhaustion::AttemptsUsed));
        } else {
            assert_eq!(known.not_before, Some(now + MINUTE_MS + HOUR_MS));
            assert_eq!(world.claim(now + HOUR_MS, 1).orders.len(), 0, "not yet");
            now = now + MINUTE_MS + HOUR_MS;
        }
    }
    let claim = world.claim(now + HOUR_MS, 1);
    assert_eq!((claim.live_leads, claim.orders.len()), (0, 0));
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.attempts["unanswered"], stats.by_status["max_retries"]["attempts_used"]), (4, 1));
}

pub fn contacts_escalate_within_a_round(store: Arc<dyn Store>) {
    let world = World::new(store);
    let contacts = (0..3).map(|n| Contact::new(n, phone(u64::from(n) + 1))).collect();
    world.add(vec![NewLead { contacts, ..lead(1) }]);
    world.start();
    let mut called = Vec::new();
    let mut now = MONDAY;
    for _ in 0..3 {
        let order = world.claim_one(now);
        called.push(order.open.phone);
        world.placed(now, &order);
        now = now + MINUTE_MS;
        world.apply(now, end(&order, now, CallStatus::Busy));
    }
    assert_eq!(called, [phone(1), phone(2), phone(3)]);
    assert_eq!(world.claim(now, 1).orders.len(), 0, "the round is over");
}

pub fn a_missing_evaluation_is_waited_for_and_then_settles(store: Arc<dyn Store>) {
    let world = goal(store, |_| ());
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let changed = world.apply(MONDAY + MINUTE_MS, end(&order, MONDAY + MINUTE_MS, CallStatus::Completed)).unwrap();
    let deadline = MONDAY + MINUTE_MS + HOUR_MS;
    assert!(matches!(changed.after, Some(After::AwaitEvaluation { deadline: at }) if at == deadline));
    let missing = || world.done(world.store.evaluation_missing(order.open.lead));
    assert!(missing());
    assert_eq!(world.claim(MONDAY + HOUR_MS, 1).orders.len(), 0, "nobody is dialled because an evaluator is down");
    let boot = world.done(world.store.boot(MONDAY + HOUR_MS, Fence::SOLE));
    assert_eq!(boot.unfinished.len(), 1);
    let told = CallEvent {
        analysis: answers(&[("booked", Value::Boolean(true))]),
        ..event(order.open.id, MONDAY + HOUR_MS, CallStatus::Completed)
    };
    let changed = world.apply(MONDAY + HOUR_MS, told).unwrap();
    assert_eq!(state(&changed), LeadState::Completed(Completion::GoalReached));
    assert!(!missing() && world.calls(id)[0].variables.get("booked").is_some());
    assert_eq!(world.done(world.store.stats(world.tenant.key, world.campaign.id)).goals_reached, 1);
}

pub fn a_wrong_answer_is_an_error_on_the_call_but_an_opt_out_is_heard(store: Arc<dyn Store>) {
    let world = goal(store, |_| ());
    let ids = world.add(vec![lead(1), lead(2)]);
    world.start();
    let orders = world.claim(MONDAY, 2).orders;
    let tell = |order, pairs: &[(&str, Value)]| {
        world.placed(MONDAY, order);
        let told = CallEvent { analysis: answers(pairs), ..end(order, MONDAY + 1, CallStatus::Completed) };
        world.apply(MONDAY + 1, told).unwrap()
    };
    let wrong = tell(&orders[0], &[("booked", Value::Text("yes".into()))]);
    assert!(matches!(wrong.after, Some(After::AwaitEvaluation { .. })), "never a guess");
    let out = tell(&orders[1], &[("booked", Value::Text("no".into())), ("opt_out", Value::Boolean(true))]);
    assert_eq!(state(&out), LeadState::Suppressed(SuppressedBy::OptOut));
    let list = world.done(world.store.suppressions(world.tenant.key, &Page::default()));
    assert_eq!(list.data[0].phone, orders[1].open.phone);
    assert!(world.calls(ids[1])[0].variables.0.is_empty());
}

pub fn a_late_machine_changes_the_outcome_before_the_decision(store: Arc<dyn Store>) {
    let world = goal(store, |config| config.retry_until_goal = false);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    world.apply(MONDAY + 1, end(&order, MONDAY + 1, CallStatus::Completed)).unwrap();
    let machine = CallEvent {
        answered_by: AnsweredBy::Machine,
        event_id: "amd".into(),
        ..event(order.open.id, MONDAY + 2, CallStatus::Completed)
    };
    let changed = world.apply(MONDAY + 2, machine).unwrap();
    assert_eq!(changed.state, AttemptState::Ended(Outcome::Voicemail));
    assert_eq!(state(&changed), LeadState::Completed(Completion::Voicemail));
    let human = CallEvent {
        answered_by: AnsweredBy::Human,
        event_id: "later".into(),
        ..event(order.open.id, MONDAY + 3, CallStatus::Completed)
    };
    assert!(world.apply(MONDAY + 3, human).is_none());
    assert_eq!(world.calls(id)[0].state, AttemptState::Ended(Outcome::Voicemail), "the decision was taken");
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.attempts.get("voicemail"), stats.attempts.get("answered")), (Some(&1), None));
}

fn answer(decision: Result<Decision, PolicyFailure>) -> PolicyAnswer {
    PolicyAnswer::without_a_run("mine@2", decision)
}

fn with_policy(store: Arc<dyn Store>, on_failure: OnPolicyFailure) -> World {
    let config = CampaignConfig {
        calling_hours: CallingHours::always(),
        policy: Some("mine".parse().unwrap()),
        on_policy_failure: on_failure,
        ..CampaignConfig::named("policy")
    };
    World::with(store, Setup { config, ..Setup::default() })
}

fn asked(changed: Changed) -> Undecided {
    match changed.after {
        Some(After::Decide(asked)) => *asked,
        other => panic!("not asked: {other:?}"),
    }
}

pub fn a_policy_is_asked_and_its_answer_taken_once(store: Arc<dyn Store>) {
    let world = with_policy(store, OnPolicyFailure::Hold);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let undecided = asked(world.call(MONDAY, CallStatus::Busy));
    assert_eq!((undecided.input.attempts.len(), undecided.input.attempts_left), (1, 24));
    assert_eq!(world.lead(id).state, LeadState::Processing(Phase::Deciding));
    let boot = world.done(world.store.boot(MONDAY + MINUTE_MS, Fence::SOLE));
    assert_eq!(boot.unfinished.len(), 1, "a crash here loses no lead");
    let now = MONDAY + 2 * MINUTE_MS;
    let decide = |decision| wait(world.store.decide(&world.ctx(now), Fence::SOLE, &undecided, &answer(Ok(decision))));
    let soon = Decision::Retry(Retry::at(now, "again"));
    let After::Settled { state, due, clamped_by, .. } = decide(soon.clone()).unwrap() else { panic!() };
    assert_eq!((state, clamped_by), (LeadState::Rescheduled, vec![Clamp::MinimumInterval]));
    assert_eq!(due, Some(MONDAY + MINUTE_MS + 10 * MINUTE_MS), "ten minutes after the end");
    assert_eq!(decide(soon).unwrap_err(), StoreError::Stale);
    let decision = world.calls(id)[0].decision.clone().unwrap();
    assert_eq!((decision.by.as_str(), decision.decision.as_str()), ("mine@2", "retry"));
}

pub fn what_the_engine_made_can_be_computed_from_the_record(store: Arc<dyn Store>) {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours = serde_json::json!({"start": "09:00", "end": "18:00", "days": days});
    let hours = CallingHours::from_json(&hours).unwrap();
    let config = CampaignConfig {
        calling_hours: hours.clone(),
        policy: Some("mine".parse().unwrap()),
        max_attempts_per_lead: Some(3),
        ends_at: Some(MONDAY + 20 * DAY_MS),
        ..CampaignConfig::named("policy")
    };
    let world = World::with(store, Setup { config, ..Setup::default() });
    let reason = || "a reason".to_owned();
    let retry = |hours: i64, change: fn(&mut Retry)| {
        let mut retry = Retry::at(MONDAY + hours * HOUR_MS, "later");
        change(&mut retry);
        Decision::Retry(retry)
    };
    let decisions = [
        retry(0, |_| ()),
        retry(2, |_| ()),
        // In the night, past a limit of its own, past the end of the campaign, with a contact there is and one there is not.
        retry(14, |_| ()),
        retry(14, |retry| retry.not_after = Some(retry.not_before + HOUR_MS)),
        retry(24 * 30, |_| ()),
        retry(3, |retry| retry.contact = Some(1)),
        retry(3, |retry| retry.contact = Some(9)),
        Decision::NextContact { reason: reason() },
        Decision::Complete { reason: reason() },
        Decision::GiveUp { reason: reason() },
        Decision::Suppress { whom: Whom::Number, reason: reason() },
        Decision::Suppress { whom: Whom::Person, reason: reason() },
    ];
    let two = |number: u64| NewLead {
        contacts: vec![Contact::new(0, phone(number)), Contact::new(1, phone(number + 500))],
        ..lead(number)
    };
    world.add((1..=decisions.len() as u64).map(two).collect());
    world.start();
    let now = MONDAY + MINUTE_MS;
    for (order, decision) in world.claim(MONDAY, decisions.len() as u32).orders.into_iter().zip(decisions) {
        world.placed(MONDAY, &order);
        let undecided = asked(world.apply(now, end(&order, now, CallStatus::Busy)).unwrap());
        let made = Made::of(&undecided.standing.dispose(&undecided.input, &hours, &decision));
        let (ctx, taken) = (world.ctx(now), answer(Ok(decision.clone())));
        let after = world.done(world.store.decide(&ctx, Fence::SOLE, &undecided, &taken));
        let After::Settled { state, due, clamped_by, asked_for, expected, .. } = after else { panic!() };
        let settled = Made { asked_for, expected, ..Made::new(state, due, clamped_by) };
        assert_eq!(made, settled, "{decision:?}");
        // The facts survive being written down.
        let written = serde_json::to_string(&undecided.standing).unwrap();
        assert_eq!(serde_json::from_str::<Standing>(&written).unwrap(), undecided.standing);
    }
}

pub fn a_policy_that_fails_is_held_and_pauses_the_campaign_when_it_keeps_failing(store: Arc<dyn Store>) {
    let world = with_policy(store, OnPolicyFailure::Hold);
    world.add((1..=20).map(lead).collect());
    world.start();
    let failure = || Err(PolicyFailure { code: "policy_trapped".into(), message: "out of bounds".into() });
    for (n, order) in world.claim(MONDAY, 20).orders.into_iter().enumerate() {
        world.placed(MONDAY, &order);
        let undecided = asked(world.apply(MONDAY + 1, end(&order, MONDAY + 1, CallStatus::Busy)).unwrap());
        let held = wait(world.store.decide(&world.ctx(MONDAY + 2), Fence::SOLE, &undecided, &answer(failure())));
        let After::Settled { state, .. } = held.unwrap() else { panic!() };
        assert_eq!(state, LeadState::Processing(Phase::PolicyFailed));
        let campaign = world.done(world.store.campaign_by_key(world.campaign.key));
        assert_eq!(campaign.status == CampaignState::Paused, n == 19, "the twentieth pauses it");
    }
    let again = world.done(world.store.undecided(&world.ctx(MONDAY + 9), world.campaign.key, 15));
    assert_eq!(again.len(), 15);
    assert_eq!(world.done(world.store.undecided(&world.ctx(MONDAY + 9), world.campaign.key, 15)).len(), 5);
    let complete = answer(Ok(Decision::Complete { reason: "fixed".into() }));
    let done = wait(world.store.decide(&world.ctx(MONDAY + 10), Fence::SOLE, &again[0], &complete)).unwrap();
    assert!(matches!(done, After::Settled { state: LeadState::Completed(Completion::ByPolicy), .. }));
}

pub fn a_late_goal_completes_a_lead_that_waits(store: Arc<dyn Store>) {
    let world = goal(store, |_| ());
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let tell = |at: Timestamp, booked: Option<bool>, opt_out: bool| {
        let booked = booked.map_or(Value::Undetermined, Value::Boolean);
        let analysis = answers(&[("booked", booked), ("opt_out", Value::Boolean(opt_out))]);
        CallEvent { analysis, ..event(order.open.id, at, CallStatus::Completed) }
    };
    let changed = world.apply(MONDAY + 1, tell(MONDAY + 1, None, false)).unwrap();
    assert_eq!(state(&changed), LeadState::Rescheduled, "the call did not tell");
    let changed = world.apply(MONDAY + 2, tell(MONDAY + 2, Some(true), false)).unwrap();
    assert_eq!(state(&changed), LeadState::Completed(Completion::GoalReached));
    assert_eq!(world.lead(id).progress.attempts, 1);
}

pub fn an_invalid_number_dies_and_the_next_contact_is_called(store: Arc<dyn Store>) {
    let world = World::new(store);
    let contacts = vec![Contact::new(0, phone(1)), Contact::new(1, phone(2))];
    let id = world.add(vec![NewLead { contacts, ..lead(1) }])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let dead = CallEvent { failure: Failure::NumberInvalid, ..end(&order, MONDAY + 1, CallStatus::Failed) };
    let changed = world.apply(MONDAY + 1, dead).unwrap();
    assert_eq!(changed.ended, Some((Outcome::Failed, false)));
    assert_eq!(world.lead(id).contacts[0].unusable, Some(Unusable::NumberInvalid));
    assert_eq!(world.claim_one(MONDAY + 2).open.phone, phone(2));
}

pub fn a_blocked_caller_id_is_not_shown_to_the_lead_again(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let mut shown = Vec::new();
    for at in 0..2 {
        let now = MONDAY + at * 1_000;
        let order = world.claim_one(now);
        shown.push(order.dial.caller_id);
        world.placed(now, &order);
        let blocked = CallEvent { failure: Failure::CallerIdBlocked, ..end(&order, now + 1, CallStatus::Failed) };
        let changed = world.apply(now + 1, blocked).unwrap();
        assert_eq!(changed.ended, Some((Outcome::Failed, true)));
    }
    assert_ne!(shown[0], shown[1]);
    let known = world.lead(id);
    assert_eq!((known.state, known.progress.attempts), (LeadState::Rescheduled, 1), "only the last one counts");
}

pub fn the_stats_count_every_call_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add((1..=3).map(lead).collect());
    world.start();
    for status in [CallStatus::Completed, CallStatus::Busy, CallStatus::Cancelled] {
        world.call(MONDAY, status);
    }
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    let told: Vec<_> = stats.attempts.iter().map(|(word, n)| (word.as_str(), *n)).collect();
    assert_eq!(told, [("answered", 1), ("busy", 1), ("cancelled", 1)]);
    assert_eq!(
        (stats.open_attempts, stats.first_call_at, stats.last_call_at),
        (0, Some(MONDAY), Some(MONDAY + MINUTE_MS))
    );
    assert_eq!(stats.answered_by["unknown"], 1);
}

pub fn calls_are_told_by_what_they_have_in_common(store: Arc<dyn Store>) {
    let world = goal(store, |config| config.max_retries = 1);
    let mut first = lead(1);
    first.contacts.push(Contact::new(1, phone(5_001)));
    world.add(vec![first]);
    world.start();
    let order = world.claim_one(MONDAY + 40);
    world.placed(MONDAY + 40, &order);
    world.apply(MONDAY + 50, end(&order, MONDAY + 50, CallStatus::Busy));
    let order = world.claim_one(MONDAY + HOUR_MS);
    world.placed(MONDAY + HOUR_MS, &order);
    let at = MONDAY + HOUR_MS + 1;
    let mut booked = end(&order, at, CallStatus::Completed);
    booked.analysis = answers(&[("booked", Value::Boolean(true)), ("opt_out", Value::Boolean(false))]);
    world.apply(at, booked);
    let told = world.done(world.store.breakdown(world.tenant.key, world.campaign.id, &Dimension::ALL));
    let of = |dimension: Dimension| -> Vec<_> {
        let rows = told.by[&dimension].iter();
        rows.map(|row| (row.key.as_str(), row.calls, row.answered, row.goals_reached, row.talk_ms)).collect()
    };
    let (busy, booked) = (|key| (key, 1, 0, 0, 0), |key| (key, 1, 1, 1, 30_000));
    assert_eq!(of(Dimension::Hour), [busy("10"), booked("11")], "in Berlin");
    assert_eq!(of(Dimension::Day), [("2026-03-02", 2, 1, 1, 30_000)]);
    assert_eq!(of(Dimension::Round), [("1", 2, 1, 1, 30_000)]);
    assert_eq!(of(Dimension::Contact), [busy("0"), booked("1")]);
    assert_eq!(of(Dimension::PolicyVersion), [("builtin", 2, 1, 1, 30_000)]);
    assert_eq!(of(Dimension::CallerId).iter().map(|row| row.1).sum::<u64>(), 2);
    let late = told.lateness.unwrap();
    assert!((40..=44).contains(&late.p50_ms), "it waited for 40 ms: {late:?}");
    assert!((HOUR_MS - 50..HOUR_MS * 11 / 10).contains(&late.p99_ms), "an hour: {late:?}");
    let strange = wait(world.store.breakdown(TenantKey(99), world.campaign.id, &[]));
    assert_eq!(strange, Err(StoreError::NotFound("campaign")));
}
