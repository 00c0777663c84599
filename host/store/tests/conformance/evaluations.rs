//! Answered calls that wait to be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::evaluation::{Answer, Evaluation, EvaluatorUse, TRANSCRIPT_WAIT_MS};
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{AttemptKey, TenantKey};
use campanile_domain::lead::{Completion, LeadState, Phase, SuppressedBy};
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::gateway::{CallEvent, Speaker, Utterance};
use campanile_domain::ports::store::{
    After, Changed, Evaluated, EvaluationTurn, Fence, Order, Store, StoreError, Unfinished, WriteContext,
};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::{Role, Value, ValueKind, VariableSpec, Variables};

use crate::support::{MONDAY, Setup, World, end, lead, wait};

const OVER: Timestamp = Timestamp(MONDAY.0 + MINUTE_MS);

fn question(name: &str, role: Role) -> VariableSpec {
    let (description, choices) = ("?".into(), Vec::new());
    VariableSpec { name: name.into(), kind: ValueKind::Boolean, choices, description, required: false, role }
}

/// A campaign that goes on until somebody booked, whose calls are read by two evaluators.
fn world(store: Arc<dyn Store>) -> World {
    nth_world(store, 0)
}

/// The same of a tenant beside others.
fn nth_world(store: Arc<dyn Store>, nth: u64) -> World {
    let used = |name: &str| EvaluatorUse::from(name.parse::<PluginRef>().unwrap());
    let config = CampaignConfig {
        calling_hours: CallingHours::always(),
        goal_variable: Some("booked".into()),
        retry_until_goal: true,
        evaluators: vec![used("first-reader@1"), used("second-reader@active")],
        ..CampaignConfig::named("read")
    };
    let variables = vec![question("booked", Role::None), question("opt_out", Role::OptOut)];
    World::beside(store, Setup { config, variables, ..Setup::default() }, nth)
}

fn line(text: &str) -> Vec<Utterance> {
    vec![Utterance { at_ms: 0, speaker: Speaker::Person, text: text.into() }]
}

/// A call that is over, with what came in its last event.
fn called(world: &World, transcript: Option<&str>, analysis: &[(&str, Value)]) -> (Order, Changed) {
    world.start();
    next_called(world, transcript, analysis)
}

fn next_called(world: &World, transcript: Option<&str>, analysis: &[(&str, Value)]) -> (Order, Changed) {
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let given: Variables = analysis.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let event = CallEvent {
        transcript: transcript.map(line),
        analysis: (!analysis.is_empty()).then_some(given),
        ..end(&order, OVER, CallStatus::Completed)
    };
    let told = world.done(world.store.apply(&world.ctx(OVER), Fence::SOLE, order.open.gateway, vec![event]));
    for said in told.said {
        world.done(world.store.keep_transcript(said.tenant, said.attempt, said.at, said.lines));
    }
    (order, told.changed.into_iter().next().unwrap())
}

fn due(world: &World) -> Vec<(AttemptKey, Timestamp)> {
    let due = world.done(world.store.due_evaluations(MONDAY, 10, 10));
    due.into_iter().filter(|one| one.tenant == world.tenant.key).map(|one| (one.attempt, one.at)).collect()
}

fn turn(world: &World, order: &Order, now: Timestamp) -> Option<EvaluationTurn> {
    world.done(world.store.evaluation_turn(order.open.key, now))
}

fn asked(turn: &EvaluationTurn) -> (String, Vec<&str>) {
    let names = turn.input.wanted.iter().map(|spec| spec.name.as_str()).collect();
    (turn.evaluator.as_ref().unwrap().plugin.to_string(), names)
}

