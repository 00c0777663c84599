//! What the host says it saw, against what a socket on the other side really got. A wrong "nothing was sent" here is a
//! person called twice.

use campanile_domain::ports::gateway::Evidence::{self, Answered, Lost, NothingSent};
use campanile_domain::ports::outbound::OutboundRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{Act, Server, answer};
use crate::world::{World, request, told, why};

fn dial(url: impl Into<String>) -> OutboundRequest {
    OutboundRequest { body: b"{\"to\":\"+15550100\"}".to_vec(), ..request("POST", url) }
}

async fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn what_is_denied_was_not_sent() {
    let world = World::new(&[]);
    world.names.set("strict.example.com", &[&["8.8.8.8", "10.0.0.1"]]);
    for url in [
        "https://elsewhere.example/",
        "http://api.example.com/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "nonsense",
        "https://user@api.example.com/",
        "https://strict.example.com/",
        "https://api.example.com:25/",
    ] {
        let sent = world.send(dial(url)).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", NothingSent), "{url}: {}", why(&sent));
    }
    let asked = world.names.asked.lock().unwrap().clone();
    assert_eq!(asked, ["strict.example.com"], "no other name was worth asking for");
    for broken in [
        OutboundRequest { method: "post".into(), ..dial("https://api.example.com/") },
        OutboundRequest { method: "CONNECT".into(), ..dial("https://api.example.com/") },
        OutboundRequest { headers: vec![("host".into(), "x".into())], ..dial("https://api.example.com/") },
        OutboundRequest { headers: vec![("a".into(), "x\r\ny: z".into())], ..dial("https://api.example.com/") },
        OutboundRequest { auth: Some("unknown".into()), ..dial("https://api.example.com/") },
    ] {
        let sent = world.send(broken.clone()).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", NothingSent), "{broken:?}: {}", why(&sent));
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let (listener, port) = silent().await;
    drop(listener);
    let world = World::new(&[port]);
    for request in
        [dial(format!("http://api.example.com:{port}/")), request("GET", format!("http://127.0.0.1:{port}/"))]
    {
        let sent = world.send(request).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", NothingSent), "{}", why(&sent));
    }
    world.names.set("api.example.com", &[&[]]);
    let sent = world.send(dial(format!("http://api.example.com:{port}/"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", NothingSent), "{}", why(&sent));
}

#[tokio::test]
async fn a_name_that_never_answers_sends_nothing() {
    let mut world = World::new(&[]);
    world.grant_host("never.example.com");
    for method in ["POST", "GET"] {
        let slow = OutboundRequest { timeout_ms: 50, ..request(method, "https://never.example.com/") };
        let sent = world.send(slow).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("timed out", NothingSent), "{method}");
    }
}

#[tokio::test]
async fn a_handshake_that_fails_or_never_ends_sends_nothing() {
    let (listener, port) = silent().await;
    let hello = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        let mut hello = vec![0; 3];
        first.read_exact(&mut hello).await.unwrap();
        first.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        let _ = second.read_to_end(&mut all).await;
        (hello, all)
    });
    let world = World::new(&[port]);
    let url = format!("https://api.example.com:{port}/");
    let sent = world.send(dial(&url)).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", NothingSent), "{}", why(&sent));
    let sent = world.send(OutboundRequest { timeout_ms: 300, ..dial(&url) }).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("timed out", NothingSent));
    drop(world);
    let (hello, all) = hello.await.unwrap();
    assert_eq!(hello[0], 22, "a TLS handshake");
    assert!(!String::from_utf8_lossy(&all).contains("POST"));
}

async fn one(act: fn() -> Act, request: impl Fn(String) -> OutboundRequest) -> (String, Evidence, String) {
    let server = Server::start(move |_, _| act()).await;
    let world = World::new(&[server.port]);
    let sent = world.send(request(server.url("/v1/calls"))).await;
    assert_eq!(server.heard().len(), 1, "sent once, whatever came of it");
    (told(&sent), sent.evidence, why(&sent))
}

