//! Leads: in, out, by hand.

use std::sync::Arc;

use campanile_domain::attempt::{CallStatus, Failure};
use campanile_domain::campaign::{CampaignState, Happening};
use campanile_domain::contact::{Contact, Unusable};
use campanile_domain::gate::{self, Gate, Verdict};
use campanile_domain::ids::LeadId;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, SuppressedBy, Wait};
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::{
    DialResult, LeadAdded, LeadPatch, NewLead, NewSuppression, Page, SetStatus, Store, StoreError,
};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use campanile_domain::variable::Variables;

use crate::support::{MONDAY, World, end, lead, phone, wait};

pub(super) fn patch(world: &World, id: LeadId, patch: LeadPatch) -> Result<LeadState, StoreError> {
    wait(world.store.patch_lead(&world.ctx(MONDAY + HOUR_MS), id, patch)).map(|lead| lead.state)
}

pub(super) fn to(status: SetStatus) -> LeadPatch {
    LeadPatch { status: Some(status), ..LeadPatch::default() }
}

pub fn duplicates_are_told_and_known_leads_updated(store: Arc<dyn Store>) {
    let world = World::new(store);
    let named = |number, name: &str| {
        let mut variables = Variables::new();
        variables.set("name", name);
        NewLead { external_id: Some("a-1".into()), variables, ..lead(number) }
    };
    let add = |new| wait(world.store.add_leads(&world.ctx(MONDAY), world.campaign.id, vec![new])).unwrap().remove(0);
    let LeadAdded::Created { id } = add(named(1, "Ann")) else { panic!() };
    assert_eq!(add(lead(1)), LeadAdded::Duplicate { of: id });
    assert!(matches!(add(NewLead { allow_duplicate: true, ..lead(1) }), LeadAdded::Created { .. }));
    assert_eq!(add(named(2, "Bob")), LeadAdded::Updated { id });
    let known = world.lead(id);
    assert_eq!(known.contacts[0].phone, phone(2));
    assert_eq!(known.variables.get("name").and_then(|value| value.as_text()), Some("Bob"));
    assert_eq!(add(lead(2)), LeadAdded::Duplicate { of: id }, "its new phone is its own");
    let own = NewLead { contacts: vec![Contact::new(0, phone(7)), Contact::new(1, phone(7))], ..lead(7) };
    let LeadAdded::Created { id } = add(own) else { panic!() };
    assert_eq!(world.lead(id).contacts.len(), 1, "a secondary equal to its own primary is dropped");
    let none = wait(world.store.add_leads(
        &world.ctx(MONDAY),
        world.campaign.id,
        vec![NewLead { contacts: vec![], ..lead(8) }],
    ));
    assert!(matches!(none, Err(StoreError::Conflict { code: "lead_without_contact", .. })));
}

pub fn a_full_page_of_leads_keeps_the_counts(store: Arc<dyn Store>) {
    let world = World::new(store);
    let later = NewLead { not_before: Some(MONDAY + HOUR_MS), ..lead(500) };
    world.add((1..=300).map(lead).chain([later]).collect());
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.leads, stats.by_status["created"][""]), (301, 301));
    let gates = world.done(world.store.gate_counts(world.tenant.key, world.campaign.id, MONDAY));
    let told: Vec<_> = gates.iter().map(|count| (count.gate.as_str(), count.leads, count.until)).collect();
    assert_eq!(told, [("ready", 300, None), ("lead_not_before", 1, Some(MONDAY + HOUR_MS))]);
}

pub fn a_hand_stops_and_calls_again(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    assert_eq!(patch(&world, id, to(SetStatus::Completed)), Ok(LeadState::Completed(Completion::ByHand)));
    assert_eq!(patch(&world, id, to(SetStatus::Created)), Ok(LeadState::Created));
    assert_eq!(world.lead(id).progress.era, 2);
    let later = LeadPatch { not_before: Some(MONDAY + 9 * HOUR_MS), priority: Some(4), ..LeadPatch::default() };
    assert_eq!(patch(&world, id, later), Ok(LeadState::Created));
    let waiting = world.lead(id);
    assert_eq!((waiting.wait, waiting.priority), (Wait::Owner, 4));
    world.start();
    let claim = world.claim(MONDAY + 2 * HOUR_MS, 5);
    assert_eq!((claim.orders.len(), claim.next_due), (0, Some(MONDAY + 9 * HOUR_MS)));
    assert_eq!(world.claim(MONDAY + 9 * HOUR_MS, 5).orders.len(), 1);
}

