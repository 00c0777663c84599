//! The running engine: the core on tokio.
//!
//! One task owns the core and takes turns: a note from the API, an event from a finished effect, the clock. Every effect
//! is a task of its own, so that a slow gateway holds nobody up. At shutdown nothing more is claimed, effects under way are
//! finished, and what is still open is in the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use campanile_domain::ids::{CampaignKey, GatewayKey, TenantKey};
use campanile_domain::plugin::instance::{Checked, Health};
use campanile_domain::ports::gateway::GatewayError;
use campanile_domain::ports::store::{StoreError, Stored};
use campanile_domain::time::SECOND_MS;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::handle::{Handle, Note};
use super::hands::Hands;
use super::meters::{Measured, Meters, Seen};
use super::placing::Placing;
use crate::core::{Core, Effect, Event, Work};

/// Webhooks read in one turn.
const INBOX_AT_ONCE: u32 = 200;

/// The engine before it runs.
pub struct Engine {
    hands: Arc<Hands>,
    core: Core,
    rng: ChaCha8Rng,
    notes: mpsc::UnboundedReceiver<Note>,
    inbox: Arc<Notify>,
    tasks: TaskTracker,
    meters: Measured,
    placing: Arc<Placing>,
}

/// The tenants that own gateways, so that a webhook finds its tenant.
type Owners = Arc<std::sync::RwLock<BTreeMap<GatewayKey, TenantKey>>>;

impl Engine {
    /// An engine with so many slots over all tenants, and the door to it.
    pub fn new(hands: Hands, max_concurrent_calls: u32, seed: u64) -> (Self, Handle) {
        let (handle, notes) = Handle::new();
        let engine = Self {
            hands: Arc::new(hands),
            core: Core::new(max_concurrent_calls),
            rng: ChaCha8Rng::seed_from_u64(seed),
            notes,
            inbox: Arc::new(Notify::new()),
            tasks: TaskTracker::new(),
            meters: None,
            placing: handle.placings(),
        };
        (engine, handle)
    }

    /// From now on what it does is counted in this registry.
    ///
    /// # Errors
    /// It is already.
    pub fn measure(&mut self, registry: &prometheus::Registry) -> prometheus::Result<()> {
        self.meters = Some(Arc::new(Meters::new(registry)?));
        Ok(())
    }

    /// Takes in what every gateway says it can do. One that is a plugin knows only after it was asked, which may take a
    /// request to its provider.
    fn ask_gateways(&mut self, told: &mpsc::UnboundedSender<Event>) {
        for (key, gateway) in self.hands.gateways.all() {
            self.take(Event::GatewayReady(key, gateway.able()), told);
            let (hands, told) = (Arc::clone(&self.hands), told.clone());
            self.tasks.spawn(async move {
                if let ready @ Event::GatewayReady(..) = hands.check_gateway(key).await {
                    let _ = told.send(ready);
                }
            });
        }
    }

    /// Runs until cancelled, then drains.
    ///
    /// # Errors
    /// The store could not be read at start.
    pub async fn run(mut self, cancel: CancellationToken) -> Stored<()> {
        let (told, mut events) = mpsc::unbounded_channel::<Event>();
        let owners = Owners::default();
        self.learn_gateways(&owners).await?;
        self.ask_gateways(&told);
        let boot = self.hands.store.boot(self.hands.clock.now(), self.hands.fence).await?;
        self.take(Event::Booted(Box::new(boot)), &told);
        let stop_inbox = CancellationToken::new();
        let inbox = tokio::spawn(read_inbox(
            Arc::clone(&self.hands),
            Arc::clone(&self.inbox),
            Arc::clone(&owners),
            told.clone(),
            self.rng.next_u64(),
            stop_inbox.clone(),
        ));
        self.inbox.notify_one();
        let mut drained: Vec<oneshot::Sender<()>> = Vec::new();
        let mut draining = false;
        loop {
            let wake = self.core.next_wake();
            let clock = Arc::clone(&self.hands.clock);
            tokio::select! {
                biased;
                () = cancel.cancelled(), if !draining => {
                    draining = true;
                    self.take(Event::Drain, &told);
                }
                Some(event) = events.recv() => self.take(event, &told),
                Some(note) = self.notes.recv() => match note {
                    Note::Drain(done) => {
                        self.take(Event::Drain, &told);
                        drained.push(done);
                    }
                    note => self.note(note, &owners, &told).await,
                },
                () = async move { match wake { Some(at) => clock.sleep_until(at).await, None => std::future::pending().await } } => {
                    self.take(Event::Tick, &told);
                }
                () = self.tasks.wait(), if (draining || !drained.is_empty()) && self.tasks.is_closed() => {}
            }
            if draining || !drained.is_empty() {
                self.tasks.close();
                if self.tasks.is_empty() && events.is_empty() {
                    for done in drained.drain(..) {
                        let _ = done.send(());
                    }
                    if draining {
                        break;
                    }
                }
            }
        }
        self.placing.forget();
        stop_inbox.cancel();
        let _ = inbox.await;
        Ok(())
    }

