//! The event log, read: the port `Events`.

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{EventBell, EventFilter, EventPage, EventSpan, Events, Stored};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;

pub(crate) mod log;
pub(crate) mod told;

#[async_trait]
impl Events for SqliteStore {
    async fn events(&self, tenant: TenantKey, after: i64, filter: EventFilter, limit: u32) -> Stored<EventPage> {
        self.read(move |db| log::page(db, tenant, after, &filter, limit)).await
    }
    async fn event_span(&self, tenant: TenantKey) -> Stored<EventSpan> {
        self.read(move |db| log::span(db, tenant)).await
    }
    async fn events_before(&self, tenant: TenantKey, at: Timestamp) -> Stored<i64> {
        self.read(move |db| log::before(db, tenant, at)).await
    }
    fn ring_on_events(&self, bell: EventBell) {
        self.ring(bell);
    }
}
