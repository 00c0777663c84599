//! A live stream: from the log, into a connection, until one of them ends.
//!
//! A task of its own reads the log on and hands events over one by one, so that a reader who takes none does not keep it
//! waiting for ever: after [`SLOWEST`] it is let go, and whoever comes back goes on behind the last event it saw. Nothing
//! is kept for anybody, the log is the queue. Before each piece the key is asked again: one that was revoked is told
//! nothing more.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use campanile_domain::ids::TenantKey;
use campanile_domain::outbox::Envelope;
use campanile_domain::ports::store::EventFilter;
use futures::Stream;
use tokio::sync::mpsc;

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::streams::Listener;

/// Events that are read at once.
const PIECE: u32 = 100;
/// Events between the log and the connection.
const HANDED_OVER: usize = 16;
/// How long a reader may take none.
const SLOWEST: Duration = Duration::from_secs(30);
/// How long events gather before they are read, in milliseconds.
const GATHER_MS: i64 = 200;

/// Why a stream ends.
enum End {
    /// The host stops, the reader went or was too slow, or the key does not open the account any more.
    Over,
    /// The log could not be read.
    Failed,
}

/// One stream.
pub(super) struct Live {
    pub(super) app: Arc<App>,
    pub(super) key: Key<CampaignsRead>,
    pub(super) listener: Listener,
    pub(super) filter: EventFilter,
    /// The number behind which it goes on.
    pub(super) after: i64,
}

impl Live {
    /// Begins.
    pub(super) fn begin(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let (hand, mut taken) = mpsc::channel(HANDED_OVER);
        let background = self.app.background.clone();
        background.spawn(self.run(hand));
        futures::stream::poll_fn(move |context| taken.poll_recv(context).map(|event| event.map(Ok)))
    }

    async fn run(mut self, hand: mpsc::Sender<Event>) {
        let tenant = self.key.of();
        // The first bytes tell the reader, and every proxy between, that it is being told.
        let begins = Event::default().comment(format!("behind {}", self.after));
        let mut end = give(&hand, begins).await.err();
        while end.is_none() {
            end = match self.piece(tenant, &hand).await {
                Ok(true) => None,
                Ok(false) => self.wait(&hand).await.err(),
                Err(end) => Some(end),
            };
        }
        if self.app.shutdown.is_cancelled() {
            let _ = give(&hand, Event::default().comment("this host stops; come back")).await;
        }
    }

    /// Hands a piece of the log over; whether there is more of it.
    async fn piece(&mut self, tenant: TenantKey, hand: &mpsc::Sender<Event>) -> Result<bool, End> {
        if self.app.shutdown.is_cancelled() || !self.key.still_opens(&self.app).await {
            return Err(End::Over);
        }
        let page = self.app.store.events(tenant, self.after, self.filter.clone(), PIECE).await.map_err(|error| {
            tracing::error!(%error, "a stream of events ends: the log could not be read");
            End::Failed
        })?;
        for event in &page.events {
            give(hand, written(event)?).await?;
        }
        self.after = page.read_to;
        Ok(page.more)
    }

    /// Until there may be more.
    async fn wait(&mut self, hand: &mpsc::Sender<Event>) -> Result<(), End> {
        let clock = Arc::clone(&self.app.engine_clock);
        let more = async {
            self.listener.rung().await;
            clock.sleep_until(clock.now() + GATHER_MS).await;
        };
        tokio::select! {
            () = more => Ok(()),
            () = hand.closed() => Err(End::Over),
            () = self.app.shutdown.cancelled() => Err(End::Over),
        }
    }
}

fn written(event: &Envelope) -> Result<Event, End> {
    let written = Event::default().id(event.sequence.to_string()).event(&event.kind).json_data(event);
    written.map_err(|error| {
        tracing::error!(%error, "a stream of events ends: an event could not be written");
        End::Failed
    })
}

async fn give(hand: &mpsc::Sender<Event>, event: Event) -> Result<(), End> {
    match tokio::time::timeout(SLOWEST, hand.send(event)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Over),
    }
}
