//! Processor time: what a guest really used, whoever else ran meanwhile.
//!
//! Time on the wall is unfair to a guest that waits for its turn, and ticks are too kind to one that keeps the processor in
//! a single long instruction. The thread's own clock is neither; it is read when a guest gets its thread and when it gives
//! it back. No time of day is read here.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Processor time of this thread so far.
pub fn time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The processor time of one call, over all the threads that it ran on.
#[derive(Debug, Default)]
pub struct Stopwatch {
    /// Of the turns that are over, in microseconds.
    spent: AtomicU64,
    /// The thread's clock when the present turn began, in microseconds.
    began: AtomicU64,
}

impl Stopwatch {
    /// What the call has used so far, in microseconds. Asked on the thread that runs it.
    pub fn so_far(&self) -> u64 {
        let turn = micros(time()).saturating_sub(self.began.load(Ordering::Relaxed));
        self.spent.load(Ordering::Relaxed) + turn
    }

    /// What the turns that are over have used, in microseconds.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Runs a call by this watch.
    pub async fn time<T>(&self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        std::future::poll_fn(|context| {
            let began = micros(time());
            self.began.store(began, Ordering::Relaxed);
            let polled = call.as_mut().poll(context);
            self.spent.fetch_add(micros(time()).saturating_sub(began), Ordering::Relaxed);
            polled
        })
        .await
    }
}
