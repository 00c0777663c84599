//! The store as a whole: its connections, its threads, and how a call reaches them.
//!
//! Durable: a writing thread, reading threads and a checkpointing thread for the main file, a writing thread for the
//! records. Ephemeral: two connections in memory behind a lock, and every future is ready at its first poll, so that a
//! rehearsal needs no runtime. Every intent is written once and knows nothing of the difference.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{EventBell, Fence, StoreError, Stored, WriteContext};
use campanile_domain::time::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::checkpoint::{self, Signal};
use super::fault::Done;
use super::migrate::{self, Database};
use super::op::Op;
use super::plugins::content;
use super::profile::{self, Sync};
use super::read::{self, Of, Reader, Readers};
use super::scope::Cache;
use super::writer::{self, Lane, Log, Writer};
use crate::lock::FolderLock;
use crate::meters::Meters;
use crate::vault::Vault;
use crate::{OpenError, Options, Profile, VaultKeys};

/// What `doctor` shows of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The library's version.
    pub sqlite_version: String,
    /// The schema's version.
    pub schema_version: u32,
    /// The version of the records' schema.
    pub records_version: u32,
    /// As read back: `wal` or `memory`.
    pub journal_mode: String,
    /// As read back: 2 is FULL.
    pub synchronous: i64,
    /// The data folder; `None` in memory.
    pub folder: Option<PathBuf>,
}

/// SQLite behind the domain's ports.
pub struct SqliteStore {
    main: Side,
    records: Side,
    readers: Option<Readers>,
    vault: Arc<Vault>,
    health: Health,
    /// Of a store in memory; a durable one's is the writing thread's.
    bell: OnceLock<EventBell>,
    running: Mutex<Option<Running>>,
}

/// How writes reach one database.
enum Side {
    Thread(Writer),
    /// With the operations since the last commit.
    Inline(Box<Mutex<(Connection, Cache, u32)>>),
}

/// What is joined when the store closes.
struct Running {
    signal: Arc<Signal>,
    writers: Vec<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    checkpointer: JoinHandle<()>,
    _lock: FolderLock,
}

impl SqliteStore {
    pub(crate) fn open(options: &Options, vfs: Option<&str>) -> Result<Self, OpenError> {
        match &options.profile {
            Profile::Ephemeral => Self::ephemeral(options.vault.as_ref()),
            Profile::Durable { folder } => Self::durable(folder, options, vfs),
        }
    }

    fn ephemeral(keys: Option<&VaultKeys>) -> Result<Self, OpenError> {
        let vault = Arc::new(Vault::new(keys));
        let (mut main, mut records) = (profile::memory()?, profile::memory()?);
        migrate::run(&mut main, Database::Main)?;
        migrate::run(&mut records, Database::Records)?;
        let health = health(&main, &records, None)?;
        let inline = |db| Side::Inline(Box::new(Mutex::new((db, Cache::default(), 0))));
        let (main, records, running) = (inline(main), inline(records), Mutex::new(None));
        Ok(Self { main, records, readers: None, vault, health, bell: OnceLock::new(), running })
    }

    fn durable(folder: &Path, options: &Options, vfs: Option<&str>) -> Result<Self, OpenError> {
        let unusable = |error| OpenError::Folder { folder: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let lock = FolderLock::take(folder)?;
        let path = |which: Database| folder.join(which.file());
        let (main_path, records_path) = (path(Database::Main), path(Database::Records));
        let mut main = profile::writer(&main_path, vfs, Sync::Full)?;
        migrate::run(&mut main, Database::Main)?;
        content::drop_orphans(&main)?;
        let mut records = profile::writer(&records_path, vfs, Sync::Normal)?;
        migrate::run(&mut records, Database::Records)?;
        let health = health(&main, &records, Some(folder))?;

        let pool = (0..options.readers.max(1))
            .map(|_| {
                let main = profile::reader(&main_path, vfs)?;
                Ok(Reader { main, records: profile::reader(&records_path, vfs)?, cache: Cache::default() })
            })
            .collect::<Result<Vec<_>, OpenError>>()?;
        let for_main = profile::writer(&main_path, vfs, Sync::Full)?;
        let for_records = profile::writer(&records_path, vfs, Sync::Normal)?;

        let signal = Arc::new(Signal::default());
        let (main, main_thread) = Writer::start(main, Log::Main, Arc::clone(&signal)).map_err(unusable)?;
        let (records, records_thread) = Writer::start(records, Log::Records, Arc::clone(&signal)).map_err(unusable)?;
        let (readers, reader_threads) = Readers::start(pool).map_err(unusable)?;
        let theirs = Arc::clone(&signal);
        let checkpointer = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || checkpoint::run(&theirs, &for_main, &for_records))
            .map_err(unusable)?;
        let writers = vec![main_thread, records_thread];
        let running = Running { signal, writers, readers: reader_threads, checkpointer, _lock: lock };
        Ok(Self {
            main: Side::Thread(main),
            records: Side::Thread(records),
            readers: Some(readers),
            vault: Arc::new(Vault::new(options.vault.as_ref())),
            health,
            bell: OnceLock::new(),
            running: Mutex::new(Some(running)),
        })
    }

