//! Records beside the main database.

use std::sync::Arc;

use campanile_domain::ids::{AttemptKey, CampaignKey, LeadKey};
use campanile_domain::ports::gateway::{Speaker, Utterance};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{DecisionRecord, Document, Store};
use campanile_domain::time::DAY_MS;

use crate::support::{MONDAY, World};

pub fn decisions_and_transcripts_are_kept_and_dropped_by_the_day(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (tenant, lead) = (world.tenant.key, LeadKey(5));
    let record = |days: i64| DecisionRecord {
        tenant,
        campaign: CampaignKey(1),
        lead,
        attempt: AttemptKey(3),
        call: None,
        at: MONDAY + days * DAY_MS,
        by: "mine@1".into(),
        digest: Some("aa".into()),
        runner: None,
        settings: Some(serde_json::json!({})),
        calendar: None,
        standing: None,
        input: serde_json::json!({ "days": days }),
        output: serde_json::Value::Null,
        usage: Usage::default(),
        elapsed_us: 4,
        log: vec!["a line".into()],
        clamped_by: vec![],
        made: None,
    };
    let keep = |records: &[DecisionRecord]| {
        let documents = records.iter().map(|record| Document::try_from(record).unwrap()).collect();
        world.done(world.store.keep_decisions(documents));
    };
    keep(&[record(0), record(1)]);
    keep(&[DecisionRecord { lead: LeadKey(6), ..record(0) }]);
    assert_eq!(world.done(world.store.decisions(tenant, lead)), [record(0), record(1)]);

    let said = |text: &str| vec![Utterance { at_ms: 10, speaker: Speaker::Person, text: text.into() }];
    let attempt = AttemptKey(3);
    world.done(world.store.keep_transcript(tenant, attempt, MONDAY, said("early")));
    world.done(world.store.keep_transcript(tenant, attempt, MONDAY + DAY_MS, said("late")));
    assert_eq!(world.done(world.store.transcript(tenant, attempt)), Some(said("late")));
    assert_eq!(world.done(world.store.transcript(tenant, AttemptKey(4))), None);

    assert_eq!(world.done(world.store.drop_records_before(MONDAY + DAY_MS)), 1);
    assert_eq!(world.done(world.store.decisions(tenant, lead)), [record(1)]);
    assert_eq!(world.done(world.store.decisions(tenant, LeadKey(6))), []);
    assert_eq!(world.done(world.store.drop_records_before(MONDAY + DAY_MS)), 0);
}
