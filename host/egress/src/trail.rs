//! What the host saw of one request of a guest, over all its redirects and repeats.
//!
//! It decides whether a person may be called a second time, so it errs on one side only: a request that may have left
//! counts as sent. A request that is not GET or HEAD keeps its own evidence whatever followed it: a dial that was answered
//! with a redirect to a page that is not there was not refused.

use std::sync::{Mutex, PoisonError};

use campanile_domain::ports::gateway::Evidence;
use http::Method;

use crate::departure::Departure;

#[derive(Debug)]
struct Hop {
    is_safe: bool,
    departure: Departure,
    status: Option<u16>,
}

/// The requests that one `send` made, in order.
#[derive(Debug, Default)]
pub struct Trail(Mutex<Vec<Hop>>);

impl Trail {
    /// A request is about to be sent.
    pub fn begin(&self, method: &Method) -> Departure {
        let departure = Departure::default();
        let is_safe = matches!(*method, Method::GET | Method::HEAD);
        self.with(|hops| hops.push(Hop { is_safe, departure: departure.clone(), status: None }));
        departure
    }

    /// The latest request was answered.
    pub fn answered(&self, status: u16) {
        self.with(|hops| hops.iter_mut().last().map(|hop| hop.status = Some(status)));
    }

    /// Ends it: whatever has not left will not leave any more.
    pub fn close(&self) -> Evidence {
        let seen = |hop: &Hop| match hop.status {
            Some(status) => Some(Evidence::Answered(status)),
            None if hop.departure.withdraw() => None,
            None => Some(Evidence::Lost),
        };
        self.with(|hops| {
            let sent: Vec<_> = hops.iter().filter_map(|hop| Some((hop.is_safe, seen(hop)?))).collect();
            let unsafe_one = sent.iter().rev().find(|(is_safe, _)| !is_safe);
            unsafe_one.or(sent.last()).map_or(Evidence::NothingSent, |(_, evidence)| *evidence)
        })
    }

    fn with<T>(&self, read: impl FnOnce(&mut Vec<Hop>) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body::Body as _;

    use super::*;

    fn sent(trail: &Trail, method: &Method) {
        trail.begin(method).body(Bytes::new(), false).is_end_stream();
    }

    #[test]
    fn nothing_sent_is_said_only_when_nothing_left() {
        let trail = Trail::default();
        assert_eq!(trail.close(), Evidence::NothingSent);
        let waiting = trail.begin(&Method::POST);
        assert_eq!(trail.close(), Evidence::NothingSent);
        assert!(!waiting.body(Bytes::new(), false).is_end_stream(), "it cannot leave afterwards");
        sent(&trail, &Method::POST);
        assert_eq!(trail.close(), Evidence::Lost);
        trail.answered(404);
        assert_eq!(trail.close(), Evidence::Answered(404));
    }

    #[test]
    fn of_several_reads_the_last_that_left_counts() {
        let trail = Trail::default();
        sent(&trail, &Method::GET);
        trail.answered(302);
        let second = trail.begin(&Method::GET);
        assert_eq!(trail.close(), Evidence::Answered(302));
        assert!(second.withdraw());
        sent(&trail, &Method::GET);
        assert_eq!(trail.close(), Evidence::Lost);
        trail.answered(200);
        assert_eq!(trail.close(), Evidence::Answered(200));
    }

    #[test]
    fn what_follows_a_dial_does_not_speak_for_it() {
        let trail = Trail::default();
        sent(&trail, &Method::POST);
        trail.answered(303);
        sent(&trail, &Method::GET);
        trail.answered(404);
        assert_eq!(trail.close(), Evidence::Answered(303));
    }
}
