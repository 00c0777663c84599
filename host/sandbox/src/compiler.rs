//! Where uploads become machine code: a process of its own.
//!
//! Nobody promises how long compiling a hostile component takes or how much memory it needs, so it happens where both are
//! limited and nothing else lives: a niced child of the same binary that gets the bytes on its input, holds no file and no
//! secret, and answers with the artefact. One at a time; the next upload waits. The artefact is written by the parent,
//! which never takes one from anywhere else.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;
use wasmtime::Engine;

use crate::engines::{Metered, config};
use crate::fault::Fault;

/// Address space of the compiler, in bytes.
const MEMORY_BYTES: u64 = 4 << 30;
/// Processor time of the compiler, in seconds; the system ends it after that.
const CPU_SECONDS: u64 = 90;
/// From beginning to end, in seconds.
const WALL: Duration = Duration::from_secs(180);
/// The largest artefact, in bytes.
const ARTEFACT_BYTES: u64 = 512 << 20;
/// How much lower than the server the compiler runs (19 is the least).
const NICE: i32 = 15;
/// What is kept of a compiler's complaint, in bytes.
const COMPLAINT_BYTES: usize = 2_000;

/// Where uploads are compiled.
#[derive(Clone, Debug, Default)]
pub enum Compiler {
    /// In this process: what ships, tools and tests.
    #[default]
    InProcess,
    /// In a child process, one at a time.
    Child(Jail),
}

/// How a child is started: a program that calls [`serve`].
#[derive(Clone, Debug)]
pub struct Jail {
    program: PathBuf,
    arguments: Vec<String>,
    turn: Arc<Semaphore>,
}

impl Compiler {
    /// Children of this program, started with these arguments; the word for the engine is added.
    pub fn child(program: PathBuf, arguments: Vec<String>) -> Self {
        Self::Child(Jail { program, arguments, turn: Arc::new(Semaphore::new(1)) })
    }

    /// Machine code of a component for one of the engines.
    ///
    /// # Errors
    /// It cannot be compiled within the limits.
    pub async fn compile(&self, engine: &Engine, metered: Metered, wasm: Vec<u8>) -> Result<Vec<u8>, Fault> {
        match self {
            Self::InProcess => in_process(engine.clone(), wasm).await,
            Self::Child(jail) => jail.compile(metered, wasm).await,
        }
    }
}

fn failed(what: impl Into<String>) -> Fault {
    Fault::NotReady { what: what.into() }
}

/// Compiles on a thread of its own, so that whoever polls this is not held up for seconds.
async fn in_process(engine: Engine, wasm: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let (done, result) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("plugin-compile".to_owned())
        .spawn(move || done.send(engine.precompile_component(&wasm)).is_ok())
        .map_err(|error| failed(error.to_string()))?;
    let compiled = result.await.map_err(|_| failed("the compiler stopped"))?;
    compiled.map_err(|error| Fault::not_ready(&error))
}

const fn word(metered: Metered) -> &'static str {
    match metered {
        Metered::ByFuel => "by-fuel",
        Metered::ByTime => "by-time",
    }
}

impl Jail {
    async fn compile(&self, metered: Metered, wasm: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let _turn = self.turn.acquire().await;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(word(metered))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("the compiler's process could not be started: {error}")))?;
        let missing = || failed("the compiler's process has no pipes");
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let complaint = child.stderr.take().ok_or_else(missing)?;
        let feed = async move {
            // A child that died has said why, or its status does.
            let _ = input.write_all(&wasm).await;
            drop(input);
        };
        let (mut artefact, mut said) = (Vec::new(), Vec::new());
        let read = async { output.take(ARTEFACT_BYTES).read_to_end(&mut artefact).await };
        let hear = async { complaint.take(COMPLAINT_BYTES as u64).read_to_end(&mut said).await };
        let work = async { tokio::join!(feed, read, hear, child.wait()) };
        let Ok(((), _, _, status)) = tokio::time::timeout(WALL, work).await else {
            return Err(failed(format!("compiling took more than {} s and was given up", WALL.as_secs())));
        };
        let status = status.map_err(|error| failed(error.to_string()))?;
        if status.success() && !artefact.is_empty() {
            return Ok(artefact);
        }
        let said = String::from_utf8_lossy(&said);
        let said = said.trim();
        let why = if said.is_empty() { format!("the compiler ended with {status}") } else { said.to_owned() };
        Err(failed(format!("it could not be compiled within {} MiB and {CPU_SECONDS} s: {why}", MEMORY_BYTES >> 20)))
    }
}

/// What the child does: limits itself, then compiles its input. Returns the process' exit code.
///
/// # Errors
/// The input or the output broke; what is wrong with the component is written to the standard error.
pub fn serve(engine: &str) -> std::io::Result<u8> {
    // Where memory runs out, this process goes before the server does. Not every system has the file.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::As, MEMORY_BYTES)?;
    limit(Resource::Cpu, CPU_SECONDS)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    rustix::process::setpriority_process(None, NICE)?;
    let metered = if engine == word(Metered::ByFuel) { Metered::ByFuel } else { Metered::ByTime };
    let mut wasm = Vec::new();
    std::io::stdin().lock().read_to_end(&mut wasm)?;
    let compiled = Engine::new(&config(metered)).and_then(|engine| engine.precompile_component(&wasm));
    match compiled {
        Ok(artefact) => {
            let mut out = std::io::stdout().lock();
            out.write_all(&artefact)?;
            out.flush()?;
            Ok(0)
        }
        Err(error) => {
            writeln!(std::io::stderr(), "{error:#}")?;
            Ok(1)
        }
    }
}
