//! What was recorded can be asked again: over whole rehearsals the same policy gives the recorded bytes, and what the
//! calendar answered at the time is what it answers then.

use std::sync::Arc;

use campanile_domain::calendar::Exchange;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::TenantKey;
use campanile_domain::policy::{Decision, PolicyInput};
use campanile_domain::ports::policy::{Calendar, PolicyCall, PolicyRunner};
use campanile_domain::ports::store::{DecisionRecord, DecisionSpan, KeptCalendar, NewLead, Output, Store};
use campanile_domain::replay::{Made, Standing};
use campanile_domain::time::{DAY_MS, HOUR_MS, Timestamp};
use campanile_domain::variable::Variables;
use campanile_domain::zone::Zone;
use campanile_engine::carrier::Scenario;
use campanile_engine::rehearsal::Stage;
use campanile_store::Profile;
use futures::executor::block_on;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::policies;

const LEADS: u32 = 60;

fn lead(index: u32) -> NewLead {
    let phone = |nth: u32| format!("+1202555{:04}", 2 * index + nth).parse().unwrap();
    NewLead {
        external_id: None,
        contacts: vec![Contact::new(0, phone(0)), Contact::new(1, phone(1))],
        priority: 0,
        not_before: None,
        expires_at: None,
        time_zone: None,
        variables: Variables::default(),
        allow_duplicate: false,
    }
}

/// Everything that a policy decided in a rehearsal.
fn rehearsed(policy: &str, settings: Value, seed: u64) -> (TenantKey, Vec<DecisionRecord>) {
    let options = campanile_store::Options { profile: Profile::Ephemeral, readers: 1, vault: None };
    let store: Arc<dyn Store> = campanile_store::open(&options).unwrap();
    let start: Timestamp = "2026-03-02T14:00:00Z".parse().unwrap();
    let hours = json!({"start": "09:00", "end": "18:00", "days": ["monday", "tuesday", "thursday"]});
    let config = CampaignConfig {
        calling_hours: CallingHours::from_json(&hours).unwrap(),
        policy: Some(policy.parse().unwrap()),
        policy_settings: settings,
        max_concurrent_calls: 5,
        ..CampaignConfig::named("replay")
    };
    block_on(async {
        let mut stage = Stage::new(Arc::clone(&store), Arc::new(policies().clone()), start, 5, seed);
        let account = stage.account("Acme", Scenario::default(), None).await.unwrap();
        let zone = Zone::parse("America/New_York").unwrap();
        let leads: Vec<_> = (0..LEADS).map(lead).collect();
        let campaign = stage.campaign(&account, &zone, config, &leads).await.unwrap();
        let mut rehearsal = stage.begin().await.unwrap();
        rehearsal.run(start + 60 * DAY_MS, &mut |_, _| {}).await.unwrap();
        let span = DecisionSpan { tenant: account.tenant, campaign: campaign.key, since: None, until: None };
        let page = store.decisions_after(span, None, 10_000).await.unwrap();
        (account.tenant, page.into_iter().map(|(_, record)| record.unwrap()).collect())
    })
}

/// The recorded question, with what the calendar answered.
fn call(tenant: TenantKey, record: &DecisionRecord) -> PolicyCall {
    let KeptCalendar { hours, zone, consulted } = KeptCalendar::deserialize(record.calendar.as_ref().unwrap()).unwrap();
    PolicyCall {
        tenant,
        policy: record.by.parse().unwrap(),
        settings: record.settings.clone().unwrap(),
        input: PolicyInput::deserialize(&record.input).unwrap(),
        calendar: Calendar { hours, zone, recorded: consulted.asked.into() },
    }
}

