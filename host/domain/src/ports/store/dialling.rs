//! The dial side: everything between a free slot and a settled lead.
//!
//! The order of the intents is the promise "never twice": [`Dialling::claim`] commits the attempt before anybody asks the
//! gateway, [`Dialling::dialled`] writes down what came of asking, [`Dialling::apply`] what the provider says later, and
//! an attempt whose fate is unknown stays open, locking its lead and its phone, until [`Dialling::reconciled`] or an
//! event closes it. The pure rules (gates, settling, disposing) are the domain's; the store loads what they ask for, in
//! sets, and writes what they answer, in the same transaction.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Fence, ShadowRun, Stored, WriteContext};
use crate::attempt::{AttemptState, Outcome};
use crate::campaign::{CampaignConfig, CampaignState, Happening};
use crate::gate::{Gate, Verdict};
use crate::ids::{AttemptKey, CallId, CampaignId, CampaignKey, GatewayKey, LeadId, LeadKey, TenantKey};
use crate::lead::LeadState;
use crate::money::Micros;
use crate::phone::Phone;
use crate::policy::PolicyInput;
use crate::ports::gateway::{CallEvent, Dial, Refusal, Utterance, Webhook};
use crate::ports::policy::PolicyAnswer;
use crate::replay::Standing;
use crate::settle::Clamp;
use crate::time::Timestamp;
use crate::zone::Zone;

/// What the engine keeps in memory of a campaign.
#[derive(Clone, Debug)]
pub struct CampaignSnapshot {
    /// Which.
    pub key: CampaignKey,
    /// Its public id.
    pub id: CampaignId,
    /// Whose.
    pub tenant: TenantKey,
    /// Where it stands.
    pub state: CampaignState,
    /// What the host's quarantine says.
    pub quarantine: Verdict,
    /// The configuration in force.
    pub config: Arc<CampaignConfig>,
    /// Its version.
    pub config_version: u32,
    /// Whose clock the calling hours follow.
    pub zone: Zone,
    /// Who dials.
    pub gateway: GatewayKey,
    /// From the assistant, in milliseconds.
    pub ring_timeout_ms: i64,
    /// From the assistant, in milliseconds.
    pub max_call_ms: i64,
    /// Leads that are not ended.
    pub live_leads: u64,
    /// Who else is asked everything that it decides.
    pub shadow: Option<ShadowRun>,
    /// An active source may bring more, so it is not over when nobody is left to call.
    pub fed: bool,
}

/// What the engine keeps in memory of a tenant.
#[derive(Clone, Debug)]
pub struct TenantSnapshot {
    /// Which.
    pub key: TenantKey,
    /// Calls at once.
    pub max_concurrent_calls: u32,
    /// Dials per second.
    pub calls_per_second: Option<f64>,
    /// No call is made.
    pub suspended: bool,
    /// Live calls are paid by the minute.
    pub billed: bool,
}

/// An attempt that is open, as the engine keeps it.
#[derive(Clone, Debug)]
pub struct OpenAttempt {
    /// Which.
    pub key: AttemptKey,
    /// Its public id.
    pub id: CallId,
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// Who dials.
    pub gateway: GatewayKey,
    /// The number called.
    pub phone: Phone,
    /// Where it stands.
    pub state: AttemptState,
    /// When the intent was committed.
    pub intent_at: Timestamp,
    /// When somebody answered.
    pub answered_at: Option<Timestamp>,
    /// Unknown since, with the look-ups already made.
    pub unknown: Option<(Timestamp, u32)>,
    /// The provider's name for it.
    pub provider_call_id: Option<String>,
    /// Milliseconds.
    pub ring_timeout_ms: i64,
    /// Milliseconds.
    pub max_call_ms: i64,
}

/// A lead that waits for something other than a dial.
#[derive(Clone, Debug)]
pub enum Unfinished {
    /// Its policy is to be asked (again).
    Decide(Box<Undecided>),
    /// Its evaluation is missing; the campaign pauses then.
    AwaitEvaluation {
        /// Which.
        lead: LeadKey,
        /// Of which campaign.
        campaign: CampaignKey,
        /// When waiting ends.
        deadline: Timestamp,
    },
}

