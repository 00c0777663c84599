//! Leads: how they come in, how they are read, what a hand does to them; and the do-not-call list.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Listed, Page, Stored, WriteContext};
use crate::attempt::{AnsweredBy, AttemptState, Failure};
use crate::contact::Contact;
use crate::explain;
use crate::gate::{ContactFacts, Gate, LeadFacts, Verdict};
use crate::ids::{AttemptKey, CallId, CampaignId, CampaignKey, JobId, LeadId, LeadKey, TenantKey};
use crate::lead::{LeadState, Progress, Wait};
use crate::money::{Currency, Micros};
use crate::phone::Phone;
use crate::settle::Clamp;
use crate::time::Timestamp;
use crate::variable::{Determinations, Variables};
use crate::zone::Zone;

/// A lead that comes in; its phones are normalised already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLead {
    /// Unique per campaign and source.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The primary first, at most [`crate::contact::MAX_CONTACTS`].
    pub contacts: Vec<Contact>,
    /// Higher first; 0 for all by default.
    #[serde(default)]
    pub priority: i32,
    /// Not before.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// Not from then on.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Kept; the campaign's zone applies for now.
    #[serde(default)]
    pub time_zone: Option<Zone>,
    /// Named data.
    #[serde(default)]
    pub variables: Variables,
    /// Accept a primary phone that the campaign already has.
    #[serde(default)]
    pub allow_duplicate: bool,
}

/// A lead as another system has it now, by that system's name for it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadUpsert {
    /// With its external id; what it is made with when it is new. Of a known one contacts are replaced and variables merged.
    pub lead: NewLead,
    /// Of a known one: replaced when it was said.
    pub priority: Option<i32>,
    /// Of a known one that waits: replaced when it was said.
    pub not_before: Option<Timestamp>,
    /// Of a known one: replaced when it was said.
    pub expires_at: Option<Timestamp>,
    /// Of a known one: replaced when it was said.
    pub time_zone: Option<Zone>,
    /// A known one that has ended is called again.
    pub reopen: bool,
}

/// What became of one incoming lead.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum LeadAdded {
    /// New.
    Created {
        /// Its id.
        id: LeadId,
    },
    /// Its external id was known: variables merged, contacts replaced.
    Updated {
        /// Its id.
        id: LeadId,
    },
    /// Its primary phone is in the campaign already.
    Duplicate {
        /// The lead that has it.
        of: LeadId,
    },
}

/// A lead as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lead {
    /// Inside.
    #[serde(skip)]
    pub key: LeadKey,
    /// Outside.
    pub id: LeadId,
    /// Inside.
    #[serde(skip)]
    pub campaign_key: CampaignKey,
    /// Which campaign.
    pub campaign: CampaignId,
    /// From its source.
    pub external_id: Option<String>,
    /// Where it stands.
    #[serde(skip)]
    pub state: LeadState,
    /// [`LeadState::status`].
    pub status: String,
    /// [`LeadState::reason`].
    pub reason: Option<String>,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
    /// Higher first.
    pub priority: i32,
    /// Due then, unclamped; `None` when nothing waits.
    pub not_before: Option<Timestamp>,
    /// Whose wait that is.
    pub wait: Wait,
    /// Not from then on.
    pub expires_at: Option<Timestamp>,
    /// Kept.
    pub time_zone: Option<Zone>,
    /// In order.
    pub contacts: Vec<Contact>,
    /// Named data.
    pub variables: Variables,
    /// Counts every change.
    pub revision: u64,
    /// When it came.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

/// In which order a list shows leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeadSort {
    /// The last one that came first.
    #[default]
    Newest,
    /// The first one that came first.
    Oldest,
}

/// What keeps a lead that waits from its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsAt {
    /// Nothing but a slot.
    Nothing,
    /// A gate.
    Gate(Gate),
}

