//! A compiled component and one call of it.
//!
//! A plugin gets a fresh instance for every call, so that nothing one call leaves behind reaches the next; making one
//! costs microseconds. Scripts keep theirs (see [`crate::warm`]) because what they would make anew is an interpreter.
//! Whatever happens inside, a call ends in a [`Called`]: an answer or a fault, what it used and what it logged.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::limits::{Cpu, Limits};
use campanile_domain::ports::policy::{Consulted, Usage};
use tokio::time::Sleep;
use wasmtime::component::{Component, Instance, InstancePre};
use wasmtime::{Store, UpdateDeadline};

use crate::capabilities::{Lent, Loan, wasi};
use crate::engines::Engines;
use crate::epoch::Ticking;
use crate::fault::Fault;
use crate::meter::YIELD_EVERY_FUEL;
use crate::processor::Stopwatch;

/// The longest that a guest which reaches nothing may wait on a clock. What it runs is bounded by fuel; this is far above what
/// that takes, so that the same input stops at the same place on a busy machine too.
const WAITING_MS: u32 = 2_000;

/// A component ready to be instantiated as a plugin of its kind.
pub struct Guest {
    pub pre: InstancePre<Lent>,
    pub kind: Kind,
    /// What any call of it may use at most; a tenant may be allowed less.
    pub most: Limits,
    needs_wasi: bool,
}

/// What one call came to.
#[derive(Clone, Debug)]
pub struct Called<T> {
    /// Its answer, or why there is none.
    pub answer: Result<T, Fault>,
    /// What it used.
    pub usage: Usage,
    /// What it logged, cut to the limits.
    pub log: Vec<String>,
    /// What it asked of the calendar.
    pub consulted: Consulted,
}

impl<T> Called<T> {
    /// Of a call that did not get as far as the guest.
    pub fn not_run(fault: Fault) -> Self {
        Self { answer: Err(fault), usage: Usage::default(), log: Vec::new(), consulted: Consulted::default() }
    }

    /// The same with another answer.
    pub fn and_then<U>(self, read: impl FnOnce(T) -> Result<U, Fault>) -> Called<U> {
        let Self { answer, usage, log, consulted } = self;
        Called { answer: answer.and_then(read), usage, log, consulted }
    }
}

impl Guest {
    /// Links a component against what its kind is lent. A missing or wrong-typed import is an error that names it.
    pub fn link(engines: &Engines, component: &Component, kind: Kind, bytes: usize) -> wasmtime::Result<Self> {
        let room = engines.of(kind);
        let needs_wasi = component
            .component_type()
            .imports(&room.engine)
            .any(|(name, _)| wasi::CLOSED_OFF.iter().any(|package| name.starts_with(package)));
        let pre = engines.linker(kind, needs_wasi)?.instantiate_pre(component)?;
        Ok(Self { pre, kind, most: Limits::of_component(kind, bytes), needs_wasi })
    }

    /// A live instance in a store of its own, held to `limits` (see [`crate::sandbox::Inner::limits`]). Runs what the
    /// component runs at its start, within the same limits as the call that follows (`fuel` in place of theirs, where the
    /// start is a load of its own).
    pub async fn instantiate(
        &self,
        engines: &Engines,
        mut loan: Loan,
        limits: Limits,
        fuel: Option<u64>,
    ) -> Result<Live, Called<()>> {
        let now = loan.clock.as_ref().map_or(0, |clock| clock.now().millis());
        loan.reach = loan.reach.and_then(|reach| limits.http.map(|http| reach.within(http)));
        let mut lent = Lent::new(loan, limits);
        if self.needs_wasi {
            lent.close_off(now);
        }
        let mut store = engines.of(self.kind).store(lent);
        let (fuel, ticking) = match limits.cpu {
            Cpu::Fuel(limit) => (fuel.unwrap_or(limit), None),
            Cpu::Millis(_) => (0, Some(engines.ticker.begin())),
        };
        let longest_ms = self.longest_ms(&limits);
        let mut bounds = Bounds::new(longest_ms, store.data().meter.watch());
        match bounds.hold(self.make(&mut store, fuel)).await {
            Ok(instance) => {
                Ok(Live { store, instance, limits, fuel, longest_ms, started: Some(bounds), _ticking: ticking })
            }
            Err(error) => {
                let fault = Fault::from_wasmtime(&error, fuel, store.data().log.panic());
                let log = store.data_mut().log.take();
                let consulted = std::mem::take(&mut store.data_mut().consulted);
                Err(Called { answer: Err(fault), usage: usage(&store, fuel), log, consulted })
            }
        }
    }

