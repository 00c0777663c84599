//! Auth blocks: filled in for their hosts only, and for nobody who fills in his own.

use campanile_domain::ports::gateway::Evidence::NothingSent;
use campanile_domain::ports::outbound::OutboundRequest;
use serde_json::{Value, json};

use crate::server::{Server, answer};
use crate::world::{World, request, told, why, with_auth};

#[tokio::test]
async fn each_direct_style_reaches_the_provider_and_no_guest() {
    let server = Server::start(|_, _| answer(200, &[], "")).await;
    let mut world = World::new(&[server.port]);
    let blocks: [(Value, &str, &str); 4] = [
        (json!({"style": "bearer", "token": {"secret": "key"}}), "authorization", "Bearer s3cr3t+key/value"),
        (
            json!({"style": "basic", "username": {"setting": "user"}, "password": {"secret": "password"}}),
            "authorization",
            "Basic QUMxOnBhc3M6dzByZA==",
        ),
        (
            json!({"style": "header", "name": "X-Api-Key", "prefix": "Token ", "value": {"secret": "key"}}),
            "x-api-key",
            "Token s3cr3t+key/value",
        ),
        (json!({"style": "query", "name": "key", "value": {"secret": "key"}}), "", ""),
    ];
    for (at, (block, header, value)) in blocks.into_iter().enumerate() {
        world.grant("main", block);
        let sent = world.send(with_auth("POST", server.url("/v1?name={{secret:key}}"), "main")).await;
        assert_eq!(told(&sent), "200", "{}", why(&sent));
        let heard = &server.heard()[at];
        if header.is_empty() {
            assert_eq!(
                heard.path(),
                "/v1?name=%7B%7Bsecret%3Akey%7D%7D&key=s3cr3t%2Bkey%2Fvalue"
                    .replace("%7B%7Bsecret%3Akey%7D%7D", "{{secret:key}}")
            );
        } else {
            assert_eq!(heard.header(header), Some(value));
            assert_eq!(heard.path(), "/v1?name={{secret:key}}", "a text of the guest's stays what it is");
        }
    }
}

#[tokio::test]
async fn a_block_is_for_its_hosts() {
    let server = Server::start(|_, _| answer(200, &[], "")).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", json!({"style": "bearer", "token": {"secret": "key"}, "hosts": ["other.example.com"]}));
    let sent = world.send(with_auth("GET", server.url("/"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", NothingSent));
    assert!(why(&sent).contains("api.example.com"), "{}", why(&sent));
    let fine = format!("http://other.example.com:{}/", server.port);
    assert_eq!(told(&world.send(with_auth("GET", fine, "main")).await), "200");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn a_guest_signs_itself_only_without_a_block() {
    let server = Server::start(|_, _| answer(200, &[], "")).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", json!({"style": "query", "name": "key", "value": {"secret": "key"}}));
    let headers = vec![("Authorization".to_owned(), "HMAC own".to_owned())];
    let own = OutboundRequest { headers: headers.clone(), ..request("GET", server.url("/")) };
    assert_eq!(told(&world.send(own).await), "200");
    assert_eq!(server.heard()[0].header("authorization"), Some("HMAC own"));
    let both = OutboundRequest { headers, ..with_auth("GET", server.url("/"), "main") };
    let sent = world.send(both).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", NothingSent));
}

#[tokio::test]
async fn a_missing_secret_is_unauthorised_and_sends_nothing() {
    let server = Server::start(|_, _| answer(200, &[], "")).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", json!({"style": "bearer", "token": {"secret": "not-there"}}));
    let sent = world.send(with_auth("POST", server.url("/"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unauthorised", NothingSent));
    assert!(why(&sent).contains("not-there") && server.heard().is_empty());
}

#[tokio::test]
async fn credentials_that_are_echoed_do_not_come_back() {
    let echo = |_: usize, heard: &crate::server::Heard| {
        let told = heard.header("authorization").unwrap_or_default().to_owned();
        let bare = told.split_once(' ').map_or("", |(_, bare)| bare).to_owned();
        answer(401, &[("x-told", &told), ("x-bare", &bare)], format!("<{told}> <{bare}> <pass:w0rd> <pass%3Aw0rd>"))
    };
    let server = Server::start(echo).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", json!({"style": "basic", "username": {"setting": "user"}, "password": {"secret": "password"}}));
    let reply = world.send(with_auth("GET", server.url("/"), "main")).await.answer.unwrap();
    let said = format!("{:?} {}", reply.headers, String::from_utf8(reply.body).unwrap());
    for secret in ["QUMxOnBhc3M6dzByZA==", "pass:w0rd", "pass%3Aw0rd"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    assert!(said.contains("<Basic [secret credential]>") && said.contains("<[secret password]>"), "{said}");
}