/// What the other side does, by name.
type Case = (&'static str, fn() -> Act);

#[tokio::test]
async fn what_was_sent_and_not_answered_is_lost() {
    let acts: [Case; 7] = [
        ("reset at once", || Act::SayAndReset(Vec::new())),
        ("reset after the first byte", || Act::SayAndReset(b"H".to_vec())),
        ("reset within the status", || Act::SayAndReset(b"HTTP/1.1 2".to_vec())),
        ("reset within the headers", || Act::SayAndReset(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())),
        ("garbage", || Act::SayAndReset(b"220 mail.example ESMTP\r\nwho are you\r\n\r\n".to_vec())),
        ("binary", || Act::SayAndReset(vec![0, 255, 22, 3, 1, 13, 10, 13, 10])),
        ("only interim answers", || Act::SayAndReset(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec())),
    ];
    for (name, act) in acts {
        for make in [|url| request("GET", url), |url| request("POST", url), dial] {
            let (told, evidence, why) = one(act, make).await;
            assert_eq!((told.as_str(), evidence), ("unreachable", Lost), "{name}: {why}");
        }
    }
}

#[tokio::test]
async fn silence_after_the_request_is_a_lost_one() {
    for make in [|url| request("GET", url), |url| request("POST", url), dial] {
        let hurried = |url| OutboundRequest { timeout_ms: 300, ..make(url) };
        let (told, evidence, _) = one(|| Act::SayAndHang(Vec::new()), hurried).await;
        assert_eq!((told.as_str(), evidence), ("timed out", Lost));
    }
}

#[tokio::test]
async fn an_answer_is_evidence_even_when_its_body_is_not_had() {
    let cut = || Act::SayAndReset(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{".to_vec());
    let (told, evidence, why) = one(cut, dial).await;
    assert_eq!((told.as_str(), evidence), ("unreachable", Answered(201)), "{why}");
    let silent = || Act::SayAndHang(b"HTTP/1.1 402 Pay\r\ncontent-length: 100\r\n\r\n{".to_vec());
    let (told, evidence, _) = one(silent, |url| OutboundRequest { timeout_ms: 300, ..dial(url) }).await;
    assert_eq!((told.as_str(), evidence), ("timed out", Answered(402)));
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [200, 201, 400, 401, 404, 429, 500, 503, 599] {
        let server = Server::start(move |_, _| answer(status, &[("x-said", "yes")], "body")).await;
        let world = World::new(&[server.port]);
        let sent = world.send(dial(server.url("/"))).await;
        assert_eq!((told(&sent), sent.evidence), (status.to_string(), Answered(status)));
        assert_eq!(sent.answer.unwrap().body, b"body");
    }
}

#[tokio::test]
async fn interim_answers_do_not_count() {
    let interim = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n";
    let server = Server::start(move |_, _| Act::Say(interim.to_vec())).await;
    let world = World::new(&[server.port]);
    let sent = world.send(dial(server.url("/"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("404", Answered(404)));
}

#[tokio::test]
async fn a_connection_closed_before_the_request_is_never_an_answer() {
    let (listener, port) = silent().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_zero_linger();
        }
    });
    let world = World::new(&[port]);
    for _ in 0..20 {
        let sent = world.send(dial(format!("http://api.example.com:{port}/"))).await;
        // Whether the reset was seen before the head was handed over is the network's business; both are true.
        assert_eq!(told(&sent), "unreachable", "{}", why(&sent));
        assert!(matches!(sent.evidence, NothingSent | Lost), "{:?}", sent.evidence);
    }
}

/// Requests that give up at every moment of their way: none that is said not to have been sent may have arrived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gives_up_while_connecting_knows_whether_it_was_sent() {
    let server = Server::start(|_, _| Act::SayAndReset(Vec::new())).await;
    let world = World::new(&[server.port]);
    let mut denied_by_time = Vec::new();
    for round in 0..20 {
        let all = (0..25).map(|at| {
            let (path, timeout_ms) = (format!("/{round}-{at}"), at % 4);
            let hurried = OutboundRequest { timeout_ms, ..dial(server.url(&path)) };
            let world = &world;
            async move { (path, world.send(hurried).await) }
        });
        let done = futures::future::join_all(all).await;
        assert!(done.iter().all(|(_, sent)| matches!(sent.evidence, NothingSent | Lost)));
        denied_by_time.extend(done.into_iter().filter(|(_, sent)| sent.evidence == NothingSent).map(|(path, _)| path));
    }
    world.send(request("GET", server.url("/last"))).await;
    while server.arrival().await.path() != "/last" {}
    let arrived: Vec<_> = server.heard().iter().map(|heard| heard.path().to_owned()).collect();
    let twice: Vec<_> = denied_by_time.iter().filter(|path| arrived.contains(path)).collect();
    assert!(twice.is_empty(), "said to be not sent, and arrived: {twice:?}");
    assert!(!denied_by_time.is_empty(), "a patience of 0 ms sends nothing");
}
