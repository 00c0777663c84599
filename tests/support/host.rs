//! A server on a data folder of its own, at a free port.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::account::Account;
use crate::http::Api;
use crate::patience;
use crate::process::{Finished, Running};

const ANSWER_LIMIT: Duration = Duration::from_secs(30);
const READY_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Monday 09:00 in New York.
pub const MONDAY: &str = "2026-03-02T14:00:00Z";

/// A running server.
pub struct Host {
    process: Running,
    folder: TempDir,
    flags: Vec<String>,
    /// Its API, without a key.
    pub api: Api,
    /// The operator's key.
    pub operator: Api,
}

/// What a server holds in memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now, in MiB.
    pub resident_mib: u64,
    /// At most so far, in MiB.
    pub peak_mib: u64,
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server holds {} MiB, at most {} MiB", self.resident_mib, self.peak_mib)
    }
}

impl Host {
    /// Starts a server on a new folder whose clock runs so many times as fast as the sun's, from Monday morning.
    ///
    /// # Panics
    /// It does not come up.
    pub fn at_speed(factor: u32) -> Self {
        let clock = format!("x{factor}");
        Self::start(&["--clock", &clock, "--clock-start", MONDAY])
    }

    /// Starts a server on a new folder.
    ///
    /// # Panics
    /// It does not come up.
    pub fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let (mut process, api) = launch(&data(&folder), &flags);
        let key = process.line("operator key (shown once): ");
        let operator = api.with_key(&key);
        Self { process, folder, flags, api, operator }
    }

    /// Starts a server on a folder that another one left. Nobody knows the operator's key any more.
    ///
    /// # Panics
    /// It does not come up.
    pub fn open(folder: TempDir) -> Self {
        let (process, api) = launch(&data(&folder), &[]);
        let operator = api.clone();
        Self { process, folder, flags: Vec::new(), api, operator }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        data(&self.folder)
    }

    /// Asks the server to end in order (SIGTERM) and does not wait for it.
    pub fn ask_to_end(&self) {
        self.process.ask_to_end();
    }

    /// What follows `prefix` on a line that the server printed.
    pub fn line(&mut self, prefix: &str) -> String {
        self.process.line(prefix)
    }

    /// Ends the server in order and starts it again on the same folder, at another port.
    ///
    /// # Panics
    /// It does not end well or does not come up again.
    #[must_use]
    pub fn restarted(self) -> Self {
        let Self { process, folder, flags, operator, .. } = self;
        let ended = process.terminate(STOP_LIMIT);
        assert_eq!(ended.code, 0, "SIGTERM ends the server in order: {}", ended.stderr);
        let (process, api) = launch(&data(&folder), &flags);
        let operator = api.with_key(operator.key());
        Self { process, folder, flags, api, operator }
    }

    /// Kills the server as `kill -9` does and starts it again on the same folder. With a time, it is started and killed once
    /// more in between, after that time, whatever it is doing.
    ///
    /// # Panics
    /// It does not come up again.
    #[must_use]
    pub fn killed(self, again: Option<Duration>) -> Self {
        let Self { process, folder, flags, operator, .. } = self;
        process.kill();
        if let Some(after) = again {
            let started = Running::start(&arguments(&data(&folder), &flags));
            patience::pass(after);
            started.kill();
        }
        let (process, api) = launch(&data(&folder), &flags);
        let operator = api.with_key(operator.key());
        Self { process, folder, flags, api, operator }
    }

    /// The memory that the server holds; nothing where the system does not tell.
    pub fn memory(&self) -> Memory {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default()
        };
        Memory { resident_mib: kib("VmRSS:") >> 10, peak_mib: kib("VmHWM:") >> 10 }
    }

    /// Ends the server in order. The folder lives as long as what is returned beside.
    ///
    /// # Panics
    /// It does not end in time.
    pub fn stop(self) -> (Finished, TempDir) {
        (self.process.terminate(STOP_LIMIT), self.folder)
    }

    /// Makes an account with its keys.
    ///
    /// # Panics
    /// The server says no.
    pub fn account(&self, name: &str) -> Account {
        self.account_with(&json!({ "name": name }))
    }

    /// Makes an account of a full request. It may ask as often as a test does, unless the request says how often.
    ///
    /// # Panics
    /// The server says no.
    pub fn account_with(&self, body: &Value) -> Account {
        let mut body = body.clone();
        for rate in ["requests_per_second", "requests_burst"] {
            if body["limits"][rate].is_null() {
                body["limits"][rate] = json!(100_000);
            }
        }
        Account::of(&self.api, &self.operator.post("/v1/tenants", &body).ok())
    }
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn arguments(data: &Path, flags: &[String]) -> Vec<String> {
    let mut args = vec!["serve".to_owned(), "--data".into(), data.display().to_string()];
    args.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    args.extend(flags.iter().cloned());
    args
}

fn launch(data: &Path, flags: &[String]) -> (Running, Api) {
    let mut process = Running::start(&arguments(data, flags));
    let base = process.line("listening on ");
    let api = Api::new(&base, ANSWER_LIMIT);
    let ready = || (api.get("/readyz").status == 200).then_some(());
    patience::until("the server is ready", READY_LIMIT, ready);
    (process, api)
}