    fn take(&mut self, event: Event, told: &mpsc::UnboundedSender<Event>) {
        let now = self.hands.clock.now();
        let (seen, before) = (Seen::of(&event), self.core.open_attempts());
        for work in self.core.step(event, now, &mut self.rng) {
            self.spawn(work, told);
        }
        if let Some(meters) = &self.meters {
            meters.took(seen, before, self.core.open_attempts());
        }
    }

    fn spawn(&self, work: Work, told: &mpsc::UnboundedSender<Event>) {
        let hands = Arc::clone(&self.hands);
        let told = told.clone();
        let meters = self.meters.clone();
        let placing = Arc::clone(&self.placing);
        self.tasks.spawn(async move {
            let timed = meters.as_ref().map(|meters| meters.begun(&work.effect, hands.clock.now()));
            let dials = matches!(work.effect, Effect::Dial(_) | Effect::Record { .. });
            let events = hands.perform(work).await;
            drop(timed);
            for event in events {
                if let (Some(meters), true, Event::Changed(changed)) = (&meters, dials, &event) {
                    meters.dialled(changed.state);
                }
                if let Event::Claimed { claim, .. } = &event {
                    placing.committed(&claim.orders);
                }
                // The receiver outlives every task that is waited for.
                let _ = told.send(event);
            }
        });
    }

    async fn learn_gateways(&self, owners: &Owners) -> Stored<()> {
        let rows = self.hands.store.gateways(None).await?;
        let known = rows.into_iter().map(|row| (row.key, row.tenant)).collect();
        *owners.write().unwrap_or_else(std::sync::PoisonError::into_inner) = known;
        Ok(())
    }

    async fn note(&mut self, note: Note, owners: &Owners, told: &mpsc::UnboundedSender<Event>) {
        if let Err(error) = self.heed(note, owners, told).await
            && !matches!(error, StoreError::NotFound(_))
        {
            tracing::error!(%error, "a change could not be read; it is seen at the next one or at the next start");
        }
    }

