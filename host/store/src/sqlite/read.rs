//! Those who only read.
//!
//! A handful of threads, each with connections of its own that cannot write, take questions from one queue. A question
//! sees one state of the database from its beginning to its end and gives it back with the answer, so that no snapshot
//! outlives a call and the log can be moved behind it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use campanile_domain::ports::store::{StoreError, Stored};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Done, Fault, broken};
use super::scope::Cache;

/// The connections of one reading thread.
pub(crate) struct Reader {
    /// Campaigns, leads, attempts, money.
    pub main: Connection,
    /// Decisions, transcripts.
    pub records: Connection,
    /// Parsed documents; what a reader sees was committed, so none is ever taken back.
    pub cache: Cache,
}

/// Which of the two databases a question is put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The main one.
    Main,
    /// The records.
    Records,
}

type Question = Box<dyn FnOnce(&mut Reader) + Send>;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Question>,
    closing: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
}

/// The reading threads.
pub(crate) struct Readers {
    shared: Arc<Shared>,
}

impl Readers {
    /// Starts a thread for each set of connections.
    pub(crate) fn start(readers: Vec<Reader>) -> std::io::Result<(Self, Vec<std::thread::JoinHandle<()>>)> {
        let shared = Arc::new(Shared::default());
        let mut threads = Vec::new();
        for (number, mut reader) in readers.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            let work = move || {
                while let Some(question) = next(&shared) {
                    question(&mut reader);
                }
            };
            threads.push(std::thread::Builder::new().name(format!("store-reader-{number}")).spawn(work)?);
        }
        Ok((Self { shared }, threads))
    }

    /// Asks one of the databases, whose state holds still meanwhile.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        of: Of,
        ask: impl FnOnce(&Connection, &mut Cache) -> Done<T> + Send + 'static,
    ) -> Stored<T> {
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |reader| {
            // Nobody waits for it any more.
            let Reader { main, records, cache } = reader;
            let _ = answer.send(snapshot(if of == Of::Main { main } else { records }, cache, ask));
        });
        {
            let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.closing {
                return Err(StoreError::Broken("the store is closed".into()));
            }
            queue.waiting.push_back(question);
        }
        self.shared.arrived.notify_one();
        answered.await.unwrap_or_else(|_| Err(StoreError::Broken("the store is closed".into())))
    }

    /// No new question; what waits is still answered.
    pub(crate) fn close(&self) {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).closing = true;
        self.shared.arrived.notify_all();
    }
}

fn next(shared: &Shared) -> Option<Question> {
    let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(question) = queue.waiting.pop_front() {
            return Some(question);
        }
        if queue.closing {
            return None;
        }
        queue = shared.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Answers a question from one state of the database.
pub(crate) fn snapshot<T>(
    db: &Connection,
    cache: &mut Cache,
    ask: impl FnOnce(&Connection, &mut Cache) -> Done<T>,
) -> Stored<T> {
    let answer = (|| {
        // A database in memory may have a transaction open already, and nobody else writes it.
        let alone = db.is_autocommit();
        if alone {
            db.prepare_cached("BEGIN")?.execute([])?;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| ask(db, cache)))
            .unwrap_or_else(|_| Err(broken("a question to the store panicked")));
        let ended = if alone { db.prepare_cached("COMMIT")?.execute([]).map(|_| ()) } else { Ok(()) };
        let answer = answer?;
        ended?;
        Ok(answer)
    })();
    answer.map_err(|fault: Fault| fault.into())
}
