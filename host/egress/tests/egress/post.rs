//! The host's own messages: judged like a plugin's requests, never sent on, and read as far as is needed.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::outbound::OutboundFault;
use campanile_domain::ports::post::{Letter, Post, Posted};
use tokio::sync::Notify;

use crate::server::{Act, Server, answer, redirect};
use crate::world::World;

fn letter(url: String) -> Letter {
    Letter {
        url,
        headers: vec![("webhook-id", "evt_1".into())],
        body: br#"{"type":"webhook.test"}"#.to_vec(),
        timeout_ms: 2_000,
        kept_bytes: 16,
    }
}

async fn post(world: &World, url: String) -> Result<Posted, OutboundFault> {
    world.egress.post(TenantKey(1), letter(url)).await
}

#[tokio::test]
async fn a_message_arrives_whole_and_the_beginning_of_its_answer_comes_back() {
    let server = Server::start(|_, _| answer(429, &[("retry-after", "7")], "x".repeat(100_000))).await;
    let world = World::new(&[server.port]);
    let posted = post(&world, server.url("/hook?token=a")).await.unwrap();
    assert_eq!(posted, Posted { status: 429, retry_after_ms: Some(7_000), body: vec![b'x'; 16] });
    let heard = server.arrival().await;
    assert_eq!(
        (heard.line.as_str(), heard.body.as_str()),
        ("POST /hook?token=a HTTP/1.1", r#"{"type":"webhook.test"}"#)
    );
    assert_eq!((heard.header("content-type"), heard.header("webhook-id")), (Some("application/json"), Some("evt_1")));
    assert!(heard.header("user-agent").is_some_and(|agent| agent.starts_with("campanile/")));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(move |_, _| redirect(status, "/elsewhere")).await;
        let world = World::new(&[server.port]);
        assert_eq!(post(&world, server.url("/")).await.unwrap().status, status);
        assert_eq!(server.heard().len(), 1);
    }
}

#[tokio::test]
async fn who_answers_and_goes_on_for_ever_or_not_at_all_has_answered() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("1000\r\n{}\r\n", "y".repeat(0x1000));
    let server = Server::start(move |count, _| match count {
        0 => Act::SayAndHang(format!("{head}half").into_bytes()),
        1 => Act::SayAndReset(format!("{head}half").into_bytes()),
        _ => Act::SayForEver(endless.into(), chunk.clone().into_bytes()),
    })
    .await;
    let world = World::new(&[server.port]);
    for body in ["half", "half", "yyyyyyyyyyyyyyyy"] {
        let posted = post(&world, server.url("/")).await.unwrap();
        assert_eq!((posted.status, posted.body.as_slice()), (200, body.as_bytes()));
    }
}

#[tokio::test]
async fn who_says_nothing_in_time_has_not() {
    let never = Arc::new(Notify::new());
    let server = Server::start(move |_, _| Act::After(never.clone(), Box::new(answer(200, &[], "")))).await;
    let world = World::new(&[server.port]);
    let slow = Letter { timeout_ms: 50, ..letter(server.url("/")) };
    assert_eq!(world.egress.post(TenantKey(1), slow).await, Err(OutboundFault::TimedOut));
}

#[tokio::test]
async fn where_plugins_may_not_go_messages_may_not_either() {
    let world = World::new(&[]);
    world.names.set("inside.example.com", &[&["10.0.0.7"]]);
    world.names.set("turns.example.com", &[&["8.8.8.8", "169.254.169.254"]]);
    let told = |refused: &str| assert!(!refused.contains("auth block") && !refused.contains("granted"), "{refused}");
    for url in [
        "http://hooks.example.com/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://hooks.example.com:25/",
        "https://user:pass@hooks.example.com/",
        "https://hooks.example.com/a b",
        "hooks.example.com",
        "ftp://hooks.example.com/",
    ] {
        let refused = world.egress.may_go(url).expect_err(url);
        told(&refused);
        assert_eq!(post(&world, url.to_owned()).await, Err(OutboundFault::Denied(refused)), "{url}");
    }
    for url in ["https://inside.example.com/", "https://turns.example.com/hook"] {
        assert_eq!(world.egress.may_go(url), Ok(()), "a name is judged when it is resolved");
        let refused = post(&world, url.to_owned()).await;
        assert!(matches!(&refused, Err(OutboundFault::Denied(why)) if !why.contains("10.0.0.7")), "{url}: {refused:?}");
    }
}
