//! The ticker behind time limits: one thread that moves an engine's epoch on while guests run.
//!
//! A guest is interrupted at the next tick and either yields (others run) or, over its limit, is stopped. While no guest
//! runs the thread sleeps, so an idle server wakes nobody. It reads no clock: a tick is a wait that ended.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::Engine;

/// Milliseconds of a tick. A guest yields at each, so this bounds how long it keeps its thread.
const TICK_MS: u64 = 1;

#[derive(Default)]
struct Shared {
    running: Mutex<Running>,
    woken: Condvar,
}

#[derive(Default)]
struct Running {
    calls: usize,
    stopped: bool,
}

/// The thread; ends when this is dropped.
pub struct Ticker(Arc<Shared>);

/// While it lives, time passes for guests.
pub struct Ticking(Arc<Shared>);

impl Ticker {
    /// Starts the thread for one engine.
    pub fn start(engine: Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let ticking = Arc::clone(&shared);
        std::thread::Builder::new().name("plugin-epochs".to_owned()).spawn(move || run(&engine, &ticking))?;
        Ok(Self(shared))
    }

    /// Says that a guest runs.
    pub fn begin(&self) -> Ticking {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.calls += 1;
        if running.calls == 1 {
            self.0.woken.notify_one();
        }
        Ticking(Arc::clone(&self.0))
    }
}

fn run(engine: &Engine, shared: &Shared) {
    let mut running = shared.running.lock().unwrap_or_else(PoisonError::into_inner);
    while !running.stopped {
        running = if running.calls == 0 {
            shared.woken.wait(running).unwrap_or_else(PoisonError::into_inner)
        } else {
            let tick = Duration::from_millis(TICK_MS);
            let (running, _) = shared.woken.wait_timeout(running, tick).unwrap_or_else(PoisonError::into_inner);
            engine.increment_epoch();
            running
        };
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.0.woken.notify_one();
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).calls -= 1;
    }
}
