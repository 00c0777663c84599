//! What compilers of other languages import without their authors asking for it, closed off.
//!
//! `wasm32-wasip2` and some JavaScript and Python tools leave imports of the WebAssembly System Interface in a component.
//! They are linked to a context in which there is nothing: no files, no arguments, an empty environment, input at its end,
//! output into the call's log, a clock that stands at the beginning of the call and random numbers from a fixed seed.
//! Sockets and HTTP of that interface are never linked; admission refuses them by name.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::Lent;
use crate::contract::campanile::plugin::log::Level;

/// Bytes of output that are kept for the log.
const OUTPUT_BYTES: usize = 16 << 10;

/// The interfaces of the system interface that may be imported, without their versions; anything else is refused.
pub const CLOSED_OFF: [&str; 5] = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random"];

/// One call's context.
pub struct Closed {
    ctx: WasiCtx,
    table: ResourceTable,
    output: MemoryOutputPipe,
}

/// A clock that does not move: a guest that measures learns nothing and a decision stays a function of its input.
struct Standing(Duration);

impl HostWallClock for Standing {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Standing {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

impl Closed {
    /// A context for a call that begins at `now_ms` (Unix milliseconds).
    pub fn new(now_ms: i64) -> Self {
        let output = MemoryOutputPipe::new(OUTPUT_BYTES);
        let now = Duration::from_millis(now_ms.max(0).unsigned_abs());
        let mut builder = WasiCtx::builder();
        builder
            .stdout(output.clone())
            .stderr(output.clone())
            .secure_random(ChaCha8Rng::seed_from_u64(now.as_secs()))
            .insecure_random(ChaCha8Rng::seed_from_u64(now.as_secs()))
            .insecure_random_seed(0)
            .max_random_size(64 << 10)
            .wall_clock(Standing(now))
            .monotonic_clock(Standing(now));
        let mut table = ResourceTable::new();
        table.set_max_capacity(1_000);
        Self { ctx: builder.build(), table, output }
    }
}

impl Lent {
    /// Gives the call a closed-off context, for a component that imports the system interface.
    pub fn close_off(&mut self, now_ms: i64) {
        self.wasi = Some(Closed::new(now_ms));
    }

    /// Moves what was written to the standard outputs into the log.
    pub fn drain_output(&mut self) {
        let written = self.wasi.as_ref().map(|closed| closed.output.contents()).unwrap_or_default();
        for line in String::from_utf8_lossy(&written).lines() {
            self.log.push(Level::Info, line);
        }
    }
}

impl WasiView for Lent {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let closed = self.wasi.get_or_insert_with(|| Closed::new(0));
        WasiCtxView { ctx: &mut closed.ctx, table: &mut closed.table }
    }
}

/// Links everything of [`CLOSED_OFF`].
pub fn link(linker: &mut Linker<Lent>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, |lent: &mut Lent| lent.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |lent: &mut Lent| lent.ctx().ctx.random())?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, Lent::cli)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, Lent::filesystem)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, Lent::filesystem)?;
    Ok(())
}
