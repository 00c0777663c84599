//! What happens to plugins is in the event log and in the audit, in the transaction in which it happens.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::Arc;

use campanile_domain::ports::store::{Actor, NewVersion, PluginFailure, Plugins, Store, WriteContext};
use campanile_store::{Options, Profile, open};
use rusqlite::Connection;
use support::{MONDAY, World, wait};

#[test]
fn every_step_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::Durable { folder: folder.path().to_owned() };
    let store = open(&Options { profile, readers: 1, vault: None }).unwrap();
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let ctx = || WriteContext { actor: Actor::Operator, ..world.ctx(MONDAY) };
    let (name, kind) = ("goal-retry".to_owned(), "script".to_owned());
    let new = NewVersion { name, version: None, kind, content: b"x".to_vec(), report: None };
    wait(store.add_plugin_version(&ctx(), new)).unwrap();
    wait(store.activate_plugin(&ctx(), "goal-retry", "1")).unwrap();
    wait(store.activate_plugin(&ctx(), "goal-retry", "1")).unwrap();
    let failure = |code: &str| PluginFailure {
        name: "goal-retry".into(),
        version: "1".into(),
        code: code.into(),
        message: "at line 3".into(),
        at: MONDAY,
    };
    let failures = vec![failure("policy_trapped"), failure("policy_trapped"), failure("policy_error")];
    wait(store.add_plugin_failures(&world.ctx(MONDAY), failures)).unwrap();
    store.close();

    let db = Connection::open(folder.path().join("campanile.db")).unwrap();
    let ask = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let events = "SELECT group_concat(type || ' ' || coalesce(json_extract(data, '$.code'), '-'), ', ')
        FROM (SELECT * FROM event WHERE type LIKE 'plugin.%' ORDER BY seq)";
    assert_eq!(ask(events), "plugin.activated -, plugin.failed policy_error, plugin.failed policy_trapped");
    let data = "SELECT data FROM event WHERE type = 'plugin.activated'";
    assert!(
        ask(data).contains(r#""name":"goal-retry","version":"1","kind":"script","state":"active""#),
        "{}",
        ask(data)
    );
    let audit = "SELECT group_concat(actor || ' ' || what || ' ' || target, ', ')
        FROM (SELECT * FROM audit WHERE what LIKE 'plugin.%' ORDER BY id)";
    assert_eq!(ask(audit), "operator plugin.add goal-retry@1, operator plugin.activate goal-retry@1");
}