/// Which leads are meant: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadFilter {
    /// Of one campaign, or of all.
    pub campaign: Option<CampaignId>,
    /// [`LeadState::status`].
    pub status: Option<String>,
    /// [`LeadState::reason`].
    pub reason: Option<String>,
    /// Waiting there at an instant, as [`super::Campaigns::gate_counts`] counts them.
    pub waits_at: Option<(WaitsAt, Timestamp)>,
    /// With one of these phones as any contact; all, when it is empty.
    pub phones: Vec<Phone>,
    /// With one of these external ids, whichever source gave it; all, when it is empty.
    pub external_ids: Vec<String>,
    /// Made at or after.
    pub created_since: Option<Timestamp>,
    /// Made before.
    pub created_until: Option<Timestamp>,
    /// With variables of just these values.
    pub variables: Variables,
    /// Whom no call reached: no person answered one.
    pub not_reached: bool,
    /// In which order they are shown.
    pub sort: LeadSort,
}

impl LeadFilter {
    /// Whether every lead of the campaign is meant, or of the tenant.
    pub fn is_everybody(&self) -> bool {
        *self == Self { campaign: self.campaign, sort: self.sort, ..Self::default() }
    }
}

/// A lead that a bulk update leaves as it is because a rule forbids the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkRefusal {
    /// Which lead.
    pub lead: LeadId,
    /// Which rule: `lead_suppressed`, `lead_erased`.
    pub reason: String,
    /// The phone that it is about, if it is about one.
    pub phone: Option<Phone>,
}

/// What became of the leads of a bulk update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BulkCounts {
    /// Changed; of a lead with a call under way the status is changed when it is over.
    pub updated: u64,
    /// Everything was already so.
    pub unchanged: u64,
    /// Left as they are, by the rule.
    pub refused: BTreeMap<String, u64>,
    /// The first ten that were.
    pub refusals: Vec<BulkRefusal>,
}

/// A page of a bulk update.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkStep {
    /// Of the whole job so far.
    pub counts: BulkCounts,
    /// Leads changed in this page.
    pub changed: u64,
    /// There may be more, and nobody cancelled it.
    pub goes_on: bool,
}

/// What became of the people of one campaign who were to come into another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CopyCounts {
    /// New there.
    pub copied: u64,
    /// There already, by their phone or their external id.
    pub known: u64,
    /// Not taken along, by the rule.
    pub left_out: BTreeMap<String, u64>,
}

/// A page of them.
#[derive(Clone, Debug, PartialEq)]
pub struct CopyStep {
    /// Of the whole job so far.
    pub counts: CopyCounts,
    /// New with this page.
    pub copied: u64,
    /// There may be more, and nobody cancelled it.
    pub goes_on: bool,
}

/// What would become of a page of leads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkPreview {
    /// Of this page.
    pub counts: BulkCounts,
    /// The first ten that would change.
    pub examples: Vec<LeadId>,
    /// Where the next page begins.
    pub next: Option<LeadKey>,
}

/// A call as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// Inside.
    #[serde(skip)]
    pub key: AttemptKey,
    /// Outside; the attempt id.
    pub id: CallId,
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which lead.
    pub lead: LeadId,
    /// Position of the contact.
    pub contact: u16,
    /// The number dialled; `None` once the person was erased.
    pub phone: Option<Phone>,
    /// The number shown.
    pub caller_id: Phone,
    /// Which dial of the lead, from 1.
    pub number: u32,
    /// From 1.
    pub era: u32,
    /// From 1.
    pub round: u32,
    /// Where it stands.
    #[serde(skip)]
    pub state: AttemptState,
    /// [`AttemptState::public_status`].
    pub status: String,
    /// [`AttemptState::reason`].
    pub reason: Option<String>,
    /// Why it failed.
    pub failure: Failure,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// When the intent was committed.
    pub started_at: Timestamp,
    /// When somebody answered.
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// How long the parties talked.
    pub talk_ms: i64,
    /// Charged to the tenant.
    pub cost_micros: Micros,
    /// What the provider charges, once it has said so.
    pub provider_cost: Option<ProviderCost>,
    /// What was determined, by whom and why.
    pub variables: Determinations,
    /// The provider's name for it.
    pub provider_call_id: Option<String>,
    /// The configuration version it was made under.
    pub config_version: u32,
    /// The decision that followed.
    pub decision: Option<CallDecision>,
}

/// What a provider charges for a call, in its own currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderCost {
    /// In millionths of the currency's unit.
    pub amount_micros: Micros,
    /// Its currency; `None` when the provider did not tell.
    pub currency: Option<Currency>,
}

