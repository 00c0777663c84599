//! The threads that guests run on: their own, niced, shared fairly.
//!
//! A guest may use all the processor it is allowed, so it must never sit on a thread that dials or answers requests. The
//! crew is a few threads of lower priority with one queue of ready guests per tenant: next is the tenant whose guests have
//! used the least processor time, a guest gives its thread back at every yield (a million units of fuel, a tick of the
//! epoch), and one tenant never holds all the threads, so that another's first decision waits for nobody. Whoever moves no
//! lead (replays, shadows) stands behind: such a guest runs only while nobody else is ready, never on all the threads, and
//! gives way at its next yield. Work here is measured by the thread's own processor clock; no time of day is read.

use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_task::{Runnable, Task};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::plugin::allowance::CONCURRENT_CALLS;
use futures::FutureExt;
use tokio::sync::Semaphore;

use crate::engines::{CALLS_BEHIND, CALLS_BEHIND_PER_TENANT, Metered, concurrent_calls};
use crate::fault::Fault;
use crate::meters::{Meters, OfEngine};
use crate::processor;

/// How much lower than the rest of the process the threads run (0 is the same, 19 the least).
const NICE: i32 = 10;
/// What the calls of one tenant that are under way share, in one engine. Every number of calls up to the most divides it, so
/// that a call's share says exactly how many there may be, also of those that began under another limit.
const SHARES: u32 = 720_720;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Somebody waits for the answer: a lead, a person.
    Live,
    /// The answer moves no lead.
    Behind,
}

/// What is ready to run.
#[derive(Default)]
struct Ready {
    live: Lanes,
    behind: Lanes,
    stopped: bool,
}

/// The guests of one rank, by tenant.
#[derive(Default)]
struct Lanes {
    of: BTreeMap<TenantKey, Lane>,
    /// Where a lane that was idle begins: nobody saves up processor time by sleeping.
    floor: Duration,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Runnable>,
    running: usize,
    used: Duration,
}

struct Shared {
    ready: Mutex<Ready>,
    woken: Condvar,
    threads: usize,
}

/// How many calls may be under way.
struct Turns {
    all: Semaphore,
    of_tenants: Mutex<BTreeMap<TenantKey, Arc<Semaphore>>>,
    /// How many of one tenant, unless it may have fewer.
    usual: u32,
    /// Tenants that may have fewer calls than everybody.
    fewer: Mutex<BTreeMap<TenantKey, u32>>,
}

/// Runs guests, on threads of its own or on the caller's.
pub struct Crew {
    shared: Option<Arc<Shared>>,
    /// Apart from those who wait for the network, so that decisions never wait for them.
    deciding: Turns,
    reaching: Turns,
    meters: OnceLock<Meters>,
    /// Apart from both.
    behind: Turns,
}

impl Ready {
    /// The next guest: one that stands behind only when nobody else is ready.
    fn next(&mut self, threads: usize) -> Option<(Rank, TenantKey, Runnable)> {
        let most = threads.saturating_sub(1).max(1);
        if let Some((tenant, runnable)) = self.live.next(most) {
            return Some((Rank::Live, tenant, runnable));
        }
        let running: usize = self.behind.of.values().map(|lane| lane.running).sum();
        let (tenant, runnable) = self.behind.next(most.checked_sub(running).filter(|left| *left > 0)?)?;
        Some((Rank::Behind, tenant, runnable))
    }

    fn lanes(&mut self, rank: Rank) -> &mut Lanes {
        match rank {
            Rank::Live => &mut self.live,
            Rank::Behind => &mut self.behind,
        }
    }
}

impl Lanes {
    /// The next guest: of the tenant that used least, among those that do not hold `most` threads already.
    fn next(&mut self, most: usize) -> Option<(TenantKey, Runnable)> {
        let of = self
            .of
            .iter()
            .filter(|(_, lane)| !lane.waiting.is_empty() && lane.running < most)
            .min_by_key(|(_, lane)| lane.used)
            .map(|(tenant, _)| *tenant)?;
        let lane = self.of.get_mut(&of)?;
        self.floor = self.floor.max(lane.used);
        lane.running += 1;
        lane.waiting.pop_front().map(|runnable| (of, runnable))
    }

