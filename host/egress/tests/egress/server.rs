//! A provider on a loopback port that does what a script says, down to the byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// What happens after a request was read.
pub enum Act {
    /// These bytes, and the connection stays open.
    Say(Vec<u8>),
    /// These bytes, then a reset.
    SayAndReset(Vec<u8>),
    /// These bytes, then nothing any more.
    SayAndHang(Vec<u8>),
    /// These bytes, then these again and again.
    SayForEver(Vec<u8>, Vec<u8>),
    /// Waits for the signal, then does the other.
    After(Arc<Notify>, Box<Act>),
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// `POST /path HTTP/1.1`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

type Script = dyn Fn(usize, &Heard) -> Act + Send + Sync;

/// The provider.
pub struct Server {
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    connections: Arc<Mutex<usize>>,
    arrivals: tokio::sync::Mutex<mpsc::UnboundedReceiver<Heard>>,
}

/// A whole answer.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    Act::Say(bytes)
}

/// A redirect.
pub fn redirect(status: u16, to: &str) -> Act {
    answer(status, &[("location", to)], "")
}

/// The head and what is there of the body.
async fn hear(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Heard> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < head_end + 4 + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&buffer[head_end + 4..head_end + 4 + length]).into_owned();
    buffer.drain(..head_end + 4 + length);
    Some(Heard { line, headers, body })
}

/// False: the connection is over.
async fn act(stream: &mut TcpStream, act: Act) -> bool {
    match act {
        Act::Say(bytes) => stream.write_all(&bytes).await.is_ok(),
        Act::SayAndReset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.set_zero_linger();
            false
        }
        Act::SayAndHang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let mut rest = Vec::new();
            while stream.read_buf(&mut rest).await.is_ok_and(|read| read > 0) {}
            false
        }
        Act::SayForEver(bytes, again) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&again).await.is_ok() {}
            false
        }
        Act::After(signal, then) => {
            signal.notified().await;
            Box::pin(self::act(stream, *then)).await
        }
    }
}

impl Server {
    /// Listens; `script` is asked with how many requests came before.
    pub async fn start(script: impl Fn(usize, &Heard) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let (script, all, count): (Arc<Script>, _, _) = (Arc::new(script), heard.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                *count.lock().unwrap() += 1;
                let (script, all, arrived) = (script.clone(), all.clone(), arrived.clone());
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while let Some(heard) = hear(&mut stream, &mut buffer).await {
                        let before = {
                            let mut all = all.lock().unwrap();
                            all.push(heard.clone());
                            all.len() - 1
                        };
                        let _ = arrived.send(heard.clone());
                        let next = script(before, &heard);
                        if !act(&mut stream, next).await {
                            break;
                        }
                    }
                });
            }
        });
        Self { port, heard, connections, arrivals: arrivals.into() }
    }

    /// Every request so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Waits for the next request that nobody waited for yet.
    pub async fn arrival(&self) -> Heard {
        self.arrivals.lock().await.recv().await.unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://api.example.com:{}{path}", self.port)
    }
}
