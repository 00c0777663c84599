//! `explain` keeps its word: in a rehearsal without competition, whatever instant is asked at, the next dial of the lead
//! happens at the promised instant and never before.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::collections::BTreeMap;

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::explain;
use campanile_domain::ids::LeadKey;
use campanile_domain::ports::store::{LeadFilter, Page, explain_facts};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::zone::Zone;
use campanile_engine::carrier::Scenario;
use campanile_engine::core::Effect;
use futures::executor::block_on;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const LEADS: u32 = 150;

fn scenario() -> Scenario {
    let text = "[rates]\nanswer = 0.2\nbusy = 0.2\nunanswered = 0.4\nvoicemail = 0.15\nfailed = 0.05\n\
                [talk]\ngoal_rate = 0.3\ngoal_variable = \"booked\"\n\
                [faults]\nrefuse = 0.05\nlost_answer = 0.03\nlate_event = 0.05\nduplicate_event = 0.05\n";
    text.parse().unwrap()
}

/// A promise: asked of this lead, at that instant, for then.
struct Promise {
    lead: LeadKey,
    asked_at: Timestamp,
    /// Dials of the lead before the question, some perhaps at the same instant.
    dials_before: usize,
    promised: Timestamp,
}

fn keep_word(seed: u64, pairs: usize) -> (usize, usize) {
    block_on(async {
        let zone = Zone::parse("America/New_York").unwrap();
        let store = support::store();
        // Friday afternoon, so that a weekend and a change of clocks (8 March 2026) lie in between.
        let mut stage = support::stage(&store, "2026-03-06T19:00:00Z", 10_000, seed);
        let account = stage.account("alone", scenario(), None).await.unwrap();
        let config = CampaignConfig {
            max_concurrent_calls: 10_000,
            retry_until_goal: true,
            goal_variable: Some("booked".into()),
            retry_interval_minutes: 90,
            max_retries: 5,
            ..CampaignConfig::named("alone")
        };
        let campaign = stage.campaign(&account, &zone, config, &support::leads(0, LEADS, 2)).await.unwrap();
        let mut rehearsal = stage.begin().await.unwrap();
        let page = Page { cursor: None, limit: 200 };
        let all = store.leads(account.tenant, &LeadFilter::default(), &page).await.unwrap().data;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut promises: Vec<Promise> = Vec::new();
        let mut dials: BTreeMap<LeadKey, Vec<Timestamp>> = BTreeMap::new();
        let horizon = rehearsal.now() + 60 * DAY_MS;
        let mut asked = 0;
        while rehearsal.is_under_way() {
            let Some(next) = rehearsal.next_instant() else { break };
            assert!(next < horizon, "{:?}", store.stats(account.tenant, campaign.id).await);
            let room = next.since(rehearsal.now());
            if room > 0 && asked < pairs {
                // Between two instants nothing changes, so the question may be asked at any of them: about one for every
                // six seconds, and not too many in one night.
                let questions = (room / 6_000).clamp(i64::from(rng.next_u64().is_multiple_of(8)), 250);
                for _ in 0..questions {
                    let at = rehearsal.now() + (rng.next_u64() % room as u64) as i64;
                    let lead = &all[(rng.next_u64() % all.len() as u64) as usize];
                    let facts = store.explain_facts(account.tenant, lead.id, at).await.unwrap();
                    let live = rehearsal.live_facts(campaign.key);
                    let answer = explain::explain(&explain_facts(&facts, &zone, &live), at);
                    asked += 1;
                    if let (Some(promised), false) = (answer.earliest, answer.conditional) {
                        let dials_before = dials.get(&lead.key).map_or(0, Vec::len);
                        promises.push(Promise { lead: lead.key, asked_at: at, dials_before, promised });
                    }
                }
            }
            let mut watch = |now: Timestamp, effect: &Effect| {
                if let Effect::Dial(order) = effect {
                    dials.entry(order.open.lead).or_default().push(now);
                }
            };
            rehearsal.advance(&mut watch).await.unwrap();
        }
        for Promise { lead, asked_at, dials_before, promised } in &promises {
            let next = dials.get(lead).and_then(|dials| dials.get(*dials_before));
            assert_eq!(next, Some(promised), "lead {lead:?} asked at {asked_at}");
        }
        (asked, promises.len())
    })
}

#[test]
fn the_next_dial_happens_at_the_promised_instant() {
    let mut asked = 0;
    let mut promised = 0;
    for seed in 1..=8 {
        let (more, kept) = keep_word(seed, 2_500);
        asked += more;
        promised += kept;
    }
    println!("{asked} pairs asked, {promised} promises made and kept");
    assert!(promised >= 10_000, "{promised} promises of {asked} pairs are too few to tell");
}
