//! The core alone, with a world made of a few lines: every claim finds as many leads as the test says there are, every
//! call lasts as long as the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::campaign::{CampaignConfig, CampaignState};
use campanile_domain::gate::Verdict;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{AttemptKey, CallId, CampaignId, CampaignKey, GatewayKey, LeadKey, TenantKey};
use campanile_domain::lead::{Completion, LeadState};
use campanile_domain::ports::gateway::{Capabilities, Dial};
use campanile_domain::ports::store::{After, CampaignSnapshot, Changed, Claim, OpenAttempt, Order, TenantSnapshot};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::zone::Zone;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::{Core, Effect, Event};

const GATEWAY: GatewayKey = GatewayKey(1);

/// A world in which leads are a number and calls are a duration.
struct World {
    core: Core,
    rng: ChaCha8Rng,
    now: Timestamp,
    /// Leads left, by campaign.
    leads: BTreeMap<CampaignKey, u64>,
    /// Calls and when they end.
    calls: BTreeSet<(Timestamp, AttemptKey)>,
    owner: BTreeMap<AttemptKey, CampaignKey>,
    attempts: i64,
    dialled: BTreeMap<CampaignKey, u64>,
    most_open: usize,
    effects: Vec<Effect>,
    call_ms: i64,
    technical: bool,
}

fn phone() -> campanile_domain::phone::Phone {
    "+12025550123".parse().unwrap()
}

fn tenant(key: i64, limit: u32, rate: Option<f64>) -> TenantSnapshot {
    TenantSnapshot {
        key: TenantKey(key),
        max_concurrent_calls: limit,
        calls_per_second: rate,
        suspended: false,
        billed: false,
    }
}

impl World {
    fn new(slots: u32, tenants: Vec<TenantSnapshot>) -> Self {
        let mut world = Self {
            core: Core::new(slots),
            rng: ChaCha8Rng::seed_from_u64(1),
            now: "2026-03-02T09:00:00Z".parse().unwrap(),
            leads: BTreeMap::new(),
            calls: BTreeSet::new(),
            owner: BTreeMap::new(),
            attempts: 0,
            dialled: BTreeMap::new(),
            most_open: 0,
            effects: Vec::new(),
            call_ms: 30 * SECOND_MS,
            technical: false,
        };
        let able = Capabilities { finds_by_attempt: true, find_lag_ms: 0, calls_per_second: None };
        world.tell(Event::GatewayReady(GATEWAY, able));
        world.tell(Event::Tenants(tenants));
        world
    }

    fn campaign(&mut self, key: i64, tenant: i64, leads: u64, concurrent: u32) {
        self.leads.insert(CampaignKey(key), leads);
        let snapshot = self.snapshot(key, tenant, leads, concurrent, CampaignState::InProgress);
        self.tell(Event::Campaign(Box::new(snapshot)));
    }

    fn snapshot(&self, key: i64, tenant: i64, leads: u64, concurrent: u32, state: CampaignState) -> CampaignSnapshot {
        CampaignSnapshot {
            key: CampaignKey(key),
            id: CampaignId(key as u128),
            tenant: TenantKey(tenant),
            state,
            quarantine: Verdict::Pass,
            config: Arc::new(CampaignConfig {
                max_concurrent_calls: concurrent,
                calling_hours: CallingHours::always(),
                ..CampaignConfig::named("test")
            }),
            config_version: 1,
            zone: Zone::utc(),
            gateway: GATEWAY,
            ring_timeout_ms: 30 * SECOND_MS,
            max_call_ms: 600 * SECOND_MS,
            live_leads: leads,
            shadow: None,
            fed: false,
        }
    }

