//! Hostile answers: each is bounded, and told for what it is.

use std::io::Write;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::gateway::Evidence::Answered;
use campanile_domain::ports::outbound::{Outbound, OutboundRequest};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::server::{Act, Server, answer};
use crate::world::{World, request, told, why};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

async fn get(
    act: impl Fn() -> Act + Send + Sync + 'static,
    timeout_ms: u32,
) -> campanile_domain::ports::outbound::Sent {
    let server = Server::start(move |_, _| act()).await;
    let world = World::new(&[server.port]);
    world.send(OutboundRequest { timeout_ms, ..request("GET", server.url("/")) }).await
}

#[tokio::test]
async fn an_endless_body_is_too_large() {
    let chunk = [b"1000\r\n".to_vec(), vec![b'x'; 0x1000], b"\r\n".to_vec()].concat();
    let sent = get(move || Act::SayForEver(HEAD.to_vec(), chunk.clone()), 20_000).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("too large", Answered(200)));
}

#[tokio::test]
async fn an_announced_size_is_believed_when_it_is_too_large() {
    let announced = || Act::SayAndHang(b"HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n".to_vec());
    let sent = get(announced, 20_000).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("too large", Answered(200)));
}

#[tokio::test]
async fn a_body_of_exactly_the_bound_is_fine() {
    let sent = get(|| answer(200, &[], vec![b'x'; 64 << 10]), 20_000).await;
    assert_eq!(sent.answer.unwrap().body.len(), 64 << 10);
    let sent = get(|| answer(200, &[], vec![b'x'; (64 << 10) + 1]), 20_000).await;
    assert_eq!(told(&sent), "too large");
}

#[tokio::test]
async fn a_slow_body_ends_with_the_time() {
    let sent = get(|| Act::SayAndHang([HEAD, b"1\r\nx\r\n"].concat()), 300).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("timed out", Answered(200)));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn what_unpacks_to_more_than_allowed_is_too_large() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 64 << 10, "it would pass packed: {}", bomb.len());
    let sent = get(move || answer(200, &[("content-encoding", "gzip")], &bomb), 20_000).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("too large", Answered(200)));
}

#[tokio::test]
async fn a_packed_answer_is_unpacked_and_a_broken_one_is_no_answer() {
    let packed = gzip(b"hello");
    let cut = packed[..packed.len() - 6].to_vec();
    let sent = get(move || answer(200, &[("content-encoding", "gzip")], &packed), 20_000).await;
    let reply = sent.answer.unwrap();
    assert_eq!(reply.body, b"hello");
    assert!(reply.headers.iter().all(|(name, _)| name != "content-encoding" && name != "content-length"));
    for broken in [cut, b"not gzip at all".to_vec()] {
        let sent = get(move || answer(200, &[("content-encoding", "gzip")], &broken), 20_000).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", Answered(200)), "{}", why(&sent));
    }
}

#[tokio::test]
async fn too_many_headers_are_no_answer() {
    let large = || answer(200, &[("x-large", &"v".repeat(70 << 10))], "");
    let sent = get(large, 20_000).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("too large", Answered(200)));
    let flood = || {
        let lines: String = (0..500).map(|at| format!("x-{at}: v\r\n")).collect();
        Act::SayAndReset(format!("HTTP/1.1 200 OK\r\n{lines}\r\n").into_bytes())
    };
    let sent = get(flood, 20_000).await;
    assert_eq!(told(&sent), "unreachable", "{}", why(&sent));
}

#[tokio::test]
async fn cookies_and_credentials_are_not_told_nor_kept() {
    let server = Server::start(|_, _| {
        answer(
            200,
            &[("set-cookie", "a=b"), ("X-Auth-Token", "t"), ("X-Kind", "Fine"), ("x-echo", "s3cr3t+key/value")],
            "",
        )
    })
    .await;
    let world = World::new(&[server.port]);
    let reply = world.send(request("GET", server.url("/"))).await.answer.unwrap();
    let names: Vec<_> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-length", "x-kind", "x-echo"]);
    assert_eq!(reply.headers[2].1, "[secret key]");
    world.send(request("GET", server.url("/"))).await.answer.unwrap();
    assert_eq!(server.heard()[1].header("cookie"), None);
}

#[tokio::test]
async fn a_request_says_what_a_provider_needs_and_no_more() {
    let server = Server::start(|_, _| answer(200, &[], "")).await;
    let world = World::new(&[server.port]);
    let headers = vec![
        ("Content-Type".to_owned(), "text/plain".to_owned()),
        ("X-Twice".to_owned(), "1".to_owned()),
        ("x-twice".to_owned(), "2".to_owned()),
    ];
    world
        .send(OutboundRequest { headers, body: b"hello".to_vec(), ..request("PUT", server.url("/a%20b?q=1#frag")) })
        .await;
    world.send(request("POST", server.url("/"))).await;
    world.send(request("DELETE", server.url("/"))).await;
    let heard = server.heard();
    assert_eq!((heard[0].line.as_str(), heard[0].body.as_str()), ("PUT /a%20b?q=1 HTTP/1.1", "hello"));
    assert_eq!(heard[0].header("host"), Some(format!("api.example.com:{}", server.port).as_str()));
    assert_eq!(heard[0].headers.iter().filter(|(name, _)| name == "x-twice").count(), 2);
    assert!(heard[0].header("user-agent").is_some_and(|agent| agent.starts_with("campanile/")));
    assert_eq!(heard[1].header("content-length"), Some("0"), "servers ask this of an empty POST");
    assert_eq!(heard[2].header("transfer-encoding"), None);
}

#[tokio::test]
async fn a_tenant_reuses_its_connection_and_shares_it_with_nobody() {
    let server = Server::start(|_, _| answer(200, &[], "ok")).await;
    let mut world = World::new(&[server.port]);
    for _ in 0..3 {
        world.send(request("GET", server.url("/"))).await.answer.unwrap();
    }
    assert_eq!(server.connections(), 1);
    world.principal.tenant = TenantKey(2);
    world.egress.send(&world.principal, request("GET", server.url("/"))).await.answer.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_name_is_resolved_once_per_connection_and_judged_at_each() {
    let server = Server::start(|_, _| answer(200, &[("connection", "close")], "ok")).await;
    let world = World::new(&[server.port]);
    world.names.set("api.example.com", &[&["127.0.0.1"], &["127.0.0.1"]]);
    world.names.set("strict.example.com", &[&["10.0.0.1"]]);
    for _ in 0..2 {
        assert_eq!(told(&world.send(request("GET", server.url("/"))).await), "200");
        let strict = world.send(request("GET", format!("https://strict.example.com:{}/", server.port))).await;
        assert_eq!(told(&strict), "denied", "the same machine and port under a name that the operator does not list");
    }
    let asked = world.names.asked.lock().unwrap().clone();
    assert_eq!(asked, ["api.example.com", "strict.example.com", "api.example.com", "strict.example.com"]);
}
