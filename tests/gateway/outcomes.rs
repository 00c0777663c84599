//! A campaign through a provider that works: every outcome arrives, and every dial is one that the API shows.

use std::collections::BTreeMap;

use campanile_tests::account::CALLER_IDS;
use campanile_tests::people;

use super::plan::{Fate, Plan};
use super::stage::{LIMIT, Stage, campaign, leads, never_twice, shown};

/// So many people of each fate, and what is to become of them: the call, the lead, who answered.
type Row = (usize, Fate, [&'static str; 2], [&'static str; 2], &'static str);

const PEOPLE: [Row; 6] = [
    (8, Fate::Person(12), ["completed", ""], ["completed", "contacted"], "human"),
    (4, Fate::Machine, ["completed", "voicemail"], ["completed", "voicemail"], "machine"),
    (3, Fate::Busy, ["busy", ""], ["max_retries", "attempts_used"], "unknown"),
    (3, Fate::NoAnswer, ["unanswered", ""], ["max_retries", "attempts_used"], "unknown"),
    (1, Fate::Failed(404), ["failed", ""], ["max_retries", "no_contact_left"], "unknown"),
    (1, Fate::Failed(603), ["failed", ""], ["max_retries", "attempts_used"], "unknown"),
];

#[test]
fn every_outcome_of_a_provider_that_works_arrives() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    let mut expected = BTreeMap::new();
    for row in PEOPLE {
        for _ in 0..row.0 {
            let phone = people::phone(expected.len());
            stage.twilio.plan(&phone, Plan::of(row.1));
            expected.insert(phone, row);
        }
    }
    let phones: Vec<String> = expected.keys().cloned().collect();
    let campaign = campaign(&stage.account, &gateway, &phones);
    campaign.start();
    campaign.completed(LIMIT);

    let (calls, ended) = (shown(&campaign), leads(&campaign));
    assert_eq!((calls.len(), ended.len()), (expected.len(), expected.len()));
    for (phone, (_, fate, call, lead, _)) in &expected {
        assert_eq!(calls[phone], [(call[0].to_owned(), call[1].to_owned())], "{phone} {fate:?}");
        assert_eq!(ended[phone], (lead[0].to_owned(), lead[1].to_owned()), "{phone} {fate:?}");
    }
    let dead: Vec<_> =
        campaign.leads().into_iter().filter(|lead| lead["contacts"][0]["unusable"].is_string()).collect();
    assert_eq!((dead.len(), &dead[0]["contacts"][0]["unusable"]), (1, &"number_invalid".into()), "{dead:?}");
    let dials = stage.twilio.dials();
    for call in campaign.calls() {
        let (_, fate, _, _, answered_by) = expected[call["phone"].as_str().unwrap()];
        assert_eq!(call["answered_by"], answered_by, "{call}");
        let talk = u64::from(fate.seconds().unwrap_or(0)) * 1_000;
        assert_eq!(call["talk_ms"], talk, "{call}");
        let dial = dials.iter().find(|dial| call["id"] == dial.attempt).unwrap_or_else(|| panic!("no dial of {call}"));
        assert_eq!((&call["phone"], &call["caller_id"]), (&dial.to.clone().into(), &dial.from.clone().into()));
        assert!(CALLER_IDS.contains(&dial.from.as_str()), "{dial:?}");
        assert!(call["provider_call_id"].as_str().is_some_and(|sid| sid.starts_with("CA")), "{call}");
    }
    assert_eq!(dials.len(), campaign.calls().len(), "the provider's log and the API count the same dials");
    never_twice(&stage.twilio, &[&campaign]);
    let told = stage.twilio.told(false);
    assert!(told.len() > expected.len() * 2 && told.iter().all(|answer| *answer == Some(204)), "{told:?}");
}
