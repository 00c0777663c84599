//! A replay: recorded questions, put to a policy again, one after the other.
//!
//! The recorded settings, hours and answers of the calendar come with every question. Whether an answer proves or compares is
//! seen from the bytes: the same digest with the same settings must give the recorded answer in every byte, anything else is
//! compared until the lead's first divergence ([`campanile_domain::replay`]). No lead is touched: the policy is asked at the
//! rank of those whose answer moves nobody, and of the store only records are read.

use std::sync::Arc;

use campanile_domain::ids::{CampaignKey, JobId, LeadKey, TenantKey};
use campanile_domain::plugin::PluginRef;
use campanile_domain::policy::{Decision, PolicyInput};
use campanile_domain::ports::policy::{Calendar, PolicyCall, PolicyFailure};
use campanile_domain::ports::store::{DecisionRecord, DecisionSpan, JobProgress, KeptCalendar, Output, Stored};
use campanile_domain::replay::{Difference, Made, Standing, Tally};
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::jobs;

/// Records that are read, asked and told of at once.
const PAGE: u32 = 250;

/// Whose decisions.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    /// Of campaigns.
    Campaigns(Vec<CampaignKey>),
    /// Of one lead.
    Lead(LeadKey),
}

/// What is to be replayed, and against whom.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// Whose decisions.
    pub of: Of,
    /// Decided then or later.
    pub since: Option<Timestamp>,
    /// Decided before.
    pub until: Option<Timestamp>,
    /// Only what a plugin of this name decided.
    pub by: Option<String>,
    /// Who is asked, pinned to a version.
    pub policy: PluginRef,
    /// A script's source to be asked instead.
    pub draft: Option<Arc<str>>,
    /// Settings to ask with instead of the recorded ones.
    pub settings: Option<Value>,
    /// Decisions that are looked at, at most.
    pub limit: u64,
}

/// What a replay came to. What would have followed a divergence is not a fact and not in it.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    digest: Option<&'a str>,
    #[serde(flatten)]
    tally: &'a Tally,
}

/// A decision that can be put to somebody again.
struct Question {
    recorded: Decision,
    input: PolicyInput,
    settings: Value,
    calendar: KeptCalendar,
    standing: Option<Standing>,
}

/// A replay under way.
struct Round<'a> {
    replay: &'a Replay,
    app: &'a App,
    tenant: TenantKey,
    tally: Tally,
    asked: Option<(String, Option<Arc<str>>)>,
}

impl Replay {
    /// Replays everything; progress is told page by page.
    pub(crate) async fn run(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<Value> {
        let mut round = Round { replay: self, app, tenant, tally: Tally::default(), asked: None };
        match &self.of {
            Of::Campaigns(campaigns) => round.campaigns(campaigns, job).await?,
            Of::Lead(lead) => round.lead(*lead, job).await?,
        }
        let (policy, digest) = round.asked.unwrap_or_else(|| (self.policy.to_string(), None));
        let report = Report { policy: &policy, digest: digest.as_deref(), tally: &round.tally };
        serde_json::to_value(report)
            .map_err(|error| campanile_domain::ports::store::StoreError::Broken(error.to_string()))
    }
}

impl Round<'_> {
    async fn tell(&self, job: JobId, total: u64) -> Stored<bool> {
        let progress = JobProgress { done: self.tally.decisions, total: total.max(self.tally.decisions) };
        self.app.store.job_progress(&jobs::context(self.app, self.tenant), job, progress).await
    }

    async fn campaigns(&mut self, campaigns: &[CampaignKey], job: JobId) -> Stored<()> {
        let Replay { since, until, limit, .. } = *self.replay;
        let span = |campaign| DecisionSpan { tenant: self.tenant, campaign, since, until };
        let spans: Vec<_> = campaigns.iter().copied().map(span).collect();
        let mut there = 0;
        for span in &spans {
            there += self.app.store.count_decisions(*span).await?;
        }
        let total = there.min(limit);
        let mut seen = 0;
        for span in spans {
            let mut after = None;
            while seen < limit {
                if !self.tell(job, total).await? {
                    return Ok(());
                }
                let want = u32::try_from(limit - seen).unwrap_or(PAGE).min(PAGE);
                let page = self.app.store.decisions_after(span, after, want).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                seen += page.len() as u64;
                for (_, record) in page {
                    self.one(record).await;
                }
            }
        }
        // Records may have come meanwhile; those are no part of this replay.
        self.tally.left_out = there.saturating_sub(seen);
        self.tell(job, total).await.map(|_| ())
    }

