//! Versions of plugins and scripts, grants, activation, use.

use std::sync::Arc;

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::plugin::VersionState;
use campanile_domain::plugin::allowance::{Allowance, NoRoom};
use campanile_domain::plugin::report::{Finding, Report, Stage};
use campanile_domain::ports::store::{
    KEPT_FAILURES, NewVersion, PluginFailure, PluginUsage, PluginVersion, Store, StoreError, Stored, TenantLimits,
    VersionAdded, WriteContext,
};

use crate::support::{MONDAY, World, manifest, wait};

fn script(content: &[u8]) -> NewVersion {
    let (name, kind) = ("goal-retry".to_owned(), "script".to_owned());
    NewVersion { name, version: None, kind, content: content.to_vec(), report: None }
}

/// A gateway's upload whose manifest asks for these hosts.
fn upload(version: &str, hosts: &[&str], content: &[u8]) -> NewVersion {
    let manifest = manifest(version, hosts);
    let report = Report {
        passed: true,
        stage: Stage::Admission,
        manifest: Some(manifest.clone()),
        sha256: String::new(),
        bytes: content.len() as u64,
        findings: Vec::new(),
        artefact_bytes: None,
        compile_ms: None,
        cases: Vec::new(),
    };
    NewVersion {
        name: manifest.name,
        version: Some(version.to_owned()),
        kind: manifest.kind.word().to_owned(),
        content: content.to_vec(),
        report: Some(report),
    }
}

fn add(world: &World, new: NewVersion) -> Stored<VersionAdded> {
    wait(world.store.add_plugin_version(&world.ctx(MONDAY), new))
}

fn advance(world: &World, version: &PluginVersion, next: VersionState) -> Stored<PluginVersion> {
    let report = version.report.clone().unwrap();
    wait(world.store.advance_plugin(&world.ctx(MONDAY + 1), version.id, next, report))
}

/// Through the gates.
fn staged(world: &World, new: NewVersion) -> PluginVersion {
    let version = add(world, new).unwrap().version;
    advance(world, &version, VersionState::Testing).unwrap();
    advance(world, &version, VersionState::Staged).unwrap()
}

fn activate(world: &World, name: &str, version: &str) -> Stored<PluginVersion> {
    wait(world.store.activate_plugin(&world.ctx(MONDAY + 2), name, version))
}

fn grant_all(world: &World, version: &PluginVersion) {
    let asks = version.manifest.as_ref().unwrap().asks();
    world.done(world.store.grant(&world.ctx(MONDAY), &version.name, asks));
}

fn code<T: std::fmt::Debug>(refused: Stored<T>) -> &'static str {
    match refused.unwrap_err() {
        StoreError::Conflict { code, .. } => code,
        other => panic!("{other}"),
    }
}

fn active(world: &World, name: &str) -> Vec<String> {
    let versions = world.done(world.store.plugin_versions(Some(world.tenant.key), Some(name)));
    versions.into_iter().filter(|(_, one)| one.active).map(|(_, one)| one.version).collect()
}

pub fn a_script_is_counted_and_never_changes(store: Arc<dyn Store>) {
    let world = World::new(store);
    let first = add(&world, script(b"a")).unwrap();
    assert_eq!((first.version.version.as_str(), first.is_new), ("1", true));
    let again = add(&world, script(b"a")).unwrap();
    assert_eq!((again.version, again.is_new), (first.version.clone(), false), "the same script is the same version");
    let second = add(&world, script(b"b")).unwrap().version;
    assert_eq!((second.version.as_str(), second.bytes, second.state), ("2", 1, VersionState::Staged));
    for version in ["1", "2"] {
        assert!(activate(&world, "goal-retry", version).unwrap().active);
        assert_eq!(active(&world, "goal-retry"), [version]);
    }
    let content = |version: &PluginVersion| world.done(world.store.plugin_content(world.tenant.key, version.id));
    assert_eq!((content(&first.version), content(&second)), (b"a".to_vec(), b"b".to_vec()));
    let empty = add(&world, script(b"")).unwrap().version;
    assert_eq!(content(&empty), b"");
    let as_plugin = NewVersion { name: "goal-retry".into(), ..upload("1.0.0", &[], b"c") };
    assert_eq!(code(add(&world, as_plugin)), "plugin_kind_differs");
}

