//! The event log of a tenant, read.
//!
//! It is written by every change and by nobody else; whoever listens reads on from where it is. A read looks at a piece of
//! the log, so that a filter that nothing passes costs no more than one that everything does.

use async_trait::async_trait;

use super::Stored;
use crate::ids::{CampaignId, TenantKey};
use crate::outbox::Envelope;
use crate::time::Timestamp;

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Names of [`crate::event::EVENTS`]; `None`: all.
    pub kinds: Option<Vec<String>>,
    /// Only those of one campaign.
    pub campaign: Option<CampaignId>,
}

/// A piece of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    /// What passed, by number.
    pub events: Vec<Envelope>,
    /// The number of the last entry that was looked at; the next piece begins behind it.
    pub read_to: i64,
    /// There are entries behind it.
    pub more: bool,
}

/// What is there of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSpan {
    /// The number of the oldest entry that is kept; one more than `newest` when none is.
    pub oldest: i64,
    /// The number of the newest; 0 when nothing ever happened.
    pub newest: i64,
}

/// Rung after commits that wrote events, with the tenants whose logs are longer now.
pub type EventBell = Box<dyn Fn(&[TenantKey]) + Send + Sync>;

/// The log.
#[async_trait]
pub trait Events: Send + Sync {
    /// What passes the filter behind number `after`, at most `limit` events. `NotFound`: there is no such campaign.
    async fn events(&self, tenant: TenantKey, after: i64, filter: EventFilter, limit: u32) -> Stored<EventPage>;
    /// Its ends.
    async fn event_span(&self, tenant: TenantKey) -> Stored<EventSpan>;
    /// The number behind which everything lies that happened at `at` or later.
    async fn events_before(&self, tenant: TenantKey, at: Timestamp) -> Stored<i64>;
    /// From now on `bell` is rung after every commit that wrote events. A store rings one bell.
    fn ring_on_events(&self, bell: EventBell);
}
