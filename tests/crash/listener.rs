//! Programs that listen to what happens while the server is killed, and come back with the number of the last event.
//!
//! What a listener kept must be the log, whole and in order: an event that is missing was told to nobody, one that is there
//! twice was done twice by whoever acts on it, and one that the log does not have was told before it was on the disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use campanile_tests::http::Api;
use campanile_tests::listening::{Listening, Told};
use campanile_tests::patience;

/// One of them.
pub(super) struct Listener {
    seen: Arc<Mutex<Vec<Told>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Listener {
    /// Begins before anything happened. It hangs up by itself after `patience` events, and again after each as many.
    pub(super) fn start(api: &Api, patience: usize) -> Self {
        let (seen, stop) = (Arc::new(Mutex::new(Vec::<Told>::new())), Arc::new(AtomicBool::new(false)));
        let (kept, ended, api) = (Arc::clone(&seen), Arc::clone(&stop), api.clone());
        let thread = std::thread::spawn(move || {
            let mut streams = 0;
            while !ended.load(Ordering::SeqCst) {
                let last = kept.lock().unwrap().last().map_or(0, |told| told.number);
                match Listening::open(&api, last) {
                    Ok(stream) => {
                        streams += 1;
                        stream.take(patience).for_each(|told| kept.lock().unwrap().push(told));
                    }
                    Err(_) => patience::pass(Duration::from_millis(20)),
                }
            }
            streams
        });
        Self { seen, stop, thread }
    }

    /// Waits until it has come to the end of the log, whose events these are, and tells it that the next end of its stream is the last.
    pub(super) fn caught_up(&self, log: &[Told]) {
        let newest = log.last().map_or(0, |told| told.number);
        let there = || self.seen.lock().unwrap().last().is_some_and(|told| told.number >= newest).then_some(());
        patience::until("a listener has caught up", Duration::from_secs(30), there);
        self.stop.store(true, Ordering::SeqCst);
    }

    /// What it kept and how many streams that took, once its last stream ended.
    pub(super) fn finish(self) -> (Vec<Told>, usize) {
        let streams = self.thread.join().expect("a listener ends");
        let seen = self.seen.lock().unwrap().clone();
        (seen, streams)
    }
}

/// What of a listener's events is not the log: missing, doubled, out of order or made up.
pub(super) fn differences(seen: &[Told], log: &[Told]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, pair) in seen.windows(2).enumerate() {
        if pair[1].number != pair[0].number + 1 {
            found.push(format!("event {} follows {} (the {at}th that was told)", pair[1].number, pair[0].number));
        }
    }
    let first = seen.first().map(|told| told.number);
    if first != log.first().map(|told| told.number) {
        found.push(format!("the first that was told is {first:?}"));
    }
    let others = seen.iter().filter(|told| !log.iter().any(|logged| logged == *told));
    found.extend(others.map(|told| format!("{told:?} is not in the log")));
    if seen.len() < log.len() {
        found.push(format!("{} of {} were told", seen.len(), log.len()));
    }
    found
}

#[test]
fn what_a_listener_must_not_see_is_noticed() {
    let told = |number: i64| Told { number, kind: "lead.created".into(), id: format!("evt_{number}") };
    let log: Vec<_> = (1..=4).map(told).collect();
    assert!(differences(&log, &log).is_empty());
    let wrong = |numbers: &[i64]| !differences(&numbers.iter().copied().map(told).collect::<Vec<_>>(), &log).is_empty();
    for numbers in [&[1, 2, 4][..], &[1, 2, 2, 3, 4], &[2, 3, 4], &[1, 2, 3], &[1, 3, 2, 4], &[1, 2, 3, 4, 5], &[]] {
        assert!(wrong(numbers), "{numbers:?}");
    }
    let other = Told { id: "evt_9".into(), ..told(4) };
    assert!(!differences(&[told(1), told(2), told(3), other], &log).is_empty());
}
