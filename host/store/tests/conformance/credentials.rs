//! Secrets, gateways that are plugins, connections.

use std::sync::Arc;

use campanile_domain::plugin::VersionState;
use campanile_domain::plugin::report::{Report, Stage};
use campanile_domain::plugin::secrets::{ExposeSecret, Secrets};
use campanile_domain::ports::outbound::Tokens;
use campanile_domain::ports::store::{
    AssistantConfig, ConnectionStatus, GatewayChange, GatewayRow, NewConnection, NewGateway, NewVersion,
    PendingConsent, SecretOwner, Store, StoreError, Stored, WriteContext,
};

use crate::support::{MONDAY, World, manifest, wait};

/// A voice gateway of the tenant, staged and granted everything.
fn acme(world: &World, version: &str) {
    let manifest = manifest(version, &["api.acme.example"]);
    let report = Report {
        passed: true,
        stage: Stage::Admission,
        manifest: Some(manifest.clone()),
        sha256: String::new(),
        bytes: 1,
        findings: Vec::new(),
        artefact_bytes: None,
        compile_ms: None,
        cases: Vec::new(),
    };
    let new = NewVersion {
        name: manifest.name.clone(),
        version: Some(version.to_owned()),
        kind: manifest.kind.word().to_owned(),
        content: version.as_bytes().to_vec(),
        report: Some(report.clone()),
    };
    let added = world.done(world.store.add_plugin_version(&world.ctx(MONDAY), new)).version;
    for next in [VersionState::Testing, VersionState::Staged] {
        world.done(world.store.advance_plugin(&world.ctx(MONDAY), added.id, next, report.clone()));
    }
    world.done(world.store.grant(&world.ctx(MONDAY), &manifest.name, manifest.asks()));
}

fn install(world: &World, plugin: &str, secrets: &[(&str, &str)]) -> Stored<GatewayRow> {
    let new = NewGateway {
        plugin: Some(plugin.parse().unwrap()),
        secrets: secrets.iter().copied().collect(),
        ..NewGateway::built_in("Acme", "plugin", serde_json::json!({"account": "a1"}))
    };
    wait(world.store.create_gateway(&world.ctx(MONDAY), new))
}

fn code<T: std::fmt::Debug>(refused: Stored<T>) -> &'static str {
    match refused.unwrap_err() {
        StoreError::Conflict { code, .. } => code,
        other => panic!("{other}"),
    }
}

pub fn a_gateway_of_a_plugin_needs_a_version_grants_and_secrets(store: Arc<dyn Store>) {
    let world = World::new(store);
    let token = [("token", "s3cr3t")];
    assert_eq!(code(install(&world, "acme-voice@1.0.0", &token)), "unknown_plugin");
    acme(&world, "1.0.0");
    assert_eq!(code(install(&world, "acme-voice@active", &token)), "unknown_plugin", "none is active");
    assert_eq!(code(install(&world, "acme-voice@1.0.0", &[])), "secret_missing");
    let gateway = install(&world, "acme-voice@1.0.0", &token).unwrap();
    assert_eq!(gateway.plugin.as_ref().map(ToString::to_string).as_deref(), Some("acme-voice@1.0.0"));
    let owner = SecretOwner::Gateway(gateway.id);
    let secrets = world.done(world.store.secrets(world.tenant.key, owner.clone()));
    assert_eq!(secrets.get("token").map(|secret| secret.expose_secret()), Some("s3cr3t"));
    assert_eq!(world.done(world.store.secret_names(world.tenant.key, owner))[0].name, "token");

    let retired = wait(world.store.retire_plugin(&world.ctx(MONDAY), "acme-voice", "1.0.0"));
    assert_eq!(code(retired), "plugin_in_use");
    let asks = manifest("1.0.0", &["api.acme.example"]).asks();
    world.done(world.store.revoke_grant(&world.ctx(MONDAY), "acme-voice", asks));
    assert_eq!(code(install(&world, "acme-voice@1.0.0", &token)), "plugin_not_granted");
}

pub fn a_secret_is_set_anew_and_a_stranger_has_none(store: Arc<dyn Store>) {
    let world = World::new(store);
    acme(&world, "1.0.0");
    let gateway = install(&world, "acme-voice@1.0.0", &[("token", "old")]).unwrap();
    let owner = SecretOwner::Gateway(gateway.id);
    let put = |ctx: &WriteContext| wait(world.store.put_secret(ctx, owner.clone(), "token".into(), "new".into()));
    assert_eq!(put(&world.ctx(MONDAY + 5)).unwrap().set_at, MONDAY + 5);
    let secrets = world.done(world.store.secrets(world.tenant.key, owner.clone()));
    assert_eq!(secrets.get("token").map(|secret| secret.expose_secret()), Some("new"));
    let twin = world.done(world.store.twin_of(world.tenant.key)).key;
    let ctx = WriteContext { tenant: twin, ..world.ctx(MONDAY) };
    assert_eq!(put(&ctx).unwrap_err(), StoreError::NotFound("gateway"));
    assert_eq!(wait(world.store.secrets(twin, owner)).unwrap_err(), StoreError::NotFound("gateway"));
}

