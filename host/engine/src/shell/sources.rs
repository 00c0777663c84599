//! Asks sources for leads: who is due, page after page, without ever standing in the way of a dial.
//!
//! Each page is stored with its cursor before the next is asked for, so that a host that dies goes on where it was. Nothing
//! here waits on the dial path: importers run on the sandbox's threads, pages are bulk writes, and the engine is told of
//! new leads as it is of an import's. At most [`TOGETHER`] sources are asked at once and [`EACH`] of one tenant; one with
//! many pages gives its place up after [`PAGES`] of them. What fails is asked again later by the store's own rule.

use std::sync::Arc;

use campanile_domain::ids::{CampaignKey, SourceKey, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{DueSource, SourceNext, SourcePush, SourceTurn, Store, StoreError, Stored};
use campanile_domain::source::{PAGE_LIMIT, read};
use campanile_domain::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::duty::{self, Duty, LONGEST_SLEEP_MS, Writes};
use super::handle::Handle;
use super::instances::Importers;
use super::places::{AFTER_FAILURE_MS, Places, steps};

/// Sources asked at once.
pub const TOGETHER: usize = 8;
/// Sources of one tenant asked at once.
pub const EACH: usize = 2;
/// Pages of one source before others have their turn.
pub const PAGES: u32 = 20;

/// The duty.
pub struct SourceDuty {
    /// Where leads go.
    pub store: Arc<dyn Store>,
    /// Who brings them.
    pub importers: Arc<Importers>,
    /// Told of new leads.
    pub engine: Handle,
    writes: Writes,
}

impl SourceDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(
        store: Arc<dyn Store>,
        importers: Arc<Importers>,
        clock: Arc<dyn EngineClock>,
        engine: Handle,
        seed: u64,
    ) -> Self {
        Self { store, importers, engine, writes: Writes::new(clock, seed) }
    }

    /// Asks who is due until cancelled; a page under way is finished.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        duty::run(self, stop).await;
    }

    /// Pulls from a source that is due until it is over, has had its turn, failed, or the host stops.
    pub async fn ask(&self, tenant: TenantKey, key: SourceKey, stop: &CancellationToken) {
        steps(PAGES, self.writes.clock.as_ref(), stop, || self.step(tenant, key)).await;
    }

    /// One page, or one piece of what follows from the pages; whether there is more to do at once.
    ///
    /// # Errors
    /// The store did not take it. What the importer fails at is no error here: it is stored.
    pub async fn step(&self, tenant: TenantKey, key: SourceKey) -> Stored<bool> {
        let Some(turn) = self.store.source_turn(&self.writes.context(tenant), key).await? else { return Ok(false) };
        let SourceTurn { source, run, cursor, kept, region, settling } = turn;
        let campaign = source.campaign_key;
        if settling {
            let step = self.store.settle_source(&self.writes.context(tenant), key, run).await;
            let Some(step) = self.fitted(tenant, key, run, step).await? else { return Ok(false) };
            self.tell(campaign, step.arrived);
            return Ok(step.next != SourceNext::Over);
        }
        let Some(importer) = self.importers.get(key) else {
            let message = "the importer cannot be used: its version, a grant or a secret is missing";
            self.fail(tenant, key, run, PluginFailure::new("plugin_not_usable", message)).await?;
            return Ok(false);
        };
        let answer = importer.pull(kept, cursor.as_deref(), PAGE_LIMIT).await;
        let page = match answer.answer {
            Ok(page) => page,
            Err(failure) => {
                tracing::warn!(source = %source.id, plugin = %answer.version, code = failure.code, "a source failed");
                self.fail(tenant, key, run, failure).await?;
                return Ok(false);
            }
        };
        let step =
            self.store.source_page(&self.writes.context(tenant), key, run, read(page, region), answer.kept).await;
        let Some(step) = self.fitted(tenant, key, run, step).await? else { return Ok(false) };
        self.tell(campaign, step.arrived);
        if step.next == SourceNext::Over {
            // A page that led back to itself ended the run as failed, and may have paused the source.
            self.engine.campaign_changed(campaign);
        }
        Ok(step.next != SourceNext::Over)
    }

    /// What was stored. An account without room for it is nothing to try again at once: the run fails and says so.
    async fn fitted<T>(&self, tenant: TenantKey, key: SourceKey, run: i64, step: Stored<T>) -> Stored<Option<T>> {
        match step {
            Err(StoreError::AccountFull { limit, message }) => {
                self.fail(tenant, key, run, PluginFailure::new(limit, message)).await?;
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    async fn fail(&self, tenant: TenantKey, key: SourceKey, run: i64, failure: PluginFailure) -> Stored<()> {
        let source = self.store.fail_source(&self.writes.context(tenant), key, run, failure).await?;
        // A source that no longer feeds its campaign lets it complete.
        self.engine.campaign_changed(source.campaign_key);
        Ok(())
    }

    /// Reads a webhook and stores what it brought.
    async fn receive(&self, push: SourcePush) {
        let SourcePush { key: push, source, webhook, kept, region, .. } = push;
        let (tenant, key) = (source.tenant, source.key);
        let stored = match self.importers.get(key) {
            None => {
                let failure = PluginFailure::new("plugin_not_usable", "the importer cannot be used");
                self.store.fail_push(&self.writes.context(tenant), key, push, failure).await
            }
            Some(importer) => {
                let answer = importer.receive(kept, &webhook).await;
                match answer.answer {
                    Err(failure) => self.store.fail_push(&self.writes.context(tenant), key, push, failure).await,
                    Ok(page) => {
                        let page = read(page, region);
                        let taken =
                            self.store.take_push(&self.writes.context(tenant), key, push, page, answer.kept).await;
                        match taken {
                            Err(StoreError::AccountFull { limit, message }) => {
                                let failure = PluginFailure::new(limit, message);
                                self.store.fail_push(&self.writes.context(tenant), key, push, failure).await
                            }
                            other => other.map(|arrived| self.tell(source.campaign_key, arrived)),
                        }
                    }
                }
            }
        };
        match stored {
            // The next one of this source may be due at once.
            Ok(()) => self.importers.ring(),
            Err(StoreError::Stale | StoreError::NotFound(_)) => {}
            Err(error) => {
                tracing::error!(%error, source = %source.id, "what a webhook brought could not be stored; trying again");
                self.writes.clock.sleep_until(self.writes.clock.now() + AFTER_FAILURE_MS).await;
            }
        }
    }

    /// New leads may have reopened their campaign, and are to be called in any case.
    fn tell(&self, campaign: CampaignKey, arrived: u64) {
        if arrived > 0 {
            self.engine.campaign_changed(campaign);
            self.engine.leads_changed(campaign);
        }
    }
}

impl Duty for SourceDuty {
    type Key = SourceKey;
    const WHO: &'static str = "the sources that are due";
    const TOGETHER: usize = TOGETHER;
    const EACH: usize = EACH;

    fn writes(&self) -> &Writes {
        &self.writes
    }

    async fn rung(&self) {
        self.importers.rung().await;
    }

    async fn start(self: &Arc<Self>, places: &mut Places<SourceKey>, stop: &CancellationToken) -> Stored<Timestamp> {
        let now = self.writes.clock.now();
        let mut wake = now + LONGEST_SLEEP_MS;
        let pushes = self.store.due_pushes(now, TOGETHER as u32).await?;
        let due = self.store.due_sources((2 * EACH) as u32, 4 * TOGETHER as u32).await?;
        for push in pushes {
            let (key, tenant, duty) = (push.source.key, push.source.tenant, Arc::clone(self));
            places.begin(key, tenant, || async move { duty.receive(push).await });
        }
        for DueSource { key, tenant, at } in due {
            if at > now {
                wake = wake.min(at);
            } else {
                let (duty, stop) = (Arc::clone(self), stop.clone());
                places.begin(key, tenant, || async move { duty.ask(tenant, key, &stop).await });
            }
        }
        Ok(wake)
    }
}