    fn tell(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for work in self.core.step(event, self.now, &mut self.rng) {
                if let Effect::Claim { campaign, tenant, slots } = work.effect {
                    events.push(self.claim(campaign, tenant, slots));
                } else if let Effect::Dial(order) = &work.effect {
                    let jitter = (self.rng.next_u64() % 1000) as i64 * self.call_ms / 1000;
                    self.calls.insert((self.now + self.call_ms / 2 + jitter, order.open.key));
                    *self.dialled.entry(order.open.campaign).or_default() += 1;
                    self.most_open = self.most_open.max(self.calls.len());
                    self.effects.push(work.effect);
                } else {
                    self.effects.push(work.effect);
                }
            }
        }
    }

    fn claim(&mut self, campaign: CampaignKey, tenant: TenantKey, slots: u32) -> Event {
        let left = self.leads.get_mut(&campaign).unwrap();
        let take = u64::from(slots).min(*left);
        *left -= take;
        let (more, live_leads) = (*left > 0, *left + take);
        let orders = (0..take).map(|_| self.order(campaign, tenant)).collect();
        let claim = Claim { orders, more, next_due: None, stopped_by: None, live_leads };
        Event::Claimed { campaign, asked: slots, claim: Box::new(claim) }
    }

    fn order(&mut self, campaign: CampaignKey, tenant: TenantKey) -> Order {
        self.attempts += 1;
        let key = AttemptKey(self.attempts);
        self.owner.insert(key, campaign);
        let open = OpenAttempt {
            key,
            id: CallId(self.attempts as u128),
            tenant,
            campaign,
            lead: LeadKey(self.attempts),
            gateway: GATEWAY,
            phone: phone(),
            state: AttemptState::Intent,
            intent_at: self.now,
            answered_at: None,
            unknown: None,
            provider_call_id: None,
            ring_timeout_ms: 30 * SECOND_MS,
            max_call_ms: 600 * SECOND_MS,
        };
        let dial = Dial {
            attempt: open.id,
            number: 1,
            caller_id: phone(),
            to: phone(),
            assistant_ref: None,
            callback_url: String::new(),
            ring_timeout_ms: 0,
            max_call_ms: 0,
            variables: Default::default(),
        };
        Order { open, dial, possible_since: self.now }
    }

    fn changed(&self, attempt: AttemptKey, state: AttemptState) -> Changed {
        let over = matches!(state, AttemptState::Ended(_));
        Changed {
            attempt,
            campaign: self.owner[&attempt],
            lead: LeadKey(attempt.0),
            state,
            answered_at: None,
            ended: over.then_some((Outcome::Answered, self.technical)),
            after: over.then_some(After::Settled {
                state: LeadState::Completed(Completion::Contacted),
                due: None,
                clamped_by: Vec::new(),
                asked_for: None,
                expected: None,
                question: None,
            }),
            happening: None,
            freed: Vec::new(),
        }
    }

    /// Lets time pass until no call is live or the instant is reached.
    fn run_until(&mut self, until: Timestamp) {
        loop {
            let ends = self.calls.first().map(|(at, _)| *at);
            let next = [ends, self.core.next_wake()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { return };
            self.now = self.now.max(next);
            match self.calls.first().copied() {
                Some((at, attempt)) if at <= next => {
                    self.calls.pop_first();
                    let changed = self.changed(attempt, AttemptState::Ended(Outcome::Answered));
                    self.tell(Event::Changed(Box::new(changed)));
                }
                _ => self.tell(Event::Tick),
            }
        }
    }
}

#[test]
fn no_limit_is_ever_exceeded_and_all_slots_are_used() {
    let mut world = World::new(20, vec![tenant(1, 8, None)]);
    world.campaign(1, 1, 500, 5);
    world.campaign(2, 1, 500, 6);
    world.run_until(world.now + 24 * HOUR_MS);
    assert_eq!(world.most_open, 8, "the tenant's limit binds");
    assert_eq!(world.dialled.values().sum::<u64>(), 1000);
}

