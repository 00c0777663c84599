//! How the rest of the host talks to the running engine.
//!
//! Only notes ("this campaign changed", "a webhook is in the inbox") and questions about what lives in the engine's
//! memory. Nothing is decided through this door and nothing is lost when a note is: every fact is in the store first, and
//! the engine reads it again at start.

use std::sync::Arc;

use campanile_domain::ids::{CallId, CampaignKey, GatewayKey, LeadKey, TenantKey};
use campanile_domain::plugin::instance::Checked;
use campanile_domain::ports::gateway::GatewayError;
use campanile_domain::ports::store::{Changed, LiveFacts, Order};
use tokio::sync::{mpsc, oneshot};

use super::placing::Placing;

/// A note or a question.
pub(crate) enum Note {
    CampaignChanged(CampaignKey),
    EveryCampaignChanged,
    LeadsChanged(CampaignKey),
    TenantsChanged,
    GatewaysChanged,
    PolicyChanged(TenantKey),
    StopCalls(CampaignKey),
    Evaluated(Box<Changed>),
    Webhook,
    Live(CampaignKey, oneshot::Sender<LiveFacts>),
    Health(GatewayKey, oneshot::Sender<Result<Checked, GatewayError>>),
    Drain(oneshot::Sender<()>),
}

/// The door to the running engine; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    notes: mpsc::UnboundedSender<Note>,
    placing: Arc<Placing>,
}

impl Handle {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Note>) {
        let (notes, received) = mpsc::unbounded_channel();
        (Self { notes, placing: Arc::default() }, received)
    }

    /// A door to an engine that does not run, for tests of what stands in front of it: notes vanish, questions are
    /// answered as by an engine with nothing to do, and nobody is called.
    pub fn detached() -> Self {
        Self::standing_in(|_| Vec::new())
    }

    /// The same, where leads are called when they come: `takes` says whom of a campaign, on a thread of its own. Drained, it is
    /// gone.
    pub fn standing_in(mut takes: impl FnMut(CampaignKey) -> Vec<Order> + Send + 'static) -> Self {
        let (handle, mut notes) = Self::new();
        let placing = Arc::clone(&handle.placing);
        let answers = std::thread::spawn(move || {
            while let Some(note) = notes.blocking_recv() {
                match note {
                    Note::Live(_, answer) => {
                        let rate_opens_at = campanile_domain::time::Timestamp(0);
                        let live =
                            LiveFacts { gateway_healthy: true, rate_opens_at, campaign_slots: 1, tenant_slots: 1 };
                        let _ = answer.send(live);
                    }
                    Note::Health(_, answer) => drop(answer.send(Ok(Checked::ready("nobody is called here")))),
                    Note::Drain(done) => {
                        let _ = done.send(());
                        return;
                    }
                    Note::LeadsChanged(campaign) => {
                        placing.committed(&takes(campaign));
                        placing.forget();
                    }
                    _ => {}
                }
            }
        });
        drop(answers);
        handle
    }

    fn tell(&self, note: Note) {
        // A closed channel means that the engine is shutting down; the store has the fact.
        let _ = self.notes.send(note);
    }

    /// The campaign was started, paused, stopped, resumed or edited, or has leads to decide again.
    pub fn campaign_changed(&self, campaign: CampaignKey) {
        self.tell(Note::CampaignChanged(campaign));
    }

    /// What holds for every campaign changed: the host's quarantine was released.
    pub fn every_campaign_changed(&self) {
        self.tell(Note::EveryCampaignChanged);
    }

    /// Leads were added, or set to be called again.
    pub fn leads_changed(&self, campaign: CampaignKey) {
        self.tell(Note::LeadsChanged(campaign));
    }

    /// Tells when the lead's next call is committed; asked before anything else can be. The answer fails when the engine
    /// shuts down first.
    pub fn placing(&self, lead: LeadKey) -> oneshot::Receiver<CallId> {
        self.placing.expect(lead)
    }

    pub(super) fn placings(&self) -> Arc<Placing> {
        Arc::clone(&self.placing)
    }

    /// A tenant was made, topped up, suspended, or its limits changed.
    pub fn tenants_changed(&self) {
        self.tell(Note::TenantsChanged);
    }

    /// A gateway was installed or changed.
    pub fn gateways_changed(&self) {
        self.tell(Note::GatewaysChanged);
    }

    /// A plugin or script was activated: leads that wait for it are decided again.
    pub fn policy_changed(&self, tenant: TenantKey) {
        self.tell(Note::PolicyChanged(tenant));
    }

    /// Hang up the live calls of a campaign (after `stop`).
    pub fn stop_calls(&self, campaign: CampaignKey) {
        self.tell(Note::StopCalls(campaign));
    }

    /// A call that was over has been evaluated; what that did is in the store.
    pub fn evaluated(&self, changed: Changed) {
        self.tell(Note::Evaluated(Box::new(changed)));
    }

    /// The inbox holds a new webhook.
    pub fn webhook_arrived(&self) {
        self.tell(Note::Webhook);
    }

    /// What only the engine knows of a campaign; `None` while it is shutting down.
    pub async fn live_facts(&self, campaign: CampaignKey) -> Option<LiveFacts> {
        let (answer, answered) = oneshot::channel();
        self.tell(Note::Live(campaign, answer));
        answered.await.ok()
    }

    /// Asks a gateway whether it can place calls, and the engine whether it dials through it.
    ///
    /// # Errors
    /// It could not be asked.
    pub async fn check_gateway(&self, gateway: GatewayKey) -> Result<Checked, GatewayError> {
        let (answer, answered) = oneshot::channel();
        self.tell(Note::Health(gateway, answer));
        let stopping = || GatewayError { code: "stopping".into(), message: "the engine is shutting down".into() };
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Whether a gateway can place calls now.
    ///
    /// # Errors
    /// It cannot, and why.
    pub async fn gateway_health(&self, gateway: GatewayKey) -> Result<(), String> {
        let checked = self.check_gateway(gateway).await.map_err(|error| error.to_string())?;
        checked.fault().map_or(Ok(()), Err)
    }

    /// Claims nothing more and completes when no effect is under way any more.
    pub async fn drain(&self) {
        let (done, drained) = oneshot::channel();
        self.tell(Note::Drain(done));
        let _ = drained.await;
    }
}
