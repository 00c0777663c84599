//! Ten million bytes of what no client means, at every endpoint of the server's own document.
//!
//! The endpoints are read from `/openapi.json`, so a new route is here before its author thinks of it, and their bodies are
//! distorted by the names that the document has: a wrong type behind a right name gets further than noise. The requests are
//! written byte by byte, because no client library sends half a chunk. Nothing may answer 5xx or hang, the server has to be
//! ready afterwards, and what it holds in memory may not grow: measured after a first round, which fills what is kept.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use campanile_tests::host::Host;
use campanile_tests::patience::Stopwatch;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::endpoints::{Endpoint, endpoints};

/// What is sent at least: the first round is not counted, nor are bodies that may be refused by their length alone.
const BYTES: usize = 10_000_000;
/// What the server may hold more of after it than before, in MiB.
const GROWTH_MIB: u64 = 64;
/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
const CLIENTS: usize = 4;
/// Connections that begin a body and never go on, open all the while.
const STALLED: usize = 20;
const SEED: u64 = 1;
/// More than any body that is read as JSON.
const TOO_MANY: usize = 3_000_000;

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Whole,
    /// More is announced than comes.
    Cut,
    /// Chunks, and no last one.
    Endless,
}

struct Hostile {
    kind: &'static str,
    content_type: &'static str,
    framing: Framing,
    body: Vec<u8>,
}

fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[usize::try_from(rng.next_u64() % from.len() as u64).unwrap()]
}

fn below(rng: &mut ChaCha8Rng, most: usize) -> usize {
    usize::try_from(rng.next_u64() % most as u64).unwrap()
}

/// A text that some decoder trips over.
fn text(rng: &mut ChaCha8Rng) -> String {
    const TEXTS: [&str; 12] = [
        "",
        "\u{0}",
        "\u{202e}\u{feff}",
        "cmp_00000000000000000000000000",
        "2026-13-45T99:99:99Z",
        "-1",
        "../../../etc/passwd",
        "' OR 1=1 --",
        "{{7*7}}",
        "\u{1f480}\u{fffd}\u{10ffff}",
        "NaN",
        "+00000000000000000000000000000000",
    ];
    match rng.next_u64() % 4 {
        0 => "x".repeat(below(rng, 2_000)),
        _ => (*pick(rng, &TEXTS)).to_owned(),
    }
}

fn value(rng: &mut ChaCha8Rng, names: &[String], depth: usize) -> Value {
    match rng.next_u64() % if depth == 0 { 6 } else { 9 } {
        0 => Value::Null,
        1 => json!(rng.next_u64().is_multiple_of(2)),
        2 => json!(rng.next_u64()),
        3 => json!(-(i64::try_from(rng.next_u64() >> 2).unwrap())),
        4 => json!(f64::from_bits(rng.next_u64())),
        5 => json!(text(rng)),
        6 => (0..below(rng, 6)).map(|_| value(rng, names, depth - 1)).collect(),
        _ => object(rng, names, depth - 1),
    }
}

/// An object whose names are mostly right.
fn object(rng: &mut ChaCha8Rng, names: &[String], depth: usize) -> Value {
    let mut fields = serde_json::Map::new();
    for _ in 0..=below(rng, 8) {
        let name =
            if names.is_empty() || rng.next_u64().is_multiple_of(8) { text(rng) } else { pick(rng, names).clone() };
        fields.insert(name, value(rng, names, depth));
    }
    Value::Object(fields)
}

/// The document that is spoilt: a whole object, every name with a text.
fn plain(names: &[String], inside: &str) -> String {
    let fields: Vec<String> = names.iter().map(|name| format!("{}: {inside}", json!(name))).collect();
    if fields.is_empty() { format!("{{\"name\": {inside}}}") } else { format!("{{{}}}", fields.join(", ")) }
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
}

