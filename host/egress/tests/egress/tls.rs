//! TLS against a server that speaks it: what is trusted, what is refused and in which words, and that a connection goes to
//! the address that was checked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use campanile_domain::ports::gateway::Evidence::{Answered, NothingSent};
use campanile_egress::Authorities;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::world::{World, request, told, why, with_auth};

const NAME: &str = "api.example.com";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn trusted(authority: &Authority) -> Authorities {
    let mut authorities = Authorities::default();
    authorities.add(authority.pem().as_bytes()).unwrap();
    authorities
}

fn of(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// A certificate and its key; without an authority it signs itself.
fn certificate(params: &CertificateParams, authority: Option<&Authority>) -> (CertificateDer<'static>, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let made = match authority {
        Some(authority) => params.signed_by(&key, authority),
        None => params.self_signed(&key),
    };
    (made.unwrap().der().clone(), key)
}

/// A request as it came: the name in the TLS greeting, and the head.
#[derive(Clone, Debug)]
struct Heard {
    greeted: Option<String>,
    head: String,
}

struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// Connections that came, with or without a request.
    came: Arc<Mutex<usize>>,
}

impl Server {
    /// Answers every request with these bytes.
    async fn start((chain, key): (CertificateDer<'static>, KeyPair), answer: String) -> Self {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), (chain, key), answer).await
    }

    async fn at(address: SocketAddr, (chain, key): (CertificateDer<'static>, KeyPair), answer: String) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, heard: Arc::default(), came: Arc::default() };
        let (heard, came) = (server.heard.clone(), server.came.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *came.lock().unwrap() += 1;
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let greeted = stream.get_ref().1.server_name().map(str::to_owned);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        break;
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                heard.lock().unwrap().push(Heard { greeted, head });
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.port)
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn fine() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello".to_owned()
}

fn to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_certificate_of_the_operators_authority_is_good_and_the_name_is_said_twice() {
    let authority = authority();
    let server = Server::start(certificate(&of(NAME), Some(&authority)), fine()).await;
    let mut world = World::trusting(&[server.port], trusted(&authority));
    world.grant("main", json!({"style": "bearer", "token": {"secret": "key"}}));
    let sent = world.send(with_auth("GET", server.url("/calls?page=2"), "main")).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("200", Answered(200)), "{}", why(&sent));
    assert_eq!(sent.answer.unwrap().body, b"hello");
    let heard = server.heard().remove(0);
    assert_eq!(heard.greeted.as_deref(), Some(NAME), "the name in the greeting");
    let lines: Vec<_> = heard.head.split("\r\n").map(str::to_ascii_lowercase).collect();
    assert_eq!(lines[0], "get /calls?page=2 http/1.1");
    assert!(lines.contains(&format!("host: {NAME}:{}", server.port)), "{lines:?}");
    assert!(lines.contains(&"authorization: bearer s3cr3t+key/value".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn a_bad_certificate_is_unreachable_in_words_that_name_the_fault() {
    let (ours, strangers) = (authority(), authority());
    let with = |change: fn(&mut CertificateParams)| {
        let mut params = of(NAME);
        change(&mut params);
        certificate(&params, Some(&ours))
    };
    let past = |params: &mut CertificateParams| {
        (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    };
    let future = |params: &mut CertificateParams| {
        (params.not_before, params.not_after) = (date_time_ymd(3000, 1, 1), date_time_ymd(3001, 1, 1));
    };
    let rows = [
        ("self-signed", certificate(&of(NAME), None), "signed by nobody that is trusted here"),
        ("a strange authority", certificate(&of(NAME), Some(&strangers)), "signed by nobody that is trusted here"),
        ("another name", certificate(&of("other.example.com"), Some(&ours)), "for other names"),
        ("a name above it", certificate(&of("*.api.example.com"), Some(&ours)), "for other names"),
        ("expired", with(past), "has expired"),
        ("not valid yet", with(future), "not valid yet"),
    ];
    for (row, certificate, words) in rows {
        let server = Server::start(certificate, fine()).await;
        let mut world = World::trusting(&[server.port], trusted(&ours));
        world.grant("main", json!({"style": "bearer", "token": {"secret": "key"}}));
        let sent = world.send(with_auth("POST", server.url("/dial"), "main")).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", NothingSent), "{row}: {}", why(&sent));
        let told = why(&sent);
        assert!(told.contains(words) && told.contains(NAME), "{row}: {told}");
        assert!(!told.contains("s3cr3t") && !told.contains("other.example.com"), "{row}: {told}");
        assert_eq!((server.heard().len(), *server.came.lock().unwrap()), (0, 1), "{row}");
    }
}

#[tokio::test]
async fn nobodys_authority_is_trusted_by_itself() {
    let authority = authority();
    let server = Server::start(certificate(&of(NAME), Some(&authority)), fine()).await;
    let world = World::new(&[server.port]);
    let sent = world.send(request("GET", server.url("/"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("unreachable", NothingSent));
    assert!(why(&sent).contains("--plugin-ca"), "{}", why(&sent));
}

#[tokio::test]
async fn a_connection_goes_to_the_address_that_was_checked() {
    let authority = authority();
    let first = Server::start(certificate(&of(NAME), Some(&authority)), fine()).await;
    let beside = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), first.port));
    let second = Server::at(beside, certificate(&of(NAME), Some(&authority)), fine()).await;
    let world = World::trusting(&[first.port], trusted(&authority));
    // Whoever asked again between the check and the connection would be sent elsewhere.
    world.names.set(NAME, &[&["127.0.0.1"], &["127.0.0.2"]]);
    assert_eq!(told(&world.send(request("GET", first.url("/"))).await), "200");
    assert_eq!(*world.names.asked.lock().unwrap(), [NAME]);
    assert_eq!((first.heard().len(), *second.came.lock().unwrap()), (1, 0));
    // The next connection asks anew, and goes where that answer says.
    assert_eq!(told(&world.send(request("GET", first.url("/"))).await), "200");
    assert_eq!((first.heard().len(), second.heard().len()), (1, 1));
    // At a port that the operator does not list the same answer is refused before anything is connected.
    let sent = world.send(request("GET", format!("https://{NAME}/"))).await;
    assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", NothingSent), "{}", why(&sent));
    assert_eq!((first.heard().len(), *second.came.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn a_redirect_from_tls_to_a_private_place_or_to_plain_http_is_denied() {
    let authority = authority();
    for location in
        ["https://10.0.0.1/", "https://127.0.0.1/", "https://strict.example.com/", "http://strict.example.com/"]
    {
        let server = Server::start(certificate(&of(NAME), Some(&authority)), to(location)).await;
        let world = World::trusting(&[server.port], trusted(&authority));
        world.names.set("strict.example.com", &[&["192.168.1.1"]]);
        let sent = world.send(request("GET", server.url("/"))).await;
        assert_eq!((told(&sent).as_str(), sent.evidence), ("denied", Answered(302)), "{location}: {}", why(&sent));
        assert_eq!(server.heard().len(), 1, "{location}");
    }
}