pub fn an_upload_of_many_pieces_comes_back_whole(store: Arc<dyn Store>) {
    let world = World::new(store);
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let added = add(&world, upload("1.0.0", &[], &content)).unwrap().version;
    assert_eq!((added.state, added.bytes), (VersionState::Compiling, 3_000_000));
    assert_eq!(added.manifest.as_ref().map(|manifest| manifest.version.as_str()), Some("1.0.0"));
    assert_eq!(world.done(world.store.plugin_content(world.tenant.key, added.id)), content);
    let twin = world.done(world.store.twin_of(world.tenant.key)).key;
    assert_eq!(wait(world.store.plugin_content(twin, added.id)), Err(StoreError::NotFound("plugin version")));
    let ctx = WriteContext { tenant: twin, ..world.ctx(MONDAY) };
    let theirs = world.done(world.store.add_plugin_version(&ctx, upload("1.0.0", &[], &content))).version;
    assert_ne!(theirs.id, added.id);
    assert_eq!(world.done(world.store.plugin_content(twin, theirs.id)), content);
}

pub fn a_version_goes_through_the_gates_in_order(store: Arc<dyn Store>) {
    let world = World::new(store);
    let version = add(&world, upload("1.0.0", &[], b"a")).unwrap().version;
    assert_eq!(code(activate(&world, "acme-voice", "1.0.0")), "plugin_state");
    assert_eq!(code(advance(&world, &version, VersionState::Staged)), "plugin_state");
    assert_eq!(code(advance(&world, &version, VersionState::Active)), "plugin_state", "activation is no gate");
    advance(&world, &version, VersionState::Testing).unwrap();
    let unfinished = world.done(world.store.unfinished_plugins());
    assert_eq!(unfinished.iter().map(|(_, one)| one.id).collect::<Vec<_>>(), [version.id]);
    assert_eq!(code(add(&world, upload("1.0.0", &[], b"b"))), "version_exists", "also before it is staged");
    let done = advance(&world, &version, VersionState::Staged).unwrap();
    assert_eq!((done.state, done.changed_at), (VersionState::Staged, MONDAY + 1));
    assert_eq!(world.done(world.store.unfinished_plugins()), []);
    assert!(!add(&world, upload("1.0.0", &[], b"a")).unwrap().is_new);
    assert_eq!(code(add(&world, upload("1.0.0", &[], b"b"))), "version_exists");
}

pub fn a_rejected_version_frees_its_number(store: Arc<dyn Store>) {
    let world = World::new(store);
    let version = add(&world, upload("1.0.0", &[], b"a")).unwrap().version;
    let finding = Finding {
        stage: Stage::Compilation,
        code: "plugin_too_complex".into(),
        message: "it takes too long to compile".into(),
        next: "make it smaller".into(),
    };
    let report = version.report.clone().unwrap().closed(finding);
    let ctx = world.ctx(MONDAY + 1);
    let rejected = world.done(world.store.advance_plugin(&ctx, version.id, VersionState::Rejected, report.clone()));
    assert_eq!(rejected.report, Some(Report { manifest: None, ..report }));
    assert_eq!(code(activate(&world, "acme-voice", "1.0.0")), "plugin_state");
    let other = add(&world, upload("1.0.0", &[], b"b")).unwrap();
    assert!(other.is_new && other.version.id != version.id);
    let listed = world.done(world.store.plugin_versions(Some(world.tenant.key), None));
    assert_eq!(listed.len(), 1);
    assert_eq!(world.done(world.store.plugin_content(world.tenant.key, other.version.id)), b"b");
}

pub fn what_was_not_granted_is_not_activated(store: Arc<dyn Store>) {
    let world = World::new(store);
    let first = staged(&world, upload("1.0.0", &["api.acme.example"], b"a"));
    assert_eq!(code(activate(&world, "acme-voice", "1.0.0")), "plugin_not_granted");
    grant_all(&world, &first);
    assert!(activate(&world, "acme-voice", "1.0.0").unwrap().active);
    let more = staged(&world, upload("1.1.0", &["api.acme.example", "cdn.acme.example"], b"b"));
    let refused = activate(&world, "acme-voice", "1.1.0").unwrap_err().to_string();
    assert!(refused.contains("cdn.acme.example") && !refused.contains("api.acme.example"), "{refused}");
    assert_eq!(active(&world, "acme-voice"), ["1.0.0"]);
    grant_all(&world, &more);
    assert!(activate(&world, "acme-voice", "1.1.0").unwrap().active);
    let grants = world.done(world.store.grants(world.tenant.key, "acme-voice"));
    let items: Vec<_> = grants.iter().map(|grant| grant.ask.to_string()).collect();
    assert_eq!(items, ["auth account", "host api.acme.example", "host cdn.acme.example", "secret token"]);
    assert_eq!((grants[1].at, grants[1].by.as_str()), (MONDAY, "engine"));
    let left = world.done(world.store.revoke_grant(&world.ctx(MONDAY), "acme-voice", first.manifest.unwrap().asks()));
    assert_eq!(left.len(), 1);
    assert_eq!(wait(world.store.grants(world.tenant.key, "nobody")), Err(StoreError::NotFound("plugin")));
}