    async fn lead(&mut self, lead: LeadKey, job: JobId) -> Stored<()> {
        let Replay { since, until, limit, .. } = *self.replay;
        let within = |record: &DecisionRecord| {
            since.is_none_or(|since| record.at >= since) && until.is_none_or(|until| record.at < until)
        };
        let records = self.app.store.decisions(self.tenant, lead).await?;
        let records: Vec<_> = records.into_iter().filter(within).collect();
        let (there, most) = (records.len() as u64, usize::try_from(limit).unwrap_or(usize::MAX));
        if !self.tell(job, there.min(limit)).await? {
            return Ok(());
        }
        for record in records.into_iter().take(most) {
            self.one(Some(record)).await;
        }
        self.tally.left_out = there.saturating_sub(limit);
        self.tell(job, there.min(limit)).await.map(|_| ())
    }

    async fn one(&mut self, record: Option<DecisionRecord>) {
        let Some(record) = record else { return self.tally.not_replayed("unreadable") };
        if self.replay.by.as_deref().is_some_and(|name| record.by.split('@').next() != Some(name)) {
            return;
        }
        if self.tally.has_diverged(record.lead) {
            return self.tally.after_divergence();
        }
        let question = match question(&record) {
            Ok(question) => question,
            Err(why) => return self.tally.not_replayed(why),
        };
        self.ask(&record, question).await;
    }

    async fn ask(&mut self, record: &DecisionRecord, question: Question) {
        let Question { recorded, input, settings, calendar, standing } = question;
        let KeptCalendar { hours, zone, consulted } = calendar;
        let own_settings = self.replay.settings.as_ref().is_none_or(|other| *other == settings);
        let call = PolicyCall {
            tenant: self.tenant,
            policy: self.replay.policy.clone(),
            settings: self.replay.settings.clone().unwrap_or(settings),
            input,
            calendar: Calendar { hours, zone, recorded: consulted.asked.into() },
        };
        let answer = self.app.policies.consider(&call, self.replay.draft.as_deref()).await;
        let answered = answer.decision;
        let own_bytes = answer.digest.is_some()
            && answer.digest.as_deref() == record.digest.as_deref()
            && answer.runner.as_deref() == record.runner.as_deref();
        let difference = || {
            let made = |decision| Some(Made::of(&standing.as_ref()?.dispose(&call.input, &call.calendar.hours, decision)));
            Difference {
                lead: call.input.lead,
                call: record.call,
                at: record.at,
                by: record.by.clone(),
                recorded: record.output.clone(),
                answered: serde_json::to_value(Output::from(&answered)).unwrap_or_default(),
                made: record.made.clone(),
                would_make: answered.as_ref().ok().and_then(made),
            }
        };
        if own_bytes && own_settings {
            let reproduced = canonical(&answered).is_some_and(|bytes| bytes == record.output.to_string());
            self.tally.proved(&answered, reproduced, difference);
        } else {
            self.tally.compared(record.lead, &recorded, &answered, difference);
        }
        self.asked.get_or_insert((answer.version, answer.digest));
    }
}

/// The bytes that a record would keep of an answer.
fn canonical(answered: &Result<Decision, PolicyFailure>) -> Option<String> {
    serde_json::to_string(&Output::from(answered)).ok()
}

/// The recorded question, or why it cannot be put again.
fn question(record: &DecisionRecord) -> Result<Question, String> {
    let recorded = match record.outcome() {
        None => return Err("unreadable".into()),
        Some(Err(failure)) => return Err(format!("failed: {}", failure.code)),
        Some(Ok(decision)) => decision,
    };
    if record.by == "builtin" {
        return Err("builtin".into());
    }
    let input = PolicyInput::deserialize(&record.input).map_err(|_| "no_input".to_owned())?;
    let too_old = || "too_old".to_owned();
    let settings = record.settings.clone().ok_or_else(too_old)?;
    let calendar = record.calendar.as_ref().ok_or_else(too_old)?;
    let calendar = KeptCalendar::deserialize(calendar).map_err(|_| "unreadable".to_owned())?;
    let standing = record.standing.as_ref().and_then(|standing| Standing::deserialize(standing).ok());
    Ok(Question { recorded, input, settings, calendar, standing })
}