pub fn a_hand_during_a_call_takes_effect_when_it_settles(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let dialling = Ok(LeadState::Processing(Phase::Dialling));
    assert_eq!(patch(&world, id, to(SetStatus::Completed)), dialling);
    let busy = crate::support::end(&order, MONDAY + MINUTE_MS, CallStatus::Busy);
    world.apply(MONDAY + 2 * HOUR_MS, busy).unwrap();
    assert_eq!(world.lead(id).state, LeadState::Completed(Completion::ByHand));
    assert_eq!(world.calls(id)[0].decision.as_ref().unwrap().decision, "hand");
}

pub fn a_suppressed_lead_is_not_called_again_by_hand(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    let asked = |number: u64| NewSuppression { phone: phone(number), reason: format!("asked {number}") };
    let done = world.done(world.store.suppress(&world.ctx(MONDAY), vec![asked(1), asked(2)]));
    assert_eq!((done.added, done.leads), (vec![true, true], 1), "a lead that waits is over at once");
    assert_eq!(done.campaigns, [world.campaign.key]);
    assert_eq!(world.lead(id).state, LeadState::Suppressed(SuppressedBy::List));
    let again = NewSuppression { phone: phone(1), reason: "again".into() };
    assert_eq!(world.done(world.store.suppress(&world.ctx(MONDAY), vec![again])).added, [false]);
    assert_eq!(world.done(world.store.suppression(world.tenant.key, &phone(1))).reason, "asked 1");
    let refused = patch(&world, id, to(SetStatus::Created)).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "lead_suppressed", .. }));
    let list = world.done(world.store.suppressions(world.tenant.key, &Page::default()));
    assert_eq!(list.data.iter().map(|one| one.phone).collect::<Vec<_>>(), [phone(1), phone(2)]);
    world.done(world.store.unsuppress(&world.ctx(MONDAY), &phone(1)));
    assert!(matches!(wait(world.store.suppression(world.tenant.key, &phone(1))), Err(StoreError::NotFound(_))));
    assert_eq!(world.lead(id).state, LeadState::Suppressed(SuppressedBy::List), "until a hand says so");
    assert_eq!(patch(&world, id, to(SetStatus::Created)), Ok(LeadState::Created));
    assert!(wait(world.store.unsuppress(&world.ctx(MONDAY), &phone(1))).is_err());
}

pub fn a_suppressed_number_ends_leads_that_have_nobody_else_to_call(store: Arc<dyn Store>) {
    let world = World::new(store);
    let of = |phones: &[u64]| NewLead {
        contacts: phones.iter().zip(0..).map(|(number, position)| Contact::new(position, phone(*number))).collect(),
        ..lead(1)
    };
    let [alone, with_another, called] = world.add(vec![of(&[1]), of(&[2, 1]), of(&[3, 1])])[..] else { panic!() };
    world.start();
    let order = loop {
        let order = world.claim_one(MONDAY);
        if order.open.phone == phone(3) {
            break order;
        }
        world.dialled(MONDAY, &order, DialResult::Withdrawn(Gate::CampaignRunning));
        let later = LeadPatch { not_before: Some(MONDAY + HOUR_MS), ..LeadPatch::default() };
        let id = if order.open.phone == phone(1) { alone } else { with_another };
        patch(&world, id, later).unwrap();
    };
    world.placed(MONDAY, &order);
    assert_eq!(world.suppress(MONDAY, phone(1)).leads, 1);
    assert_eq!(world.lead(alone).state, LeadState::Suppressed(SuppressedBy::List));
    assert!(!world.lead(with_another).state.is_ended(), "the other number can be called");
    assert_eq!(world.suppress(MONDAY, phone(3)).leads, 0, "a call that is under way is settled first");
    world.apply(MONDAY + MINUTE_MS, end(&order, MONDAY + MINUTE_MS, CallStatus::Busy)).unwrap();
    world.claim(MONDAY + 9 * HOUR_MS, 5);
    assert_eq!(world.lead(called).state, LeadState::Suppressed(SuppressedBy::List), "and then nobody is left");
}