#[test]
fn the_same_policy_gives_the_recorded_bytes_of_whole_rehearsals() {
    let busy = json!({"busy_minutes": 20, "first_wait_minutes": 90, "growth": 1.7});
    for (policy, settings) in [("patient-retry", busy), ("goal-retry", json!({})), ("voicemail-twice", json!({}))] {
        let (mut all, mut asked, mut clamped) = (0, 0, 0);
        for seed in [1, 2, 3] {
            let (tenant, records) = rehearsed(policy, settings.clone(), seed);
            for record in &records {
                let mut call = call(tenant, record);
                asked += usize::from(!call.calendar.recorded.is_empty());
                let answer = block_on(policies().consider(&call, None));
                assert_eq!(answer.digest.as_deref(), record.digest.as_deref());
                assert_eq!(answer.runner.as_deref(), record.runner.as_deref());
                // A fresh instance uses the same to the unit; a runner that is kept finds its memory as its last decision left it.
                assert!(
                    answer.usage == record.usage || record.runner.is_some(),
                    "{:?} {:?}",
                    answer.usage,
                    record.usage
                );
                let bytes = serde_json::to_string(&Output::from(&answer.decision)).unwrap();
                assert_eq!(bytes, record.output.to_string(), "{policy} {record:?}");
                // What was not recorded is answered from the recorded hours and zone.
                call.calendar.recorded = Arc::default();
                let anew = block_on(policies().consider(&call, None));
                assert_eq!(serde_json::to_string(&Output::from(&anew.decision)).unwrap(), bytes);
                // And what the engine made of it follows from the record.
                let standing = Standing::deserialize(record.standing.as_ref().unwrap()).unwrap();
                let made = Made::of(&standing.dispose(&call.input, &call.calendar.hours, &answer.decision.unwrap()));
                assert_eq!(made, Made::deserialize(record.made.as_ref().unwrap()).unwrap());
                clamped += usize::from(!made.clamped_by.is_empty());
            }
            all += records.len();
        }
        println!("{policy}: {all} decisions, {asked} of them asked the calendar, {clamped} were changed by the engine");
        assert!(all > 300 && clamped > 0, "{policy}: {all} decisions, {clamped} changed");
        assert!(policy != "voicemail-twice" || asked > 10, "{asked}");
    }
}

#[test]
fn what_the_calendar_answered_then_it_answers_now() {
    let (tenant, records) = rehearsed("voicemail-twice", json!({}), 4);
    let opening = |exchange: &Exchange| matches!(exchange, Exchange::NextOpen { .. });
    let record = records.iter().find(|record| call(tenant, record).calendar.recorded.iter().any(opening)).unwrap();
    let mut call = call(tenant, record);
    let Ok(Decision::Retry(then)) = block_on(policies().consider(&call, None)).decision else { panic!("{record:?}") };
    // A zone database that said something else at the time.
    let other = call.calendar.recorded.iter().cloned().map(|exchange| match exchange {
        Exchange::NextOpen { at, answer } => Exchange::NextOpen { at, answer: answer.map(|at| at + HOUR_MS) },
        exchange => exchange,
    });
    call.calendar.recorded = other.collect();
    let answer = block_on(policies().consider(&call, None));
    let Ok(Decision::Retry(now)) = answer.decision else { panic!("{record:?}") };
    assert_eq!(now.not_before, then.not_before + HOUR_MS);
    assert_eq!(answer.consulted.asked, call.calendar.recorded.to_vec());
}

#[test]
fn a_draft_is_asked_under_no_version_and_counts_for_nobody() {
    let (tenant, records) = rehearsed("goal-retry", json!({}), 5);
    let call = call(tenant, &records[0]);
    let draft = "fn decide(lead) { give_up(\"a draft\") }";
    let answer = block_on(policies().consider(&call, Some(draft)));
    assert_eq!((answer.version.as_str(), answer.decision.unwrap().reason()), ("goal-retry@draft", "a draft"));
    let broken = block_on(policies().consider(&call, Some("fn decide(lead) {")));
    assert_eq!(broken.decision.unwrap_err().code, "policy_error");
}