/// Everything the engine needs at start.
#[derive(Clone, Debug, Default)]
pub struct Boot {
    /// All.
    pub tenants: Vec<TenantSnapshot>,
    /// Those in progress or paused with open attempts.
    pub campaigns: Vec<CampaignSnapshot>,
    /// Every open attempt. Those left at `Intent` by a crash are `Unknown` already: nobody knows whether they rang.
    pub open: Vec<OpenAttempt>,
    /// Leads between two transactions.
    pub unfinished: Vec<Unfinished>,
}

/// A request for attempts. With no slots it only counts and looks for what is due next.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// For which campaign.
    pub campaign: CampaignKey,
    /// At most so many; the core has taken them out of every limit it keeps.
    pub slots: u32,
}

/// An attempt that is committed and may be dialled.
#[derive(Clone, Debug)]
pub struct Order {
    /// The attempt.
    pub open: OpenAttempt,
    /// What to ask the gateway.
    pub dial: Dial,
    /// The instant since which the lead could have been called (its due time inside the hours); for lateness.
    pub possible_since: Timestamp,
}

/// What a claim came to.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// Attempts, in the order of claiming.
    pub orders: Vec<Order>,
    /// Another claim right now would find candidates.
    pub more: bool,
    /// Otherwise: when the next lead is due, as far as a clock knows. Unclamped by the calling hours.
    pub next_due: Option<Timestamp>,
    /// A campaign-wide gate that stopped the claim.
    pub stopped_by: Option<Gate>,
    /// Leads of the campaign that have not ended, after this claim. At 0 nobody is left to call.
    pub live_leads: u64,
}

/// What asking the gateway came to.
#[derive(Clone, Debug)]
pub enum DialResult {
    /// A gate closed between the commit and the dial; nobody was asked.
    Withdrawn(Gate),
    /// Taken.
    Placed {
        /// The provider's name for the call.
        provider_call_id: String,
    },
    /// Surely not dialled.
    Refused(Refusal),
    /// It may ring.
    Unknown {
        /// What was seen.
        why: String,
    },
}

/// A lead between two transactions: what to ask its policy.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// Which.
    pub lead: LeadKey,
    /// Its public id.
    pub lead_id: LeadId,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Whose.
    pub tenant: TenantKey,
    /// The attempt it is about.
    pub attempt: AttemptKey,
    /// Its public id.
    pub call: CallId,
    /// Compare-and-set: the decision is only taken while the lead is at this revision.
    pub revision: u64,
    /// The question.
    pub input: PolicyInput,
    /// What the rules look at beside it.
    pub standing: Standing,
}

/// What became of a lead.
#[derive(Clone, Debug)]
pub enum After {
    /// Its state, and when it is due again if it waits.
    Settled {
        /// Where it stands now.
        state: LeadState,
        /// Due again then (unclamped).
        due: Option<Timestamp>,
        /// The rules of the engine that changed what was asked for.
        clamped_by: Vec<Clamp>,
        /// The instant that was asked for, when one was.
        asked_for: Option<Timestamp>,
        /// The first instant inside the calling hours as they are.
        expected: Option<Timestamp>,
        /// The question that the built-in table answered, for the campaign's shadow.
        question: Option<Box<Undecided>>,
    },
    /// Its policy is to be asked.
    Decide(Box<Undecided>),
    /// Its evaluation is missing.
    AwaitEvaluation {
        /// When waiting ends.
        deadline: Timestamp,
    },
}

/// What a write did to an attempt.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Which attempt.
    pub attempt: AttemptKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// Where it stands now.
    pub state: AttemptState,
    /// When somebody answered.
    pub answered_at: Option<Timestamp>,
    /// It is over: how, and whether the breaker should count it as a technical failure.
    pub ended: Option<(Outcome, bool)>,
    /// What became of the lead, when the attempt is over.
    pub after: Option<After>,
    /// What it means for the campaign.
    pub happening: Option<(Happening, String)>,
    /// Campaigns of the tenant with leads that waited for this phone, and when they are due.
    pub freed: Vec<(CampaignKey, Timestamp)>,
}

/// What was said in a call, to be kept beside the main database.
#[derive(Clone, Debug)]
pub struct Said {
    /// Whose.
    pub tenant: TenantKey,
    /// In which call.
    pub attempt: AttemptKey,
    /// When it was told.
    pub at: Timestamp,
    /// The lines.
    pub lines: Vec<Utterance>,
}

/// What a word about calls came to: of the dialler, or of the provider.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What it did to attempts, in the order of the telling.
    pub changed: Vec<Changed>,
    /// The transcripts that came with it.
    pub said: Vec<Said>,
}

