//! Whoever decides or evaluates, asked about calls that happened, or a question that a person wrote.
//!
//! It is asked from what was recorded then, so that its answer stands beside the one that was given. Nothing is kept, nobody is
//! moved, and whoever waits for a real answer goes first.

use campanile_domain::evaluation::{EvaluationInput, EvaluatorUse};
use campanile_domain::ids::{CallId, LeadId, TenantKey};
use campanile_domain::plugin::PluginRef;
use campanile_domain::policy::PolicyInput;
use campanile_domain::ports::policy::{Calendar, PolicyCall};
use campanile_domain::ports::store::{Call, DecisionRecord};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;

/// What somebody says of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ran {
    /// `call_...`; null for a decision that was asked for without one.
    #[schema(value_type = Option<String>)]
    pub call: Option<CallId>,
    /// `lead_...`
    #[schema(value_type = String)]
    pub lead: LeadId,
    /// What it decides where a decision was recorded: `{"answer": ...}` or `{"error": {"code", "message"}}`; null for one
    /// that does not decide.
    #[schema(value_type = Option<Object>)]
    pub decision: Option<Value>,
    /// What was decided then.
    #[schema(value_type = Option<Object>)]
    pub decided: Option<Value>,
    /// What it answers about the call, in the same form; null for one that does not evaluate.
    #[schema(value_type = Option<Object>)]
    pub evaluation: Option<Value>,
    /// What was determined then.
    #[schema(value_type = Object)]
    pub determined: Value,
    /// What it logged.
    pub log: Vec<String>,
}

/// Who is asked.
pub(crate) struct Asked<'a> {
    /// The version, or what a draft is called.
    pub who: PluginRef,
    /// The source of a draft.
    pub draft: Option<&'a str>,
    /// Its settings, an object.
    pub settings: Value,
    /// It decides.
    pub decides: bool,
    /// It evaluates.
    pub evaluates: bool,
}

/// The asking, on behalf of an account and within its limits.
pub(crate) struct Past<'a> {
    app: &'a App,
    tenant: TenantKey,
    asked: Asked<'a>,
    /// The lead whose decisions were read last.
    of_lead: Option<(LeadId, Vec<DecisionRecord>)>,
}

impl<'a> Past<'a> {
    /// Nobody is asked yet.
    pub(crate) const fn of(app: &'a App, tenant: TenantKey, asked: Asked<'a>) -> Self {
        Self { app, tenant, asked, of_lead: None }
    }

    /// Asks about a call that happened. Calls of one lead should come together: its decisions are read once.
    pub(crate) async fn ran(&mut self, call: Call) -> Result<Ran, Problem> {
        let determined = serde_json::to_value(&call.variables).map_err(Problem::internal)?;
        let mut ran = Ran::nothing(Some(call.id), call.lead, determined);
        if self.asked.decides
            && let Some(record) = self.record(&call).await?
        {
            ran.decided = Some(record.output.clone());
            ran.decision = Some(self.decides_again(&record, &call, &mut ran.log).await?);
        }
        if self.asked.evaluates {
            let (input, calendar) = self.app.store.question_about(self.tenant, call.id).await?;
            ran.evaluation = Some(self.evaluation(&input, calendar, &mut ran.log).await);
        }
        Ok(ran)
    }

    /// Asks for a decision that nobody had to take.
    pub(crate) async fn decision_on(&self, input: PolicyInput, calendar: Calendar) -> Ran {
        let mut ran = Ran::nothing(None, input.lead, json!({}));
        ran.decision = Some(self.decision(input, calendar, &mut ran.log).await);
        ran
    }

    /// Asks about a call that a person wrote.
    pub(crate) async fn evaluation_of(&self, input: EvaluationInput, calendar: Calendar) -> Ran {
        let mut ran = Ran::nothing(Some(input.talk.call), input.talk.lead, json!({}));
        ran.evaluation = Some(self.evaluation(&input, calendar, &mut ran.log).await);
        ran
    }

    /// The decision that was recorded about a call, the last where there are several.
    async fn record(&mut self, call: &Call) -> Result<Option<DecisionRecord>, Problem> {
        if self.of_lead.as_ref().is_none_or(|(lead, _)| *lead != call.lead) {
            let key = self.app.store.lead(self.tenant, call.lead).await?.key;
            self.of_lead = Some((call.lead, self.app.store.decisions(self.tenant, key).await?));
        }
        let mut records = self.of_lead.iter().flat_map(|(_, records)| records);
        Ok(records.rfind(|record| record.call == Some(call.id)).cloned())
    }

    /// What it decides when it is asked what was asked then.
    async fn decides_again(
        &self,
        record: &DecisionRecord,
        call: &Call,
        log: &mut Vec<String>,
    ) -> Result<Value, Problem> {
        let (input, kept) = match record.question().and_then(|input| Ok((input, record.consulted()?))) {
            Ok(question) => question,
            Err(why) => return Ok(failed(why, "what was asked then was not kept in a form that can be asked again")),
        };
        let calendar = match kept {
            Some(kept) => kept.into(),
            // The built-in policy decided, which asks no calendar.
            None => {
                let campaign = self.app.store.campaign(self.tenant, call.campaign).await?;
                Calendar::new(campaign.config.calling_hours, input.zone.clone())
            }
        };
        Ok(self.decision(input, calendar, log).await)
    }

    async fn decision(&self, input: PolicyInput, calendar: Calendar, log: &mut Vec<String>) -> Value {
        let (policy, settings) = (self.asked.who.clone(), self.asked.settings.clone());
        let asked = PolicyCall { tenant: self.tenant, policy, settings, input, calendar };
        let answer = self.app.policies.consider(&asked, self.asked.draft).await;
        log.extend(answer.log);
        match answer.decision {
            Ok(decision) => json!({ "answer": decision }),
            Err(failure) => failed(&failure.code, &failure.message),
        }
    }

    async fn evaluation(&self, input: &EvaluationInput, calendar: Calendar, log: &mut Vec<String>) -> Value {
        let Asked { who, draft, settings, .. } = &self.asked;
        let answer = match draft {
            Some(source) => self.app.scripts.evaluate(self.tenant, source, settings, input, calendar).await,
            None => {
                let used = EvaluatorUse { plugin: who.clone(), settings: settings.clone() };
                self.app.evaluators.evaluate(self.tenant, &used, input, calendar).await
            }
        };
        log.extend(answer.log);
        match answer.answer {
            Ok(evaluation) => json!({ "answer": evaluation.answers }),
            Err(failure) => failed(&failure.code, &failure.message),
        }
    }
}

impl Ran {
    const fn nothing(call: Option<CallId>, lead: LeadId, determined: Value) -> Self {
        Self { call, lead, decision: None, decided: None, evaluation: None, determined, log: Vec::new() }
    }
}

fn failed(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}