fn answer(
    world: &World,
    attempt: AttemptKey,
    now: Timestamp,
    place: u32,
    answers: &[(&str, Value)],
) -> Option<Changed> {
    let answer = |(name, value): &(&str, Value)| {
        let answer = Answer { value: value.clone(), reason: "said so".into(), evidence: vec![0], confidence: None };
        ((*name).to_owned(), answer)
    };
    let evaluation = Evaluation { answers: answers.iter().map(answer).collect::<BTreeMap<_, _>>(), cost: None };
    let evaluated = Evaluated { place, by: format!("reader@{place}"), evaluation };
    world.done(world.store.evaluated(&world.ctx(now), Fence::SOLE, attempt, evaluated))
}

fn state(changed: &Changed) -> LeadState {
    match &changed.after {
        Some(After::Settled { state, .. }) => *state,
        other => panic!("not settled: {other:?}"),
    }
}

const YES: Value = Value::Boolean(true);
const NO: Value = Value::Boolean(false);
const OPEN: Value = Value::Undetermined;

pub fn evaluators_are_asked_in_order_for_what_is_open(store: Arc<dyn Store>) {
    let world = world(store);
    let id = world.add(vec![lead(1)])[0];
    let (order, changed) = called(&world, Some("Yes, book it."), &[("opt_out", NO)]);
    assert!(matches!(changed.after, Some(After::AwaitEvaluation { .. })), "{changed:?}");
    assert_eq!(world.lead(id).status, "processing");
    let (attempt, at) = due(&world)[0];
    assert_eq!((attempt, at), (order.open.key, OVER + SECOND_MS), "its transcript came");
    let first = turn(&world, &order, at).unwrap();
    assert_eq!(asked(&first), ("first-reader@1".to_owned(), vec!["booked"]), "the provider told the other");
    assert_eq!(first.input.talk.transcript, line("Yes, book it."));
    assert_eq!((first.input.talk.provided.get("opt_out"), first.transcript_is_coming), (Some(&NO), false));
    assert!(answer(&world, order.open.key, at, 0, &[("booked", OPEN)]).is_none(), "somebody is left");
    let second = turn(&world, &order, at).unwrap();
    assert_eq!(asked(&second), ("second-reader@active".to_owned(), vec!["booked"]));
    assert!(
        answer(&world, order.open.key, at, 0, &[("booked", NO)]).is_none(),
        "an answer that comes twice counts once"
    );
    let changed = answer(&world, order.open.key, at, 1, &[("booked", YES)]).unwrap();
    assert_eq!(state(&changed), LeadState::Completed(Completion::GoalReached));
    let call = &world.calls(id)[0];
    let booked = &call.variables.0["booked"];
    assert_eq!((&booked.value, booked.reason.as_str(), booked.evidence.as_slice()), (&YES, "said so", [0].as_slice()));
    assert!(due(&world).is_empty() && turn(&world, &order, at).is_none());
    assert!(answer(&world, order.open.key, at, 1, &[("booked", NO)]).is_none(), "it is over");
}

pub fn what_the_provider_tells_whole_is_read_by_nobody(store: Arc<dyn Store>) {
    let world = world(store);
    world.add(vec![lead(1)]);
    let (_, changed) = called(&world, Some("No."), &[("booked", YES), ("opt_out", NO)]);
    assert_eq!(state(&changed), LeadState::Completed(Completion::GoalReached));
    assert!(due(&world).is_empty());
}

