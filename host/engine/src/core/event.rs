//! What the core is told, and what it wants done.
//!
//! Events and effects are plain data, so that a run can be written down, replayed and compared. An effect carries
//! everything its hands need; whatever it brings comes back as events.

use campanile_domain::campaign::Happening;
use campanile_domain::ids::{AttemptKey, CampaignKey, GatewayKey, LeadKey, TenantKey};
use campanile_domain::ports::gateway::Capabilities;
use campanile_domain::ports::store::{
    After, Boot, CampaignSnapshot, Changed, Claim, DialResult, OpenAttempt, Order, TenantSnapshot, Undecided,
};

/// What the core is told.
#[derive(Clone, Debug)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// What the store holds at start.
    Booted(Box<Boot>),
    /// A campaign as it is now, after a start, a verb, an edit or new leads.
    Campaign(Box<CampaignSnapshot>),
    /// The campaign's policy was activated or rolled back: what waits for it is decided again.
    PolicyChanged(CampaignKey),
    /// The tenants as they are now.
    Tenants(Vec<TenantSnapshot>),
    /// A gateway can be used, with these abilities.
    GatewayReady(GatewayKey, Capabilities),
    /// The gateway answered a dial, or could not be reached.
    GatewayAnswered {
        /// Which.
        gateway: GatewayKey,
        /// It could be reached.
        reachable: bool,
    },
    /// A claim came back.
    Claimed {
        /// For which campaign.
        campaign: CampaignKey,
        /// The slots it was granted.
        asked: u32,
        /// What it brought.
        claim: Box<Claim>,
    },
    /// Attempts were dialled, moved or ended.
    Changed(Box<Changed>),
    /// The provider's name for a call is known.
    Named {
        /// Which attempt.
        attempt: AttemptKey,
        /// The name.
        provider_call_id: String,
    },
    /// A look-up brought nothing and was counted.
    LookedUp {
        /// Which attempt.
        attempt: AttemptKey,
        /// Look-ups made so far.
        done: u32,
    },
    /// A lead was decided.
    Decided {
        /// Of which campaign.
        campaign: CampaignKey,
        /// Which.
        lead: LeadKey,
        /// What became of it.
        after: Box<After>,
    },
    /// So many leads are staged.
    Staged {
        /// Of which campaign.
        campaign: CampaignKey,
        /// Now.
        staged: u32,
    },
    /// So many leads of an ended campaign were ended, of the number asked for.
    LeadsEnded {
        /// Of which campaign.
        campaign: CampaignKey,
        /// In this turn.
        ended: u32,
    },
    /// The live calls of a campaign are to be hung up.
    StopCalls(CampaignKey),
    /// The store could not do it; do it again in a moment.
    Failed(Box<Work>),
    /// Claim nothing more.
    Drain,
}

/// An effect and the seed of whatever it mints.
#[derive(Clone, Debug)]
pub struct Work {
    /// Seeds ids.
    pub seed: u64,
    /// What to do.
    pub effect: Effect,
}

/// What the core wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Take up to so many due leads.
    Claim {
        /// Whose.
        tenant: TenantKey,
        /// Of which campaign.
        campaign: CampaignKey,
        /// 0 only counts.
        slots: u32,
    },
    /// Look at the gates once more, ask the gateway, write down what came of it.
    Dial(Box<Order>),
    /// Write down what came of asking, when that failed the first time. The gateway is not asked again.
    Record {
        /// The attempt.
        open: Box<OpenAttempt>,
        /// What came of asking.
        result: DialResult,
    },
    /// Ask the policy and take its decision.
    Decide(Box<Undecided>),
    /// Ask again for the leads whose policy failed.
    Redecide {
        /// Whose.
        tenant: TenantKey,
        /// Of which campaign.
        campaign: CampaignKey,
    },
    /// Ask the provider about an attempt whose fate is unknown.
    LookUp {
        /// The attempt.
        open: Box<OpenAttempt>,
        /// Look-ups made before.
        done: u32,
    },
    /// Silent for too long: unknown from now on.
    Lose(Box<OpenAttempt>),
    /// Reserve the minute that begins.
    Extend(Box<OpenAttempt>),
    /// End a call.
    HangUp(Box<OpenAttempt>),
    /// Tell the campaign what happened to it.
    Happen {
        /// Whose.
        tenant: TenantKey,
        /// Which.
        campaign: CampaignKey,
        /// What.
        happening: Happening,
        /// For a person.
        detail: String,
    },
    /// Stage so many fresh leads; 0 takes them back.
    Stage {
        /// Whose.
        tenant: TenantKey,
        /// Of which campaign.
        campaign: CampaignKey,
        /// How many.
        want: u32,
    },
    /// End leads of a campaign that is over.
    EndLeads {
        /// Whose.
        tenant: TenantKey,
        /// Of which campaign.
        campaign: CampaignKey,
    },
    /// Look whether an evaluation is still missing, and pause the campaign if so.
    CheckEvaluation {
        /// Whose.
        tenant: TenantKey,
        /// Of which campaign.
        campaign: CampaignKey,
        /// Which lead.
        lead: LeadKey,
    },
    /// Ask a gateway that could not be reached whether it can be now.
    CheckGateway(GatewayKey),
}