/// A webhook that waits in the inbox.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// Its row.
    pub key: i64,
    /// For which gateway.
    pub gateway: GatewayKey,
    /// What came.
    pub webhook: Webhook,
}

/// The dial side.
#[async_trait]
pub trait Dialling: Send + Sync {
    /// Reads what the engine needs, after turning every attempt that a crash left at `Intent` into `Unknown`.
    async fn boot(&self, now: Timestamp, fence: Fence) -> Stored<Boot>;
    /// One campaign's snapshot, after a change.
    async fn snapshot(&self, campaign: CampaignKey) -> Stored<CampaignSnapshot>;
    /// The tenants' snapshots, after a change.
    async fn tenant_snapshots(&self) -> Stored<Vec<TenantSnapshot>>;

    /// Stages up to `want` fresh leads in the campaign's order; returns how many are staged now.
    async fn stage(&self, ctx: &WriteContext, campaign: CampaignKey, want: u32) -> Stored<u32>;

    /// Takes due leads that pass every gate, commits an attempt for each with its money reserved, and moves those that
    /// do not pass out of the way with the gate's reason. Order: [`crate`]'s claiming order, see `docs/states.md`.
    async fn claim(&self, ctx: &WriteContext, fence: Fence, request: ClaimRequest) -> Stored<Claim>;
    /// The gates again, right before the dial: those that may have closed since the commit (state, dates, hours,
    /// suppression). `None` for an attempt that may be dialled.
    async fn recheck(&self, attempts: &[AttemptKey], now: Timestamp) -> Stored<Vec<Option<Gate>>>;
    /// What came of asking the gateway. A webhook may have been faster; then the attempt stays where it led, and events
    /// that knew the call only by the provider's name for it, which nobody knew yet, are applied now.
    async fn dialled(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey, result: DialResult) -> Stored<Told>;
    /// What the provider says, once per event id. Events that name a call by a name that an open attempt may yet turn out
    /// to have are kept for it; those of calls that are not ours are counted and dropped.
    async fn apply(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        gateway: GatewayKey,
        events: Vec<CallEvent>,
    ) -> Stored<Told>;
    /// The call is about to be hung up by us: an end that the provider tells of from now on is a cancellation.
    async fn hanging_up(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey) -> Stored<()>;
    /// The attempt has been silent too long: unknown from now on.
    async fn lose(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey) -> Stored<Option<Changed>>;
    /// A look-up brought nothing: counts it, or closes the attempt when `closing` says how.
    async fn reconciled(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        attempt: AttemptKey,
        closing: Option<crate::attempt::Reconciled>,
    ) -> Stored<Option<Changed>>;
    /// Reserves the minute that begins for a live call. `false`: it cannot be paid, the call must be hung up.
    async fn extend(&self, ctx: &WriteContext, fence: Fence, attempt: AttemptKey) -> Stored<bool>;

    /// Takes a decision, or follows `on_policy_failure`. `Stale` when the lead changed meanwhile.
    async fn decide(
        &self,
        ctx: &WriteContext,
        fence: Fence,
        undecided: &Undecided,
        answer: &PolicyAnswer,
    ) -> Stored<After>;
    /// The leads of a campaign that wait for a decision because their policy failed, at most `limit`, as new questions.
    async fn undecided(&self, ctx: &WriteContext, campaign: CampaignKey, limit: u32) -> Stored<Vec<Undecided>>;
    /// The evaluation of a lead is still missing at its deadline; says whether it is so.
    async fn evaluation_missing(&self, lead: LeadKey) -> Stored<bool>;
    /// The campaign is over: ends up to `limit` of its waiting leads as `campaign_ended`; returns how many.
    async fn end_leads(&self, ctx: &WriteContext, campaign: CampaignKey, limit: u32) -> Stored<u32>;

    /// Keeps a webhook before anybody reads it.
    async fn inbox_put(&self, now: Timestamp, gateway: GatewayKey, webhook: Webhook) -> Stored<i64>;
    /// The oldest webhooks that nobody has read, after a row.
    async fn inbox_take(&self, after: i64, limit: u32) -> Stored<Vec<InboxItem>>;
    /// They were read; `error` keeps why one could not be.
    async fn inbox_done(&self, items: Vec<(i64, Option<String>)>) -> Stored<()>;
    /// The balance of a tenant after reservations, when it is billed.
    async fn available(&self, tenant: TenantKey) -> Stored<Option<Micros>>;
}