/// Everything that is sent to one endpoint in one round.
fn hostile(rng: &mut ChaCha8Rng, names: &[String]) -> Vec<Hostile> {
    const TYPES: [&str; 7] = [
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "application/wasm",
        "text/csv",
        "\u{7f}/",
    ];
    let json = "application/json";
    let whole = |kind, body: Vec<u8>| Hostile { kind, content_type: json, framing: Framing::Whole, body };
    let within = |inside: &[u8]| [b"{\"name\": \"", inside, b"\"}"].concat();
    let mut noise = vec![0; 200 + below(rng, 4_000)];
    rng.fill_bytes(&mut noise);
    let good = plain(names, "\"Gr\u{fc}\u{df}e\"");
    let depth = 100 + below(rng, 4_000);
    let digits = "9".repeat(1 + below(rng, 2_000));
    let mut all = vec![
        whole("random bytes", noise.clone()),
        whole("right names, wrong values", object(rng, names, 4).to_string().into_bytes()),
        whole("no object", value(rng, names, 3).to_string().into_bytes()),
        whole("UTF-16, the low byte first", utf16(&good, u16::to_le_bytes)),
        whole("UTF-16, the high byte first", utf16(&good, u16::to_be_bytes)),
        whole("Latin-1", good.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()),
        whole("a mark of the byte order", [b"\xef\xbb\xbf", good.as_bytes()].concat()),
        whole("no UTF-8", within(b"\xc3\x28\xf8\x88\x80\x80\x80\xed\xa0\x80")),
        whole("lone surrogates", plain(names, "\"\\ud800\\udfff\\udc00\"").into_bytes()),
        whole("control characters", within(b"\x00\x01\x1f\x7f")),
        whole("lists in lists", "[".repeat(depth).into_bytes()),
        whole(
            "objects in objects",
            plain(names, &format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth))).into_bytes(),
        ),
        whole("huge numbers", plain(names, &digits).into_bytes()),
        whole("huge exponents", plain(names, "-1e999999999").into_bytes()),
        whole("every name twice", format!("{{{0}, {0}}}", good.trim_matches(['{', '}'])).into_bytes()),
        whole(
            "a long text",
            plain(&names[..names.len().min(3)], &json!("\u{e9}".repeat(4_000)).to_string()).into_bytes(),
        ),
        whole("nothing", Vec::new()),
    ];
    let kind = *pick(rng, &TYPES);
    all.push(Hostile { content_type: kind, ..whole("another content type", good.clone().into_bytes()) });
    all.push(Hostile { content_type: "", ..whole("no content type", good.clone().into_bytes()) });
    all.push(Hostile { framing: Framing::Cut, ..whole("less than was announced", good.clone().into_bytes()) });
    all.push(Hostile { framing: Framing::Endless, ..whole("chunks without an end", noise) });
    if rng.next_u64().is_multiple_of(40) {
        all.push(whole("too many bytes", vec![b' '; TOO_MANY]));
    }
    all
}

/// What came back: a status, or nothing because the connection was closed.
fn send(address: &str, endpoint: &Endpoint, hostile: &Hostile) -> std::io::Result<Option<u16>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    let Endpoint { method, path, key, .. } = endpoint;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    if let Some(key) = key {
        head.push_str(&format!("authorization: Bearer {key}\r\n"));
    }
    if path == "/mcp" {
        head.push_str("accept: application/json, text/event-stream\r\n");
    }
    if !hostile.content_type.is_empty() {
        head.push_str(&format!("content-type: {}\r\n", hostile.content_type));
    }
    let length = hostile.body.len();
    head.push_str(&match hostile.framing {
        Framing::Whole => format!("content-length: {length}\r\n\r\n"),
        Framing::Cut => format!("content-length: {}\r\n\r\n", length + 100),
        Framing::Endless => format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", length + 1),
    });
    // A server that has read enough may answer and close before all is written.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&hostile.body));
    if hostile.framing != Framing::Whole {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&part[..read]),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe) =>
            {
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    Ok(line.split(' ').nth(1).and_then(|status| status.parse().ok()))
}

#[derive(Default)]
struct Sent {
    requests: usize,
    bytes: usize,
    closed: usize,
    faults: Vec<String>,
}