    async fn heed(&mut self, note: Note, owners: &Owners, told: &mpsc::UnboundedSender<Event>) -> Stored<()> {
        match note {
            Note::CampaignChanged(campaign) | Note::LeadsChanged(campaign) => {
                self.reload(campaign, told).await?;
            }
            Note::EveryCampaignChanged => {
                for campaign in self.core.campaigns().collect::<Vec<_>>() {
                    self.reload(campaign, told).await?;
                }
            }
            Note::TenantsChanged => {
                let snapshots = self.hands.store.tenant_snapshots().await?;
                self.take(Event::Tenants(snapshots), told);
            }
            Note::GatewaysChanged => {
                self.learn_gateways(owners).await?;
                self.ask_gateways(told);
            }
            Note::PolicyChanged(tenant) => {
                let seed = self.rng.next_u64();
                self.hands.read_again(tenant, seed).await?;
                let campaigns: Vec<CampaignKey> = self.core.campaigns_of(tenant).collect();
                for campaign in campaigns {
                    self.take(Event::PolicyChanged(campaign), told);
                }
            }
            Note::StopCalls(campaign) => self.take(Event::StopCalls(campaign), told),
            Note::Evaluated(changed) => {
                let mut events = vec![Event::Changed(changed)];
                self.hands.show_settled(&mut events);
                for event in events {
                    self.take(event, told);
                }
            }
            Note::Webhook => self.inbox.notify_one(),
            Note::Live(campaign, answer) => {
                let _ = answer.send(self.core.live_facts(campaign));
            }
            Note::Health(gateway, answer) => {
                let hands = Arc::clone(&self.hands);
                let is_dialled = self.core.gateway_is_healthy(gateway);
                let told = told.clone();
                self.tasks.spawn(async move {
                    let checked = match hands.gateways.get(gateway) {
                        None => Err(GatewayError {
                            code: "plugin_not_usable".into(),
                            message:
                                "the gateway is not installed, or its version, a grant or a secret of it is missing"
                                    .into(),
                        }),
                        Some(installed) => {
                            let checked = installed.port.check().await;
                            if is_dialled && checked.as_ref().is_ok_and(|checked| checked.health == Health::Ready) {
                                let _ = told.send(Event::GatewayReady(gateway, installed.port.able()));
                            }
                            checked
                        }
                    };
                    let _ = answer.send(checked.map(|checked| if is_dialled { checked } else { not_lately(checked) }));
                });
            }
            Note::Drain(_) => {}
        }
        Ok(())
    }

    async fn reload(&mut self, campaign: CampaignKey, told: &mpsc::UnboundedSender<Event>) -> Stored<()> {
        let snapshot = self.hands.store.snapshot(campaign).await?;
        self.take(Event::Campaign(Box::new(snapshot)), told);
        Ok(())
    }
}

/// The inbox duty: reads what providers sent, in the order it came, once it is durable.
async fn read_inbox(
    hands: Arc<Hands>,
    poked: Arc<Notify>,
    owners: Owners,
    told: mpsc::UnboundedSender<Event>,
    seed: u64,
    stop: CancellationToken,
) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = poked.notified() => {}
        }
        while let Err(error) = drain_inbox(&hands, &owners, &told, &mut rng).await {
            tracing::error!(%error, "the inbox could not be read; trying again in a moment");
            let again = hands.clock.now() + SECOND_MS;
            tokio::select! {
                () = stop.cancelled() => return,
                () = hands.clock.sleep_until(again) => {}
            }
        }
    }
}

async fn drain_inbox(
    hands: &Hands,
    owners: &Owners,
    told: &mpsc::UnboundedSender<Event>,
    rng: &mut ChaCha8Rng,
) -> Stored<()> {
    loop {
        let items = hands.store.inbox_take(0, INBOX_AT_ONCE).await?;
        if items.is_empty() {
            return Ok(());
        }
        let mut by_gateway: BTreeMap<GatewayKey, (Vec<i64>, Vec<campanile_domain::ports::gateway::Webhook>)> =
            BTreeMap::new();
        for item in items {
            let (keys, webhooks) = by_gateway.entry(item.gateway).or_default();
            keys.push(item.key);
            webhooks.push(item.webhook);
        }
        let mut done = Vec::new();
        for (gateway, (keys, webhooks)) in by_gateway {
            let owner = owners.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&gateway).copied();
            let errors = match owner {
                Some(tenant) => {
                    let (events, errors) = hands.ingest(tenant, gateway, &webhooks, rng.next_u64()).await?;
                    for event in events {
                        let _ = told.send(event);
                    }
                    errors
                }
                None => vec![Some("the gateway belongs to nobody any more".to_owned()); keys.len()],
            };
            done.extend(keys.into_iter().zip(errors));
        }
        hands.store.inbox_done(done).await?;
    }
}

/// Of a gateway that answers, and that nobody dials through until it answers a check of the engine's own, which comes by itself.
fn not_lately(checked: Checked) -> Checked {
    if checked.health != Health::Ready {
        return checked;
    }
    let summary = format!(
        "{}; it could not be reached lately and is dialled through again once it answers the engine, which asks every ten seconds",
        checked.summary
    );
    Checked { health: Health::Unreachable, summary, ..checked }
}
