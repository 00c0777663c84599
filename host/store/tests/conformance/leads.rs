//! Leads: in, out, by hand.
//!
//! It is longer than others because every way in and out of one table is here.

use std::sync::Arc;

use campanile_domain::attempt::{CallStatus, Failure};
use campanile_domain::campaign::{CampaignConfig, CampaignState, Happening, Verb};
use campanile_domain::contact::{Contact, Unusable};
use campanile_domain::estimate::Group;
use campanile_domain::gate::{self, Gate, Verdict};
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{LeadId, TenantKey};
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, SuppressedBy, Wait};
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::{
    CallFilter, DialResult, Fence, Lead, LeadAdded, LeadFilter, LeadPatch, LeadSort, NewLead, NewSuppression, Page,
    RESUMED_JOB, SetStatus, Store, StoreError, TenantLimits, WaitsAt,
};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use campanile_domain::variable::{Role, Value, ValueKind, VariableSpec, Variables};

use crate::support::{MONDAY, Setup, World, end, event, lead, phone, wait};

fn patch(world: &World, id: LeadId, patch: LeadPatch) -> Result<LeadState, StoreError> {
    wait(world.store.patch_lead(&world.ctx(MONDAY + HOUR_MS), id, patch)).map(|lead| lead.state)
}

fn to(status: SetStatus) -> LeadPatch {
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

pub fn lists_come_in_pages(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add((1..=5).map(lead).collect());
    let mut seen = Vec::new();
    let mut page = Page { cursor: None, limit: 2 };
    loop {
        let listed = world.done(world.store.leads(world.tenant.key, &LeadFilter::default(), &page));
        assert!(listed.data.iter().all(|lead| lead.contacts.len() == 1));
        seen.extend(listed.data.into_iter().map(|lead| lead.id));
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    seen.reverse();
    assert_eq!(seen, ids);
    let bad = Page { cursor: Some("calls-1".into()), limit: 2 };
    let refused = wait(world.store.leads(world.tenant.key, &LeadFilter::default(), &bad)).unwrap_err();
    assert_eq!(refused, StoreError::BadCursor);
    let by_phone = LeadFilter { phones: vec![phone(3)], status: Some("created".into()), ..LeadFilter::default() };
    let found = world.done(world.store.leads(world.tenant.key, &by_phone, &Page::default()));
    assert_eq!(found.data.iter().map(|lead| lead.id).collect::<Vec<_>>(), [ids[2]]);
}

pub fn lists_show_whom_they_mean(store: Arc<dyn Store>) {
    let world = World::new(store);
    let of = |n: u64, at| {
        let new = NewLead {
            external_id: n.is_multiple_of(3).then(|| format!("e-{}", n % 7)),
            contacts: vec![Contact::new(0, phone(n)), Contact::new(1, phone(500 + n % 4))],
            not_before: n.is_multiple_of(5).then(|| MONDAY + 20 * HOUR_MS),
            allow_duplicate: true,
            ..lead(n)
        };
        world.add_at(at, vec![new]);
    };
    (1..=24).for_each(|n| of(n, MONDAY + (n as i64 / 3)));
    world.start();
    let ends = [CallStatus::Busy, CallStatus::Completed, CallStatus::Unanswered];
    for (minute, end) in (0..9).zip(ends.into_iter().cycle()) {
        world.call(MONDAY + 10 * minute * MINUTE_MS, end);
    }
    let now = MONDAY + 2 * HOUR_MS;
    let open = world.claim_one(now);
    world.placed(now, &open);
    for n in 1..=2 {
        world.suppress(now, phone(500 + n));
    }
    let list = |filter: &LeadFilter| {
        let (mut found, mut page) = (Vec::new(), Page { cursor: None, limit: 3 });
        loop {
            let listed = world.done(world.store.leads(world.tenant.key, filter, &page));
            found.extend(listed.data);
            match listed.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => return found,
            }
        }
    };
    let all = list(&LeadFilter::default());
    assert!(all.len() >= 18 && all.is_sorted_by_key(|lead| std::cmp::Reverse(lead.key)), "{}", all.len());
    let texts = |of: fn(&Lead) -> Option<String>| {
        let mut texts: Vec<_> = all.iter().map(of).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    let (statuses, reasons) = (texts(|lead| Some(lead.status.clone())), texts(|lead| lead.reason.clone()));
    assert!(statuses.len() >= 4 && reasons.len() >= 3, "{statuses:?} {reasons:?}");
    let phones = [vec![], vec![phone(501), phone(3)]];
    let externals = [vec![], vec!["e-0".to_owned(), "e-3".to_owned()]];
    let times = [(None, None), (Some(MONDAY + 2), Some(MONDAY + 6)), (Some(MONDAY + 8), None)];
    for status in statuses.iter().cloned().chain([None]) {
        for reason in reasons.iter().cloned().chain([None]) {
            for (phones, external_ids) in
                phones.iter().flat_map(|phones| externals.iter().map(move |ids| (phones, ids)))
            {
                for (since, until) in times {
                    for sort in [LeadSort::Newest, LeadSort::Oldest] {
                        let mut expected: Vec<LeadId> = all
                            .iter()
                            .filter(|lead| status.as_ref().is_none_or(|status| lead.status == *status))
                            .filter(|lead| reason.is_none() || lead.reason == reason)
                            .filter(|lead| {
                                phones.is_empty() || lead.contacts.iter().any(|one| phones.contains(&one.phone))
                            })
                            .filter(|lead| {
                                let named = |id: &String| external_ids.contains(id);
                                external_ids.is_empty() || lead.external_id.as_ref().is_some_and(named)
                            })
                            .filter(|lead| since.is_none_or(|at| lead.created_at >= at))
                            .filter(|lead| until.is_none_or(|at| lead.created_at < at))
                            .map(|lead| lead.id)
                            .collect();
                        if sort == LeadSort::Oldest {
                            expected.reverse();
                        }
                        for campaign in [None, Some(world.campaign.id)] {
                            let filter = LeadFilter {
                                campaign,
                                status: status.clone(),
                                reason: reason.clone(),
                                phones: phones.clone(),
                                external_ids: external_ids.clone(),
                                created_since: since,
                                created_until: until,
                                sort,
                                ..LeadFilter::default()
                            };
                            let found: Vec<_> = list(&filter).into_iter().map(|lead| lead.id).collect();
                            assert_eq!(found, expected, "{filter:?}");
                            let count = world.done(world.store.count_leads(world.tenant.key, &filter));
                            assert_eq!(count, expected.len() as u64, "{filter:?}");
                        }
                    }
                }
            }
        }
    }
    let gates = world.done(world.store.gate_counts(world.tenant.key, world.campaign.id, now));
    assert!(gates.len() >= 3, "{gates:?}");
    for count in gates {
        let at = Gate::ALL.into_iter().find(|gate| gate.code() == count.gate);
        let waits_at = Some((at.map_or(WaitsAt::Nothing, WaitsAt::Gate), now));
        let filter = LeadFilter { waits_at, ..LeadFilter::default() };
        assert_eq!(list(&filter).len() as u64, count.leads, "{}", count.gate);
    }
}

pub fn a_deleted_campaign_is_gone_with_everything_but_its_calls(store: Arc<dyn Store>) {
    let limits = TenantLimits { min_gap_minutes: 30, ..TenantLimits::default() };
    let world = World::with(store, Setup { limits, ..Setup::default() });
    let (source, sink) = (world.source(false), world.sink(None, false));
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    let (tenant, campaign) = (world.tenant.key, world.campaign.id);
    let deleted = |revision| wait(world.store.delete_campaign(&world.ctx(MONDAY), campaign, revision));
    assert!(matches!(deleted(None), Err(StoreError::Conflict { code: "campaign_state", .. })));
    world.verb(MONDAY, Verb::Pause);
    assert!(matches!(deleted(None), Err(StoreError::Conflict { code: "calls_open", .. })));
    world.placed(MONDAY, &order);
    let ended = MONDAY + MINUTE_MS;
    world.apply(ended, end(&order, ended, CallStatus::Busy)).unwrap();
    assert_eq!(deleted(Some(1)), Err(StoreError::Stale));
    let gone = deleted(None).unwrap();
    assert_eq!((gone.key, gone.sources[0].id, gone.sinks[0].id), (world.campaign.key, source.id, sink.id));
    assert_eq!(deleted(None), Err(StoreError::NotFound("campaign")));
    assert_eq!(wait(world.store.lead(tenant, id)), Err(StoreError::NotFound("lead")));
    assert_eq!(world.done(world.store.campaigns(tenant, None, None, &Page::default())).data, []);
    assert_eq!(world.done(world.store.sources(Some(tenant))), []);
    assert_eq!(world.done(world.store.count_leads(tenant, &LeadFilter::default())), 0);
    assert_eq!(world.done(world.store.call(tenant, order.open.id)).campaign, campaign);
    // What is told late of its call annotates it, and reopens nothing.
    world.apply(ended + 1, end(&order, ended + 1, CallStatus::Completed));
    let ctx = world.ctx(ended);
    let happening = world.store.happen(&ctx, world.campaign.key, Happening::LeadArrived, String::new());
    assert_eq!(wait(happening), Ok(None));
    assert!(world.done(world.store.boot(ended, Fence::SOLE)).campaigns.is_empty());
    // The gap of the phone holds in the next campaign, and the assistant goes when no other campaign has it.
    let config = world.campaign.config.clone();
    let next = world.done(world.store.create_campaign(&world.ctx(ended), world.assistant.id, config));
    let in_use = wait(world.store.delete_assistant(&world.ctx(ended), world.assistant.id));
    assert!(matches!(in_use, Err(StoreError::Conflict { code: "assistant_in_use", .. })));
    let mut world = world;
    world.campaign = next;
    world.add_at(ended, vec![lead(1)]);
    world.start();
    let early = world.claim(ended + 29 * MINUTE_MS, 1);
    assert_eq!((early.orders.len(), early.next_due), (0, Some(ended + 30 * MINUTE_MS)));
    world.verb(ended, Verb::Pause);
    world.done(world.store.delete_campaign(&world.ctx(ended), world.campaign.id, None));
    world.done(world.store.delete_assistant(&world.ctx(ended), world.assistant.id));
    let assistant = wait(world.store.assistant(tenant, world.assistant.id));
    assert_eq!(assistant, Err(StoreError::NotFound("assistant")));
    assert_eq!(world.done(world.store.call(tenant, order.open.id)).lead, id);
}

pub fn many_leads_are_changed_once_by_a_job_that_breaks_off(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add((1..=25).map(lead).collect());
    for id in &ids[..20] {
        patch(&world, *id, to(SetStatus::Completed)).unwrap();
    }
    world.suppress(MONDAY, phone(3));
    let begin = || world.done(world.store.begin_job(&world.ctx(MONDAY), RESUMED_JOB, serde_json::json!({}))).id;
    let filter = LeadFilter { campaign: Some(world.campaign.id), ..LeadFilter::default() };
    let again = to(SetStatus::Created);
    let previewed = world.store.preview_update(world.tenant.key, &filter, &again, MONDAY, None, 100);
    let previewed = world.done(previewed);
    assert_eq!((previewed.counts.updated, previewed.counts.unchanged, previewed.examples.len()), (19, 5, 10));
    let step = |job| world.done(world.store.update_leads(&world.ctx(MONDAY), job, &filter, &again, 10));
    let job = begin();
    let first = step(job);
    assert_eq!((first.changed, first.goes_on, first.counts.refused["lead_suppressed"]), (9, true, 1));
    // One that was changed ends again before the next host goes on: it had its turn.
    patch(&world, ids[0], to(SetStatus::Completed)).unwrap();
    assert_eq!(world.done(world.store.interrupt_jobs(MONDAY)), 0);
    assert_eq!(world.done(world.store.unfinished_jobs())[0].1.id, job);
    assert_eq!((step(job).changed, step(job).goes_on), (10, false));
    assert_eq!(world.lead(ids[0]).status, "completed");
    let read = world.done(world.store.job(world.tenant.key, job));
    assert_eq!((read.progress.done, &read.result.unwrap()["unchanged"]), (25, &5.into()));
    assert_eq!(world.lead(ids[7]).progress.era, 2);
    // Nobody is changed once the job is over, and what it came to stays to be read.
    world.done(world.store.cancel_job(&world.ctx(MONDAY), job));
    let over = step(job);
    assert_eq!((over.changed, over.goes_on), (0, false));
    assert!(world.done(world.store.job(world.tenant.key, job)).result.is_some());
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

pub fn a_deleted_lead_leaves_its_calls_and_what_they_count_for(store: Arc<dyn Store>) {
    let limits = TenantLimits { min_gap_minutes: 10, ..TenantLimits::default() };
    let world = World::with(store, Setup { limits, ..Setup::default() });
    let named = NewLead { external_id: Some("a-1".into()), ..lead(1) };
    let (id, uncalled) = (world.add(vec![named.clone()])[0], world.add(vec![NewLead { priority: -1, ..lead(2) }])[0]);
    world.start();
    let order = world.claim_one(MONDAY);
    let deleted = |id| wait(world.store.delete_lead(&world.ctx(MONDAY), id));
    assert!(matches!(deleted(id), Err(StoreError::Conflict { code: "lead_in_call", .. })));
    world.placed(MONDAY, &order);
    let ended = MONDAY + MINUTE_MS;
    world.apply(ended, end(&order, ended, CallStatus::Completed)).unwrap();
    assert_eq!((deleted(id), deleted(uncalled)), (Ok(world.campaign.key), Ok(world.campaign.key)));
    assert_eq!(
        (deleted(id), deleted(uncalled)),
        (Err(StoreError::NotFound("lead")), Err(StoreError::NotFound("lead")))
    );
    let call = world.done(world.store.call(world.tenant.key, order.open.id));
    assert_eq!((call.lead, call.phone), (id, Some(phone(1))));
    let filter = CallFilter { lead: Some(id), ..CallFilter::default() };
    assert_eq!(world.done(world.store.calls(world.tenant.key, &filter, &Page::default())).data.len(), 1);
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.leads, stats.by_status.len(), stats.attempts["answered"]), (0, 0, 1));
    let all = world.done(world.store.leads(world.tenant.key, &LeadFilter::default(), &Page::default()));
    assert_eq!(all.data, []);
    // The same person again is another lead, and the gap of the phone still counts the call.
    let again = world.add_at(ended, vec![named])[0];
    assert_ne!(again, id);
    let early = world.claim(ended + 9 * MINUTE_MS, 5);
    assert_eq!((early.orders.len(), early.next_due), (0, Some(ended + 10 * MINUTE_MS)));
    assert_eq!(world.claim(ended + 10 * MINUTE_MS, 5).orders.len(), 1);
}

pub fn what_comes_late_to_a_deleted_lead_moves_nothing_but_an_opt_out(store: Arc<dyn Store>) {
    let asks = |name: &str, role| VariableSpec {
        name: name.into(),
        kind: ValueKind::Boolean,
        choices: vec![],
        description: "?".into(),
        required: true,
        role,
    };
    let variables = vec![asks("booked", Role::None), asks("opt_out", Role::OptOut)];
    let config = CampaignConfig {
        calling_hours: CallingHours::always(),
        goal_variable: Some("booked".into()),
        ..CampaignConfig::named("late")
    };
    let world = World::with(store, Setup { config, variables, ..Setup::default() });
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let ended = MONDAY + MINUTE_MS;
    world.apply(ended, end(&order, ended, CallStatus::Completed)).unwrap();
    assert_eq!(world.lead(id).state, LeadState::Processing(Phase::AwaitingEvaluation));
    world.done(world.store.delete_lead(&world.ctx(ended), id));
    let told = |name: &str, value: bool| (name.to_owned(), Value::Boolean(value));
    let analysis: Variables = [told("booked", true), told("opt_out", true)].into_iter().collect();
    let late = CallEvent {
        event_id: "late".into(),
        analysis: Some(analysis),
        ..event(order.open.id, ended + MINUTE_MS, CallStatus::Completed)
    };
    world.apply(ended + MINUTE_MS, late);
    assert_eq!(wait(world.store.lead(world.tenant.key, id)), Err(StoreError::NotFound("lead")));
    let call = world.done(world.store.call(world.tenant.key, order.open.id));
    assert_eq!(call.variables.values().get("booked"), Some(&Value::Boolean(true)));
    let list = world.done(world.store.suppressions(world.tenant.key, &Page::default()));
    assert_eq!(list.data.iter().map(|one| one.phone).collect::<Vec<_>>(), [phone(1)]);
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

pub fn an_outlook_tells_who_can_be_called_and_who_never_will(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut leads: Vec<_> = (1..=9).map(lead).collect();
    for second in &mut leads[..3] {
        let own = second.contacts[0].phone.digits() % 10_000;
        second.contacts.push(Contact::new(1, phone(own + 5_000)));
    }
    leads[4].expires_at = Some(MONDAY + 5);
    leads[5].not_before = Some(MONDAY + 60 * MINUTE_MS);
    world.add(leads);
    // Who has nobody else to call has ended and is not ahead any more.
    let gone = [phone(1), phone(2), phone(5_002), phone(4)];
    for number in gone {
        world.suppress(MONDAY, number);
    }
    let outlook = |at| world.done(world.store.outlook(world.tenant.key, world.campaign.id, at));
    let now = outlook(MONDAY);
    assert_eq!((now.live, now.expired, now.suppressed, now.unusable, now.sampled), (7, 0, 0, 0, 7));
    let group = |contacts, due, leads| Group { contacts, round: 1, due, leads };
    let wanted = [group(1, MONDAY, 5), group(1, MONDAY + 60 * MINUTE_MS, 1), group(2, MONDAY, 1)];
    assert_eq!(now.groups, wanted, "one of two contacts is as good as one");
    let later = outlook(MONDAY + 5);
    assert_eq!((later.expired, later.suppressed), (1, 0));
    let strange = wait(world.store.outlook(TenantKey(99), world.campaign.id, MONDAY));
    assert_eq!(strange, Err(StoreError::NotFound("campaign")));

    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let invalid = CallEvent { failure: Failure::NumberInvalid, ..event(order.open.id, MONDAY + 1, CallStatus::Failed) };
    world.apply(MONDAY + 1, invalid);
    let left = outlook(MONDAY + 2);
    assert_eq!((left.live, left.suppressed), (6, 0), "a lead whose only phone is dead has ended");
}
