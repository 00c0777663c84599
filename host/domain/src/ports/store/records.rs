//! Records beside the main database: what was decided and why, what was said, what providers sent.
//!
//! They are many, they are large, and losing the last second of them in a power cut loses no lead; so they live in a file
//! of their own and are dropped by the day. The main database keeps the decision itself.
//!
//! A decision record is written as a document, once, from what is at hand ([`KeptDecision`]), and read as a bag of documents
//! ([`DecisionRecord`]): what an earlier release left out is absent, and what it wrote in another shape is still shown.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Stored;
use crate::calendar::{Calendar, Consulted};
use crate::hours::CallingHours;
use crate::ids::{AttemptKey, CallId, CampaignKey, LeadKey, TenantKey};
use crate::policy::{Decision, PolicyInput};
use crate::ports::gateway::Utterance;
use crate::ports::policy::{PolicyFailure, Usage};
use crate::replay::{Made, Standing};
use crate::settle::Clamp;
use crate::time::Timestamp;
use crate::zone::Zone;

/// What a policy was asked, what it answered, and what the engine made of it, as it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// About which attempt.
    pub attempt: AttemptKey,
    /// Its public id.
    #[serde(default)]
    pub call: Option<CallId>,
    /// When.
    pub at: Timestamp,
    /// `builtin` or `name@version`.
    pub by: String,
    /// SHA-256 of the bytes that decided, in hexadecimal: of a component, or of a script's source.
    #[serde(default)]
    pub digest: Option<String>,
    /// For a script, SHA-256 of the component that ran it.
    #[serde(default)]
    pub runner: Option<String>,
    /// The settings it decided with, as the campaign pinned them.
    #[serde(default)]
    pub settings: Option<Value>,
    /// What `calendar` answered from, and every question to it with its answer ([`KeptCalendar`]).
    #[serde(default)]
    pub calendar: Option<Value>,
    /// What the rules looked at beside the question ([`Standing`]).
    #[serde(default)]
    pub standing: Option<Value>,
    /// The question ([`PolicyInput`]).
    #[serde(default)]
    pub input: Value,
    /// The answer ([`Decision`]) or the failure ([`PolicyFailure`]).
    pub output: Value,
    /// What the call used.
    pub usage: Usage,
    /// Processor time of the call, in microseconds; 0 where no clock was at hand.
    #[serde(default)]
    pub elapsed_us: u64,
    /// The guest's log.
    pub log: Vec<String>,
    /// The rules of the engine that changed the answer.
    pub clamped_by: Vec<Clamp>,
    /// What became of the lead ([`Made`]).
    #[serde(default)]
    pub made: Option<Value>,
}

impl DecisionRecord {
    /// The decision, or the failure; `None` when it is neither.
    pub fn outcome(&self) -> Option<Result<Decision, PolicyFailure>> {
        if self.output.get("decision").is_some() {
            return Decision::deserialize(&self.output).ok().map(Ok);
        }
        PolicyFailure::deserialize(&self.output).ok().map(Err)
    }

    /// The question.
    ///
    /// # Errors
    /// `no_input`: it was not kept, or in another shape.
    pub fn question(&self) -> Result<PolicyInput, &'static str> {
        PolicyInput::deserialize(&self.input).map_err(|_| "no_input")
    }

    /// What `calendar` answered from; `None` where nobody could ask it, as in a decision of the built-in policy.
    ///
    /// # Errors
    /// `unreadable`: it was kept in another shape.
    pub fn consulted(&self) -> Result<Option<KeptCalendar>, &'static str> {
        self.calendar.as_ref().map(|kept| KeptCalendar::deserialize(kept).map_err(|_| "unreadable")).transpose()
    }
}

/// What `calendar` answered from in a call, and what it was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptCalendar {
    /// The calling hours.
    pub hours: CallingHours,
    /// The zone they followed.
    pub zone: Zone,
    /// The questions.
    #[serde(flatten)]
    pub consulted: Consulted,
}

impl From<KeptCalendar> for Calendar {
    /// As it was: what was answered then comes before any answer of today.
    fn from(kept: KeptCalendar) -> Self {
        Self { hours: kept.hours, zone: kept.zone, recorded: kept.consulted.asked.into() }
    }
}

/// [`KeptCalendar`] as it is written.
#[derive(Debug, Serialize)]
pub struct CalendarKept<'a> {
    /// See [`KeptCalendar::hours`].
    pub hours: &'a CallingHours,
    /// See [`KeptCalendar::zone`].
    pub zone: &'a Zone,
    /// See [`KeptCalendar::consulted`].
    #[serde(flatten)]
    pub consulted: &'a Consulted,
}

/// A decision record as it is written; its fields are those of [`DecisionRecord`].
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see DecisionRecord")]
pub struct KeptDecision<'a> {
    pub tenant: TenantKey,
    pub campaign: CampaignKey,
    pub lead: LeadKey,
    pub attempt: AttemptKey,
    pub call: Option<CallId>,
    pub at: Timestamp,
    pub by: &'a str,
    pub digest: Option<&'a str>,
    pub runner: Option<&'a str>,
    pub settings: Option<&'a Value>,
    pub calendar: Option<CalendarKept<'a>>,
    pub standing: &'a Standing,
    pub input: &'a PolicyInput,
    pub output: Output<'a>,
    pub usage: Usage,
    pub elapsed_us: u64,
    pub log: &'a [String],
    pub clamped_by: &'a [Clamp],
    pub made: Option<&'a Made>,
}

