//! Processes of the binary: started, listened to, killed.
//!
//! A process never outlives its handle. What it printed is kept, so that a failing test can show it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::binary::campanile;
use crate::{patience, repo};

const RUN_LIMIT: Duration = Duration::from_secs(180);
const LINE_LIMIT: Duration = Duration::from_secs(60);

/// A process that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
}

impl Finished {
    /// Itself, when it ended well.
    ///
    /// # Panics
    /// It did not.
    #[must_use]
    pub fn well(self) -> Self {
        assert_eq!(self.code, 0, "the command failed\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

fn command<A: AsRef<OsStr>>(args: &[A]) -> Command {
    let mut command = Command::new(campanile());
    command.args(args).env("NO_COLOR", "1");
    for variable in ["CAMPANILE_URL", "CAMPANILE_KEY", "CAMPANILE_PROFILE"] {
        command.env_remove(variable);
    }
    // Whoever runs the tests may have profiles; they are not these tests' to use.
    command.env("XDG_CONFIG_HOME", std::env::temp_dir().join("campanile-tests-without-profiles"));
    // What is compiled once serves all of them.
    command.env("XDG_CACHE_HOME", repo::root().join("target/tests-cache"));
    if std::env::var_os("CAMPANILE_LOG").is_none() {
        command.env("CAMPANILE_LOG", "warn");
    }
    command
}

/// Runs a command of the binary to its end.
///
/// # Panics
/// It cannot be started, or does not end within minutes.
pub fn run<A: AsRef<OsStr>>(args: &[A]) -> Finished {
    Running::start(args).wait(RUN_LIMIT)
}

/// Runs a command of the binary to its end, in an environment, with something on stdin.
///
/// # Panics
/// It cannot be started, or does not end within minutes.
pub fn run_in<A: AsRef<OsStr>>(args: &[A], environment: &[(&str, &str)], input: &str) -> Finished {
    let mut command = command(args);
    command.envs(environment.iter().copied());
    let mut running = Running::launch(command, Stdio::piped());
    running.type_in(input);
    running.wait(RUN_LIMIT)
}

/// A process that runs.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
    complaints: Arc<Mutex<String>>,
}

impl Running {
    /// Starts a command of the binary.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start<A: AsRef<OsStr>>(args: &[A]) -> Self {
        Self::launch(command(args), Stdio::null())
    }

    /// The same in an environment; what it reads on stdin is still to be written.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start_in<A: AsRef<OsStr>>(args: &[A], environment: &[(&str, &str)]) -> Self {
        let mut command = command(args);
        command.envs(environment.iter().copied());
        Self::launch(command, Stdio::piped())
    }

    fn launch(mut command: Command, stdin: Stdio) -> Self {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let complaints = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().expect("stderr is piped");
        let kept = Arc::clone(&complaints);
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut part) {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&part[..read]));
            }
        });
        Self { child, lines, printed: Vec::new(), complaints }
    }

    /// Writes all that it is to read on stdin. A process that does not read it to the end has its reasons.
    pub fn type_in(&mut self, input: &str) {
        if let Some(mut stdin) = self.child.stdin.take() {
            let _ = stdin.write_all(input.as_bytes());
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed to stderr so far.
    pub fn complaints(&self) -> String {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What follows `prefix` on the first line that begins with it.
    ///
    /// # Panics
    /// The process ended, or said nothing like it for a minute.
    pub fn line(&mut self, prefix: &str) -> String {
        if let Some(rest) = self.printed.iter().find_map(|line| line.strip_prefix(prefix)) {
            return rest.to_owned();
        }
        loop {
            match self.lines.recv_timeout(LINE_LIMIT) {
                Ok(line) => {
                    let rest = line.strip_prefix(prefix).map(str::to_owned);
                    self.printed.push(line);
                    if let Some(rest) = rest {
                        return rest;
                    }
                }
                Err(end) => {
                    let why = match end {
                        RecvTimeoutError::Timeout => "the process is silent",
                        RecvTimeoutError::Disconnected => "the process ended",
                    };
                    let (printed, complaints) = (self.printed.join("\n"), self.complaints());
                    panic!("no line begins with {prefix:?}: {why}\nstdout: {printed}\nstderr: {complaints}");
                }
            }
        }
    }

    /// Kills it as `kill -9` does, in the middle of whatever it does.
    ///
    /// # Panics
    /// It cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// Asks it to end (SIGTERM).
    ///
    /// # Panics
    /// It cannot be asked.
    pub fn ask_to_end(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        let asked = Command::new("sh").args(["-c", &kill]).status();
        assert!(asked.is_ok_and(|status| status.success()), "{kill} failed");
    }

    /// Asks it to end (SIGTERM), and waits for its end.
    ///
    /// # Panics
    /// It does not end within `limit`.
    pub fn terminate(self, limit: Duration) -> Finished {
        self.ask_to_end();
        self.wait(limit)
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end within `limit`.
    pub fn wait(mut self, limit: Duration) -> Finished {
        let status = patience::within(limit, || self.child.try_wait().ok().flatten());
        let Some(status) = status else {
            let (printed, complaints) = (self.printed.join("\n"), self.complaints());
            panic!("the process did not end within {limit:?}\nstdout: {printed}\nstderr: {complaints}");
        };
        self.printed.extend(self.lines.iter());
        let stdout = self.printed.iter().fold(String::new(), |text, line| text + line + "\n");
        Finished { code: status.code().unwrap_or(-1), stdout, stderr: self.complaints() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
