//! Which leads are meant: in lists, in bulk updates, in a look ahead.

use std::sync::Arc;

use campanile_domain::attempt::{CallStatus, Failure};
use campanile_domain::contact::Contact;
use campanile_domain::estimate::Group;
use campanile_domain::gate::Gate;
use campanile_domain::ids::{LeadId, TenantKey};
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::{
    Lead, LeadFilter, LeadSort, NewLead, Page, SetStatus, Store, StoreError, UPDATE_JOB, WaitsAt,
};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};

use super::leads::{patch, to};
use crate::support::{MONDAY, World, event, lead, phone, wait};

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

pub fn many_leads_are_changed_once_by_a_job_that_breaks_off(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add((1..=25).map(lead).collect());
    for id in &ids[..20] {
        patch(&world, *id, to(SetStatus::Completed)).unwrap();
    }
    world.suppress(MONDAY, phone(3));
    let begin = || world.done(world.store.begin_job(&world.ctx(MONDAY), UPDATE_JOB, serde_json::json!({}))).id;
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

pub fn an_outlook_tells_who_can_be_called_and_who_never_will(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut leads: Vec<_> = (1..=9).map(lead).collect();
    for second in &mut leads[..3] {
        let own = second.contacts[0].phone.digits() % 10_000;
        second.contacts.push(Contact::new(1, phone(own + 5_000)));
    }
    leads[4].expires_at = Some(MONDAY + 5);
    leads[5].not_before = Some(MONDAY + 60 * MINUTE_MS);
    // On the list before they come in: a lead that is there already ends with its last number.
    for number in [phone(1), phone(2), phone(5_002), phone(4), phone(5)] {
        world.suppress(MONDAY, number);
    }
    world.add(leads);
    let outlook = |at| world.done(world.store.outlook(world.tenant.key, world.campaign.id, at));
    let now = outlook(MONDAY);
    assert_eq!((now.live, now.expired, now.suppressed, now.unusable, now.sampled), (9, 0, 3, 0, 9));
    let group = |contacts, due, leads| Group { contacts, round: 1, due, leads };
    let wanted = [group(1, MONDAY, 4), group(1, MONDAY + 60 * MINUTE_MS, 1), group(2, MONDAY, 1)];
    assert_eq!(now.groups, wanted, "one of two contacts is as good as one");
    let later = outlook(MONDAY + 5);
    assert_eq!((later.expired, later.suppressed), (1, 2), "who expires is not looked at again");
    let strange = wait(world.store.outlook(TenantKey(99), world.campaign.id, MONDAY));
    assert_eq!(strange, Err(StoreError::NotFound("campaign")));

    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let invalid = CallEvent { failure: Failure::NumberInvalid, ..event(order.open.id, MONDAY + 1, CallStatus::Failed) };
    world.apply(MONDAY + 1, invalid);
    let left = outlook(MONDAY + 2);
    assert_eq!((left.live, left.suppressed), (8, 3), "a lead whose only phone is dead has ended");
}
