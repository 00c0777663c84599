//! Tokens of connections: a pair that is used before it is kept, or lost, locks a tenant out of the other system.

use std::sync::Arc;

use campanile_domain::plugin::auth::AuthBlock;
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::gateway::Evidence::{Answered, NothingSent};
use campanile_domain::ports::outbound::OutboundRequest;
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use campanile_egress::Consent;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::server::{Act, Server, answer};
use crate::world::{Mood, START, World, shown, told, why, with_auth};

fn crm(port: u16) -> Value {
    json!({
        "style": "oauth2-authorization-code",
        "authorize_url": "https://login.example.com/authorize",
        "token_url": format!("http://login.example.com:{port}/token"),
        "client_id": {"setting": "app_id"},
        "client_secret": {"secret": "app_secret"},
    })
}

/// Rotates: `refresh-n` works once and gives `access-n+1` and `refresh-n+1`. Everything else is accepted with the newest
/// access token only.
fn rotating() -> impl Fn(usize, &crate::server::Heard) -> Act + Send + Sync {
    let newest = std::sync::Mutex::new(1);
    move |_, heard| {
        let mut newest = newest.lock().unwrap();
        if heard.path() != "/token" {
            let fine = heard.header("authorization") == Some(format!("Bearer access-{newest}").as_str());
            return answer(if fine { 200 } else { 401 }, &[], "");
        }
        if !heard.body.contains(&format!("refresh_token=refresh-{newest}&")) {
            return answer(400, &[], json!({"error": "invalid_grant", "error_description": heard.body}).to_string());
        }
        *newest += 1;
        let pair = json!({"access_token": format!("access-{newest}"), "refresh_token": format!("refresh-{newest}"), "expires_in": 3600});
        answer(200, &[], pair.to_string())
    }
}

async fn rotating_world() -> (Server, World) {
    let server = Server::start(rotating()).await;
    let mut world = World::new(&[server.port]);
    world.grant("crm", crm(server.port));
    world.store.put("access-1", Some("refresh-1"), Some(START + HOUR_MS));
    (server, world)
}

fn refreshes(server: &Server) -> usize {
    server.heard().iter().filter(|heard| heard.path() == "/token").count()
}

#[tokio::test]
async fn a_token_that_ends_soon_is_refreshed_and_the_pair_is_kept() {
    let (server, world) = rotating_world().await;
    let get = || with_auth("GET", server.url("/x"), "crm");
    assert_eq!(told(&world.send(get()).await), "200");
    assert_eq!(refreshes(&server), 0);
    world.clock.advance(HOUR_MS - MINUTE_MS);
    assert_eq!(told(&world.send(get()).await), "200");
    assert_eq!((refreshes(&server), world.store.stored().as_str()), (1, "access-2/refresh-2"));
    world.clock.advance(HOUR_MS - MINUTE_MS);
    assert_eq!(told(&world.send(with_auth("POST", server.url("/x"), "crm")).await), "200");
    assert_eq!((refreshes(&server), world.store.stored().as_str()), (2, "access-3/refresh-3"));
}

#[tokio::test]
async fn many_requests_refresh_once() {
    let (server, world) = rotating_world().await;
    world.clock.advance(HOUR_MS);
    let all = (0..20).map(|_| world.send(with_auth("POST", server.url("/x"), "crm")));
    for sent in futures::future::join_all(all).await {
        assert_eq!((told(&sent).as_str(), sent.evidence), ("200", Answered(200)), "{}", why(&sent));
    }
    assert_eq!(refreshes(&server), 1);
}