pub fn a_gateway_changes_its_version_and_goes_when_nobody_needs_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    acme(&world, "1.0.0");
    acme(&world, "1.1.0");
    let gateway = install(&world, "acme-voice@1.0.0", &[("token", "t")]).unwrap();
    let change = |plugin: &str| {
        let settings = serde_json::json!({"account": "a2"});
        let change = GatewayChange { name: "Acme 2".into(), plugin: Some(plugin.parse().unwrap()), settings };
        wait(world.store.update_gateway(&world.ctx(MONDAY), gateway.id, change))
    };
    assert_eq!(code(change("acme-voice@9.0.0")), "unknown_plugin");
    assert_eq!(code(change("other-voice@1.0.0")), "gateway_keeps_plugin");
    let changed = change("acme-voice@1.1.0").unwrap();
    assert_eq!((changed.name.as_str(), changed.settings["account"].as_str()), ("Acme 2", Some("a2")));
    assert_eq!(changed.plugin.and_then(|plugin| plugin.version).as_deref(), Some("1.1.0"));

    let config = AssistantConfig { gateway: gateway.id, ..world.assistant.config.clone() };
    let assistant = world.done(world.store.create_assistant(&world.ctx(MONDAY), config));
    let delete = || wait(world.store.delete_gateway(&world.ctx(MONDAY), gateway.id));
    assert_eq!(code(delete()), "gateway_in_use");
    world.done(world.store.delete_assistant(&world.ctx(MONDAY), assistant.id));
    delete().unwrap();
    assert_eq!(delete().unwrap_err(), StoreError::NotFound("gateway"));
    assert_eq!(wait(world.store.gateway_by_id(gateway.id)).unwrap_err(), StoreError::NotFound("gateway"));
    assert!(!world.done(world.store.gateways(None)).iter().any(|row| row.id == gateway.id));
    let retired = wait(world.store.retire_plugin(&world.ctx(MONDAY), "acme-voice", "1.1.0"));
    assert!(retired.is_ok(), "nothing uses it any more");
}

pub fn a_connection_is_authorised_once_per_consent(store: Arc<dyn Store>) {
    let world = World::new(store);
    acme(&world, "1.0.0");
    let new = |plugin: &str| NewConnection {
        plugin: plugin.into(),
        auth: "account".into(),
        name: "Acme of Ann".into(),
        settings: serde_json::json!({}),
        secrets: [("client_secret", "c")].into_iter().collect::<Secrets>(),
    };
    let create = |plugin| wait(world.store.create_connection(&world.ctx(MONDAY), new(plugin)));
    assert_eq!(create("nobody").unwrap_err(), StoreError::NotFound("plugin"));
    let made = create("acme-voice").unwrap();
    assert_eq!((made.status, made.authorised_at), (ConnectionStatus::Pending, None));
    assert_eq!(wait(world.store.pending_consent(made.id)).unwrap_err(), StoreError::NotFound("consent"));
    let consent = |byte| PendingConsent { state_hash: [byte; 32], verifier: "v".into(), expires_at: MONDAY + 10 };
    world.done(world.store.ask_consent(&world.ctx(MONDAY), made.id, consent(1)));
    world.done(world.store.ask_consent(&world.ctx(MONDAY), made.id, consent(2)));
    let pending = world.done(world.store.pending_consent(made.id));
    assert_eq!((pending.state_hash, pending.verifier.expose_secret()), ([2; 32], "v"));
    let take = |byte| world.done(world.store.take_consent(&world.ctx(MONDAY), made.id, [byte; 32]));
    assert_eq!((take(1), take(2), take(2)), (false, true, false));
    let tokens = Tokens { access: "a".into(), refresh: Some("r".into()), expires_at: None };
    let authorised = world.done(world.store.authorise_connection(&world.ctx(MONDAY + 3), made.id, tokens.clone()));
    assert_eq!((authorised.status, authorised.authorised_at), (ConnectionStatus::Authorised, Some(MONDAY + 3)));
    let broken = world.done(world.store.break_connection(&world.ctx(MONDAY), made.id, "refused".into()));
    assert_eq!((broken.status, broken.broken_because.as_deref()), (ConnectionStatus::Broken, Some("refused")));
    let revoked = world.done(world.store.revoke_connection(&world.ctx(MONDAY), made.id));
    assert_eq!(revoked.status, ConnectionStatus::Revoked);
    let again = wait(world.store.authorise_connection(&world.ctx(MONDAY), made.id, tokens));
    assert_eq!(code(again), "connection_revoked");
    let owner = SecretOwner::Connection(made.id);
    assert_eq!(world.done(world.store.secret_names(world.tenant.key, owner)), []);
    assert_eq!(world.done(world.store.connections(world.tenant.key)), [revoked]);
}
