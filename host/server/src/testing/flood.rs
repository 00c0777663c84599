//! A flood of one account over real connections, and what another notices of it.
//!
//! The store lies on a disk and the clock is the sun's, as in a host that serves; the clients share its two cores, so that what is
//! measured is more than a host with clients elsewhere would show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use campanile_store::{Options, Profile};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::Host;
use super::world::operator_key;
use crate::app::App;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn clock() -> Instant {
    Instant::now()
}

/// A connection that is kept open.
struct Wire(BufReader<TcpStream>);

impl Wire {
    async fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    async fn send(&mut self, method: &str, path: &str, key: &str, body: &str) -> (u16, Vec<u8>) {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).await.unwrap();
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            self.0.read_line(&mut line).await.unwrap();
            let text = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = text.strip_prefix("content-length:") {
                length = rest.trim().parse().unwrap();
            } else if text.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        (status, body)
    }
}

/// A host that listens, with two accounts.
struct Listening {
    address: SocketAddr,
    flooder: String,
    other: String,
    _folder: tempfile::TempDir,
}

async fn listening() -> Listening {
    let host = Host::new().await;
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::Durable { folder: folder.path().to_owned() };
    let app = Arc::into_inner(host.restarted()).unwrap();
    let store = campanile_store::open(&Options { profile, readers: 2, vault: None }).unwrap();
    let app = Arc::new(App { store, wall_clock: Arc::new(SystemClock), ..app });
    let operator = operator_key(&app).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = axum::serve(listener, crate::router(app).into_make_service());
    tokio::spawn(async move { served.await.unwrap() });
    let mut wire = Wire::open(address).await;
    let mut keys = Vec::new();
    for name in ["Flood", "Other"] {
        let (status, body) = wire.send("POST", "/v1/tenants", &operator, &json!({ "name": name }).to_string()).await;
        assert_eq!(status, 201);
        let made: Value = serde_json::from_slice(&body).unwrap();
        keys.push(made["live_key"]["secret"].as_str().unwrap().to_owned());
    }
    let other = keys.pop().unwrap();
    Listening { address, flooder: keys.pop().unwrap(), other, _folder: folder }
}

const CONNECTIONS: u32 = 16;

/// So many requests in a second, over and over; how many were let in, and how many were refused.
async fn flood(address: SocketAddr, key: &str, a_second: u32, seconds: u32) -> (u32, u32) {
    let began = EngineClock::now(&SystemClock);
    let connections = (0..CONNECTIONS).map(|_| {
        let key = key.to_owned();
        async move {
            let mut wire = Wire::open(address).await;
            let (mut had, mut refused) = (0, 0);
            for nth in 0..a_second * seconds / CONNECTIONS {
                let due = began + i64::from(nth * CONNECTIONS) * 1_000 / i64::from(a_second);
                SystemClock.sleep_until(due).await;
                match wire.send("GET", "/v1/campaigns", &key, "").await.0 {
                    200 => had += 1,
                    429 => refused += 1,
                    other => panic!("{other}"),
                }
            }
            (had, refused)
        }
    });
    let all: Vec<_> = connections.map(tokio::spawn).collect();
    let mut sum = (0, 0);
    for one in all {
        let (had, refused) = one.await.unwrap();
        sum = (sum.0 + had, sum.1 + refused);
    }
    sum
}

/// Asks fifty times a second, and how long each answer took, the shortest first.
async fn ask(address: SocketAddr, key: &str, seconds: i64) -> Vec<Duration> {
    let mut wire = Wire::open(address).await;
    let began = EngineClock::now(&SystemClock);
    let mut took = Vec::new();
    for nth in 0..seconds * 50 {
        SystemClock.sleep_until(began + nth * 20).await;
        let asked = clock();
        assert_eq!(wire.send("GET", "/v1/campaigns", key, "").await.0, 200, "the flood is somebody else's");
        took.push(asked.elapsed());
    }
    took.sort_unstable();
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_and_another_account_is_answered() {
    let Listening { address, flooder, other, _folder } = listening().await;
    let began = clock();
    let (flood, answers) = tokio::join!(flood(address, &flooder, 2_000, 1), ask(address, &other, 1));
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!((flood.0 + flood.1, answers.len()), (2_000, 50));
    assert!(f64::from(flood.0) <= 200.0 + 100.0 * (seconds + 1.0), "{flood:?} in {seconds} s");
}

/// Run by hand: `cargo test -p campanile-server --release --lib flood -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, for a quiet machine"]
async fn a_flood_leaves_the_ninety_ninth_percentile_of_another_account_within_twice() {
    let Listening { address, flooder, other, _folder } = listening().await;
    let at = |took: &[Duration], share: f64| took[((took.len() - 1) as f64 * share) as usize];
    ask(address, &other, 1).await;
    let quiet = ask(address, &other, 10).await;
    let (flood, flooded) = tokio::join!(flood(address, &flooder, 2_000, 10), ask(address, &other, 10));
    for (when, took) in [("quiet", &quiet), ("flooded", &flooded)] {
        println!("{when}: p50 {:?}, p99 {:?}, worst {:?}", at(took, 0.5), at(took, 0.99), at(took, 1.0));
    }
    println!("the flood: {} let in, {} refused", flood.0, flood.1);
    assert!(at(&flooded, 0.99) <= 2 * at(&quiet, 0.99).max(Duration::from_millis(2)));
}