/// Rounds over the endpoints until so many bytes were sent.
fn rounds(address: &str, endpoints: &[Endpoint], mut rng: ChaCha8Rng, bytes: usize) -> Sent {
    let mut sent = Sent::default();
    loop {
        for endpoint in endpoints {
            for hostile in hostile(&mut rng, &endpoint.names) {
                sent.requests += 1;
                sent.bytes += if hostile.body.len() < TOO_MANY { hostile.body.len() } else { 0 };
                let what = || format!("{} {} with {}", endpoint.method, endpoint.path, hostile.kind);
                match send(address, endpoint, &hostile) {
                    Ok(Some(status)) if status < 500 => {}
                    Ok(Some(status)) => sent.faults.push(format!("{} answered {status}", what())),
                    Ok(None) if hostile.framing == Framing::Whole && hostile.body.len() < TOO_MANY => {
                        sent.faults.push(format!("{} is not answered", what()));
                    }
                    Ok(None) => sent.closed += 1,
                    Err(error) => sent.faults.push(format!("{}: {error}", what())),
                }
            }
        }
        if sent.bytes >= bytes {
            return sent;
        }
    }
}

/// All clients at once, each with endpoints of its own.
fn torture(address: &str, endpoints: &[Endpoint], seed: u64, bytes: usize) -> Sent {
    std::thread::scope(|scope| {
        let shares = endpoints.chunks(endpoints.len().div_ceil(CLIENTS)).enumerate();
        let clients: Vec<_> = shares
            .map(|(client, share)| {
                let rng = ChaCha8Rng::seed_from_u64(seed + client as u64);
                scope.spawn(move || rounds(address, share, rng, bytes / CLIENTS))
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client ends")).fold(
            Sent::default(),
            |mut all, sent| {
                all.requests += sent.requests;
                all.bytes += sent.bytes;
                all.closed += sent.closed;
                all.faults.extend(sent.faults);
                all
            },
        )
    })
}

fn stalled(address: &str, key: &str) -> Vec<TcpStream> {
    let begin = |_| {
        let mut stream = TcpStream::connect(address).expect("the server takes connections");
        let head = format!(
            "POST /v1/campaigns HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{\"name\": \""
        );
        stream.write_all(head.as_bytes()).expect("a server that listens");
        stream
    };
    (0..STALLED).map(begin).collect()
}

#[test]
fn ten_million_hostile_bytes_break_nothing_and_leave_nothing_behind() {
    let host = Host::start(&[]);
    let account = host.account("Tortured");
    let gateway = account.gateway("simulated", &json!({"seed": 1}));
    let assistant = account.assistant(&gateway);
    let campaign = account.campaign(&assistant, &json!({}));
    campaign.add(&[json!({"phone": "+12125550101"})]);
    let lead = campaign.leads()[0]["id"].as_str().unwrap().to_owned();
    let things = [("cmp", campaign.id.clone()), ("asst", assistant), ("gw", gateway), ("lead", lead)];
    let endpoints = endpoints(&host, &account, &things);
    assert!(endpoints.len() > 100, "{} endpoints are in the document", endpoints.len());
    let address = host.api.base().trim_start_matches("http://").to_owned();

    let watch = Stopwatch::start();
    let first = torture(&address, &endpoints, SEED + 100, 0);
    assert!(first.faults.is_empty(), "{:#?}", first.faults);
    let before = host.memory();
    let open = stalled(&address, account.live.key());
    let sent = torture(&address, &endpoints, SEED, BYTES);
    assert_eq!(host.api.get("/readyz").status, 200, "the server is not ready any more");
    drop(open);
    let after = host.memory();
    println!(
        "{} endpoints, seed {SEED}: {} bytes in {} requests after a first round of {} bytes in {}, {:.0} s; {} connections \
         were closed without an answer; {STALLED} stalled",
        endpoints.len(),
        sent.bytes,
        sent.requests,
        first.bytes,
        first.requests,
        watch.elapsed().as_secs_f64(),
        sent.closed
    );
    println!("before: {before}; after: {after}; at most {GROWTH_MIB} MiB more are allowed");
    assert!(sent.faults.is_empty(), "{:#?}", sent.faults);
    assert!(sent.bytes >= BYTES, "{} bytes", sent.bytes);
    if before.resident_mib > 0 {
        let grown = after.resident_mib.saturating_sub(before.resident_mib);
        assert!(grown <= GROWTH_MIB, "the server holds {grown} MiB more than before");
    }
    assert_eq!(account.live.get(&campaign.path("")).status, 200, "the account is still served");
}
