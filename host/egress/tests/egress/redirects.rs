//! Redirects: each stop is judged like the first, and a dial is never sent on.

use campanile_domain::ports::gateway::Evidence::{Answered, Lost};
use campanile_domain::ports::outbound::OutboundRequest;
use serde_json::json;

use crate::server::{Act, Server, answer, redirect};
use crate::world::{World, request, told, why, with_auth};

#[tokio::test]
async fn a_redirect_to_where_nobody_may_go_is_denied() {
    for location in [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "https://[::ffff:169.254.169.254]/",
        "https://2130706433/",
        "//127.1/",
        "https://10.0.0.1/",
        "https://elsewhere.example/",
        "http://strict.example.com/",
        "https://strict.example.com/",
        "https://user@api.example.com/",
        "file:///etc/passwd",
        "https://[::1",
        "gopher://api.example.com/",
    ] {
        let server = Server::start(move |_, _| redirect(302, location)).await;
        let mut world = World::new(&[server.port]);
        world.names.set("strict.example.com", &[&["192.168.1.1"]]);
        world.grant_host("169.254.169.254");
        let sent = world.send(request("GET", server.url("/"))).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", Answered(302)), "{location}: {}", why(&sent));
        assert_eq!(server.heard().len(), 1, "{location}");
    }
}

#[tokio::test]
async fn a_circle_ends() {
    let server = Server::start(|_, _| redirect(302, "/again")).await;
    let world = World::new(&[server.port]);
    let sent = world.send(request("GET", server.url("/"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", Answered(302)));
    assert_eq!(server.heard().len(), 6);
}

#[tokio::test]
async fn five_are_followed_and_the_last_answer_counts() {
    let server =
        Server::start(|before, _| if before < 5 { redirect(307, "next") } else { answer(404, &[], "gone") }).await;
    let world = World::new(&[server.port]);
    let sent = world.send(request("GET", server.url("/a/b"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("404", Answered(404)));
    assert_eq!(server.heard()[5].path(), "/a/next");
}

#[tokio::test]
async fn a_read_that_is_lost_after_a_redirect_is_lost() {
    let server =
        Server::start(|before, _| if before == 0 { redirect(302, "/b") } else { Act::SayAndReset(Vec::new()) }).await;
    let world = World::new(&[server.port]);
    let sent = world.send(request("GET", server.url("/"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", Lost));
}

#[tokio::test]
async fn a_dial_is_not_repeated_by_a_redirect() {
    for (method, status) in [("POST", 307), ("POST", 308), ("PUT", 301), ("PATCH", 302), ("DELETE", 307)] {
        let server = Server::start(move |_, _| redirect(status, "/elsewhere")).await;
        let world = World::new(&[server.port]);
        let sent = world.send(OutboundRequest { body: b"dial".to_vec(), ..request(method, server.url("/")) }).await;
        assert_eq!((told(&sent), sent.evidence), (status.to_string(), Answered(status)), "{method}");
        assert!(sent.answer.unwrap().headers.contains(&("location".into(), "/elsewhere".into())));
        assert_eq!(server.heard().len(), 1);
    }
}

#[tokio::test]
async fn what_a_dial_is_redirected_to_does_not_speak_for_it() {
    for status in [301, 302, 303] {
        let server =
            Server::start(move |before, _| if before == 0 { redirect(status, "/done") } else { answer(404, &[], "") })
                .await;
        let world = World::new(&[server.port]);
        let headers = vec![("content-type".to_owned(), "text/plain".to_owned()), ("x-own".to_owned(), "1".to_owned())];
        let sent =
            world.send(OutboundRequest { body: b"dial".to_vec(), headers, ..request("POST", server.url("/")) }).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("404", Answered(status)), "a 404 of the page is no refusal");
        let second = &server.heard()[1];
        assert_eq!((second.line.as_str(), second.body.as_str()), ("GET /done HTTP/1.1", ""));
        assert_eq!((second.header("content-type"), second.header("x-own")), (None, Some("1")));
    }
}

async fn across(auth: serde_json::Value, location: fn(u16) -> String) -> (Server, Server) {
    let second = Server::start(|_, _| answer(200, &[], "")).await;
    let to = location(second.port);
    let first = Server::start(move |_, _| redirect(302, &to)).await;
    let mut world = World::new(&[first.port, second.port]);
    world.grant("main", auth);
    let headers = vec![("accept".to_owned(), "a/b".to_owned()), ("x-token".to_owned(), "guest".to_owned())];
    let sent = world.send(OutboundRequest { headers, ..with_auth("GET", first.url("/start"), "main") }).await;
    assert_eq!(told(&sent), "200", "{}", why(&sent));
    (first, second)
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_origin() {
    let bearer = json!({"style": "bearer", "token": {"secret": "key"}});
    let places: [fn(u16) -> String; 2] =
        [|port| format!("http://other.example.com:{port}/"), |port| format!("http://api.example.com:{port}/")];
    for location in places {
        let (first, second) = across(bearer.clone(), location).await;
        let (first, second) = (&first.heard()[0], &second.heard()[0]);
        assert_eq!(first.header("authorization"), Some("Bearer s3cr3t+key/value"));
        assert_eq!((second.header("authorization"), second.header("x-token")), (None, None));
        assert_eq!(second.header("accept"), Some("a/b"));
    }
    let query = json!({"style": "query", "name": "key", "value": {"secret": "key"}});
    let echo = |port| format!("http://other.example.com:{port}/x?key=s3cr3t%2Bkey%2Fvalue&page=2");
    let (first, second) = across(query, echo).await;
    assert_eq!(first.heard()[0].path(), "/start?key=s3cr3t%2Bkey%2Fvalue");
    assert_eq!(second.heard()[0].path(), "/x?page=2");
}

#[tokio::test]
async fn credentials_stay_within_an_origin() {
    let server = Server::start(|before, _| if before == 0 { redirect(302, "/b") } else { answer(200, &[], "") }).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", json!({"style": "bearer", "token": {"secret": "key"}}));
    world.send(with_auth("GET", server.url("/"), "main")).await.answer.unwrap();
    assert_eq!(server.heard()[1].header("authorization"), Some("Bearer s3cr3t+key/value"));
}