    /// Where secrets are sealed and opened.
    pub(crate) fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    /// What `doctor` shows.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// From now on the writers are counted in this registry; a store in memory has none.
    ///
    /// # Errors
    /// They are already.
    pub fn measure(&self, registry: &prometheus::Registry) -> prometheus::Result<()> {
        for (side, database) in [(&self.main, "main"), (&self.records, "records")] {
            if let Side::Thread(writer) = side {
                writer.measure(Meters::new(database, registry)?);
            }
        }
        Ok(())
    }

    /// Finishes what was begun, moves the logs into the files and ends the threads. Calls after it fail. Dropping the
    /// store does the same.
    pub fn close(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { signal, writers, readers, checkpointer, _lock }) = running else { return };
        for side in [&self.main, &self.records] {
            if let Side::Thread(writer) = side {
                writer.close();
            }
        }
        if let Some(readers) = &self.readers {
            readers.close();
        }
        for thread in writers.into_iter().chain(readers) {
            join(thread);
        }
        // Last of all, so that what the writers left is moved too.
        signal.close();
        join(checkpointer);
    }

    /// From now on `bell` is rung after commits that wrote events.
    pub(crate) fn ring(&self, bell: EventBell) {
        match &self.main {
            Side::Thread(writer) => writer.ring(bell),
            Side::Inline(_) => {
                let _ = self.bell.set(bell);
            }
        }
    }

    /// A write of the dial side or of a person.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        ctx: &WriteContext,
        act: impl FnOnce(&mut Op<'_>) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        self.main.write(lane, ctx.clone(), act, self.bell.get()).await
    }

    /// A write of the records.
    pub(crate) async fn record<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Op<'_>) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        self.records.write(Lane::Bulk, unowned(Timestamp(0)), act, None).await
    }

    /// Nothing is left in the logs; whether that could be done. A store in memory has none.
    pub(crate) async fn clear_logs(&self) -> bool {
        let signal = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.as_ref().map(|running| Arc::clone(&running.signal))
        };
        match signal {
            Some(signal) => signal.empty().await,
            None => self.readers.is_none(),
        }
    }

    /// A question to the main database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        self.read_cached(|db, _| ask(db)).await
    }

    /// A question to the main database that needs parsed documents.
    pub(crate) async fn read_cached<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection, &mut Cache) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        match &self.readers {
            Some(readers) => readers.read(Of::Main, ask).await,
            None => self.main.ask(ask),
        }
    }

    /// A question to the records.
    pub(crate) async fn read_records<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        match &self.readers {
            Some(readers) => readers.read(Of::Records, |db, _| ask(db)).await,
            None => self.records.ask(|db, _| ask(db)),
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Side {
    async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        ctx: WriteContext,
        act: impl FnOnce(&mut Op<'_>) -> Done<T> + Send + 'static,
        bell: Option<&EventBell>,
    ) -> Stored<T> {
        let inside = match self {
            Self::Thread(writer) => return writer.write(lane, ctx, act).await,
            Self::Inline(inside) => inside,
        };
        let (done, told) = {
            let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
            let (db, cache, open) = &mut *inside;
            let done = writer::inline(db, cache, open, ctx, act);
            (done, std::mem::take(&mut cache.told))
        };
        if let Some(bell) = bell.filter(|_| done.is_ok()) {
            writer::ring(bell, told);
        }
        done
    }

    fn ask<T>(&self, ask: impl FnOnce(&Connection, &mut Cache) -> Done<T>) -> Stored<T> {
        match self {
            Self::Thread(_) => Err(StoreError::Broken("a durable store without readers".into())),
            Self::Inline(inside) => {
                let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
                let (db, cache, _) = &mut *inside;
                read::snapshot(db, cache, ask)
            }
        }
    }
}

/// The context of a write that belongs to no tenant.
pub(crate) const fn unowned(now: Timestamp) -> WriteContext {
    WriteContext::engine(TenantKey(0), now, now.0 as u64)
}

/// On SQLite the folder lock is the fence, and there is only one.
pub(crate) fn check(fence: Fence) -> Stored<()> {
    if fence == Fence::SOLE { Ok(()) } else { Err(StoreError::Fenced) }
}

fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
        tracing::error!("a thread of the store panicked");
    }
}

fn health(main: &Connection, records: &Connection, folder: Option<&Path>) -> Result<Health, OpenError> {
    Ok(Health {
        sqlite_version: rusqlite::version().to_owned(),
        schema_version: migrate::version(main)?,
        records_version: migrate::version(records)?,
        journal_mode: main.query_row("PRAGMA journal_mode", [], |row| row.get(0))?,
        synchronous: main.query_row("PRAGMA synchronous", [], |row| row.get(0))?,
        folder: folder.map(Path::to_owned),
    })
}
