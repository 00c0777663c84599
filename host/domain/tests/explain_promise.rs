//! The earliest instant that `explain` names is right: every gate is open then, and was closed at every minute before.
//!
//! "Never before, and then" is a promise to whoever reads the explanation, so it is checked against the dullest telling
//! of it: stepping through the minutes and asking the gates at each. The facts are random and lie on whole minutes, so
//! that the stepping misses nothing.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use campanile_domain::campaign::CampaignState;
use campanile_domain::contact::Unusable;
use campanile_domain::explain::{self, Facts};
use campanile_domain::gate::{self, CampaignFacts, ContactFacts, LeadFacts, Verdict};
use campanile_domain::hours::CallingHours;
use campanile_domain::lead::{Completion, LeadState, Phase, Wait};
use campanile_domain::money::Micros;
use campanile_domain::time::{DAY_MS, MINUTE_MS, Timestamp};
use campanile_domain::zone::Zone;
use proptest::prelude::*;

/// Friday 27 March 2026, 12:00 in UTC: a weekend and, in Europe, a change of the clocks lie ahead.
const NOW: Timestamp = Timestamp(1_774_612_800_000);
/// Longer than any wait below: four days of waits, a weekend and the narrowest week of hours.
const HORIZON_MINUTES: i64 = 16 * 24 * 60;

/// All of the facts, in minutes from now where they are instants.
#[derive(Clone, Debug)]
struct Told {
    hours: usize,
    zone: &'static str,
    starts: Option<i64>,
    ends: Option<i64>,
    rate: i64,
    lead: LeadState,
    wait: Wait,
    not_before: i64,
    expires: Option<i64>,
    attempts_left: u32,
    dead: bool,
    last_call: Option<i64>,
    calls_today: u32,
    cap: Option<u32>,
    day_ends: i64,
    caller_id: Result<(), Option<i64>>,
}

fn hours(which: usize) -> CallingHours {
    let written = match which {
        0 => return CallingHours::default(),
        1 => return CallingHours::always(),
        2 => return CallingHours::empty(),
        3 => r#"{"friday":[{"from":"22:00","to":"02:00"}],"sunday":[{"from":"01:30","to":"03:30"}]}"#,
        4 => r#"{"wednesday":[{"from":"10:00","to":"10:01"}]}"#,
        _ => r#"{"start":"08:00","end":"24:00","days":["saturday","monday"]}"#,
    };
    CallingHours::from_json(&serde_json::from_str(written).unwrap()).unwrap()
}

fn sometimes(range: std::ops::Range<i64>) -> impl Strategy<Value = Option<i64>> {
    prop_oneof![2 => Just(None), 1 => range.prop_map(Some)]
}

fn told() -> impl Strategy<Value = Told> {
    let zone = proptest::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]);
    let campaign = (0usize..6, zone, sometimes(-900..4_000), sometimes(-10..9_000), -5i64..5);
    let state = prop_oneof![
        4 => Just(LeadState::Rescheduled),
        2 => Just(LeadState::Created),
        1 => Just(LeadState::Processing(Phase::Deferred)),
        1 => Just(LeadState::Processing(Phase::Dialling)),
        1 => Just(LeadState::Completed(Completion::Contacted)),
    ];
    let wait = proptest::sample::select(vec![Wait::None, Wait::Owner, Wait::Retry, Wait::Callback, Wait::Deferral]);
    let lead = (state, wait, -900i64..4_320, sometimes(-10..9_000), prop_oneof![6 => 1u32..5, 1 => Just(0)]);
    let day = (sometimes(-30..1), 0u32..4, proptest::option::of(0u32..4), 1i64..1_440);
    let caller_id =
        prop_oneof![6 => Just(Ok(())), 2 => (1i64..1_440).prop_map(|at| Err(Some(at))), 1 => Just(Err(None))];
    (campaign, lead, day, caller_id, proptest::bool::weighted(0.05)).prop_map(
        |(
            (hours, zone, starts, ends, rate),
            (lead, wait, not_before, expires, attempts_left),
            day,
            caller_id,
            dead,
        )| Told {
            hours,
            zone,
            starts,
            ends,
            rate,
            lead,
            wait,
            not_before,
            expires,
            attempts_left,
            dead,
            last_call: day.0,
            calls_today: day.1,
            cap: day.2,
            day_ends: day.3,
            caller_id,
        },
    )
}

fn after(minutes: i64) -> Timestamp {
    NOW + minutes * MINUTE_MS
}