    fn put(&mut self, tenant: TenantKey, runnable: Runnable) {
        let floor = self.floor;
        let lane = self.of.entry(tenant).or_default();
        if lane.waiting.is_empty() && lane.running == 0 {
            lane.used = lane.used.max(floor);
        }
        lane.waiting.push_back(runnable);
    }

    fn ran(&mut self, tenant: TenantKey, spent: Duration) {
        let Some(lane) = self.of.get_mut(&tenant) else { return };
        lane.running -= 1;
        lane.used += spent;
        if lane.running == 0 && lane.waiting.is_empty() && lane.used <= self.floor {
            self.of.remove(&tenant);
        }
    }
}

fn work(shared: &Shared) {
    // A machine that refuses the lower priority runs guests at the normal one.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    let mut ready = shared.ready.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if ready.stopped {
            return;
        }
        let Some((rank, tenant, runnable)) = ready.next(shared.threads) else {
            ready = shared.woken.wait(ready).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        drop(ready);
        let began = processor::time();
        runnable.run();
        let spent = processor::time().saturating_sub(began);
        ready = shared.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.lanes(rank).ran(tenant, spent);
    }
}

impl Crew {
    /// Guests run wherever they are polled: for rehearsals, which are one thread by design, and for tools.
    pub fn inline() -> Self {
        Self::with(None)
    }

    /// Starts the threads. Called within a tokio runtime, they lend its timers and sockets to host functions.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn start(threads: usize) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let shared = Arc::new(Shared { ready: Mutex::default(), woken: Condvar::new(), threads });
        let runtime = tokio::runtime::Handle::try_current().ok();
        for number in 0..threads {
            let (shared, runtime) = (Arc::clone(&shared), runtime.clone());
            std::thread::Builder::new().name(format!("plugin-{number}")).spawn(move || {
                let _entered = runtime.as_ref().map(tokio::runtime::Handle::enter);
                work(&shared);
            })?;
        }
        Ok(Self::with(Some(shared)))
    }

    fn with(shared: Option<Arc<Shared>>) -> Self {
        let live = |metered| Turns::new(concurrent_calls(metered), CONCURRENT_CALLS);
        let behind = Turns::new(CALLS_BEHIND, CALLS_BEHIND_PER_TENANT);
        let (deciding, reaching) = (live(Metered::ByFuel), live(Metered::ByTime));
        Self { shared, deciding, reaching, meters: OnceLock::new(), behind }
    }

    /// From now on the waits and calls of who goes first are counted.
    pub fn measure(&self, meters: Meters) {
        let _ = self.meters.set(meters);
    }

    /// How many calls of a tenant may be under way in each engine, from the next call on.
    pub fn allow(&self, tenant: TenantKey, calls: u32) {
        for turns in [&self.deciding, &self.reaching, &self.behind] {
            let mut fewer = turns.fewer.lock().unwrap_or_else(PoisonError::into_inner);
            if calls < turns.usual {
                fewer.insert(tenant, calls.max(1));
            } else {
                fewer.remove(&tenant);
            }
        }
    }

    /// Runs one call of a tenant's guest to its end. A caller that goes away takes the call with it.
    ///
    /// # Errors
    /// The host itself failed in it; the process and the next call are not harmed.
    pub async fn run<T: Send + 'static>(
        &self,
        tenant: TenantKey,
        kind: Kind,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.run_at(Rank::Live, tenant, kind, call).await
    }

    /// The same, at a rank. What stands behind runs on fuel: only policies are asked what moves nobody.
    ///
    /// # Errors
    /// See [`Crew::run`].
    pub async fn run_at<T: Send + 'static>(
        &self,
        rank: Rank,
        tenant: TenantKey,
        kind: Kind,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let metered = Metered::of(kind);
        let turns = match (rank, metered) {
            (Rank::Behind, _) => &self.behind,
            (Rank::Live, Metered::ByFuel) => &self.deciding,
            (Rank::Live, Metered::ByTime) => &self.reaching,
        };
        let meters = self.meters.get().filter(|_| rank == Rank::Live).map(|meters| meters.of(metered));
        let waiting = meters.map(OfEngine::wait);
        let (of_tenant, share) = turns.of(tenant);
        let _turn = (of_tenant.acquire_many(share).await, turns.all.acquire().await);
        let _running = meters.map(OfEngine::run);
        // The wait for a turn is over when the call is first polled on a thread.
        let call = async move {
            drop(waiting);
            call.await
        };
        let call = AssertUnwindSafe(call).catch_unwind();
        let ended = match &self.shared {
            None => call.await,
            Some(shared) => {
                let queue = Arc::clone(shared);
                let schedule = move |runnable: Runnable| {
                    queue.ready.lock().unwrap_or_else(PoisonError::into_inner).lanes(rank).put(tenant, runnable);
                    queue.woken.notify_one();
                };
                let (runnable, task): (Runnable, Task<_>) = async_task::spawn(call, schedule);
                runnable.schedule();
                task.await
            }
        };
        ended.map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let what = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
            tracing::error!(%what, "the host failed while it ran a plugin");
            Fault::NotReady { what: "the host failed while it ran the plugin; the operator's log says more".to_owned() }
        })
    }
}