/// What was decided after a call, kept on the attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallDecision {
    /// `complete`, `next_contact`, `retry`, `give_up`, `suppress`; or the engine's own: `defer`, `withdraw`, `hand`.
    pub decision: String,
    /// Its reason.
    pub reason: String,
    /// Who decided: `builtin`, `engine`, or `name@version`.
    pub by: String,
    /// The instant that was asked for.
    pub asked_for: Option<Timestamp>,
    /// The first possible instant under the rules in force.
    pub expected: Option<Timestamp>,
    /// The rules that changed what was asked for.
    pub clamped_by: Vec<Clamp>,
}

/// Which calls a list shows.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Of one campaign.
    pub campaign: Option<CampaignId>,
    /// Of one lead.
    pub lead: Option<LeadId>,
    /// [`AttemptState::public_status`].
    pub status: Option<String>,
    /// Started at or after.
    pub since: Option<Timestamp>,
    /// Started before.
    pub until: Option<Timestamp>,
}

/// What `explain` needs of a lead; the campaign scope's live parts (slots, rates, health) are the engine's to add.
#[derive(Clone, Debug)]
pub struct ExplainFacts {
    /// The campaign, with its configuration.
    pub campaign: super::Campaign,
    /// What the host's quarantine says.
    pub quarantine: Verdict,
    /// With a budget: what is left and what one call needs.
    pub budget: Option<(Micros, Micros)>,
    /// With billing on: what is available and what one call needs.
    pub balance: Option<(Micros, Micros)>,
    /// The lead scope.
    pub lead: LeadFacts,
    /// The contact that would be dialled next.
    pub contact: Option<(Phone, ContactFacts)>,
    /// A call that is under way for the lead, when one is.
    pub open_call: Option<CallId>,
}

/// Where a lead's status is set by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetStatus {
    /// Call again: a new era.
    Created,
    /// Stop.
    Completed,
}

/// A change of a lead's own data; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadPatch {
    /// Merged.
    #[serde(default)]
    pub variables: Option<Variables>,
    /// Replaced.
    #[serde(default)]
    pub priority: Option<i32>,
    /// Replaced.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// Replaced.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// By hand.
    #[serde(default)]
    pub status: Option<SetStatus>,
}

/// A number that is not called.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suppression {
    /// The number.
    pub phone: Phone,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since.
    pub at: Timestamp,
}

/// A number that is to be called no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSuppression {
    /// The number.
    pub phone: Phone,
    /// Why, for people.
    pub reason: String,
}

/// What became of numbers that were to be put on the do-not-call list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// For each in its order: whether it was new.
    pub added: Vec<bool>,
    /// Leads that ended because of it.
    pub leads: u64,
    /// Their campaigns, which may be over now.
    pub campaigns: Vec<CampaignKey>,
}

