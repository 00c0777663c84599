//! The rehearsals that a server plays: in a niced child of this very binary, one at a time.
//!
//! A rehearsal takes a core for as long as it lasts and as much memory as its leads need; in a process of its own it takes
//! neither from the calls that are under way, and a cancelled one is gone at once.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use campanile_engine::rehearsal::order::{Order, Played};
use campanile_server::Rehearsals;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc};

use crate::exit::Failure;

/// From beginning to end.
const WALL: Duration = Duration::from_secs(15 * 60);
/// What is kept of a child's complaint, in bytes.
const COMPLAINT_BYTES: u64 = 2_000;

/// Plays rehearsals.
pub struct Children {
    program: PathBuf,
    cache: PathBuf,
    turn: Semaphore,
}

impl Children {
    /// Children of this binary, which find compiled code in `cache`.
    pub fn new(cache: PathBuf) -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::other(format!("the binary's own path is not known: {error}")))?;
        Ok(Self { program, cache, turn: Semaphore::new(1) })
    }

    async fn child(&self, order: Vec<u8>, played: &mpsc::Sender<Played>) -> Result<(), String> {
        let mut child = Command::new(&self.program)
            .arg("play-rehearsal")
            .arg(&self.cache)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("its process could not be started: {error}"))?;
        let missing = || "its process has no pipes".to_owned();
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let complaint = child.stderr.take().ok_or_else(missing)?;
        // A child that died has said why, or its status does. The pipe stays open: its end is how a child notices ours.
        let feed = async { drop(input.write_all(&order).await) };
        let read = async {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(one) = serde_json::from_str::<Played>(&line) {
                    let _ = played.send(one).await;
                }
            }
        };
        let mut said = Vec::new();
        let hear = async { complaint.take(COMPLAINT_BYTES).read_to_end(&mut said).await };
        let ((), (), _, status) = tokio::join!(feed, read, hear, child.wait());
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                let said = String::from_utf8_lossy(&said);
                Err(if said.trim().is_empty() {
                    format!("its process ended with {status}")
                } else {
                    said.trim().into()
                })
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

#[async_trait]
impl Rehearsals for Children {
    async fn play(&self, order: Order, played: mpsc::Sender<Played>) -> Result<(), String> {
        let mut order = serde_json::to_vec(&order).map_err(|error| error.to_string())?;
        order.push(b'\n');
        let _turn = self.turn.acquire().await;
        match tokio::time::timeout(WALL, self.child(order, &played)).await {
            Ok(ended) => ended,
            Err(_) => Err(format!("it took more than {} minutes and was given up", WALL.as_secs() / 60)),
        }
    }
}