pub fn a_rollback_goes_back_step_by_step(store: Arc<dyn Store>) {
    let world = World::new(store);
    for content in [b"a", b"b", b"c"] {
        let version = add(&world, script(content)).unwrap().version;
        activate(&world, "goal-retry", &version.version).unwrap();
    }
    let back = || wait(world.store.rollback_plugin(&world.ctx(MONDAY + 9), "goal-retry"));
    assert_eq!(world.done(world.store.rollback_target(world.tenant.key, "goal-retry")).version, "2");
    let second = back().unwrap();
    assert_eq!((second.version.as_str(), second.activated_at), ("2", Some(MONDAY + 9)));
    assert_eq!(back().unwrap().version, "1");
    assert_eq!(code(back()), "nothing_to_roll_back_to");
    assert_eq!(active(&world, "goal-retry"), ["1"]);
    activate(&world, "goal-retry", "3").unwrap();
    assert_eq!(back().unwrap().version, "1");
}

pub fn a_version_in_use_is_not_retired(store: Arc<dyn Store>) {
    let world = World::new(store);
    for content in [b"a", b"b"] {
        let version = add(&world, script(content)).unwrap().version;
        activate(&world, "goal-retry", &version.version).unwrap();
    }
    let retire = |version| wait(world.store.retire_plugin(&world.ctx(MONDAY), "goal-retry", version));
    let name = |policy: &str| {
        let config = CampaignConfig { policy: Some(policy.parse().unwrap()), ..world.campaign.config.clone() };
        world.done(world.store.update_campaign(&world.ctx(MONDAY), world.campaign.id, config, None));
    };
    name("goal-retry@active");
    let refused = retire("2").unwrap_err().to_string();
    assert!(refused.contains(&world.campaign.id.to_string()), "{refused}");
    name("goal-retry@2");
    assert_eq!(code(retire("2")), "plugin_in_use");
    name("goal-retry@1");
    assert_eq!(retire("2").unwrap().state, VersionState::Retired);
    assert_eq!(retire("2").unwrap().state, VersionState::Retired, "a verb that changes nothing");
    assert_eq!(active(&world, "goal-retry"), Vec::<String>::new());
    assert!(activate(&world, "goal-retry", "2").unwrap().active);
}

pub fn use_is_added_up_and_the_last_failures_are_kept(store: Arc<dyn Store>) {
    let world = World::new(store);
    add(&world, script(b"a")).unwrap();
    let row = |at, calls, memory_bytes| PluginUsage {
        calls,
        memory_bytes,
        fuel: 10 * calls,
        ..PluginUsage::nothing(world.tenant.key, "goal-retry", "1", at)
    };
    let tomorrow = MONDAY + 86_400_000;
    world.done(world.store.add_plugin_usage(vec![row(MONDAY, 2, 100), row(MONDAY, 3, 50), row(tomorrow, 1, 7)]));
    world.done(world.store.add_plugin_usage(vec![row(MONDAY, 1, 60)]));
    let usage = world.done(world.store.plugin_usage(world.tenant.key, "goal-retry"));
    assert_eq!(usage, [row(tomorrow, 1, 7), row(MONDAY, 6, 100)]);

    let failure = |count: usize| PluginFailure {
        name: "goal-retry".into(),
        version: "1".into(),
        code: "policy_trapped".into(),
        message: format!("the {count}th"),
        at: MONDAY + count as i64,
    };
    let many = (0..KEPT_FAILURES + 30).map(failure).collect();
    world.done(world.store.add_plugin_failures(&world.ctx(MONDAY), many));
    let kept = world.done(world.store.plugin_failures(world.tenant.key, "goal-retry"));
    assert_eq!((kept.len(), &kept[0]), (KEPT_FAILURES, &failure(KEPT_FAILURES + 29)));
}

fn allow(world: &World, allowance: Allowance) {
    let limits = TenantLimits { plugins: allowance, ..world.tenant.limits.clone() };
    wait(world.store.update_tenant(&world.ctx(MONDAY), limits, false)).unwrap();
}

fn no_room(refused: Stored<VersionAdded>) -> NoRoom {
    match refused.unwrap_err() {
        StoreError::NoRoom { limit, message } => {
            assert!(message.contains(' '), "{message}");
            limit
        }
        other => panic!("{other}"),
    }
}

fn named(name: &str, content: &[u8]) -> NewVersion {
    NewVersion { name: name.to_owned(), ..script(content) }
}

fn delete(world: &World, name: &str, version: &str) -> Stored<PluginVersion> {
    wait(world.store.delete_plugin(&world.ctx(MONDAY + 3), name, version))
}