pub fn an_update_leaves_the_contacts_of_calls_in_their_places(store: Arc<dyn Store>) {
    let world = World::new(store);
    let of = |phones: &[u64]| NewLead {
        external_id: Some("crm-1".into()),
        contacts: phones.iter().zip(0..).map(|(number, position)| Contact::new(position, phone(*number))).collect(),
        ..lead(1)
    };
    let id = world.add(vec![of(&[1, 2])])[0];
    let shown = || {
        let contacts = world.lead(id).contacts;
        contacts.iter().map(|contact| (contact.phone, contact.unusable)).collect::<Vec<_>>()
    };
    world.add(vec![of(&[2, 1])]);
    assert_eq!(shown(), [(phone(2), None), (phone(1), None)], "nobody was called: the order is as it is told");
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    assert_eq!(order.open.phone, phone(2));
    world.add(vec![of(&[3, 1])]);
    let gone = Some(Unusable::RemovedAtSource);
    assert_eq!(shown(), [(phone(2), gone), (phone(1), None), (phone(3), None)]);
    let invalid = CallEvent { failure: Failure::NumberInvalid, ..end(&order, MONDAY + 1, CallStatus::Failed) };
    world.apply(MONDAY + 1, invalid).unwrap();
    let called = world.calls(id);
    assert_eq!((called[0].contact, called[0].phone), (0, Some(phone(2))), "the call is of the phone that it dialled");
    assert_eq!(shown()[1..], [(phone(1), None), (phone(3), None)], "whoever took its place is not the dead one");
}

pub fn a_lead_that_arrives_reopens_a_completed_campaign(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1)]);
    world.start();
    let happen = |what| wait(world.store.happen(&world.ctx(MONDAY), world.campaign.key, what, String::new())).unwrap();
    assert!(happen(Happening::NoLeadsLeft).is_none(), "a lead is left");
    assert_eq!(world.done(world.store.end_leads(&world.ctx(MONDAY), world.campaign.key, 10)), 1);
    let over = happen(Happening::NoLeadsLeft).expect("nobody is left");
    assert_eq!((over.status, over.completed_at), (CampaignState::Completed, Some(MONDAY)));
    world.add_at(MONDAY + 1, vec![lead(1)]);
    let still = world.done(world.store.campaign(world.tenant.key, world.campaign.id));
    assert_eq!(still.status, CampaignState::Completed, "a duplicate is nobody new");
    world.add_at(MONDAY + 1, vec![lead(2)]);
    let again = world.done(world.store.campaign(world.tenant.key, world.campaign.id));
    assert_eq!((again.status, again.status_reason.code.as_str()), (CampaignState::InProgress, "reopened"));
}

pub fn explain_names_the_gate_that_parked_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![
        lead(1),
        NewLead { allow_duplicate: true, priority: -1, ..lead(1) },
        NewLead { expires_at: Some(MONDAY - 1), ..lead(2) },
    ]);
    world.start();
    let claim = world.claim(MONDAY, 10);
    assert_eq!(claim.orders.len(), 1);
    assert_eq!(world.lead(ids[2]).state, LeadState::MaxRetries(Exhaustion::Expired));
    let facts = world.done(world.store.explain_facts(world.tenant.key, ids[1], MONDAY));
    assert!(facts.contact.as_ref().is_some_and(|(number, of)| *number == phone(1) && of.in_call));
    let config = &facts.campaign.config;
    let zone = config.time_zone.clone().unwrap();
    let checks = gate::contact(&facts.contact.unwrap().1, &config.calling_hours, &zone, MONDAY);
    assert_eq!(gate::first_closed(&checks), Some((Gate::PhoneFree, Verdict::Wait)));
    let gates = world.done(world.store.gate_counts(world.tenant.key, world.campaign.id, MONDAY));
    let told: Vec<_> = gates.iter().map(|count| (count.gate.as_str(), count.leads, count.until)).collect();
    assert_eq!(told, [("phone_free", 1, None)]);
    let facts = world.done(world.store.explain_facts(world.tenant.key, ids[0], MONDAY));
    assert_eq!(facts.open_call, Some(claim.orders[0].open.id));
}
