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
use campanile_domain::ports::policy::{PolicyCall, PolicyFailure};
use campanile_domain::ports::store::{DecisionRecord, DecisionSpan, JobError, KeptCalendar, Output, Stored};
use campanile_domain::replay::{Change, Difference, Made, Standing, Tally};
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::jobs::part::Part;
use crate::rehearsal::Rehearsal;

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
    /// Settings to ask with instead of the recorded ones (of a policy of another name: instead of none).
    pub settings: Option<Value>,
    /// Decisions that are looked at, at most.
    pub limit: u64,
    /// What would follow, rehearsed afterwards.
    pub estimate: Option<Rehearsal>,
}

/// What a replay came to. What would have followed a divergence is not a fact: where it is asked for, it stands apart.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    digest: Option<&'a str>,
    #[serde(flatten)]
    tally: &'a Tally,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<Value>,
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
    /// Records read, those of other plugins too.
    seen: u64,
}

impl Replay {
    /// Replays everything; progress is told page by page.
    pub(crate) async fn run(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<Value> {
        let mut round = Round { replay: self, app, tenant, tally: Tally::default(), asked: None, seen: 0 };
        match &self.of {
            Of::Campaigns(campaigns) => round.campaigns(campaigns, job).await?,
            Of::Lead(lead) => round.lead(*lead, job).await?,
        }
        let most_first = |one: &Change, other: &Change| {
            other.leads.cmp(&one.leads).then_with(|| (&one.from, &one.to).cmp(&(&other.from, &other.to)))
        };
        round.tally.changes.sort_by(most_first);
        let estimate = match &self.estimate {
            Some(rehearsal) => Some(round.estimate(rehearsal, job).await?),
            None => None,
        };
        let (policy, digest) = round.asked.unwrap_or_else(|| (self.policy.to_string(), None));
        let report = Report { policy: &policy, digest: digest.as_deref(), tally: &round.tally, estimate };
        serde_json::to_value(report)
            .map_err(|error| campanile_domain::ports::store::StoreError::Broken(error.to_string()))
    }
}

impl Round<'_> {
    /// The rehearsals come after the records and are counted with them.
    fn part(&self, before: u64, records: u64, job: JobId) -> Part<'_> {
        let rehearsals = self.replay.estimate.as_ref().map_or(0, Rehearsal::steps);
        Part { app: self.app, tenant: self.tenant, id: job, before, total: records + rehearsals }
    }

    async fn tell(&self, job: JobId, total: u64) -> Stored<bool> {
        self.part(0, total.max(self.seen), job).at(self.seen).await
    }

    /// What would follow, or why nobody can say.
    async fn estimate(&self, rehearsal: &Rehearsal, job: JobId) -> Stored<Value> {
        let part = self.part(self.seen, self.seen, job);
        let report = match rehearsal.run(part).await? {
            Ok(report) => report,
            Err(JobError { code, message }) => json!({"missing": {"code": code, "message": message}}),
        };
        part.at(rehearsal.steps()).await?;
        Ok(report)
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
        for span in spans {
            let mut after = None;
            while self.seen < limit {
                if !self.tell(job, total).await? {
                    return Ok(());
                }
                let want = u32::try_from(limit - self.seen).unwrap_or(PAGE).min(PAGE);
                let page = self.app.store.decisions_after(span, after, want).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for (_, record) in page {
                    self.seen += 1;
                    self.one(record).await;
                }
            }
        }
        // Records may have come meanwhile; those are no part of this replay.
        self.tally.left_out = there.saturating_sub(self.seen);
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
            self.seen += 1;
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
        // What was set for a policy of another name means nothing to this one.
        let is_its_own = record.by.split('@').next() == Some(self.replay.policy.name.as_str());
        let recorded_settings = if is_its_own { settings.clone() } else { Value::Object(Map::new()) };
        let asked_with = self.replay.settings.clone().unwrap_or(recorded_settings);
        let own_settings = asked_with == settings;
        let call = PolicyCall {
            tenant: self.tenant,
            policy: self.replay.policy.clone(),
            settings: asked_with,
            input,
            calendar: calendar.into(),
        };
        let answer = self.app.policies.consider(&call, self.replay.draft.as_deref()).await;
        let answered = answer.decision;
        let own_bytes = answer.digest.is_some()
            && answer.digest.as_deref() == record.digest.as_deref()
            && answer.runner.as_deref() == record.runner.as_deref();
        let difference = || {
            let made =
                |decision| Some(Made::of(&standing.as_ref()?.dispose(&call.input, &call.calendar.hours, decision)));
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
            let recorded_bytes = serde_json::to_string(&record.output).ok();
            let reproduced = recorded_bytes.is_some() && canonical(&answered) == recorded_bytes;
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
    let input = record.question()?;
    let settings = record.settings.clone().ok_or("too_old")?;
    let calendar = record.consulted()?.ok_or("too_old")?;
    let standing = record.standing.as_ref().and_then(|standing| Standing::deserialize(standing).ok());
    Ok(Question { recorded, input, settings, calendar, standing })
}

#[cfg(test)]
mod tests {
    use campanile_domain::ids::{AttemptKey, CallId};
    use campanile_domain::ports::store::Document;
    use campanile_domain::time::{DAY_MS, HOUR_MS};
    use serde_json::json;

    use super::*;
    use crate::testing::{Answer, Host, decided};

    /// The instant of the first record.
    const THEN: Timestamp = Timestamp(1_772_463_600_000);

    /// Three decisions about each of `leads` leads of a campaign, two of them on the next day; made over by `doctor`.
    async fn recorded(host: &Host, leads: i64, doctor: impl Fn(i64, i64, &mut DecisionRecord)) -> String {
        host.active_policy().await;
        let campaign = host.campaign().await;
        let tenant = host.tenant_key().await;
        let key = host.app.store.campaign(tenant, campaign.parse().unwrap()).await.unwrap().key;
        let mut documents = Vec::new();
        for (turn, lead) in (0..3).flat_map(|turn| (1..=leads).map(move |lead| (turn, lead))) {
            let at = THEN + turn.min(1) * DAY_MS + (turn * HOUR_MS) + lead;
            let call = AttemptKey(lead * 10 + turn);
            // Far from the keys of leads that a test makes besides.
            let mut record = decided(tenant, key, LeadKey(1_000 + lead), call, CallId(call.0 as u128), at);
            doctor(turn, lead, &mut record);
            documents.push(Document::try_from(&record).unwrap());
        }
        host.app.store.keep_decisions(documents).await.unwrap();
        campaign
    }

    async fn replayed(host: &Host, body: Value) -> Answer {
        let begun = host.post(Some(&host.live), "/v1/plugins/acme-policy/replay", body).await;
        assert_eq!((begun.status, &begun.body["state"]), (202, &"running".into()), "{}", begun.text);
        host.background_done().await;
        let job = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!(job.body["state"], "finished", "{}", job.text);
        assert_eq!(job.body["progress"]["done"], job.body["progress"]["total"], "{}", job.text);
        job
    }

    #[tokio::test]
    async fn the_same_bytes_and_settings_are_a_proof_byte_by_byte() {
        let host = Host::new().await;
        let campaign = recorded(&host, 200, |_, _, _| {}).await;
        let job = replayed(&host, json!({"campaign": campaign})).await;
        let result = &job.body["result"];
        assert_eq!((&result["decisions"], &result["reproduced"]), (&600.into(), &600.into()), "{}", job.text);
        assert_eq!((&result["policy"], &result["not_reproducible"]), (&"acme-policy@1.0.0".into(), &0.into()));
        let own = replayed(&host, json!({})).await;
        assert_eq!(own.body["result"], *result, "without a campaign it is what the plugin decided anywhere");
        let other = host.post(Some(&host.live), "/v1/plugins/known-policy/replay", json!({})).await;
        host.background_done().await;
        let none = host.get(Some(&host.live), &other.header("location")).await;
        assert_eq!(none.body["result"]["decisions"], 0, "{}", none.text);
    }

    #[tokio::test]
    async fn a_record_that_is_not_reproduced_is_told_with_both_answers() {
        let host = Host::new().await;
        // The same decision, but for one letter of the reason.
        let doctor = |turn, lead, record: &mut DecisionRecord| {
            if (turn, lead) == (1, 2) {
                record.output["reason"] = "Busy".into();
            }
        };
        let campaign = recorded(&host, 3, doctor).await;
        let result = replayed(&host, json!({"campaign": campaign})).await.body["result"].clone();
        assert_eq!((&result["reproduced"], &result["not_reproducible"]), (&8.into(), &1.into()), "{result}");
        let shown = &result["not_reproduced"][0];
        assert_eq!((&shown["recorded"]["reason"], &shown["answered"]["reason"]), (&"Busy".into(), &"busy".into()));
        assert_eq!(shown["call"], json!(CallId(21)));
    }

    #[tokio::test]
    async fn other_settings_are_compared_until_the_first_divergence_of_each_lead() {
        let host = Host::new().await;
        let doctor = |turn, lead, record: &mut DecisionRecord| {
            if turn == 0 && lead == 1 {
                record.output = json!({"decision": "give_up", "reason": "used"});
            }
            if lead == 2 {
                record.output = json!({"decision": "give_up", "reason": "used"});
            }
        };
        let campaign = recorded(&host, 3, doctor).await;
        let body = json!({"campaign": campaign, "settings": {"give_up": true}});
        let result = replayed(&host, body).await.body["result"].clone();
        // Lead 1 gave up (reworded), then diverges; lead 2 never does; lead 3 at once.
        assert_eq!((&result["reworded"], &result["diverged"]), (&4.into(), &2.into()), "{result}");
        assert_eq!((&result["after_divergence"], &result["reproduced"]), (&3.into(), &0.into()), "{result}");
        assert_eq!(result["changes"], json!([{"from": "retry", "to": "give_up", "leads": 2}]));
        assert_eq!(result["leads"].as_array().unwrap().len(), 2);
        assert_eq!(result["leads"][0]["lead"], json!(campanile_domain::ids::LeadId(1_003)));
    }

    #[tokio::test]
    async fn what_cannot_be_replayed_is_counted_by_reason() {
        let host = Host::new().await;
        let doctor = |turn, lead, record: &mut DecisionRecord| match (turn, lead) {
            (0, 1) => record.output = json!({"code": "policy_trapped", "message": "it trapped"}),
            (0, 2) => record.calendar = None,
            (0, 3) => record.input = Value::Null,
            (0, 4) => record.by = "builtin".into(),
            _ => {}
        };
        let campaign = recorded(&host, 4, doctor).await;
        let result = replayed(&host, json!({"campaign": campaign})).await.body["result"].clone();
        let reasons = json!({"builtin": 1, "failed: policy_trapped": 1, "no_input": 1, "too_old": 1});
        assert_eq!((&result["not_replayed"], &result["reproduced"]), (&reasons, &8.into()), "{result}");
    }

    #[tokio::test]
    async fn time_lead_and_limit_bound_it() {
        let host = Host::new().await;
        let campaign = recorded(&host, 300, |_, _, _| {}).await;
        let next_day = (THEN + DAY_MS).to_string();
        let after = replayed(&host, json!({"campaign": campaign, "since": next_day})).await;
        assert_eq!(after.body["result"]["reproduced"], 600, "{}", after.text);
        let before = replayed(&host, json!({"campaign": campaign, "until": next_day})).await;
        assert_eq!(before.body["result"]["reproduced"], 300);
        let few = replayed(&host, json!({"campaign": campaign, "limit": 260})).await;
        assert_eq!((&few.body["result"]["decisions"], &few.body["result"]["left_out"]), (&260.into(), &640.into()));
        let (lead, _) = host.called_lead().await;
        let one = replayed(&host, json!({"lead": lead})).await;
        assert_eq!(one.body["result"]["reproduced"], 1, "{}", one.text);
    }

    #[tokio::test]
    async fn wishes_that_cannot_be_are_refused_at_once() {
        let host = Host::new().await;
        let (lead, _) = host.called_lead().await;
        host.active_policy().await;
        let ask = async |name: &str, body: Value| {
            host.post(Some(&host.live), &format!("/v1/plugins/{name}/replay"), body).await
        };
        let bad =
            ask("acme-policy", json!({"limit": 0, "since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}))
                .await;
        assert_eq!((bad.problem(), bad.pointers()), ((422, "CE0007"), vec!["/limit".to_owned(), "/until".to_owned()]));
        let foreign = ask("acme-policy", json!({"campaign": campanile_domain::ids::CampaignId(7)})).await;
        assert_eq!((foreign.problem(), foreign.codes()), ((422, "CE0007"), vec!["unknown_campaign".to_owned()]));
        let both = ask("acme-policy", json!({"lead": lead, "campaign": campanile_domain::ids::CampaignId(7)})).await;
        assert_eq!(both.pointers(), ["/campaign"]);
        assert_eq!(ask("acme-policy", json!({"version": "9.9.9"})).await.problem(), (404, "CE0004"));
        assert_eq!(ask("nobody", json!({})).await.problem(), (404, "CE0004"));
        let strange = host.post(Some(&host.stranger), "/v1/plugins/known-policy/replay", json!({"lead": lead})).await;
        assert_eq!(strange.codes(), ["unknown_lead"], "somebody else's lead is not there");
        assert_eq!(host.get(Some(&host.live), "/v1/jobs").await.body["data"].as_array().map(Vec::len), Some(0));
    }

    #[tokio::test]
    async fn a_draft_is_asked_without_being_kept() {
        let host = Host::new().await;
        let campaign = recorded(&host, 2, |_, _, _| {}).await;
        let script = json!({"name": "patient", "source": "fn decide(input) { 1 }"});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts", script).await.status, 201);
        let path = "/v1/scripts/patient/replay";
        let body = json!({"campaign": campaign, "source": "fn decide(input) { give_up() }"});
        let begun = host.post(Some(&host.live), path, body).await;
        assert_eq!((begun.status, &begun.body["request"]["policy"]), (202, &"patient@draft".into()), "{}", begun.text);
        host.background_done().await;
        let result = host.get(Some(&host.live), &begun.header("location")).await.body["result"].clone();
        assert_eq!((&result["diverged"], &result["after_divergence"]), (&2.into(), &4.into()), "{result}");
        let first = json!({"campaign": campaign, "source": "fn decide(input) { 1 }"});
        let first = host.post(Some(&host.live), "/v1/scripts/brand-new/replay", first).await;
        assert_eq!(first.status, 202, "a draft may be the first of its name: {}", first.text);
        host.background_done().await;
        assert_eq!(
            host.post(Some(&host.live), "/v1/scripts/brand-new/replay", json!({})).await.problem(),
            (404, "CE0004")
        );
        let broken = host.post(Some(&host.live), path, json!({"source": "syntax error"})).await;
        assert_eq!(broken.problem(), (422, "CE0022"));
        let both = host.post(Some(&host.live), path, json!({"source": "fn decide(input) { 1 }", "version": "1"})).await;
        assert_eq!(both.pointers(), ["/version"]);
        let typo = host.post(Some(&host.live), path, json!({"campain": campaign})).await;
        assert_eq!((typo.problem(), typo.pointers()), ((422, "CE0007"), vec!["/campain".to_owned()]));
        let versions = host.get(Some(&host.live), "/v1/scripts").await;
        assert_eq!(versions.body["data"].as_array().map(Vec::len), Some(1), "{}", versions.text);
        let plugin = host.post(Some(&host.live), "/v1/scripts/acme-policy/replay", json!({})).await;
        assert_eq!(plugin.problem(), (404, "CE0004"), "a component is no script");
    }

    #[tokio::test]
    async fn a_host_that_stops_fails_what_runs_as_interrupted() {
        let host = Host::new().await;
        let campaign = recorded(&host, 2, |_, _, _| {}).await;
        host.app.shutdown.cancel();
        let begun = host.post(Some(&host.live), "/v1/plugins/acme-policy/replay", json!({"campaign": campaign})).await;
        host.background_done().await;
        let job = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!((&job.body["state"], &job.body["error"]["code"]), (&"failed".into(), &"interrupted".into()));
    }
}
