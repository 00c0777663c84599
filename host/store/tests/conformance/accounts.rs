//! Tenants, keys, assistants, campaigns.

use std::sync::Arc;

use campanile_domain::campaign::{CampaignConfig, StartFacts, Verb};
use campanile_domain::gate::Gate;
use campanile_domain::ids::KeyId;
use campanile_domain::ports::store::{
    Actor, IdempotencyKey, KeyRotation, NewGateway, NewKey, NewTenant, Page, Store, StoreError, TenantLimits, VerbDone,
    WriteContext,
};

use crate::support::{MONDAY, World, lead, wait};

pub fn a_tenant_has_a_test_twin_with_simulated_gateways_only(store: Arc<dyn Store>) {
    let world = World::new(store);
    let twin = world.done(world.store.twin_of(world.tenant.key));
    assert!(twin.is_test() && twin.billing.is_none() && twin.twin_of == Some(world.tenant.id));
    let ctx = WriteContext { tenant: twin.key, ..world.ctx(MONDAY) };
    let carrier = |kind: &str| NewGateway::built_in("g", kind, serde_json::json!({}));
    let refused = wait(world.store.create_gateway(&ctx, carrier("carrier"))).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "gateway_not_simulated", .. }), "{refused}");
    let ctx = WriteContext { tenant: twin.key, ..world.ctx(MONDAY) };
    let gateway = world.done(world.store.create_gateway(&ctx, carrier("simulated")));
    assert_eq!(gateway.hook_token.len(), 32);
    assert_eq!(world.done(world.store.gateways(Some(twin.key))), vec![gateway.clone()]);
    assert_eq!(world.done(world.store.gateway_by_id(gateway.id)), gateway);
    assert_eq!(world.done(world.store.tenants()).len(), 2);
}

pub fn a_key_opens_its_tenant_until_it_is_revoked(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = KeyId(7);
    let key = NewKey {
        id,
        tenant: Some(world.tenant.key),
        name: "ci".into(),
        scopes: vec!["leads:read".into()],
        hash: [9; 32],
        last_four: "abcd".into(),
        expires_at: Some(MONDAY + 5),
        created_at: MONDAY,
    };
    world.done(world.store.create_key(&world.ctx(MONDAY), key));
    let known = world.done(world.store.authenticate(&[9; 32]));
    assert_eq!((known.key, known.expires_at), (id, Some(MONDAY + 5)));
    assert_eq!(known.tenant.map(|tenant| tenant.id), Some(world.tenant.id));
    assert!(wait(world.store.authenticate(&[8; 32])).is_err());
    world.done(world.store.revoke_key(&world.ctx(MONDAY), id, MONDAY + 1));
    assert_eq!(wait(world.store.authenticate(&[9; 32])).unwrap_err(), StoreError::NotFound("key"));
    assert_eq!(world.done(world.store.keys(world.tenant.key))[0].revoked_at, Some(MONDAY + 1));
}

pub fn a_key_gives_its_place_to_one_other(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ctx = || world.ctx(MONDAY);
    let (old, new) = (KeyId(7), KeyId(8));
    let made = |id, hash, expires_at| NewKey {
        id,
        tenant: Some(world.tenant.key),
        name: "ci".into(),
        scopes: vec!["leads:read".into()],
        hash: [hash; 32],
        last_four: "abcd".into(),
        expires_at,
        created_at: MONDAY,
    };
    world.done(world.store.create_key(&ctx(), made(old, 9, None)));
    let rotation =
        |id, hash, at, old_until| KeyRotation { id, hash: [hash; 32], last_four: "wxyz".into(), at, old_until };
    let rotate = |which, rotation| wait(world.store.rotate_key(&ctx(), which, rotation));
    let (fresh, replaced) = rotate(old, rotation(new, 10, MONDAY + 3, MONDAY + 9)).unwrap();
    assert_eq!((fresh.name.as_str(), fresh.expires_at, fresh.created_at), ("ci", None, MONDAY + 3));
    assert_eq!((replaced.replaced_by, replaced.expires_at), (Some(new), Some(MONDAY + 9)));
    assert_eq!(world.done(world.store.authenticate(&[9; 32])).expires_at, Some(MONDAY + 9));
    assert_eq!(world.done(world.store.authenticate(&[10; 32])).scopes, fresh.scopes);
    let code = |refused: StoreError| match refused {
        StoreError::Conflict { code, .. } => code,
        other => panic!("{other}"),
    };
    assert_eq!(code(rotate(old, rotation(KeyId(9), 11, MONDAY + 4, MONDAY + 9)).unwrap_err()), "key_replaced");
    assert!(wait(world.store.authenticate(&[11; 32])).is_err(), "nothing of it was kept");
    assert_eq!(code(rotate(old, rotation(KeyId(9), 11, MONDAY + 9, MONDAY + 20)).unwrap_err()), "key_expired");
    world.done(world.store.revoke_key(&ctx(), new, MONDAY + 5));
    assert_eq!(code(rotate(new, rotation(KeyId(9), 11, MONDAY + 6, MONDAY + 9)).unwrap_err()), "key_revoked");
    let stranger = WriteContext { tenant: world.done(world.store.twin_of(world.tenant.key)).key, ..ctx() };
    let theirs = wait(world.store.rotate_key(&stranger, old, rotation(KeyId(9), 11, MONDAY, MONDAY)));
    assert_eq!(theirs.unwrap_err(), StoreError::NotFound("key"));
    // One that lives ten milliseconds is followed by one that lives ten.
    world.done(world.store.create_key(&ctx(), made(KeyId(20), 20, Some(MONDAY + 10))));
    let (fresh, replaced) = rotate(KeyId(20), rotation(KeyId(21), 21, MONDAY + 8, MONDAY + 100)).unwrap();
    assert_eq!((fresh.expires_at, replaced.expires_at), (Some(MONDAY + 18), Some(MONDAY + 10)));
}