#[test]
fn a_campaign_without_leads_is_completed_once() {
    let mut world = World::new(20, vec![tenant(1, 20, None)]);
    world.campaign(1, 1, 3, 5);
    world.run_until(world.now + HOUR_MS);
    let happened: Vec<_> = world.effects.iter().filter(|effect| matches!(effect, Effect::Happen { .. })).collect();
    assert_eq!(happened.len(), 1, "{happened:?}");
    assert_eq!(world.core.open_attempts(), 0);
}

#[test]
fn a_lead_that_ends_while_a_claim_is_under_way_is_not_counted_for_ever() {
    let mut world = World::new(10, vec![tenant(1, 10, None)]);
    world.campaign(1, 1, 2, 2);
    let (campaign, attempts) = (CampaignKey(1), [AttemptKey(1), AttemptKey(2)]);
    let step = |world: &mut World, event| {
        let works = world.core.step(event, world.now, &mut world.rng);
        works.into_iter().map(|work| work.effect).collect::<Vec<_>>()
    };
    let claims = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Claim { .. })).count();
    let answered = |live_leads| {
        let claim = Claim { orders: Vec::new(), more: false, next_due: None, stopped_by: None, live_leads };
        Event::Claimed { campaign, asked: 2, claim: Box::new(claim) }
    };
    let over = |world: &World, key| world.changed(key, AttemptState::Ended(Outcome::Answered));
    // The first call is over and its lead waits to be evaluated; the second one's end asks for another claim. While that is
    // under way, after it counted, the evaluation ends the first lead, whose call is long gone.
    let waits = Some(After::AwaitEvaluation { deadline: world.now + HOUR_MS });
    let waiting = Changed { after: waits, ..over(&world, attempts[0]) };
    assert_eq!(claims(&step(&mut world, Event::Changed(Box::new(waiting)))), 1);
    assert_eq!(claims(&step(&mut world, answered(2))), 0);
    let second = over(&world, attempts[1]);
    assert_eq!(claims(&step(&mut world, Event::Changed(Box::new(second)))), 1);
    let evaluated = over(&world, attempts[0]);
    assert_eq!(claims(&step(&mut world, Event::Changed(Box::new(evaluated)))), 0, "one claim at a time");
    let stale = step(&mut world, answered(1));
    assert_eq!(claims(&stale), 1, "its answer is older than the end: {stale:?}");
    let fresh = step(&mut world, answered(0));
    assert!(fresh.iter().any(|effect| matches!(effect, Effect::Happen { .. })), "it completes: {fresh:?}");
}

#[test]
fn two_tenants_share_in_halves_when_both_can_use_them() {
    let mut world = World::new(20, vec![tenant(1, 20, None), tenant(2, 20, None)]);
    world.campaign(1, 1, 1_000_000, 20);
    world.campaign(2, 2, 1_000_000, 20);
    world.run_until(world.now + 6 * HOUR_MS);
    let (one, two) = (world.dialled[&CampaignKey(1)] as f64, world.dialled[&CampaignKey(2)] as f64);
    assert!((one / two - 1.0).abs() < 0.1, "{one} and {two}");
}

#[test]
fn the_rate_of_a_tenant_is_kept() {
    let mut world = World::new(100, vec![tenant(1, 100, Some(2.0))]);
    world.call_ms = SECOND_MS;
    world.campaign(1, 1, 10_000, 100);
    world.run_until(world.now + MINUTE_MS);
    let dialled = world.dialled[&CampaignKey(1)];
    assert!((115..=121).contains(&dialled), "{dialled} in a minute at 2 a second");
}

#[test]
fn the_breaker_pauses_after_technical_failures() {
    let mut world = World::new(10, vec![tenant(1, 10, None)]);
    world.technical = true;
    world.call_ms = 2 * SECOND_MS;
    world.campaign(1, 1, 1_000, 10);
    world.run_until(world.now + HOUR_MS);
    let dialled = world.dialled[&CampaignKey(1)];
    assert!((20..=40).contains(&dialled), "{dialled} calls until the brake");
    assert!(world.effects.iter().any(|effect| matches!(
        effect,
        Effect::Happen { happening: campanile_domain::campaign::Happening::BreakerOpened, .. }
    )));
}

