//! Records beside the main database.

use std::sync::Arc;

use campanile_domain::ids::{AttemptKey, CampaignKey, LeadKey, TenantKey};
use campanile_domain::ports::gateway::{Speaker, Utterance};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{
    DecisionRecord, DecisionSpan, Document, EvaluationRecord, LetGo, ShadowRecord, Store,
};
use campanile_domain::retention::Held;
use campanile_domain::time::{DAY_MS, Timestamp};

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
    world.done(world.store.keep_transcript(tenant, AttemptKey(5), MONDAY, said("other")));
    let several = vec![AttemptKey(3), AttemptKey(4), AttemptKey(5)];
    let expected = [(AttemptKey(3), said("late")), (AttemptKey(5), said("other"))].into();
    assert_eq!(world.done(world.store.transcripts(tenant, several)), expected);

    let let_go = |of| world.done(world.store.let_go(&world.ctx(MONDAY), of, MONDAY + DAY_MS, 0));
    assert_eq!(let_go(Held::Records), LetGo { gone: 2, next: None });
    assert_eq!(world.done(world.store.decisions(tenant, lead)), [record(1)]);
    assert_eq!(world.done(world.store.decisions(tenant, LeadKey(6))), []);
    assert!(world.done(world.store.transcript(tenant, AttemptKey(5))).is_some(), "kept by another rule");
    assert_eq!(let_go(Held::Transcripts), LetGo { gone: 1, next: None });
    assert_eq!(world.done(world.store.transcript(tenant, AttemptKey(5))), None);
    assert_eq!(world.done(world.store.transcript(tenant, attempt)), Some(said("late")));
    assert_eq!((let_go(Held::Records).gone, let_go(Held::Transcripts).gone), (0, 0));
}

pub fn decisions_of_a_campaign_come_in_pages_within_a_time(store: Arc<dyn Store>) {
    let world = World::new(store);
    let tenant = world.tenant.key;
    let document = |tenant, campaign: i64, lead: i64, at| Document {
        tenant,
        campaign: CampaignKey(campaign),
        lead: LeadKey(lead),
        at,
        text: serde_json::json!({
            "tenant": tenant, "campaign": campaign, "lead": lead, "attempt": 1, "at": at, "by": "mine@1",
            "output": {}, "usage": {}, "log": [], "clamped_by": [],
        })
        .to_string(),
    };
    let mut documents = Vec::new();
    for lead in 0..30 {
        let at = MONDAY + (lead / 10) * DAY_MS + lead;
        documents.push(document(tenant, 7, lead, at));
        documents.push(document(tenant, 8, lead, at));
        documents.push(document(TenantKey(99), 7, lead, at));
    }
    documents.push(Document { text: "no record".into(), ..document(tenant, 7, 30, MONDAY + 2 * DAY_MS + 30) });
    world.done(world.store.keep_decisions(documents));
    let read = |since: Option<Timestamp>, until: Option<Timestamp>, limit| {
        let span = DecisionSpan { tenant, campaign: CampaignKey(7), since, until };
        let (mut after, mut leads) = (None, Vec::new());
        loop {
            let page = world.done(world.store.decisions_after(span, after, limit));
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            leads.extend(page.into_iter().map(|(_, record)| record.map_or(-1, |record| record.lead.0)));
        }
        assert_eq!(world.done(world.store.count_decisions(span)), leads.len() as u64);
        leads
    };
    let all: Vec<i64> = (0..30).chain([-1]).collect();
    for limit in [1, 7, 100] {
        assert_eq!(read(None, None, limit), all, "a document that cannot be read has its place too");
    }
    assert_eq!(read(Some(MONDAY + 5), Some(MONDAY + DAY_MS + 12), 4), (5..12).collect::<Vec<_>>());
    assert_eq!(read(Some(MONDAY + 3 * DAY_MS), None, 4), Vec::<i64>::new());
}

pub fn what_shadows_answered_is_kept_beside(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (tenant, lead) = (world.tenant.key, LeadKey(5));
    let record = |days: i64| ShadowRecord {
        tenant,
        campaign: CampaignKey(1),
        lead,
        attempt: AttemptKey(3),
        at: MONDAY + days * DAY_MS,
        by: "other@2".into(),
        decided: serde_json::json!({"decision": "complete", "reason": "a"}),
        answered: serde_json::json!({"code": "policy_trapped", "message": "it trapped"}),
        usage: Usage::default(),
    };
    let documents = [record(0), record(1)].iter().map(|record| Document::try_from(record).unwrap()).collect();
    world.done(world.store.keep_shadow_records(documents));
    assert_eq!(world.done(world.store.shadow_records(tenant, lead)), [record(0), record(1)]);
    assert_eq!(world.done(world.store.decisions(tenant, lead)), [], "they are no decisions");
    let gone = world.done(world.store.let_go(&world.ctx(MONDAY), Held::Records, MONDAY + DAY_MS, 0));
    assert_eq!(gone, LetGo { gone: 1, next: None });
    assert_eq!(world.done(world.store.shadow_records(tenant, lead)), [record(1)]);
}

pub fn what_evaluators_answered_is_kept_by_the_lead(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (tenant, lead) = (world.tenant.key, LeadKey(5));
    let record = |days: i64| EvaluationRecord {
        tenant,
        campaign: CampaignKey(1),
        lead,
        attempt: AttemptKey(3),
        at: MONDAY + days * DAY_MS,
        by: "reader@2".into(),
        settings: serde_json::json!({"model": "m"}),
        wanted: vec!["booked".into()],
        lines: 4,
        output: serde_json::json!({"code": "plugin_timed_out", "message": "it took too long"}),
        usage: Usage::default(),
        log: vec!["asked".into()],
    };
    let documents = [record(0), record(1)].iter().map(|record| Document::try_from(record).unwrap()).collect();
    world.done(world.store.keep_evaluation_records(documents));
    assert_eq!(world.done(world.store.evaluation_records(tenant, lead)), [record(0), record(1)]);
    assert_eq!(world.done(world.store.evaluation_records(TenantKey(tenant.0 + 1), lead)), []);
    assert_eq!(world.done(world.store.shadow_records(tenant, lead)), []);
    let gone = world.done(world.store.let_go(&world.ctx(MONDAY), Held::Records, MONDAY + DAY_MS, 0));
    assert_eq!(gone, LetGo { gone: 1, next: None });
    assert_eq!(world.done(world.store.evaluation_records(tenant, lead)), [record(1)]);
}
