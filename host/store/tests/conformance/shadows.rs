//! Shadows.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::ids::{CampaignId, LeadId, LeadKey};
use campanile_domain::policy::{Decision, Retry};
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::policy::PolicyFailure;
use campanile_domain::ports::store::{After, ShadowAnswer, Store, StoreError};
use campanile_domain::replay::{Change, Difference, MOST_LEADS};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use serde_json::{Value, json};

use crate::support::{MONDAY, World, end, lead, wait};

fn retry(minutes: i64, reason: &str) -> Decision {
    Decision::Retry(Retry::at(MONDAY + minutes * MINUTE_MS, reason))
}

fn answer(shadow: i64, lead: i64, answered: Result<Decision, PolicyFailure>) -> ShadowAnswer {
    let difference = Difference {
        lead: LeadId(lead as u128),
        call: None,
        at: Timestamp(lead),
        by: "mine@1".into(),
        recorded: Value::Null,
        answered: json!(lead),
        made: None,
        would_make: None,
    };
    ShadowAnswer { shadow, lead: LeadKey(lead), decided: Ok(retry(60, "busy")), answered, difference }
}

pub fn a_shadow_counts_the_first_divergence_of_each_lead(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (tenant, campaign) = (world.tenant.key, world.campaign.id);
    assert_eq!(wait(world.store.shadow(tenant, campaign)).unwrap_err(), StoreError::NotFound("shadow"));
    let start = |at, policy: &str, settings| {
        world.done(world.store.start_shadow(&world.ctx(at), campaign, policy.parse().unwrap(), settings))
    };
    start(MONDAY, "other@2", json!({}));
    let run = || world.done(world.store.snapshot(world.campaign.key)).shadow;
    let first = run().unwrap();
    assert_eq!((first.policy.to_string().as_str(), &first.settings), ("other@2", &json!({})));

    let failure = || PolicyFailure { code: "policy_trapped".into(), message: "it trapped".into() };
    let of = |lead, answered| answer(first.key, lead, answered);
    let mut answers = vec![
        of(1, Ok(retry(60, "busy"))),
        of(1, Ok(retry(60, "in other words"))),
        of(1, Ok(retry(90, "busy"))),
        of(1, Ok(retry(60, "busy"))),
        of(2, Err(failure())),
        of(2, Err(failure())),
        ShadowAnswer { decided: Err(failure()), ..of(3, Err(failure())) },
    ];
    for lead in 1_000..1_000 + MOST_LEADS as i64 {
        answers.push(of(lead, Ok(Decision::GiveUp { reason: "enough".into() })));
    }
    // Nobody's: the shadow of another time.
    answers.push(answer(first.key + 77, 4, Ok(retry(60, "busy"))));
    world.done(world.store.keep_shadow_answers(answers, vec![(world.campaign.key, 3)]));
    let report = world.done(world.store.shadow(tenant, campaign));
    let many = MOST_LEADS as u64;
    assert_eq!((report.asked, report.same, report.reworded), (6 + many, 1, 1));
    assert_eq!((report.diverged, report.after_divergence, report.dropped), (2 + many, 2, 3));
    assert_eq!(report.failed.into_iter().collect::<Vec<_>>(), [("policy_trapped".to_owned(), 1)]);
    assert_eq!(report.not_compared.into_iter().collect::<Vec<_>>(), [("failed: policy_trapped".to_owned(), 1)]);
    let change = |to: &str, leads| Change { from: "retry".into(), to: to.into(), leads };
    assert_eq!(report.changes, [change("give_up", many), change("failed: policy_trapped", 1), change("retry", 1)]);
    let shown: Vec<_> = report.leads.iter().map(|lead| lead.lead.0).collect();
    assert_eq!((shown.len(), &shown[..3]), (MOST_LEADS, &[1, 2, 1_000][..]), "the first ones, in their order");

    let same = start(MONDAY + 5, "other@2", json!({}));
    assert_eq!((same.since, same.diverged), (MONDAY, 2 + many), "the same one goes on");
    let stopped = world.done(world.store.stop_shadow(&world.ctx(MONDAY + 6), campaign));
    assert_eq!((stopped.stopped_at, stopped.diverged), (Some(MONDAY + 6), 2 + many));
    assert_eq!(run(), None);
    world.done(world.store.keep_shadow_answers(vec![of(5, Ok(retry(60, "busy")))], vec![(world.campaign.key, 1)]));
    let late = world.done(world.store.shadow(tenant, campaign));
    assert_eq!((late.same, late.dropped), (1, 3), "what comes late is nobody's");
    let anew = start(MONDAY + 7, "other@2", json!({}));
    assert_eq!((anew.asked, anew.leads.len(), anew.since), (0, 0, MONDAY + 7));
    assert!(run().unwrap().key > first.key);
    let ctx = world.ctx(MONDAY);
    let strange = world.store.start_shadow(&ctx, CampaignId(9), "other@2".parse().unwrap(), json!({}));
    assert_eq!(wait(strange).unwrap_err(), StoreError::NotFound("campaign"));
}

pub fn the_built_in_table_leaves_its_question_to_a_shadow(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add((1..=2).map(lead).collect());
    world.start();
    let question = |now: Timestamp| {
        let order = world.claim_one(now);
        world.placed(now, &order);
        let ended: CallEvent = end(&order, now + MINUTE_MS, CallStatus::Busy);
        match world.apply(now + MINUTE_MS, ended).unwrap().after {
            Some(After::Settled { question, .. }) => question,
            other => panic!("not settled: {other:?}"),
        }
    };
    assert!(question(MONDAY).is_none(), "nobody asks");
    let policy = "other@2".parse().unwrap();
    world.done(world.store.start_shadow(&world.ctx(MONDAY), world.campaign.id, policy, json!({})));
    let asked = question(MONDAY + 2 * MINUTE_MS).unwrap();
    assert_eq!((asked.input.attempts.len(), asked.input.builtin.word()), (1, "retry"));
    let decision = world.calls(asked.lead_id)[0].decision.clone().unwrap();
    assert_eq!((decision.by.as_str(), decision.decision.as_str()), ("builtin", "retry"));
}
