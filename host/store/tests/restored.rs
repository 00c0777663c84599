//! A folder that is a copy: it holds whole transactions, nothing is claimed from it before the operator's word, and the word
//! is in every account's audit.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;
use std::sync::Arc;

use campanile_domain::gate::{Gate, Verdict};
use campanile_domain::ports::store::{
    Accounts, Actor, AuditFilter, ClaimRequest, Dialling, Fence, Leads, Page, Store, StoreError, WriteContext,
};
use campanile_domain::quarantine::Resumption;
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use campanile_store::{Options, Profile, backup, open};
use support::{MONDAY, World, lead, wait};

fn options(folder: &Path) -> Options {
    Options { profile: Profile::Durable { folder: folder.to_owned() }, readers: 1, vault: None }
}

#[test]
fn a_copy_claims_nobody_until_the_operator_says_how_to_go_on() {
    let (folder, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::new(open(&options(folder.path())).unwrap() as Arc<dyn Store>);
    let [called, waiting] = world.add(vec![lead(1), lead(2)])[..] else { panic!("two") };
    world.start();
    backup::copy(folder.path(), copied.path()).unwrap();
    // Lost with the original: who was called after the copy was made.
    world.claim(MONDAY, 2);
    assert_eq!(world.calls(called).len(), 1);

    backup::quarantine(copied.path(), MONDAY).unwrap();
    let store = open(&options(copied.path())).unwrap();
    let (tenant, began) = (world.tenant.key, MONDAY + 10 * MINUTE_MS);
    assert_eq!(wait(store.calls_of_lead(tenant, called)).unwrap(), [], "the copy does not know of it");
    wait(store.boot(began, Fence::SOLE)).unwrap();
    wait(store.boot(began + HOUR_MS, Fence::SOLE)).unwrap();
    let known = wait(store.quarantine()).unwrap().unwrap();
    assert_eq!((known.backup_at, known.began_at, known.release), (MONDAY, Some(began), None), "the first start counts");
    let claim = |now| {
        let request = ClaimRequest { campaign: world.campaign.key, slots: 5 };
        wait(store.claim(&WriteContext::engine(tenant, now, 77), Fence::SOLE, request)).unwrap()
    };
    let held = claim(began + 24 * HOUR_MS);
    assert_eq!((held.stopped_by, held.orders.len()), (Some(Gate::Quarantine), 0));
    assert_eq!(wait(store.explain_facts(tenant, waiting, began)).unwrap().quarantine, Verdict::Wait);

    let operator = WriteContext { actor: Actor::Operator, ..WriteContext::engine(tenant, began + 2 * MINUTE_MS, 78) };
    wait(store.release_quarantine(&operator, Resumption::AfterRetryInterval)).unwrap();
    let opens = began + i64::from(world.campaign.config.retry_interval_minutes) * MINUTE_MS;
    assert_eq!(claim(opens - 1).stopped_by, Some(Gate::Quarantine));
    assert_eq!(wait(store.snapshot(world.campaign.key)).unwrap().quarantine, Verdict::Until(opens));
    assert_eq!((claim(opens).orders.len(), claim(opens).stopped_by), (2, None));
    let filter = AuditFilter { action: Some("quarantine.release".into()), ..AuditFilter::default() };
    for account in wait(store.tenants()).unwrap() {
        let told = wait(store.audit(account.key, &filter, &Page { cursor: None, limit: 9 })).unwrap().data;
        assert_eq!((told.len(), told[0].target.as_str()), (1, "after_retry_interval"), "{}", account.name);
    }
}

#[test]
fn what_was_never_restored_is_not_released() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(open(&options(folder.path())).unwrap() as Arc<dyn Store>);
    assert_eq!(wait(world.store.quarantine()).unwrap(), None);
    let refused = wait(world.store.release_quarantine(&world.ctx(MONDAY), Resumption::AtOnce)).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "not_in_quarantine", .. }), "{refused}");
}
