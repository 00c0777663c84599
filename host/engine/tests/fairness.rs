//! Two accounts on twenty slots: one with a hundred times the leads must not make the other wait, and either alone keeps
//! the slots busy.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{Call, CallFilter, Page, Store};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::zone::Zone;
use campanile_engine::carrier::Scenario;
use campanile_engine::core::Effect;
use futures::executor::block_on;

const SLOTS: u32 = 20;
const START: &str = "2026-03-02T09:00:00Z";

fn config(name: &str) -> CampaignConfig {
    CampaignConfig {
        max_concurrent_calls: SLOTS,
        calling_hours: CallingHours::always(),
        max_retries: 2,
        ..CampaignConfig::named(name)
    }
}

/// What one run came to.
struct Run {
    /// Waits of the dials of each account, in milliseconds, sorted.
    waits: Vec<Vec<i64>>,
    /// Durations of all calls, sorted.
    durations: Vec<i64>,
    /// Share of slot-time used between the first dial and the last dial of a fresh lead.
    busy: f64,
}

fn percentile(sorted: &[i64], share: f64) -> i64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

async fn all_calls(store: &dyn Store, tenant: TenantKey) -> Vec<Call> {
    let mut page = Page { cursor: None, limit: 200 };
    let mut calls = Vec::new();
    loop {
        let listed = store.calls(tenant, &CallFilter::default(), &page).await.unwrap();
        calls.extend(listed.data);
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return calls,
        }
    }
}

fn play(crowds: &[u32]) -> Run {
    block_on(async {
        let store = support::store();
        let mut stage = support::stage(&store, START, SLOTS, 11);
        let mut tenants = Vec::new();
        for (series, leads) in crowds.iter().enumerate() {
            let account = stage.account(&format!("account {series}"), Scenario::default(), None).await.unwrap();
            let leads = support::leads(series as u32, *leads, 1);
            stage.campaign(&account, &Zone::utc(), config("fair"), &leads).await.unwrap();
            tenants.push(account.tenant);
        }
        let mut rehearsal = stage.begin().await.unwrap();
        let mut waits = vec![Vec::new(); tenants.len()];
        let mut last_fresh = Timestamp(0);
        let horizon = rehearsal.now() + 30 * DAY_MS;
        let mut watch = |now: Timestamp, effect: &Effect| {
            if let Effect::Dial(order) = effect {
                let index = tenants.iter().position(|tenant| *tenant == order.open.tenant).unwrap();
                waits[index].push(now.since(order.possible_since));
                if order.dial.number == 1 {
                    last_fresh = now;
                }
            }
        };
        rehearsal.run(horizon, &mut watch).await.unwrap();
        let start: Timestamp = START.parse().unwrap();
        let mut durations = Vec::new();
        let mut used = 0;
        for tenant in &tenants {
            for call in all_calls(store.as_ref(), *tenant).await {
                let ended = call.ended_at.unwrap();
                durations.push(ended.since(call.started_at));
                used += ended.min(last_fresh).since(call.started_at).max(0);
            }
        }
        durations.sort_unstable();
        waits.iter_mut().for_each(|waits| waits.sort_unstable());
        let busy = used as f64 / (last_fresh.since(start) as f64 * f64::from(SLOTS));
        Run { waits, durations, busy }
    })
}

#[test]
fn a_quiet_account_does_not_wait_for_a_busy_one() {
    let quiet = play(&[40]);
    let shared = play(&[40, 4_000]);
    let alone = percentile(&quiet.waits[0], 0.99);
    let beside = percentile(&shared.waits[0], 0.99);
    let median = percentile(&shared.durations, 0.5);
    let allowed = alone + 2 * median / i64::from(SLOTS);
    println!(
        "p99 wait of the quiet account: {alone} ms alone, {beside} ms beside 4,000 leads; median call {median} ms, allowed {allowed} ms; slots busy {:.1} %",
        shared.busy * 100.0
    );
    assert!(beside <= allowed, "{beside} ms is more than {allowed} ms");
}

#[test]
fn either_account_alone_keeps_the_slots_busy() {
    for leads in [400, 4_000] {
        let run = play(&[leads]);
        println!("{leads} leads alone: slots busy {:.1} %", run.busy * 100.0);
        assert!(run.busy >= 0.95, "{leads} leads kept only {:.1} % of the slots busy", run.busy * 100.0);
    }
}
