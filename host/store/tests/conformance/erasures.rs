//! Erasing a person: what goes, what stays, and what may not come back.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::contact::Contact;
use campanile_domain::ids::{ErasureId, LeadId};
use campanile_domain::lead::{Completion, LeadState};
use campanile_domain::ports::gateway::{CallEvent, Speaker, Utterance};
use campanile_domain::ports::store::{
    DecisionRecord, Document, Erasure, ErasureStatus, Fence, LeadFilter, LeadPatch, NewLead, Page, SetStatus, Store,
    StoreError,
};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use campanile_domain::variable::Variables;

use crate::support::{MONDAY, Setup, World, end, lead, phone, wait};

fn ann() -> NewLead {
    let mut variables = Variables::new();
    variables.set("first_name", "Ann");
    NewLead { external_id: Some("crm-1042".into()), variables, ..lead(1) }
}

fn begin(world: &World, number: u64, keep: bool) -> Result<Erasure, StoreError> {
    wait(world.store.begin_erasure(&world.ctx(MONDAY + HOUR_MS), phone(number), keep))
}

fn go_on(world: &World, id: ErasureId) -> Erasure {
    let ctx = || world.ctx(MONDAY + HOUR_MS);
    while world.done(world.store.erase_leads(&ctx(), id)).more {}
    world.done(world.store.erase_records_and_texts(&ctx(), id));
    world.done(world.store.finish_erasure(&ctx(), id))
}

fn called(world: &World) -> LeadId {
    let id = world.add(vec![ann()])[0];
    world.start();
    world.call(MONDAY, CallStatus::Busy);
    id
}

pub fn nobody_is_erased_while_they_are_called(store: Arc<dyn Store>) {
    let world = World::new(store);
    let with_two = NewLead { contacts: vec![Contact::new(0, phone(2)), Contact::new(1, phone(1))], ..ann() };
    world.add(vec![with_two]);
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    for number in [1, 2] {
        let refused = begin(&world, number, true).unwrap_err();
        assert!(
            matches!(&refused, StoreError::Conflict { code: "call_under_way", message } if message.contains(&order.open.id.to_string()))
        );
    }
    assert!(world.done(world.store.suppressions(world.tenant.key, &Page::default())).data.is_empty());
    world.apply(MONDAY + MINUTE_MS, end(&order, MONDAY + MINUTE_MS, CallStatus::Completed)).unwrap();
    assert_eq!(begin(&world, 1, true).unwrap().status, ErasureStatus::Running);
}

pub fn what_counts_and_costs_stays_without_the_person(store: Arc<dyn Store>) {
    let world = World::with(store, Setup { billed: true, ..Setup::default() });
    world.done(world.store.top_up(&world.ctx(MONDAY), campanile_domain::money::Micros(10_000_000)));
    let id = world
        .add(vec![ann(), NewLead { contacts: vec![Contact::new(0, phone(2)), Contact::new(1, phone(1))], ..lead(2) }])
        [0];
    world.start();
    world.call(MONDAY, CallStatus::Completed);
    world.call(MONDAY, CallStatus::Completed);
    let before = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    let begun = begin(&world, 1, true).unwrap();
    let done = go_on(&world, begun.id);
    assert_eq!((done.status, done.finished_at), (ErasureStatus::Finished, Some(MONDAY + HOUR_MS)));
    assert_eq!(done.erased["leads"], 2, "whoever has the number: {:?}", done.erased);
    let kept = world.lead(id);
    assert_eq!((kept.contacts.len(), kept.variables.iter().count(), kept.external_id), (0, 0, None));
    assert_eq!(kept.state, LeadState::Completed(Completion::Contacted), "how it ended stays");
    let calls = world.calls(id);
    assert_eq!((calls[0].phone, calls[0].variables.0.len(), calls[0].provider_call_id.clone()), (None, 0, None));
    assert!(calls[0].cost_micros.0 > 0);
    assert_eq!(calls[0].decision.as_ref().unwrap().reason, "erased");
    let after = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((after.attempts, after.talk_ms, after.leads), (before.attempts, before.talk_ms, before.leads));
    let hand = LeadPatch { status: Some(SetStatus::Created), ..LeadPatch::default() };
    let refused = wait(world.store.patch_lead(&world.ctx(MONDAY), id, hand)).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "lead_erased", .. }));
    let listed = world.done(world.store.suppression(world.tenant.key, &phone(1)));
    assert_eq!(listed.reason, "erased", "the number stays, and nothing that was said of it");
    let freed = go_on(&world, begin(&world, 1, false).unwrap().id);
    assert_eq!(freed.erased, [].into(), "nothing was left");
    assert!(wait(world.store.suppression(world.tenant.key, &phone(1))).is_err());
}