pub fn the_last_use_of_a_key_only_moves_on(store: Arc<dyn Store>) {
    let world = World::new(store);
    let key = NewKey {
        id: KeyId(7),
        tenant: Some(world.tenant.key),
        name: "ci".into(),
        scopes: vec![],
        hash: [9; 32],
        last_four: "abcd".into(),
        expires_at: None,
        created_at: MONDAY,
    };
    world.done(world.store.create_key(&world.ctx(MONDAY), key));
    let used = |at| world.done(world.store.keys_used(&world.ctx(MONDAY), vec![(KeyId(7), at), (KeyId(99), at)]));
    let last = || world.done(world.store.key(world.tenant.key, KeyId(7))).last_used_at;
    assert_eq!(last(), None);
    used(MONDAY + 5);
    used(MONDAY + 3);
    assert_eq!(last(), Some(MONDAY + 5));
}

pub fn a_repeated_request_is_answered_and_another_one_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let promise = |digest| Some(IdempotencyKey { key: "once".into(), digest: [digest; 32] });
    let ctx = |digest| WriteContext { idempotency: promise(digest), ..world.ctx(MONDAY) };
    let add = |digest| wait(world.store.add_leads(&ctx(digest), world.campaign.id, vec![lead(1), lead(2)]));
    let first = add(1).unwrap();
    assert_eq!(add(1).unwrap(), first);
    assert_eq!(add(2).unwrap_err(), StoreError::KeyReused);
    assert_eq!(world.done(world.store.stats(world.tenant.key, world.campaign.id)).leads, 2);
}

pub fn a_stranger_finds_nothing(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    let new = NewTenant { name: "Other".into(), limits: TenantLimits::default(), billing: None };
    let other = world.done(world.store.create_tenant(&world.ctx(MONDAY), new));
    assert_eq!(wait(world.store.lead(other.key, id)).unwrap_err(), StoreError::NotFound("lead"));
    assert_eq!(wait(world.store.campaign(other.key, world.campaign.id)).unwrap_err(), StoreError::NotFound("campaign"));
    assert_eq!(wait(world.store.stats(other.key, world.campaign.id)).unwrap_err(), StoreError::NotFound("campaign"));
    let ctx = WriteContext { tenant: other.key, ..world.ctx(MONDAY) };
    let stolen = world.store.create_campaign(&ctx, world.assistant.id, CampaignConfig::named("x"));
    assert_eq!(wait(stolen).unwrap_err(), StoreError::NotFound("assistant"));
}

pub fn an_assistant_in_use_stays(store: Arc<dyn Store>) {
    let world = World::new(store);
    let refused = wait(world.store.delete_assistant(&world.ctx(MONDAY), world.assistant.id)).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "assistant_in_use", .. }));
    let ctx = world.ctx(MONDAY);
    let unused = world.done(world.store.create_assistant(&ctx, world.assistant.config.clone()));
    world.done(world.store.delete_assistant(&world.ctx(MONDAY), unused.id));
    assert_eq!(world.done(world.store.assistants(world.tenant.key)).len(), 1);
}

pub fn an_edit_is_a_new_version_and_a_stale_one_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let config = CampaignConfig { max_retries: 1, time_zone: None, ..world.campaign.config.clone() };
    let edit = |revision| {
        wait(world.store.update_campaign(&world.ctx(MONDAY + 1), world.campaign.id, config.clone(), revision))
    };
    let edited = edit(Some(world.campaign.revision)).unwrap();
    assert_eq!((edited.config_version, edited.config.max_retries), (2, 1));
    assert_eq!(edited.config.time_zone, Some(world.assistant.config.time_zone.clone()), "filled in from the assistant");
    assert_eq!(edit(Some(world.campaign.revision)).unwrap_err(), StoreError::Stale);
    let page = Page { cursor: None, limit: 10 };
    let listed = world.done(world.store.campaigns(world.tenant.key, None, None, &page));
    assert_eq!((listed.data, listed.next_cursor), (vec![edited], None));
}

pub fn start_lists_what_is_missing(store: Arc<dyn Store>) {
    let world = World::new(store);
    let gateway = Err("no answer".to_owned());
    let facts = StartFacts { gateway, ..world.facts(MONDAY) };
    let refused = world.done(world.store.verb(&world.ctx(MONDAY), world.campaign.id, Verb::Start, facts));
    let VerbDone::Refused(problems) = refused else { panic!("{refused:?}") };
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["gateway_unhealthy", "no_callable_lead"]);

    world.add(vec![lead(1)]);
    let ctx = WriteContext { actor: Actor::Operator, ..world.ctx(MONDAY) };
    let started = world.done(world.store.verb(&ctx, world.campaign.id, Verb::Start, world.facts(MONDAY)));
    let VerbDone::Changed(campaign) = started else { panic!("{started:?}") };
    assert_eq!((campaign.status_reason.code.as_str(), campaign.status_reason.by.as_str()), ("start", "operator"));
    assert_eq!(campaign.started_at, Some(MONDAY));
    assert!(matches!(world.verb(MONDAY, Verb::Resume), VerbDone::Unchanged(_)));
    assert!(matches!(world.verb(MONDAY, Verb::Pause), VerbDone::Changed(_)));
    assert_eq!(world.claim(MONDAY, 1).stopped_by, Some(Gate::CampaignRunning));
}