pub fn a_transcript_is_waited_for_and_one_that_comes_late_is_read(store: Arc<dyn Store>) {
    let world = world(store);
    let id = world.add(vec![lead(1)])[0];
    let (order, _) = called(&world, None, &[]);
    let (_, at) = due(&world)[0];
    assert_eq!(at, OVER + TRANSCRIPT_WAIT_MS);
    assert!(turn(&world, &order, at).unwrap().input.talk.transcript.is_empty());
    for place in 0..2 {
        answer(&world, order.open.key, at, place, &[("booked", OPEN), ("opt_out", OPEN)]);
    }
    let waits = world.lead(id);
    assert_eq!(waits.status, "rescheduled", "the call did not tell");
    let late =
        CallEvent { transcript: Some(line("Never call me again.")), ..end(&order, at + 5, CallStatus::Completed) };
    let told = world.done(world.store.apply(&world.ctx(at + 5), Fence::SOLE, order.open.gateway, vec![late]));
    let (_, again) = due(&world)[0];
    assert!(turn(&world, &order, again).unwrap().transcript_is_coming || again > at, "it is not kept yet");
    for said in told.said {
        world.done(world.store.keep_transcript(said.tenant, said.attempt, said.at, said.lines));
    }
    assert_eq!(asked(&turn(&world, &order, again).unwrap()).1, ["booked", "opt_out"]);
    answer(&world, order.open.key, again, 0, &[("booked", NO), ("opt_out", YES)]);
    assert_eq!(world.lead(id).state, LeadState::Suppressed(SuppressedBy::OptOut));
    assert!(due(&world).is_empty());
}

pub fn a_failure_is_told_and_tried_again_and_nobody_is_called(store: Arc<dyn Store>) {
    let world = world(store);
    let id = world.add(vec![lead(1)])[0];
    let (order, _) = called(&world, Some("Yes."), &[]);
    let mut now = due(&world)[0].1;
    for failures in 1..=3 {
        let failure = PluginFailure::new("http_unreachable", "it is down");
        let ctx = world.ctx(now);
        world.done(world.store.evaluation_failed(&ctx, order.open.key, "first-reader@1".into(), failure));
        let stands = world.done(world.store.evaluation_of(world.tenant.key, order.open.key)).unwrap();
        assert_eq!((stands.done, stands.failures), (false, failures));
        assert_eq!(stands.error.unwrap().code, "http_unreachable");
        let (_, next) = due(&world)[0];
        assert!(next >= now + 30_000 * (1 << (failures - 1)), "{failures}: {next:?}");
        now = next;
        assert!(world.claim(now, 1).orders.is_empty(), "somebody is called because an evaluator is down");
        assert_eq!(world.lead(id).state, LeadState::Processing(Phase::AwaitingEvaluation));
    }
    let boot = world.done(world.store.boot(now, Fence::SOLE));
    assert!(matches!(boot.unfinished[..], [Unfinished::AwaitEvaluation { .. }]), "a host that died waits as well");
    assert_eq!(world.done(world.store.retry_evaluations(&world.ctx(now))), 1);
    assert_eq!(due(&world)[0].1, now, "at once");
    let changed = answer(&world, order.open.key, now, 0, &[("booked", YES), ("opt_out", NO)]).unwrap();
    assert_eq!(state(&changed), LeadState::Completed(Completion::GoalReached));
}

pub fn calls_are_read_anew_and_the_old_answers_stand_meanwhile(store: Arc<dyn Store>) {
    let world = world(store);
    let id = world.add(vec![lead(1)])[0];
    let (order, _) = called(&world, Some("No."), &[("opt_out", NO)]);
    let at = due(&world)[0].1;
    answer(&world, order.open.key, at, 0, &[("booked", NO)]);
    let later = at + HOUR_MS / 2;
    let renewed = world.done(world.store.evaluate_again(&world.ctx(later), world.campaign.id, None, 10));
    assert_eq!((renewed.calls, renewed.next), (1, None));
    assert_eq!(world.done(world.store.waiting_evaluations(world.tenant.key, world.campaign.id)), 1);
    assert_eq!(world.calls(id)[0].variables.0["booked"].value, NO, "until the new answer is there");
    assert_eq!(asked(&turn(&world, &order, later).unwrap()).1, ["booked"], "the provider's word stays");
    answer(&world, order.open.key, later, 0, &[("booked", YES)]);
    assert_eq!(world.calls(id)[0].variables.0["booked"].value, YES);
    assert_eq!(world.lead(id).state, LeadState::Completed(Completion::GoalReached), "it waited and need not");
    let stranger = WriteContext { tenant: TenantKey(99), ..world.ctx(later) };
    let again = wait(world.store.evaluate_again(&stranger, world.campaign.id, None, 10));
    assert!(matches!(again, Err(StoreError::NotFound(_))), "somebody else's campaign");
}