/// Leads.
#[async_trait]
pub trait Leads: Send + Sync {
    /// Adds leads to a campaign in their order, a result for each; all in one transaction. A completed campaign is
    /// reopened when a lead was created and `ends_at` has not passed.
    async fn add_leads(&self, ctx: &WriteContext, campaign: CampaignId, leads: Vec<NewLead>) -> Stored<Vec<LeadAdded>>;
    /// Makes a lead of its external id or brings it up to date; what says what is known writes nothing. A new era only with
    /// `reopen`: `Conflict` (`lead_suppressed`) when its primary phone is on the do-not-call list then.
    async fn upsert_lead(&self, ctx: &WriteContext, campaign: CampaignId, upsert: LeadUpsert) -> Stored<LeadAdded>;
    /// One.
    async fn lead(&self, tenant: TenantKey, id: LeadId) -> Stored<Lead>;
    /// Those that are meant, in the filter's order.
    async fn leads(&self, tenant: TenantKey, filter: &LeadFilter, page: &Page) -> Stored<Listed<Lead>>;
    /// Changes a lead. A status set while the lead is processing takes effect when its attempt settles. `Conflict`
    /// (`lead_suppressed`) when it should be called again and its primary phone is suppressed.
    async fn patch_lead(&self, ctx: &WriteContext, id: LeadId, patch: LeadPatch) -> Stored<Lead>;
    /// Deletes a lead; returns whose it was. It is in no list, search or count from then on; its calls stay, with what they
    /// cost, and count for gaps and caps. `Conflict` (`lead_in_call`) while a call of it is not over.
    async fn delete_lead(&self, ctx: &WriteContext, id: LeadId) -> Stored<CampaignKey>;
    /// How many are meant.
    async fn count_leads(&self, tenant: TenantKey, filter: &LeadFilter) -> Stored<u64>;
    /// What a patch would do to a page of those that are meant, at `now`.
    async fn preview_update(
        &self,
        tenant: TenantKey,
        filter: &LeadFilter,
        patch: &LeadPatch,
        now: Timestamp,
        after: Option<LeadKey>,
        limit: u32,
    ) -> Stored<BulkPreview>;
    /// Patches the next page of those that are meant and moves the job on, in one transaction; nobody once the job is over.
    async fn update_leads(
        &self,
        ctx: &WriteContext,
        job: JobId,
        filter: &LeadFilter,
        patch: &LeadPatch,
        limit: u32,
    ) -> Stored<BulkStep>;
    /// Copies the next page of those that are meant into a campaign, as new leads, and moves the job on, in one transaction;
    /// nobody once the job is over. `AccountFull`: the account may not have so many.
    async fn copy_leads(
        &self,
        ctx: &WriteContext,
        job: JobId,
        filter: &LeadFilter,
        to: CampaignId,
        limit: u32,
    ) -> Stored<CopyStep>;
    /// What `explain` needs.
    async fn explain_facts(&self, tenant: TenantKey, id: LeadId, now: Timestamp) -> Stored<ExplainFacts>;

    /// One call.
    async fn call(&self, tenant: TenantKey, id: CallId) -> Stored<Call>;
    /// Newest first.
    async fn calls(&self, tenant: TenantKey, filter: &CallFilter, page: &Page) -> Stored<Listed<Call>>;
    /// Every call of a lead, oldest first.
    async fn calls_of_lead(&self, tenant: TenantKey, id: LeadId) -> Stored<Vec<Call>>;

    /// Puts numbers on the do-not-call list; in force before the next dial. Leads that wait and have nobody left to call
    /// end as suppressed in the same transaction. A number that is there already keeps its reason.
    async fn suppress(&self, ctx: &WriteContext, numbers: Vec<NewSuppression>) -> Stored<Suppressed>;
    /// Takes a number off it. Leads that ended for it stay as they ended until a hand sets them to be called again.
    async fn unsuppress(&self, ctx: &WriteContext, phone: &Phone) -> Stored<()>;
    /// What the list says of a number.
    async fn suppression(&self, tenant: TenantKey, phone: &Phone) -> Stored<Suppression>;
    /// The list, by number.
    async fn suppressions(&self, tenant: TenantKey, page: &Page) -> Stored<Listed<Suppression>>;
}

/// Puts the pieces of an explanation together.
pub fn explain_facts<'a>(facts: &'a ExplainFacts, zone: &'a Zone, live: &LiveFacts) -> explain::Facts<'a> {
    explain::Facts {
        campaign: crate::gate::CampaignFacts {
            quarantine: facts.quarantine,
            state: facts.campaign.status,
            starts_at: facts.campaign.config.starts_at,
            ends_at: facts.campaign.config.ends_at,
            budget: facts.budget,
            gateway_healthy: live.gateway_healthy,
            rate_opens_at: live.rate_opens_at,
            balance: facts.balance,
            campaign_slots: live.campaign_slots,
            tenant_slots: live.tenant_slots,
            hours: &facts.campaign.config.calling_hours,
            zone,
        },
        lead: facts.lead,
        contact: facts.contact,
    }
}

/// What only the running engine knows of a campaign.
#[derive(Clone, Copy, Debug)]
pub struct LiveFacts {
    /// The gateway answers.
    pub gateway_healthy: bool,
    /// The rate limits allow a dial then.
    pub rate_opens_at: Timestamp,
    /// Free slots of the campaign.
    pub campaign_slots: u32,
    /// Free slots of the tenant and the host.
    pub tenant_slots: u32,
}
