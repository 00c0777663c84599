//! The one that writes.
//!
//! A commit that survives a power cut waits for the disk, so commits are shared: whoever wants to write puts an
//! operation into a lane, the writer takes what is there, runs each operation in a savepoint of its own (one that fails
//! leaves nothing), commits them together, and only then answers anybody. The dial lane goes first, and between two of
//! its groups one bulk operation has its turn; those are made in pages, so that one is over within some ten milliseconds.
//!
//! When a commit fails, nobody of the group is told that anything happened, and from then on the dial side is refused
//! until a probe has been written: a host that cannot write an intent must not dial.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{EventBell, StoreError, Stored, WriteContext};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::checkpoint::{self, Signal};
use super::fault::{Done, Fault, broken, is_disk};
use super::op::Op;
use super::scope::Cache;
use crate::meters::Meters;

/// Operations of one group commit at most.
const GROUP: usize = 512;
/// How long a group gathers at most.
const GATHER: Duration = Duration::from_millis(2);
/// Operations that a database in memory commits together. Nobody waits for them, and nothing survives the process either way; but
/// after a page was split, a commit goes through the whole cache, which is the whole database.
const COMMITTED_TOGETHER: u32 = 256;
/// Operations that may wait in a lane; the next caller waits outside.
const LANE: usize = 4_096;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Whatever stands between a free slot and a settled lead.
    Dial,
    /// Everything else.
    Bulk,
}

/// Tells the caller, once it is known whether the group was committed.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// An operation's turn: it is done, or its caller is told why it cannot be.
enum Turn<'a> {
    Do(&'a Connection, &'a mut Cache),
    Refuse(StoreError),
}
/// Takes its turn; says whether its savepoint is kept, and how to answer.
type Work = Box<dyn for<'a> FnOnce(Turn<'a>) -> (bool, Reply) + Send>;

struct Job {
    lane: Lane,
    work: Work,
    _permit: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Queues {
    dial: VecDeque<Job>,
    bulk: VecDeque<Job>,
    closing: bool,
}

struct Shared {
    queues: Mutex<Queues>,
    arrived: Condvar,
    meters: OnceLock<Meters>,
    bell: OnceLock<EventBell>,
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Queues) -> T) -> T {
        act(&mut self.queues.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those who wait, for whoever measures. Asked with the queues at hand, so that it never lags behind them.
    fn count(&self, queues: &Queues) {
        if let Some(meters) = self.meters.get() {
            meters.dial.set(queues.dial.len() as i64);
            meters.bulk.set(queues.bulk.len() as i64);
        }
    }
}

/// The way to the writing thread.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    dial: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
}

/// Which log the writer's commits go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// The main database's.
    Main,
    /// The records'.
    Records,
}

/// Runs an operation in a transaction that is already open.
pub(crate) fn perform<T>(
    db: &Connection,
    cache: &mut Cache,
    ctx: WriteContext,
    act: impl FnOnce(&mut Op<'_>) -> Done<T>,
) -> Done<T> {
    let mut op = Op::new(db, cache, ctx);
    let done = catch_unwind(AssertUnwindSafe(|| {
        let value = act(&mut op)?;
        op.flush()?;
        Ok(value)
    }));
    done.unwrap_or_else(|_| Err(broken("an operation of the store panicked; nothing of it was kept")))
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        mut db: Connection,
        log: Log,
        signal: Arc<Signal>,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let shared = Arc::new(Shared {
            queues: Mutex::default(),
            arrived: Condvar::new(),
            meters: OnceLock::new(),
            bell: OnceLock::new(),
        });
        let theirs = Arc::clone(&shared);
        let pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&pages);
        let hook = db.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count: std::ffi::c_int| {
            seen.store(u32::try_from(count).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }));
        hook.map_err(std::io::Error::other)?;
        let name = if log == Log::Main { "store-writer" } else { "records-writer" };
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
            Loop { db, cache: Cache::default(), log, signal, pages, unwritable: None }.run(&theirs);
        })?;
        Ok((Self { shared, dial: Arc::new(Semaphore::new(LANE)), bulk: Arc::new(Semaphore::new(LANE)) }, thread))
    }

    /// Puts an operation into a lane and waits for its group's commit.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        ctx: WriteContext,
        act: impl FnOnce(&mut Op<'_>) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        let room = if lane == Lane::Dial { &self.dial } else { &self.bulk };
        let permit = Arc::clone(room).acquire_owned().await.map_err(|_| closed())?;
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |turn: Turn<'_>| {
            let done = match turn {
                Turn::Do(db, cache) => perform(db, cache, ctx, act),
                Turn::Refuse(error) => Err(Fault::Store(error)),
            };
            let kept = done.is_ok();
            let reply: Reply = Box::new(move |failed| {
                let told = match failed {
                    Some(error) => Err(error),
                    None => done.map_err(StoreError::from),
                };
                // Nobody waits for it any more.
                let _ = answer.send(told);
            });
            (kept, reply)
        });
        let taken = self.shared.with(|queues| {
            if queues.closing {
                return false;
            }
            let job = Job { lane, work, _permit: permit };
            if lane == Lane::Dial {
                queues.dial.push_back(job)
            } else {
                queues.bulk.push_back(job)
            }
            self.shared.count(queues);
            true
        });
        if !taken {
            return Err(closed());
        }
        self.shared.arrived.notify_one();
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// From now on its groups are counted.
    pub(crate) fn measure(&self, meters: Meters) {
        let _ = self.shared.meters.set(meters);
    }

    /// From now on this is rung after every commit that wrote events; the first one stays.
    pub(crate) fn ring(&self, bell: EventBell) {
        let _ = self.shared.bell.set(bell);
    }

    /// No new operation; what waits is still done.
    pub(crate) fn close(&self) {
        self.shared.with(|queues| queues.closing = true);
        self.shared.arrived.notify_all();
    }
}