pub fn nobody_reads_the_calls_of_a_campaign_without_evaluators(store: Arc<dyn Store>) {
    let world = World::new(store);
    let again = wait(world.store.evaluate_again(&world.ctx(MONDAY), world.campaign.id, None, 10));
    assert!(matches!(again, Err(StoreError::Conflict { code: "no_evaluators", .. })));
}

pub fn a_long_line_hides_neither_strangers_nor_fresh_calls(store: Arc<dyn Store>) {
    let [gone, long, short] = [0, 1, 2].map(|nth| nth_world(Arc::clone(&store), nth));
    for (world, calls) in [(&gone, 3), (&long, 5), (&short, 1)] {
        world.add((0..calls).map(lead).collect());
        world.start();
        (0..calls).for_each(|_| drop(next_called(world, Some("Yes."), &[])));
    }
    wait(gone.store.update_tenant(&gone.ctx(OVER), gone.tenant.limits.clone(), true)).unwrap();
    let next = |each: u32, limit: u32| {
        let now = OVER + MINUTE_MS;
        let due = wait(long.store.due_evaluations(now, each, limit)).unwrap();
        due.into_iter().map(|one| one.tenant).collect::<Vec<_>>()
    };
    let (many, one) = (long.tenant.key, short.tenant.key);
    assert_eq!(next(2, 10), [many, many, one], "a share of the long line, and of a suspended tenant nobody");
    assert_eq!(next(2, 2), [many, many], "a suspended tenant takes no room");
    assert_eq!(next(10, 10).len(), 6);
    for attempt in due(&long).into_iter().map(|(attempt, _)| attempt) {
        answer(&long, attempt, OVER, 0, &[("booked", NO), ("opt_out", NO)]);
    }
    assert_eq!(next(10, 10), [one]);
    let renewed = wait(long.store.evaluate_again(&long.ctx(MONDAY), long.campaign.id, None, 10)).unwrap();
    assert_eq!(renewed.calls, 5);
    assert_eq!(next(2, 10), [one, many, many], "what is read anew waits behind a fresh call, however old it is");
}

pub fn past_calls_tell_how_people_behaved(store: Arc<dyn Store>) {
    let [one, other] = [0, 1].map(|nth| nth_world(Arc::clone(&store), nth));
    one.add((1..=4).map(lead).collect());
    other.add(vec![lead(1)]);
    one.start();
    next_called(&one, Some("Yes."), &[("booked", YES), ("opt_out", NO)]);
    next_called(&one, None, &[("opt_out", YES)]);
    one.call(MONDAY, CallStatus::Busy);
    let open = one.claim_one(MONDAY);
    one.placed(MONDAY, &open);
    called(&other, None, &[]);
    let past = |world: &World, id, limit| world.done(world.store.past_calls(world.tenant.key, id, limit));
    let own = past(&one, Some(one.campaign.id), 10);
    let told: Vec<_> = own.iter().map(|call| (call.outcome, call.goal, call.roles.opt_out)).collect();
    use campanile_domain::attempt::Outcome::{Answered, Busy};
    assert_eq!(
        told,
        [(Busy, None, false), (Answered, None, true), (Answered, Some(true), false)],
        "the last one first"
    );
    assert_eq!((own[2].at, own[2].talk_ms > 0, own[0].talk_ms), (MONDAY, true, 0));
    assert_eq!(past(&one, None, 10), own, "a tenant sees its own calls and nobody else's");
    assert_eq!(past(&one, None, 2), own[..2]);
    let strange = wait(one.store.past_calls(one.tenant.key, Some(other.campaign.id), 10));
    assert!(matches!(strange, Err(StoreError::NotFound(_))), "{strange:?}");
}