fn with_facts<T>(told: &Told, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
    let (hours, zone) = (hours(told.hours), Zone::parse(told.zone).unwrap());
    let campaign = CampaignFacts {
        quarantine: if told.rate % 3 == 0 { gate::Verdict::Until(after(told.rate / 3)) } else { gate::Verdict::Pass },
        state: CampaignState::InProgress,
        starts_at: told.starts.map(after),
        ends_at: told.ends.map(after),
        budget: Some((Micros(9), Micros(5))),
        gateway_healthy: true,
        rate_opens_at: after(told.rate),
        balance: None,
        campaign_slots: 1,
        tenant_slots: 1,
        hours: &hours,
        zone: &zone,
    };
    let lead = LeadFacts {
        state: told.lead,
        not_before: after(told.not_before),
        wait: told.wait,
        expires_at: told.expires.map(after),
        attempts_left: told.attempts_left,
    };
    let contact = ContactFacts {
        suppressed: false,
        unusable: told.dead.then_some(Unusable::NumberInvalid),
        last_call_ended: told.last_call.map(after),
        min_gap_ms: 10 * MINUTE_MS,
        calls_today: told.calls_today,
        max_calls_per_day: told.cap,
        day_ends_at: after(told.day_ends),
        in_call: false,
        caller_id: told.caller_id.map_err(|at| at.map(after)),
    };
    ask(&Facts { campaign, lead, contact: Some(("+12025550100".parse().unwrap(), contact)) })
}

/// Whether a call could be placed at that instant, as far as clocks go; gates that wait for something else count as open.
fn opens(facts: &Facts<'_>, at: Timestamp) -> bool {
    let (_, contact) = facts.contact.as_ref().unwrap();
    let ok = |(_, verdict): &gate::Check| matches!(verdict, Verdict::Pass | Verdict::Wait);
    gate::campaign(&facts.campaign, at).iter().all(ok)
        && gate::lead(&facts.lead, at).iter().all(ok)
        && gate::contact(contact, facts.campaign.hours, facts.campaign.zone, at).iter().all(ok)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_earliest_instant_is_the_first_open_minute(told in told()) {
        let (promised, found) = with_facts(&told, |facts| {
            let found = (0..HORIZON_MINUTES).map(after).find(|at| opens(facts, *at));
            (explain::earliest(facts, NOW), found)
        });
        prop_assert_eq!(promised, found);
    }

    #[test]
    fn callable_now_blocked_by_and_earliest_agree(told in told()) {
        with_facts(&told, |facts| {
            let explanation = explain::explain(facts, NOW);
            prop_assert_eq!(explanation.callable_now, explanation.blocked_by.is_none());
            prop_assert!(!explanation.callable_now || explanation.earliest == Some(NOW));
            prop_assert_eq!(explanation.gates.len(), gate::Gate::ALL.len());
            let closed = explanation.gates.iter().find(|gate| !gate.verdict.is_pass());
            prop_assert_eq!(closed.map(|gate| gate.gate), explanation.blocked_by);
            prop_assert!(explanation.gates.iter().all(|gate| !gate.detail.is_empty()));
            Ok(())
        })?;
    }
}

/// A lead for which nothing stands in the way but what a test puts there.
fn free() -> Told {
    Told {
        hours: 1,
        zone: "UTC",
        starts: None,
        ends: None,
        rate: 0,
        lead: LeadState::Rescheduled,
        wait: Wait::Retry,
        not_before: 0,
        expires: None,
        attempts_left: 1,
        dead: false,
        last_call: None,
        calls_today: 0,
        cap: None,
        day_ends: 60,
        caller_id: Ok(()),
    }
}

#[test]
fn no_clock_opens_a_gate_that_blocks() {
    let blocked = [
        Told { hours: 2, ..free() },
        Told { ends: Some(0), ..free() },
        Told { ends: Some(30), not_before: 30, ..free() },
        Told { lead: LeadState::Completed(Completion::ByHand), ..free() },
        Told { expires: Some(30), not_before: 30, ..free() },
        Told { attempts_left: 0, ..free() },
        Told { dead: true, ..free() },
        Told { cap: Some(0), ..free() },
        Told { caller_id: Err(None), ..free() },
    ];
    for told in blocked {
        assert_eq!(with_facts(&told, |facts| explain::earliest(facts, NOW)), None, "{told:?}");
    }
    assert_eq!(with_facts(&free(), |facts| explain::earliest(facts, NOW)), Some(NOW));
}

#[test]
fn a_daily_cap_ends_with_the_day_and_the_hours_still_hold() {
    let capped = Told { cap: Some(2), calls_today: 2, day_ends: 12 * 60, ..free() };
    assert_eq!(with_facts(&capped, |facts| explain::earliest(facts, NOW)), Some(NOW + DAY_MS / 2));
    let weekdays = Told { hours: 0, ..capped };
    let monday_nine = "2026-03-30T09:00:00Z".parse().unwrap();
    assert_eq!(with_facts(&weekdays, |facts| explain::earliest(facts, NOW)), Some(monday_nine));
}

#[test]
fn what_waits_for_no_clock_makes_the_instant_conditional() {
    let dialling = Told { lead: LeadState::Processing(Phase::Dialling), ..free() };
    let explanation = with_facts(&dialling, |facts| explain::explain(facts, NOW));
    assert!(explanation.conditional && !explanation.callable_now);
    assert_eq!((explanation.blocked_by, explanation.earliest), (Some("lead_status"), Some(NOW)));
}

#[test]
fn without_a_contact_there_is_no_instant() {
    let earliest = with_facts(&free(), |facts| explain::earliest(&Facts { contact: None, ..facts.clone() }, NOW));
    assert_eq!(earliest, None);
}
