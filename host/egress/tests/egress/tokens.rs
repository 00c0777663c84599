//! Tokens that the host fetches by itself: client credentials and service accounts.

use campanile_domain::ports::gateway::Evidence::{Answered, NothingSent};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::server::{Heard, Server, answer};
use crate::world::{START, World, told, why, with_auth};

/// The value of a form's field.
fn field(heard: &Heard, name: &str) -> Option<String> {
    url::form_urlencoded::parse(heard.body.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// Gives `token-1`, `token-2` and so on for an hour each, and answers everything else as `api` says, by what it was
/// authorised with.
async fn provider(api: fn(&str) -> u16) -> Server {
    let given = std::sync::atomic::AtomicUsize::new(0);
    Server::start(move |_, heard| match heard.path() {
        "/token" => {
            let next = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            answer(200, &[], json!({"access_token": format!("token-{next}"), "expires_in": 3600}).to_string())
        }
        _ => answer(api(heard.header("authorization").unwrap_or_default()), &[], ""),
    })
    .await
}

fn application(port: u16) -> Value {
    json!({
        "style": "oauth2-client-credentials",
        "token_url": format!("http://login.example.com:{port}/token"),
        "client_id": {"setting": "app_id"},
        "client_secret": {"secret": "app_secret"},
        "scopes": ["calls", "read all"],
    })
}

fn lines(server: &Server) -> Vec<String> {
    let auth = |heard: &Heard| heard.header("authorization").unwrap_or("-").to_owned();
    server.heard().iter().map(|heard| format!("{} {}", heard.line.trim_end_matches(" HTTP/1.1"), auth(heard))).collect()
}

#[tokio::test]
async fn a_token_is_used_until_a_minute_before_it_expires() {
    let server = provider(|_| 200).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    let get = || with_auth("GET", server.url("/x"), "main");
    assert_eq!(told(&world.send(get()).await), "200");
    world.clock.advance(HOUR_MS - MINUTE_MS - 1);
    world.send(get()).await;
    world.clock.advance(1);
    world.send(get()).await;
    assert_eq!(
        lines(&server),
        ["POST /token -", "GET /x Bearer token-1", "GET /x Bearer token-1", "POST /token -", "GET /x Bearer token-2"]
    );
    let asked = &server.heard()[0];
    let fields = ["grant_type", "client_id", "client_secret", "scope"].map(|name| field(asked, name).unwrap());
    assert_eq!(fields, ["client_credentials", "the-app", "app&s3cr3t==", "calls read all"]);
}

#[tokio::test]
async fn a_changed_scope_fetches_another_token_and_the_scheme_is_the_blocks() {
    let server = provider(|_| 200).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    world.send(with_auth("GET", server.url("/x"), "main")).await;
    let mut other = application(server.port);
    other["scopes"] = json!(["calls"]);
    other["scheme"] = json!("Zoho-oauthtoken");
    world.grant("main", other);
    world.send(with_auth("GET", server.url("/x"), "main")).await;
    assert_eq!(lines(&server)[2..], ["POST /token -", "GET /x Zoho-oauthtoken token-2"]);
}

#[tokio::test]
async fn many_requests_fetch_one_token() {
    let server = provider(|_| 200).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    let all = (0..20).map(|_| world.send(with_auth("GET", server.url("/x"), "main")));
    assert!(futures::future::join_all(all).await.iter().all(|sent| told(sent) == "200"));
    assert_eq!(lines(&server).iter().filter(|line| line.starts_with("POST /token")).count(), 1);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_replaced_once_and_only_a_read_is_repeated() {
    let server = provider(|auth| if auth == "Bearer token-1" { 401 } else { 200 }).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    let sent = world.send(with_auth("POST", server.url("/dial"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("401", Answered(401)));
    for expected in ["/token", "/dial", "/token"] {
        assert_eq!(server.arrival().await.path(), expected, "the token is there for the next request");
    }
    let sent = world.send(with_auth("POST", server.url("/dial"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("200", Answered(200)));
    assert_eq!(lines(&server).last().unwrap(), "POST /dial Bearer token-2");

    let server = provider(|auth| if auth == "Bearer token-1" { 401 } else { 200 }).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    let sent = world.send(with_auth("GET", server.url("/x"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("200", Answered(200)));
    assert_eq!(lines(&server), ["POST /token -", "GET /x Bearer token-1", "POST /token -", "GET /x Bearer token-2"]);
}

#[tokio::test]
async fn a_provider_that_accepts_nothing_is_asked_twice_and_no_more() {
    let server = provider(|_| 401).await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    let sent = world.send(with_auth("GET", server.url("/x"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("401", Answered(401)));
    assert_eq!(lines(&server).len(), 4);
}

#[tokio::test]
async fn an_application_that_is_not_known_by_the_form_is_asked_with_basic() {
    let server = Server::start(|_, heard| match (heard.path(), heard.header("authorization")) {
        ("/token", None) => answer(401, &[], r#"{"error":"invalid_client"}"#),
        ("/token", Some(_)) => answer(200, &[], r#"{"access_token":"t"}"#),
        _ => answer(200, &[], ""),
    })
    .await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    assert_eq!(told(&world.send(with_auth("GET", server.url("/x"), "main")).await), "200");
    let second = &server.heard()[1];
    // the-app:app%26s3cr3t%3D%3D, as RFC 6749 2.3.1 has it.
    assert_eq!(second.header("authorization"), Some("Basic dGhlLWFwcDphcHAlMjZzM2NyM3QlM0QlM0Q="));
    assert_eq!((field(second, "client_id"), field(second, "client_secret")), (None, None));
}

#[tokio::test]
async fn a_provider_that_echoes_the_credentials_teaches_nobody() {
    let server = Server::start(|_, heard| {
        let echo = format!("you sent {} and app&s3cr3t== in {:?}", heard.body, heard.headers);
        answer(400, &[], json!({"error": "invalid_scope", "error_description": echo}).to_string())
    })
    .await;
    let mut world = World::new(&[server.port]);
    world.grant("main", application(server.port));
    let sent = world.send(with_auth("GET", server.url("/x"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unauthorised", NothingSent));
    let why = why(&sent);
    assert!(why.contains("invalid_scope") && why.contains("[secret app_secret"), "{why}");
    assert!(!why.contains("s3cr3t"), "{why}");
}

#[tokio::test]
async fn a_provider_that_is_down_or_dumb_is_unreachable() {
    for (status, body) in [(503, "{}"), (429, "{}"), (200, "<html>"), (200, r#"{"access_token":""}"#), (302, "")] {
        let server = Server::start(move |_, _| answer(status, &[("location", "http://127.0.0.1:1/")], body)).await;
        let mut world = World::new(&[server.port]);
        world.grant("main", application(server.port));
        let sent = world.send(with_auth("POST", server.url("/x"), "main")).await;
        let expected = if status == 302 { "unauthorised" } else { "unreachable" };
        assert_eq!((told(&sent).as_str(), sent.evidence), (expected, NothingSent), "{status}: {}", why(&sent));
        assert_eq!(server.heard().len(), 1);
    }
}

#[tokio::test]
async fn where_tokens_come_from_is_judged_like_any_other_place() {
    let mut world = World::new(&[]);
    world.names.set("login.example.com", &[&["10.0.0.1"]]);
    for token_url in [
        "http://login.example.com/token",
        "https://169.254.169.254/token",
        "https://login.example.com/token",
        "https://0x7f.1/",
    ] {
        let mut block = application(1);
        block["token_url"] = json!(token_url);
        world.grant("main", block);
        let sent = world.send(with_auth("GET", "https://api.example.com/", "main")).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", NothingSent), "{token_url}: {}", why(&sent));
    }
}

#[tokio::test]
async fn a_service_account_signs_what_the_block_says_at_the_clocks_time() {
    let keys: [(&str, &str, Algorithm, DecodingKey); 2] = [
        (
            "RS256",
            include_str!("keys/rsa.pem"),
            Algorithm::RS256,
            DecodingKey::from_rsa_pem(include_bytes!("keys/rsa.pub.pem")).unwrap(),
        ),
        (
            "ES256",
            include_str!("keys/ec.pem"),
            Algorithm::ES256,
            DecodingKey::from_ec_pem(include_bytes!("keys/ec.pub.pem")).unwrap(),
        ),
    ];
    for (algorithm, pem, expected, public) in keys {
        let server = provider(|_| 200).await;
        let mut world = World::new(&[server.port]);
        world.principal.secrets = std::sync::Arc::new([("pem", pem)].into_iter().collect());
        let token_url = format!("http://login.example.com:{}/token", server.port);
        world.grant(
            "main",
            json!({
                "style": "jwt-bearer", "token_url": token_url, "issuer": {"setting": "user"}, "subject": {"text": "me"},
                "key": "pem", "algorithm": algorithm, "scopes": ["a", "b"],
            }),
        );
        for _ in 0..2 {
            assert_eq!(told(&world.send(with_auth("GET", server.url("/x"), "main")).await), "200");
        }
        assert_eq!(lines(&server), ["POST /token -", "GET /x Bearer token-1", "GET /x Bearer token-1"]);
        let asked = &server.heard()[0];
        assert_eq!(field(asked, "grant_type").as_deref(), Some("urn:ietf:params:oauth:grant-type:jwt-bearer"));
        let mut validation = Validation::new(expected);
        validation.validate_exp = false;
        validation.set_audience(&[&token_url]);
        let claims =
            jsonwebtoken::decode::<Value>(field(asked, "assertion").unwrap(), &public, &validation).unwrap().claims;
        let iat = START.millis() / 1_000;
        assert_eq!(
            claims,
            json!({"iss": "AC1", "sub": "me", "aud": token_url, "scope": "a b", "iat": iat, "exp": iat + 180})
        );
    }
}

#[tokio::test]
async fn a_key_that_cannot_sign_is_not_shown() {
    let mut world = World::new(&[]);
    let halves = include_str!("keys/rsa.pem").split_at(300);
    for (pem, algorithm) in
        [(halves.0, "RS256"), (include_str!("keys/ec.pem"), "RS256"), ("no pem", "ES256"), (halves.0, "HS256")]
    {
        world.principal.secrets = std::sync::Arc::new([("pem", pem)].into_iter().collect());
        world.grant(
            "main",
            json!({"style": "jwt-bearer", "token_url": "https://login.example.com/", "issuer": {"text": "x"}, "key": "pem",
                "algorithm": algorithm}),
        );
        let sent = world.send(with_auth("GET", "https://api.example.com/", "main")).await;
        assert_eq!(sent.evidence, NothingSent);
        assert!(["unauthorised", "denied"].contains(&told(&sent).as_str()), "{}", why(&sent));
        assert!(!why(&sent).contains("MII") && !why(&sent).contains("no pem"), "{}", why(&sent));
    }
}

#[tokio::test]
async fn a_token_is_asked_for_at_the_tenants_own_host_and_only_where_it_is_granted() {
    let server = provider(|_| 200).await;
    let mut world = World::new(&[server.port]);
    let token_url = format!("http://{{domain}}:{}/token", server.port);
    for style in ["oauth2-client-credentials", "jwt-bearer"] {
        let mut block = application(server.port);
        block["style"] = style.into();
        block["token_url"] = token_url.clone().into();
        if style == "jwt-bearer" {
            block["issuer"] = json!({"text": "robot"});
            block["key"] = "pem".into();
            block["algorithm"] = "ES256".into();
        }
        world.grant("main", block);
        let pem = include_str!("keys/ec.pem");
        world.principal.secrets =
            std::sync::Arc::new([("pem", pem), ("app_secret", "app&s3cr3t==")].into_iter().collect());
        for (domain, fault) in [
            ("login.example.com", ("denied", "login.example.com is not granted")),
            ("evil.org", ("denied", "evil.org is not granted")),
            ("https://other.example.com@evil.org/", ("denied", "evil.org is not granted")),
            ("other.example.com\\x", ("denied", "the setting \"domain\"")),
            ("other.example.com%2f", ("denied", "the setting \"domain\"")),
            ("127.0.0.1", ("denied", "the setting \"domain\"")),
            ("", ("denied", "is not filled in")),
            ("other.example.com", ("200", "")),
        ] {
            let before = server.heard().len();
            world.principal.settings = std::sync::Arc::new(json!({"domain": domain, "app_id": "the-app"}));
            let sent = world.send(with_auth("GET", server.url("/x"), "main")).await;
            assert_eq!(told(&sent), fault.0, "{style} {domain:?}: {}", why(&sent));
            assert!(why(&sent).contains(fault.1), "{style} {domain:?}: {}", why(&sent));
            let asked = server.heard().len() - before;
            assert_eq!(
                (asked, sent.evidence == NothingSent),
                if fault.0 == "200" { (2, false) } else { (0, true) },
                "{domain}"
            );
        }
        let host = format!("other.example.com:{}", server.port);
        let tokens: Vec<_> = server.heard().into_iter().filter(|heard| heard.path() == "/token").collect();
        assert!(tokens.iter().all(|heard| heard.header("host") == Some(host.as_str())), "{tokens:?}");
    }
}