pub fn what_comes_late_about_an_erased_call_is_not_kept(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = called(&world);
    let (tenant, call, row) = (world.tenant.key, world.calls(id)[0].clone(), world.lead(id));
    let said = || vec![Utterance { at_ms: 0, speaker: Speaker::Person, text: "I am Ann".into() }];
    world.done(world.store.keep_transcript(tenant, call.key, MONDAY, said()));
    let record = DecisionRecord {
        tenant,
        campaign: world.campaign.key,
        lead: row.key,
        attempt: call.key,
        call: None,
        at: MONDAY,
        by: "mine@1".into(),
        digest: None,
        runner: None,
        settings: None,
        calendar: None,
        standing: None,
        input: serde_json::json!({"name": "Ann"}),
        output: serde_json::Value::Null,
        usage: Default::default(),
        elapsed_us: 0,
        log: vec![],
        clamped_by: vec![],
        made: None,
    };
    let keep = || world.done(world.store.keep_decisions(vec![Document::try_from(&record).unwrap()]));
    keep();
    let done = go_on(&world, begin(&world, 1, true).unwrap().id);
    assert_eq!((done.erased["transcripts"], done.erased["decisions"]), (1, 1));
    world.done(world.store.keep_transcript(tenant, call.key, MONDAY, said()));
    keep();
    assert_eq!(world.done(world.store.transcript(tenant, call.key)), None);
    assert_eq!(world.done(world.store.decisions(tenant, row.key)), []);
    let late = CallEvent {
        transcript: Some(said()),
        event_id: "late".into(),
        ..crate::support::event(call.id, MONDAY, CallStatus::Completed)
    };
    let told = wait(world.store.apply(&world.ctx(MONDAY), Fence::SOLE, world.gateway, vec![late])).unwrap();
    assert!(told.said.is_empty() && told.changed.is_empty(), "a stranger's word");
    let again = world.add(vec![ann()])[0];
    assert_ne!(again, id, "who comes in again is somebody new");
    assert_eq!(world.claim(MONDAY + 9 * HOUR_MS, 5).orders.len(), 0, "and is not called");
}

pub fn an_erasure_that_was_cut_off_is_gone_on_with(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = called(&world);
    let begun = begin(&world, 1, false).unwrap();
    world.done(world.store.erase_leads(&world.ctx(MONDAY), begun.id));
    assert_eq!(world.done(world.store.open_erasures()), [(world.tenant.key, begun.id)]);
    assert!(world.done(world.store.erasure_traces(world.tenant.key, begun.id)).found_in("crm-1042"), "still known");
    let done = go_on(&world, begun.id);
    assert_eq!((done.erased["leads"], done.erased["calls"]), (1, 1), "counted once");
    assert!(world.lead(id).contacts.is_empty());
    assert!(world.done(world.store.open_erasures()).is_empty());
    assert!(wait(world.store.finish_erasure(&world.ctx(MONDAY), begun.id)).is_err(), "it is over");
}

pub fn a_number_that_a_lead_had_once_is_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = called(&world);
    // The lead is full of newer numbers, so that its first one is nowhere but on its call.
    for round in 0..2 {
        let contacts = (0..11).map(|n| Contact::new(n, phone(u64::from(100 + 20 * round + n)))).collect();
        wait(world.store.add_leads(&world.ctx(MONDAY), world.campaign.id, vec![NewLead { contacts, ..ann() }]))
            .unwrap();
    }
    let having = LeadFilter { phones: vec![phone(1)], ..LeadFilter::default() };
    assert!(world.done(world.store.leads(world.tenant.key, &having, &Page::default())).data.is_empty());
    let done = go_on(&world, begin(&world, 1, true).unwrap().id);
    assert_eq!(done.erased["leads"], 1);
    assert!(world.lead(id).contacts.is_empty() && world.calls(id)[0].phone.is_none());
}

pub fn a_stranger_finds_no_erasure(store: Arc<dyn Store>) {
    let world = World::new(Arc::clone(&store));
    let other = World::beside(store, Setup::default(), 7);
    other.add(vec![ann()]);
    world.add(vec![ann()]);
    let begun = begin(&world, 1, true).unwrap();
    assert!(matches!(wait(other.store.erasure(other.tenant.key, begun.id)), Err(StoreError::NotFound(_))));
    assert!(matches!(wait(other.store.erase_leads(&other.ctx(MONDAY), begun.id)), Err(StoreError::NotFound(_))));
    go_on(&world, begun.id);
    assert_eq!(world.done(world.store.erasures(world.tenant.key, &Page::default())).data.len(), 1);
    assert!(other.done(other.store.erasures(other.tenant.key, &Page::default())).data.is_empty());
    let theirs = other.done(other.store.leads(other.tenant.key, &LeadFilter::default(), &Page::default()));
    assert_eq!(theirs.data[0].contacts.len(), 1, "the same person of somebody else stays");
}
