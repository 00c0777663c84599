//! Secrets in a database that somebody else can write, and keys that change.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;
use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::secrets::{ExposeSecret, Secrets};
use campanile_domain::ports::outbound::{TokenStore, Tokens};
use campanile_domain::ports::store::{
    Accounts, Credentials, NewConnection, NewGateway, NewVersion, Plugins, SecretOwner, Store, StoreError,
};
use campanile_store::{Options, Profile, SqliteStore, VaultKeys, open};
use rusqlite::Connection;
use support::{MONDAY, World, vault, wait};

fn open_with(folder: &Path, vault: Option<VaultKeys>) -> Arc<SqliteStore> {
    open(&Options { profile: Profile::Durable { folder: folder.to_owned() }, readers: 1, vault }).unwrap()
}

fn gateway(world: &World) -> SecretOwner {
    let new = NewGateway::built_in("g", "carrier", serde_json::json!({}));
    SecretOwner::Gateway(world.done(world.store.create_gateway(&world.ctx(MONDAY), new)).id)
}

fn secret(store: &SqliteStore, tenant: TenantKey, owner: &SecretOwner) -> Result<Option<String>, StoreError> {
    let secrets = wait(store.secrets(tenant, owner.clone()))?;
    Ok(secrets.get("token").map(|secret| secret.expose_secret().to_owned()))
}

#[test]
fn a_secret_that_was_moved_to_another_row_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Some(vault(&[7])));
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let (mine, other) = (gateway(&world), gateway(&world));
    for owner in [&mine, &other] {
        let value = format!("of {owner}").into();
        world.done(world.store.put_secret(&world.ctx(MONDAY), owner.clone(), "token".into(), value));
    }
    let tenant = world.tenant.key;
    assert_eq!(secret(&store, tenant, &mine), Ok(Some(format!("of {mine}"))));
    let file = std::fs::read(folder.path().join("campanile.db")).unwrap();
    let wal = std::fs::read(folder.path().join("campanile.db-wal")).unwrap();
    let plain = format!("of {mine}");
    assert!(![file, wal].iter().any(|bytes| bytes.windows(plain.len()).any(|window| window == plain.as_bytes())));
    store.close();

    let db = Connection::open(folder.path().join("campanile.db")).unwrap();
    let swap = "UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE owner = ?1) WHERE owner = ?2";
    db.execute(swap, [mine.to_string(), other.to_string()]).unwrap();
    db.close().unwrap();
    let store = open_with(folder.path(), Some(vault(&[7])));
    assert!(matches!(secret(&store, tenant, &other), Err(StoreError::Broken(why)) if why.contains("another place")));
    assert_eq!(secret(&store, tenant, &mine), Ok(Some(plain)));
}

#[test]
fn keys_change_and_what_was_sealed_before_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Some(vault(&[7])));
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let (old, new, tenant) = (gateway(&world), gateway(&world), world.tenant.key);
    world.done(world.store.put_secret(&world.ctx(MONDAY), old.clone(), "token".into(), "old".into()));
    let (ctx, later) = (world.ctx(MONDAY), world.ctx(MONDAY));
    store.close();
    let store = open_with(folder.path(), Some(vault(&[8, 7])));
    wait(store.put_secret(&ctx, new.clone(), "token".into(), "new".into())).unwrap();
    assert_eq!(secret(&store, tenant, &old), Ok(Some("old".into())));
    store.close();
    let store = open_with(folder.path(), Some(vault(&[8])));
    assert_eq!(secret(&store, tenant, &new), Ok(Some("new".into())));
    assert!(matches!(secret(&store, tenant, &old), Err(StoreError::Broken(why)) if why.contains("key")));
    store.close();
    let store = open_with(folder.path(), None);
    let refused = wait(store.put_secret(&later, new.clone(), "token".into(), "x".into())).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "no_secret_key", .. }), "{refused}");
    assert_eq!(wait(store.gateways(Some(tenant))).unwrap().len(), 3, "everything else goes on");
}

#[test]
fn tokens_are_kept_before_they_are_used_and_only_for_their_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Some(vault(&[7])));
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let (name, kind) = ("crm-leads".to_owned(), "script".to_owned());
    let plugin = NewVersion { name, version: None, kind, content: b"x".to_vec(), report: None };
    wait(store.add_plugin_version(&world.ctx(MONDAY), plugin)).unwrap();
    let new = NewConnection {
        plugin: "crm-leads".into(),
        auth: "crm".into(),
        name: "CRM".into(),
        settings: serde_json::json!({}),
        secrets: Secrets::default(),
    };
    let id = wait(store.create_connection(&world.ctx(MONDAY), new)).unwrap().id;
    let tenant = world.tenant.key;
    assert!(wait(store.tokens(tenant, id)).unwrap_err().0.contains("authorise"));
    for round in ["one", "two"] {
        let tokens = Tokens { access: round.into(), refresh: Some("r".into()), expires_at: Some(MONDAY) };
        wait(store.keep_tokens(tenant, id, tokens)).unwrap();
    }
    store.close();
    let store = open_with(folder.path(), Some(vault(&[7])));
    let kept = wait(store.tokens(tenant, id)).unwrap();
    assert_eq!((kept.access.expose_secret(), kept.expires_at), ("two", Some(MONDAY)));
    let twin = wait(store.twin_of(tenant)).unwrap().key;
    assert!(wait(store.tokens(twin, id)).is_err());
    wait(store.revoke_connection(&world.ctx(MONDAY), id)).unwrap();
    assert!(wait(store.tokens(tenant, id)).unwrap_err().0.contains("revoked"));
}