#[tokio::test]
async fn a_pair_that_is_not_kept_is_not_used_and_not_lost() {
    for mood in [Mood::Fails, Mood::Dies] {
        let (server, world) = rotating_world().await;
        world.clock.advance(HOUR_MS);
        *world.store.mood.lock().unwrap() = mood;
        for _ in 0..3 {
            let sent = world.send(with_auth("POST", server.url("/x"), "crm")).await;
            assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", NothingSent), "{mood:?}: {}", why(&sent));
        }
        assert!(server.heard().iter().all(|heard| heard.path() == "/token"), "{mood:?}");
        assert_eq!((refreshes(&server), world.store.stored().as_str()), (1, "access-1/refresh-1"), "{mood:?}");
        *world.store.mood.lock().unwrap() = Mood::Keeps;
        let sent = world.send(with_auth("POST", server.url("/x"), "crm")).await;
        assert_eq!(told(&sent), "200", "{mood:?}: {}", why(&sent));
        assert_eq!((refreshes(&server), world.store.stored().as_str()), (1, "access-2/refresh-2"), "{mood:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_authorised_again_is_not_overwritten_by_an_older_pair() {
    let (server, world) = rotating_world().await;
    world.clock.advance(HOUR_MS);
    *world.store.mood.lock().unwrap() = Mood::Fails;
    world.send(with_auth("GET", server.url("/x"), "crm")).await;
    *world.store.mood.lock().unwrap() = Mood::Keeps;
    world.store.put("access-2", Some("another"), None);
    assert_eq!(told(&world.send(with_auth("GET", server.url("/x"), "crm")).await), "200");
    assert_eq!(world.store.stored(), "access-2/another");
}

#[tokio::test]
async fn a_refresh_is_finished_when_nobody_waits_for_it() {
    let signal = Arc::new(Notify::new());
    let (script, gate) = (rotating(), signal.clone());
    let server = Server::start(move |before, heard| {
        let act = script(before, heard);
        if heard.path() == "/token" { Act::After(gate.clone(), Box::new(act)) } else { act }
    })
    .await;
    let mut world = World::new(&[server.port]);
    world.grant("crm", crm(server.port));
    world.store.put("access-1", Some("refresh-1"), Some(START));
    let hurried = OutboundRequest { timeout_ms: 200, ..with_auth("POST", server.url("/x"), "crm") };
    let sent = world.send(hurried).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("timed out", NothingSent));
    signal.notify_one();
    assert_eq!(world.store.kept().await, "access-2/refresh-2");
    assert_eq!(told(&world.send(with_auth("POST", server.url("/x"), "crm")).await), "200");
    assert_eq!(refreshes(&server), 1);
}

#[tokio::test]
async fn a_refused_refresh_asks_for_consent_and_is_not_repeated_at_once() {
    let (server, world) = rotating_world().await;
    world.store.put("access-0", Some("refresh-0-s3cr3t"), Some(START));
    for _ in 0..3 {
        let sent = world.send(with_auth("POST", server.url("/x"), "crm")).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("unauthorised", NothingSent));
        let why = why(&sent);
        assert!(
            why.contains("must be authorised again") && why.contains("con_") && why.contains("invalid_grant"),
            "{why}"
        );
        assert!(!why.contains("s3cr3t") && why.contains("[secret refresh_token"), "{why}");
    }
    assert_eq!(server.heard().len(), 1);
    world.clock.advance(MINUTE_MS);
    world.send(with_auth("GET", server.url("/x"), "crm")).await;
    assert_eq!(refreshes(&server), 2);
    world.store.put("access-1", Some("refresh-1"), Some(START));
    assert_eq!(told(&world.send(with_auth("GET", server.url("/x"), "crm")).await), "200", "authorised again");
}

#[tokio::test]
async fn a_token_revoked_early_is_refreshed_once_and_only_a_read_is_repeated() {
    let (server, world) = rotating_world().await;
    world.store.put("access-0", Some("refresh-1"), Some(START + HOUR_MS));
    let sent = world.send(with_auth("GET", server.url("/x"), "crm")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("200", Answered(200)));
    assert_eq!(world.store.kept().await, "access-2/refresh-2");
    world.store.put("access-0", Some("refresh-2"), Some(START + HOUR_MS));
    let sent = world.send(with_auth("POST", server.url("/dial"), "crm")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("401", Answered(401)));
    assert_eq!(world.store.kept().await, "access-3/refresh-3", "for the next request");
    assert_eq!(server.heard().iter().filter(|heard| heard.path() == "/dial").count(), 1);
}

#[tokio::test]
async fn a_read_whose_token_is_gone_says_so() {
    let (server, world) = rotating_world().await;
    world.store.put("access-0", None, None);
    let sent = world.send(with_auth("GET", server.url("/x"), "crm")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unauthorised", Answered(401)));
    assert!(why(&sent).contains("must be authorised again"), "{}", why(&sent));
}

#[tokio::test]
async fn no_connection_and_a_revoked_one_are_told() {
    let (server, mut world) = rotating_world().await;
    world.principal.connections.clear();
    let sent = world.send(with_auth("GET", server.url("/x"), "crm")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unauthorised", NothingSent));
    assert!(why(&sent).contains("no connection"));
    let mut world = World::new(&[server.port]);
    world.grant("crm", crm(server.port));
    let sent = world.send(with_auth("GET", server.url("/x"), "crm")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unauthorised", NothingSent));
    assert!(why(&sent).contains("revoked"));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_a_refused_one_is_not_repeated_to_anybody() {
    let server = Server::start(|before, heard| match before {
        0 => answer(200, &[], r#"{"access_token":"a","refresh_token":"r","expires_in":"60"}"#),
        _ => answer(400, &[], json!({"error": "invalid_grant", "error_description": heard.body}).to_string()),
    })
    .await;
    let world = World::new(&[server.port]);
    let block: AuthBlock = serde_json::from_value(crm(server.port)).unwrap();
    let secret = |text: &str| SecretString::from(text.to_owned());
    let exchange = || {
        world.egress.exchange_code(Consent {
            tenant: world.principal.tenant,
            block: &block,
            hosts: &world.principal.hosts,
            settings: &world.principal.settings,
            secrets: &world.principal.secrets,
            redirect_uri: "https://us.example/cb",
            code: secret("c0de/once"),
            pkce_verifier: secret("v3rifier"),
        })
    };
    let tokens = exchange().await.unwrap();
    assert_eq!((shown(&tokens).as_str(), tokens.expires_at), ("a/r", Some(START + MINUTE_MS)));
    let body = server.heard()[0].body.clone();
    for part in ["grant_type=authorization_code", "code=c0de%2Fonce", "code_verifier=v3rifier", "client_id=the-app"] {
        assert!(body.contains(part), "{body}");
    }
    let why = exchange().await.unwrap_err().to_string();
    assert!(why.contains("invalid_grant") && !why.contains("c0de") && !why.contains("v3rifier"), "{why}");
}