/// A provider that is down leaves every dial in doubt; waiting for the ends of doubts would burn through all leads.
#[test]
fn the_breaker_counts_a_dial_without_an_answer_at_once_and_only_once() {
    let mut world = World::new(25, vec![tenant(1, 25, None)]);
    world.technical = true;
    world.campaign(1, 1, 1_000, 25);
    let is_open = |world: &World| {
        let opened = campanile_domain::campaign::Happening::BreakerOpened;
        world.effects.iter().any(|effect| matches!(effect, Effect::Happen { happening, .. } if *happening == opened))
    };
    let doubted: Vec<_> = world.calls.iter().take(19).map(|(_, call)| *call).collect();
    for state in [AttemptState::Unknown, AttemptState::Ended(Outcome::Failed)] {
        for call in &doubted {
            world.tell(Event::Changed(Box::new(world.changed(*call, state))));
        }
        assert!(!is_open(&world), "19 calls, after {state:?}");
    }
    let another = *world.calls.iter().map(|(_, call)| call).find(|call| !doubted.contains(call)).unwrap();
    world.tell(Event::Changed(Box::new(world.changed(another, AttemptState::Unknown))));
    assert!(is_open(&world));
}

#[test]
fn an_unknown_attempt_is_looked_for_five_times_and_gives_its_slot_back() {
    let mut world = World::new(1, vec![tenant(1, 1, None)]);
    world.campaign(1, 1, 2, 1);
    let (_, first) = world.calls.pop_first().unwrap();
    let since = world.now;
    world.tell(Event::Changed(Box::new(world.changed(first, AttemptState::Unknown))));
    assert_eq!(world.dialled[&CampaignKey(1)], 1, "the slot is held at first");
    let mut looked = Vec::new();
    while let Some(at) = world.core.next_wake().filter(|at| *at <= since + 2 * HOUR_MS) {
        world.now = at;
        world.effects.clear();
        world.tell(Event::Tick);
        if let Some(Effect::LookUp { done, .. }) =
            world.effects.iter().find(|effect| matches!(effect, Effect::LookUp { .. })).cloned()
        {
            looked.push(at.since(since));
            world.tell(Event::LookedUp { attempt: first, done: done + 1 });
        }
        // The second lead's call is not of interest here.
        world.calls.clear();
    }
    assert_eq!(looked, [10_000, 60_000, 300_000, 900_000, 3_600_000]);
    assert_eq!(world.dialled[&CampaignKey(1)], 2, "another lead got the slot after ring time-out and a minute");
}

#[test]
fn a_silent_call_is_lost_and_a_paused_campaign_claims_nothing() {
    let mut world = World::new(5, vec![tenant(1, 5, None)]);
    world.campaign(1, 1, 100, 1);
    let (_, attempt) = world.calls.pop_first().unwrap();
    let began = world.now;
    world.tell(Event::Changed(Box::new(world.changed(attempt, AttemptState::Placed))));
    let paused = world.snapshot(1, 1, 99, 1, CampaignState::Paused);
    world.tell(Event::Campaign(Box::new(paused)));
    world.effects.clear();
    world.run_until(began + HOUR_MS);
    let lost = world.effects.iter().filter(|effect| matches!(effect, Effect::Lose(_))).count();
    assert_eq!((lost, world.now.since(began)), (1, (30 + 600 + 120) * SECOND_MS));
    assert_eq!(world.dialled[&CampaignKey(1)], 1);
}

#[test]
fn the_same_events_give_the_same_effects() {
    let play = || {
        let mut world = World::new(10, vec![tenant(1, 10, Some(5.0)), tenant(2, 4, None)]);
        world.campaign(1, 1, 200, 10);
        world.campaign(2, 2, 50, 10);
        world.run_until(world.now + HOUR_MS);
        format!("{:?}", world.effects)
    };
    assert_eq!(play(), play());
}