fn closed() -> StoreError {
    StoreError::Broken("the store is closed".into())
}

struct Loop {
    db: Connection,
    cache: Cache,
    log: Log,
    signal: Arc<Signal>,
    pages: Arc<AtomicU32>,
    /// Since a commit failed: why.
    unwritable: Option<String>,
}

impl Loop {
    fn run(mut self, shared: &Shared) {
        let mut dialled = false;
        while let Some(first) = next(shared, dialled) {
            dialled = first.lane == Lane::Dial;
            self.group(shared, first);
            let pages = self.pages.load(Ordering::Relaxed);
            match self.log {
                Log::Main => self.signal.main_grew(pages),
                Log::Records => self.signal.records_grew(pages),
            }
            if pages > checkpoint::TOO_LONG {
                checkpoint::restart(&self.db);
                self.pages.store(0, Ordering::Relaxed);
            }
        }
    }

    fn group(&mut self, shared: &Shared, first: Job) {
        if let Err(why) = self.begin() {
            return self.refuse(shared, first, why);
        }
        #[expect(clippy::disallowed_methods, reason = "the writer's own pace; no rule looks at it")]
        let began = std::time::Instant::now();
        let mut replies = Vec::new();
        let mut job = Some(first);
        let mut lost = None;
        while let Some(Job { lane, work, _permit }) = job.take() {
            match self.operation(work) {
                Ok(reply) => replies.push(reply),
                Err((reply, why)) => {
                    replies.push(reply);
                    lost = Some(why);
                    break;
                }
            }
            // A bulk operation ends its group, so that the dial lane waits for one of them at most.
            if lane == Lane::Bulk || replies.len() >= GROUP || began.elapsed() >= GATHER {
                break;
            }
            job = shared.with(|queues| {
                let next = queues.dial.pop_front();
                shared.count(queues);
                next
            });
        }
        let meters = shared.meters.get();
        let outcome = match lost {
            Some(why) => Err(why),
            None => {
                let _timed = meters.map(Meters::commit);
                self.db.execute_batch("COMMIT").map_err(|error| error.to_string())
            }
        };
        if let Some(meters) = meters {
            meters.ended(replies.len(), outcome.is_ok());
        }
        let told = std::mem::take(&mut self.cache.told);
        if outcome.is_ok()
            && let Some(bell) = shared.bell.get()
        {
            ring(bell, told);
        }
        let failed = outcome.err().map(|why| {
            // Whatever is still open is taken back; the error that counts is the first one.
            let _ = self.db.execute_batch("ROLLBACK");
            self.cache.clear();
            tracing::error!(%why, "a group of writes was not committed; dialling stops until the disk takes writes again");
            self.unwritable = Some(why.clone());
            StoreError::Unwritable(why)
        });
        for reply in replies {
            reply(failed.clone());
        }
    }