/// A decision or a failure.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output<'a> {
    /// The decision.
    Decided(&'a Decision),
    /// Why there is none.
    Failed(&'a PolicyFailure),
}

impl<'a> From<&'a Result<Decision, PolicyFailure>> for Output<'a> {
    fn from(answer: &'a Result<Decision, PolicyFailure>) -> Self {
        match answer {
            Ok(decision) => Self::Decided(decision),
            Err(failure) => Self::Failed(failure),
        }
    }
}

/// A document and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// Of which day.
    pub at: Timestamp,
    /// JSON.
    pub text: String,
}

impl Document {
    fn of(
        tenant: TenantKey,
        campaign: CampaignKey,
        (lead, at): (LeadKey, Timestamp),
        record: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self { tenant, campaign, lead, at, text: serde_json::to_string(record)? })
    }
}

impl KeptDecision<'_> {
    /// Ready to be kept.
    ///
    /// # Errors
    /// A part of it has no JSON.
    pub fn document(&self) -> Result<Document, serde_json::Error> {
        Document::of(self.tenant, self.campaign, (self.lead, self.at), self)
    }
}

impl TryFrom<&DecisionRecord> for Document {
    type Error = serde_json::Error;

    fn try_from(record: &DecisionRecord) -> Result<Self, serde_json::Error> {
        Self::of(record.tenant, record.campaign, (record.lead, record.at), record)
    }
}

/// What a shadow answered beside what was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowRecord {
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// About which attempt.
    pub attempt: AttemptKey,
    /// When it was decided.
    pub at: Timestamp,
    /// `name@version` of the shadow.
    pub by: String,
    /// What was decided: a decision or a failure.
    pub decided: Value,
    /// What the shadow answered: a decision or a failure.
    pub answered: Value,
    /// What the shadow's call used.
    pub usage: Usage,
}

impl TryFrom<&ShadowRecord> for Document {
    type Error = serde_json::Error;

    fn try_from(record: &ShadowRecord) -> Result<Self, serde_json::Error> {
        Self::of(record.tenant, record.campaign, (record.lead, record.at), record)
    }
}

/// What an evaluator was asked about a call and what it answered. The transcript is kept apart and not repeated here; who a
/// value that was kept comes from stands with the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationRecord {
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// About which attempt.
    pub attempt: AttemptKey,
    /// When.
    pub at: Timestamp,
    /// `name@version`.
    pub by: String,
    /// The settings it was asked with.
    pub settings: Value,
    /// The variables that were still open, in their order.
    pub wanted: Vec<String>,
    /// Utterances that it was given.
    pub lines: u64,
    /// The answer ([`crate::evaluation::Evaluation`]) or the failure ([`crate::plugin::failure::PluginFailure`]).
    pub output: Value,
    /// What the call used.
    pub usage: Usage,
    /// The guest's log.
    pub log: Vec<String>,
}

impl TryFrom<&EvaluationRecord> for Document {
    type Error = serde_json::Error;

    fn try_from(record: &EvaluationRecord) -> Result<Self, serde_json::Error> {
        Self::of(record.tenant, record.campaign, (record.lead, record.at), record)
    }
}

/// Decisions of one campaign within a time, `since` included and `until` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionSpan {
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Decided then or later.
    pub since: Option<Timestamp>,
    /// Decided before.
    pub until: Option<Timestamp>,
}

/// Where a page of decisions ended: the day, the instant, and the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordCursor {
    /// Counted from 1970 in UTC.
    pub day: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// The row.
    pub row: i64,
}

/// Records.
#[async_trait]
pub trait Records: Send + Sync {
    /// Keeps decision records; durable within a second, not at once.
    async fn keep_decisions(&self, records: Vec<Document>) -> Stored<()>;
    /// The records of a lead, oldest first.
    async fn decisions(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<DecisionRecord>>;
    /// At most `limit` records of a campaign after a place, in the order in which they were decided. A document that cannot be read is `None`.
    async fn decisions_after(
        &self,
        span: DecisionSpan,
        after: Option<RecordCursor>,
        limit: u32,
    ) -> Stored<Vec<(RecordCursor, Option<DecisionRecord>)>>;
    /// How many there are.
    async fn count_decisions(&self, span: DecisionSpan) -> Stored<u64>;
    /// Keeps what shadows answered; durable within a second, not at once.
    async fn keep_shadow_records(&self, records: Vec<Document>) -> Stored<()>;
    /// What shadows answered about a lead, oldest first.
    async fn shadow_records(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<ShadowRecord>>;
    /// Keeps what evaluators answered; durable within a second, not at once.
    async fn keep_evaluation_records(&self, records: Vec<Document>) -> Stored<()>;
    /// What evaluators answered about a lead's calls, oldest first.
    async fn evaluation_records(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<EvaluationRecord>>;
    /// Keeps what was said in a call; a later transcript replaces an earlier one.
    async fn keep_transcript(
        &self,
        tenant: TenantKey,
        attempt: AttemptKey,
        at: Timestamp,
        lines: Vec<Utterance>,
    ) -> Stored<()>;
    /// What was said in a call.
    async fn transcript(&self, tenant: TenantKey, attempt: AttemptKey) -> Stored<Option<Vec<Utterance>>>;
    /// What was said in those of the calls of which something is known.
    async fn transcripts(
        &self,
        tenant: TenantKey,
        attempts: Vec<AttemptKey>,
    ) -> Stored<BTreeMap<AttemptKey, Vec<Utterance>>>;
}