impl Turns {
    fn new(all: u32, usual: u32) -> Self {
        Self { all: Semaphore::new(all as usize), of_tenants: Mutex::default(), usual, fewer: Mutex::default() }
    }

    /// What the tenant's calls share, and how much of it one call takes.
    fn of(&self, tenant: TenantKey) -> (Arc<Semaphore>, u32) {
        let fewer = self.fewer.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).copied();
        let mut of_tenants = self.of_tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = of_tenants.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(SHARES as usize)));
        (Arc::clone(shared), SHARES / fewer.unwrap_or(self.usual))
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.ready.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
            shared.woken.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use futures::executor::block_on;

    use super::*;

    const BUSY: TenantKey = TenantKey(1);
    const QUIET: TenantKey = TenantKey(2);

    async fn yield_once() {
        let mut yielded = false;
        std::future::poll_fn(|context| {
            if yielded {
                return std::task::Poll::Ready(());
            }
            yielded = true;
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }

    #[test]
    fn a_quiet_tenant_is_served_while_a_busy_one_never_ends() {
        let crew = Crew::start(1).unwrap();
        let (stop, turns) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (stopping, counting) = (Arc::clone(&stop), Arc::clone(&turns));
        let endless = crew.run(BUSY, Kind::RetryPolicy, async move {
            while !stopping.load(Ordering::Relaxed) {
                counting.fetch_add(1, Ordering::Relaxed);
                yield_once().await;
            }
        });
        let quiet = async {
            for _ in 0..100 {
                crew.run(QUIET, Kind::RetryPolicy, yield_once()).await.unwrap();
            }
            stop.store(true, Ordering::Relaxed);
        };
        block_on(futures::future::join(endless, quiet)).0.unwrap();
        assert!(turns.load(Ordering::Relaxed) > 10, "the busy one runs too");
    }

    /// Something to run, which the test keeps in sight.
    fn job() -> (Runnable, Task<()>) {
        async_task::spawn(async {}, |_: Runnable| {})
    }

    fn put(lanes: &mut Lanes, tenant: TenantKey, count: usize) -> Vec<Task<()>> {
        let put = |_| {
            let (runnable, task) = job();
            lanes.put(tenant, runnable);
            task
        };
        (0..count).map(put).collect()
    }

    #[test]
    fn one_tenant_leaves_a_thread_to_the_others() {
        let mut ready = Ready::default();
        let mut tasks = put(&mut ready.live, BUSY, 3);
        assert!(ready.next(2).is_some());
        assert!(ready.next(2).is_none(), "the second thread waits for somebody else");
        tasks.extend(put(&mut ready.live, QUIET, 1));
        assert_eq!(ready.next(2).map(|(_, tenant, _)| tenant), Some(QUIET));
    }

    #[test]
    fn who_moves_no_lead_waits_for_those_who_do_and_leaves_them_a_thread() {
        let mut ready = Ready::default();
        let mut tasks = put(&mut ready.behind, QUIET, 3);
        tasks.extend(put(&mut ready.live, BUSY, 1));
        let rank = |ready: &mut Ready, threads| ready.next(threads).map(|(rank, tenant, _)| (rank, tenant));
        assert_eq!(rank(&mut ready, 2), Some((Rank::Live, BUSY)), "whatever the other one has used");
        ready.live.ran(BUSY, Duration::from_secs(60));
        assert_eq!(rank(&mut ready, 2), Some((Rank::Behind, QUIET)));
        tasks.extend(put(&mut ready.behind, BUSY, 1));
        assert_eq!(rank(&mut ready, 2), None, "one thread of two is for the living");
        assert_eq!(rank(&mut ready, 3), Some((Rank::Behind, BUSY)), "and the rest is shared fairly");
        ready.behind.ran(QUIET, Duration::from_secs(60));
        tasks.extend(put(&mut ready.live, BUSY, 1));
        assert_eq!(rank(&mut ready, 2), Some((Rank::Live, BUSY)));
    }

    #[test]
    fn a_live_call_is_over_while_others_stand_behind_for_ever() {
        let crew = Crew::start(2).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let endless = |stop: Arc<AtomicBool>| {
            crew.run_at(Rank::Behind, BUSY, Kind::RetryPolicy, async move {
                while !stop.load(Ordering::Relaxed) {
                    yield_once().await;
                }
            })
        };
        let live = async {
            for _ in 0..1_000 {
                crew.run(BUSY, Kind::RetryPolicy, yield_once()).await.unwrap();
            }
            stop.store(true, Ordering::Relaxed);
        };
        let behind = futures::future::join(endless(Arc::clone(&stop)), endless(Arc::clone(&stop)));
        let ((one, other), ()) = block_on(futures::future::join(behind, live));
        assert_eq!((one, other), (Ok(()), Ok(())), "and whoever stands behind ends too");
    }

    #[test]
    fn every_limit_is_exact_and_binds_beside_calls_that_began_under_another() {
        assert!((1..=CONCURRENT_CALLS).all(|calls| SHARES.is_multiple_of(calls)));
        let crew = Crew::inline();
        let (opened, gate) = tokio::sync::watch::channel(false);
        let started = Arc::new(AtomicU32::new(0));
        let call = |tenant| {
            let (mut gate, started) = (gate.clone(), Arc::clone(&started));
            Box::pin(crew.run(tenant, Kind::VoiceGateway, async move {
                started.fetch_add(1, Ordering::Relaxed);
                let _ = gate.wait_for(|open| *open).await;
            }))
        };
        let mut calls: Vec<_> = (0..8).map(|_| call(BUSY)).collect();
        let poll = |calls: &mut Vec<_>| {
            block_on(async {
                for call in calls.iter_mut() {
                    assert!(futures::poll!(call).is_pending());
                }
                started.load(Ordering::Relaxed)
            })
        };
        assert_eq!(poll(&mut calls), 8, "sixteen may run");
        crew.allow(BUSY, 5);
        calls.extend((0..4).map(|_| call(BUSY)));
        assert_eq!(poll(&mut calls), 10, "half of the shares are taken, so two of five may begin");
        calls.push(call(QUIET));
        assert_eq!(poll(&mut calls), 11, "another tenant has shares of its own");
        opened.send_replace(true);
        block_on(futures::future::join_all(calls));
        let (opened, gate) = tokio::sync::watch::channel(false);
        let started = Arc::new(AtomicU32::new(0));
        let mut calls: Vec<_> = (0..9)
            .map(|_| {
                let (mut gate, started) = (gate.clone(), Arc::clone(&started));
                Box::pin(crew.run(BUSY, Kind::VoiceGateway, async move {
                    started.fetch_add(1, Ordering::Relaxed);
                    let _ = gate.wait_for(|open| *open).await;
                }))
            })
            .collect();
        block_on(async {
            for call in &mut calls {
                assert!(futures::poll!(call).is_pending());
            }
        });
        assert_eq!(started.load(Ordering::Relaxed), 5);
        opened.send_replace(true);
        block_on(futures::future::join_all(calls));
    }

    #[test]
    fn a_host_that_fails_harms_one_call() {
        for crew in [Crew::inline(), Crew::start(2).unwrap()] {
            let failed = block_on(crew.run(BUSY, Kind::VoiceGateway, async { panic!("a host function is wrong") }));
            assert_eq!(failed.unwrap_err().code(), "not_ready");
            assert_eq!(block_on(crew.run(BUSY, Kind::VoiceGateway, async { 7 })), Ok(7));
        }
    }
}
