//! Whether a request has left the host, known and not guessed.
//!
//! An error or a timeout tells little about what was written before it. So the request's body watches: the connection
//! asks it whether it is empty before the first byte of the head is written, and only then. Until that question a request
//! can be withdrawn and will not leave even if its connection comes about in the same moment; after it, the request
//! counts as sent. One atomic step decides between the two, so there is no time in which the answer is wrong.
//!
//! This holds for HTTP/1.1 on the client that [`crate::client`] builds; tests against real sockets pin it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const WAITING: u8 = 0;
const GONE: u8 = 1;
const WITHDRAWN: u8 = 2;

/// One request's way out of the host. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Departure(Arc<AtomicU8>);

impl Departure {
    /// Keeps the request from leaving. False: too late, it counts as sent.
    pub fn withdraw(&self) -> bool {
        match self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(state) => state == WITHDRAWN,
        }
    }

    /// Whether the request may be written; from then on it counts as sent.
    fn leave(&self) -> bool {
        match self.0.compare_exchange(WAITING, GONE, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(state) => state == GONE,
        }
    }

    /// The body that watches. An empty one that `tells_its_length` says so in the head, which servers ask of POST.
    pub fn body(&self, bytes: Bytes, tells_its_length: bool) -> Watched {
        let rest = (tells_its_length || !bytes.is_empty()).then_some(bytes);
        Watched { departure: self.clone(), rest }
    }
}

/// A body that lets its request go, or not.
#[derive(Debug)]
pub struct Watched {
    departure: Departure,
    rest: Option<Bytes>,
}

/// The request was withdrawn while it waited for its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request was withdrawn before it was sent")]
pub struct Withdrawn;

impl Body for Watched {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        if !self.departure.leave() {
            return Poll::Ready(Some(Err(Withdrawn)));
        }
        Poll::Ready(self.rest.take().filter(|rest| !rest.is_empty()).map(|rest| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.departure.leave() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        // A withdrawn request announces a byte that it does not have: the connection then asks for it before it writes
        // anything, and is told the error instead.
        let withdrawn = self.departure.0.load(Ordering::SeqCst) == WITHDRAWN;
        let rest = self.rest.as_ref().map_or(0, |rest| rest.len() as u64);
        SizeHint::with_exact(if withdrawn { 1 } else { rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_either_leaves_or_is_withdrawn_and_stays_so() {
        let gone = Departure::default();
        assert!(gone.body(Bytes::new(), false).is_end_stream());
        assert!(!gone.withdraw() && gone.leave());
        let held = Departure::default();
        let body = held.body(Bytes::new(), false);
        assert!(held.withdraw() && held.withdraw() && !held.leave());
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(1));
    }

    #[test]
    fn looking_at_the_size_lets_nothing_go() {
        let departure = Departure::default();
        assert_eq!(departure.body(Bytes::from_static(b"abc"), true).size_hint().exact(), Some(3));
        assert!(departure.withdraw());
    }
}