pub fn an_account_that_is_full_takes_no_version_until_one_is_deleted(store: Arc<dyn Store>) {
    let world = World::new(store);
    let twin = wait(world.store.twin_of(world.tenant.key)).unwrap();
    allow(&world, Allowance { stored_bytes: Some(10), plugins: Some(2), ..Allowance::default() });
    let twin_now = wait(world.store.tenant(twin.key)).unwrap();
    assert_eq!(twin_now.limits.plugins.stored_bytes, Some(10), "the twin has the same allowance");
    assert_eq!(twin_now.limits.max_concurrent_calls, twin.limits.max_concurrent_calls, "and its own limits otherwise");

    add(&world, script(b"123456")).unwrap();
    assert_eq!(no_room(add(&world, script(b"12345"))), NoRoom::StoredBytes);
    add(&world, script(b"1234")).unwrap();
    assert!(!add(&world, script(b"1234")).unwrap().is_new, "what is there already needs no room");
    let of_twin = WriteContext::engine(twin.key, MONDAY, 77);
    assert_eq!(no_room(wait(world.store.add_plugin_version(&of_twin, script(b"x")))), NoRoom::StoredBytes);

    delete(&world, "goal-retry", "1").unwrap();
    wait(world.store.add_plugin_version(&of_twin, script(b"x"))).unwrap();
    assert_eq!(no_room(add(&world, named("another", b"y"))), NoRoom::Plugins, "the twin's name counts");
    allow(&world, Allowance { versions: Some(2), ..Allowance::default() });
    assert_eq!(no_room(add(&world, script(b"z"))), NoRoom::Versions);

    allow(&world, Allowance { unfinished_uploads: Some(1), ..Allowance::default() });
    let first = add(&world, upload("1.0.0", &[], b"one")).unwrap().version;
    assert_eq!(no_room(add(&world, upload("1.0.1", &[], b"two"))), NoRoom::UnfinishedUploads);
    add(&world, script(b"not gated")).unwrap();
    advance(&world, &first, VersionState::Testing).unwrap();
    assert_eq!(no_room(add(&world, upload("1.0.1", &[], b"two"))), NoRoom::UnfinishedUploads);
    advance(&world, &first, VersionState::Rejected).unwrap();
    allow(&world, Allowance { versions: Some(4), unfinished_uploads: Some(1), ..Allowance::default() });
    let again = add(&world, upload("1.0.0", &[], b"three")).unwrap();
    assert!(again.is_new, "it takes the place of the rejected one, which does not count beside it");
    assert_eq!(no_room(add(&world, script(b"five"))), NoRoom::Versions);
}

pub fn what_is_deleted_is_gone_and_what_is_used_is_not_deleted(store: Arc<dyn Store>) {
    let world = World::new(store);
    let [first, second] = [b"a", b"b"].map(|content| add(&world, script(content)).unwrap().version);
    add(&world, named("same-bytes", b"a")).unwrap();
    activate(&world, "goal-retry", "1").unwrap();
    activate(&world, "goal-retry", "2").unwrap();
    assert_eq!(code(delete(&world, "goal-retry", "2")), "plugin_state", "it is active");
    let stranger = WriteContext::engine(wait(world.store.twin_of(world.tenant.key)).unwrap().key, MONDAY, 78);
    let theirs = wait(world.store.delete_plugin(&stranger, "goal-retry", "1"));
    assert!(matches!(theirs, Err(StoreError::NotFound(_))), "{theirs:?}");

    assert_eq!(delete(&world, "goal-retry", "1").unwrap().id, first.id);
    let gone = wait(world.store.plugin_version(world.tenant.key, "goal-retry", "1"));
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    let kept = wait(world.store.plugin_version(world.tenant.key, "same-bytes", "1")).unwrap();
    let content = wait(world.store.plugin_content(world.tenant.key, kept.id)).unwrap();
    assert_eq!(content, b"a", "another version has the same bytes");
    let back = wait(world.store.rollback_target(world.tenant.key, "goal-retry"));
    assert_eq!(code(back), "nothing_to_roll_back_to");
    assert_eq!(active(&world, "goal-retry"), [second.version.as_str()]);

    let coming = add(&world, upload("1.0.0", &[], b"gate")).unwrap().version;
    assert_eq!(code(delete(&world, &coming.name, "1.0.0")), "plugin_state", "it is being compiled");
    advance(&world, &coming, VersionState::Rejected).unwrap();
    delete(&world, &coming.name, "1.0.0").unwrap();
    assert!(add(&world, upload("1.0.0", &[], b"gate")).unwrap().is_new, "its number is free");
}