    /// Opens the group's transaction; after a failed commit only once a probe went through.
    fn begin(&mut self) -> Result<(), String> {
        if self.unwritable.is_some() {
            let probe = "BEGIN IMMEDIATE; UPDATE probe SET n = n + 1 WHERE id = 1; COMMIT;";
            if let Err(error) = self.db.execute_batch(if self.log == Log::Main { probe } else { "" }) {
                let _ = self.db.execute_batch("ROLLBACK");
                return Err(error.to_string());
            }
            self.unwritable = None;
            tracing::info!("the database takes writes again");
        }
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(|error| error.to_string())
    }

    /// Tells everybody who waits now that nothing can be written. Whoever comes later finds out anew.
    fn refuse(&mut self, shared: &Shared, first: Job, why: String) {
        self.unwritable = Some(why.clone());
        let waiting = shared.with(|queues| {
            let Queues { dial, bulk, .. } = queues;
            let waiting = std::mem::take(dial).into_iter().chain(std::mem::take(bulk)).collect::<Vec<_>>();
            shared.count(queues);
            waiting
        });
        for Job { work, .. } in std::iter::once(first).chain(waiting) {
            let (_, reply) = work(Turn::Refuse(StoreError::Unwritable(why.clone())));
            reply(None);
        }
    }

    /// One operation in its savepoint. `Err`: the whole transaction is gone.
    fn operation(&mut self, work: Work) -> Result<Reply, (Reply, String)> {
        let opened = self.db.prepare_cached("SAVEPOINT one").and_then(|mut statement| statement.execute([]));
        let (kept, reply) = work(Turn::Do(&self.db, &mut self.cache));
        if self.db.is_autocommit() {
            return Err((reply, "the database ended the transaction by itself; the disk is probably full".into()));
        }
        let end = if kept { "RELEASE one" } else { "ROLLBACK TO one" };
        let ended = opened.and_then(|_| self.db.prepare_cached(end).and_then(|mut statement| statement.execute([])));
        let released = if kept {
            ended.map(|_| ())
        } else {
            self.cache.clear();
            ended.and_then(|_| self.db.prepare_cached("RELEASE one").and_then(|mut end| end.execute([])).map(|_| ()))
        };
        match released {
            Ok(()) => Ok(reply),
            Err(error) => Err((reply, error.to_string())),
        }
    }
}

/// Waits for the next operation, dial first unless it is the bulk lane's turn. `None`: all is done and closed.
fn next(shared: &Shared, bulk_turn: bool) -> Option<Job> {
    let mut queues = shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let Queues { dial, bulk, closing } = &mut *queues;
        let (first, second) = if bulk_turn { (bulk, dial) } else { (dial, bulk) };
        if let Some(job) = first.pop_front().or_else(|| second.pop_front()) {
            shared.count(&queues);
            return Some(job);
        }
        if *closing {
            return None;
        }
        queues = shared.arrived.wait(queues).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Tells whose event logs are longer now.
pub(crate) fn ring(bell: &EventBell, told: BTreeSet<TenantKey>) {
    if !told.is_empty() {
        bell(&Vec::from_iter(told));
    }
}

/// Runs one operation at once, in a savepoint of its own, on the calling thread. `open`: operations since the last commit.
pub(crate) fn inline<T>(
    db: &Connection,
    cache: &mut Cache,
    open: &mut u32,
    ctx: WriteContext,
    act: impl FnOnce(&mut Op<'_>) -> Done<T>,
) -> Stored<T> {
    let step = |sql| db.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(|_| ());
    if db.is_autocommit() {
        step("BEGIN").map_err(Fault::from)?;
        *open = 0;
    }
    step("SAVEPOINT one").map_err(Fault::from)?;
    let done = perform(db, cache, ctx, act).and_then(|value| {
        step("RELEASE one")?;
        *open += 1;
        if *open == COMMITTED_TOGETHER {
            step("COMMIT")?;
        }
        Ok(value)
    });
    if let Err(fault) = &done {
        cache.clear();
        if let Fault::Sql(error) = fault
            && is_disk(error)
        {
            tracing::error!(%error, "a write was not committed");
        }
        if db.is_autocommit() {
            tracing::error!("the database in memory ended its transaction by itself; what was written lately is gone");
        } else {
            step("ROLLBACK TO one").and_then(|()| step("RELEASE one")).map_err(Fault::from)?;
        }
    }
    done.map_err(StoreError::from)
}