    /// The longest that a call may take with everything it waits for; `None`: it can wait for nothing. The system interface
    /// lends a clock to wait on, which costs no fuel.
    const fn longest_ms(&self, limits: &Limits) -> Option<u32> {
        match (limits.http, self.needs_wasi) {
            (Some(_), _) => Some(limits.wall_ms),
            (None, true) => Some(WAITING_MS),
            (None, false) => None,
        }
    }

    async fn make(&self, store: &mut Store<Lent>, fuel: u64) -> wasmtime::Result<Instance> {
        match self.most.cpu {
            // Making an instance on fuel needs no stack of its own: when to let others run is set once it is made.
            Cpu::Fuel(_) => {
                store.set_fuel(fuel)?;
                if self.needs_wasi {
                    store.fuel_async_yield_interval(Some(YIELD_EVERY_FUEL))?;
                    return self.pre.instantiate_async(store).await;
                }
                let instance = self.pre.instantiate(&mut *store)?;
                store.fuel_async_yield_interval(Some(YIELD_EVERY_FUEL))?;
                Ok(instance)
            }
            Cpu::Millis(_) => {
                store.set_epoch_deadline(1);
                store.epoch_deadline_callback(|store| {
                    store.data().meter.tick()?;
                    Ok(UpdateDeadline::Yield(1))
                });
                self.pre.instantiate_async(store).await
            }
        }
    }
}

fn usage(store: &Store<Lent>, tank: u64) -> Usage {
    let lent = store.data();
    let used = lent.loan.reach.as_ref().map(crate::capabilities::Reach::used);
    Usage {
        fuel: store.get_fuel().map_or(0, |left| tank.saturating_sub(left)),
        running_ms: lent.meter.running_ms(),
        memory_bytes: lent.meter.memory_bytes(),
        host_calls: lent.host_calls(),
        http_requests: used.map_or(0, |used| used.requests),
        bytes_out: used.map_or(0, |used| used.bytes_out),
        bytes_in: used.map_or(0, |used| used.bytes_in),
    }
}

/// An instance that can be asked.
pub struct Live {
    pub store: Store<Lent>,
    pub instance: Instance,
    limits: Limits,
    fuel: u64,
    longest_ms: Option<u32>,
    /// Those of the start, until the first call takes them over: the two share their time as they share their fuel.
    started: Option<Bounds>,
    _ticking: Option<Ticking>,
}

impl Live {
    /// What it is held to.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What holds the next call.
    pub fn bounds(&mut self) -> Bounds {
        self.started.take().unwrap_or_else(|| Bounds::new(self.longest_ms, self.store.data().meter.watch()))
    }

    /// Fills the tank again: what a warm instance does before each decision.
    pub fn refuel(&mut self) -> Result<(), Fault> {
        if let Cpu::Fuel(limit) = self.limits.cpu {
            self.store.set_fuel(limit).map_err(|error| Fault::not_ready(&error))?;
            self.fuel = limit;
        }
        Ok(())
    }

    /// Sorts what a call came to. The instance must not be asked again after a fault.
    pub fn finish<T>(&mut self, called: wasmtime::Result<T>) -> Called<T> {
        let answer = called.map_err(|error| Fault::from_wasmtime(&error, self.fuel, self.store.data().log.panic()));
        let usage = usage(&self.store, self.fuel);
        let lent = self.store.data_mut();
        lent.drain_output();
        Called { answer, usage, log: lent.log.take(), consulted: std::mem::take(&mut lent.consulted) }
    }
}

/// What holds one call: when it is given up with everything it waits for, and the watch it runs by.
pub struct Bounds {
    /// The limit in milliseconds, and its end. Time passes from the beginning on, whoever runs meanwhile.
    end: Option<(u32, Pin<Box<Sleep>>)>,
    watch: Option<Arc<Stopwatch>>,
}

impl Bounds {
    /// A call is given up in time only where there is a runtime to wake up by: without one nothing can be waited for.
    fn new(longest_ms: Option<u32>, watch: Option<Arc<Stopwatch>>) -> Self {
        let longest_ms = longest_ms.filter(|_| tokio::runtime::Handle::try_current().is_ok());
        #[expect(
            clippy::disallowed_methods,
            reason = "a guest's limit is in the world's time, whatever clock calls live in"
        )]
        let end = |limit_ms| (limit_ms, Box::pin(tokio::time::sleep(Duration::from_millis(u64::from(limit_ms)))));
        Self { end: longest_ms.map(end), watch }
    }

    /// Runs a call within them.
    pub async fn hold<T>(&mut self, call: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
        let watch = self.watch.clone();
        let timed = async {
            match &watch {
                Some(watch) => watch.time(call).await,
                None => call.await,
            }
        };
        let Some((limit_ms, end)) = &mut self.end else { return timed.await };
        tokio::select! {
            biased;
            called = timed => called,
            () = end.as_mut() => Err(Fault::TimedOut { limit_ms: *limit_ms }.into()),
        }
    }
}
