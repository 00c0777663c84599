//! How long a campaign would take and what it would cost, reckoned by the domain from the people of past calls.
//!
//! The people are those that a rehearsal of the campaign would meet, so that the two speak of the same.

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::estimate::{Estimate, People, Question, Unfinished, estimate};
use campanile_domain::money::{Currency, Micros};
use campanile_domain::ports::store::{Assistant, Campaign, Outlook, Tenant};
use campanile_domain::time::{SECOND_MS, Timestamp};
use campanile_domain::zone::Zone;
use campanile_engine::carrier::Scenario;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::rehearsal::people::{self, Cast, FEWEST, PeopleOf};

/// How long it would take and what it would cost. Middles of what may come, not bounds.
#[derive(Serialize, ToSchema)]
#[schema(as = PreflightEstimate)]
pub(crate) struct Reckoned {
    /// Calls dialled.
    calls: u64,
    /// Calls that a person answers.
    answered: u64,
    /// Leads that reach the goal.
    goals_reached: u64,
    /// Talk, in milliseconds.
    talk_ms: i64,
    /// Charged to the account, in millionths of its currency's unit; 0 for an account that is not billed.
    #[schema(value_type = i64)]
    cost_micros: Micros,
    /// Of the cost; null for an account that is not billed.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// What is missing of the account's balance to pay for it; 0 when it covers the cost.
    #[schema(value_type = i64)]
    balance_short_micros: Micros,
    /// From now to the end of the last call, in milliseconds.
    duration_ms: i64,
    /// The end of the last call.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// Why leads are left to call then: `ended` (`ends_at` comes first), `budget_spent`, `never_open`, `horizon` (it is not
    /// over after 400 days); null: none are.
    #[schema(value_type = Option<String>)]
    unfinished: Option<Unfinished>,
    /// What the figures rest on.
    rests_on: RestsOn,
}

/// What an estimate rests on.
#[derive(Serialize, ToSchema)]
#[schema(as = PreflightRestsOn)]
pub(crate) struct RestsOn {
    /// Whose past calls tell how people behave; with `nobody` the shares below are assumed.
    people: Cast,
    /// Of the calls to phones that exist: a person answers.
    answer_rate: f64,
    /// Of those: a machine answers.
    voicemail_rate: f64,
    /// Of the answered calls: the goal is reached.
    goal_rate: f64,
    /// The mean length of a conversation, in seconds.
    mean_talk_seconds: f64,
    /// Calls at once: the least of what campaign and account allow.
    slots: u32,
    /// Leads that were looked at for their contacts and rounds.
    leads_read: u64,
    /// What is left out, in words.
    assumptions: Vec<String>,
}

/// What the domain is asked, owned.
struct Asked {
    config: CampaignConfig,
    zone: Zone,
    start: Timestamp,
    tenant: Tenant,
    spent: Micros,
    assistant: Assistant,
    outlook: Outlook,
}

impl Asked {
    fn slots(&self) -> u32 {
        self.config.max_concurrent_calls.min(self.tenant.limits.max_concurrent_calls).max(1)
    }

    fn answer(&self, people: &People) -> Estimate {
        let numbers = self.config.caller_ids.as_ref().unwrap_or(&self.assistant.config.phone_numbers);
        estimate(&Question {
            config: &self.config,
            zone: &self.zone,
            start: self.start,
            slots: self.slots(),
            calls_per_second: self.tenant.limits.calls_per_second,
            max_calls_per_number_per_day: self.tenant.limits.max_calls_per_number_per_day,
            caller_ids: u32::try_from(numbers.len()).unwrap_or(u32::MAX).max(1),
            ring_timeout_ms: i64::from(self.assistant.config.ring_timeout_seconds) * SECOND_MS,
            max_call_ms: i64::from(self.assistant.config.max_call_seconds) * SECOND_MS,
            tariff: self.tenant.billing.as_ref().map(|billing| billing.tariff),
            budget_left: self.config.budget_micros.map(|budget| Micros(budget.0.saturating_sub(self.spent.0).max(0))),
            people,
            groups: &self.outlook.groups,
        })
    }

    fn told(&self, people: &People, cast: Cast) -> Reckoned {
        let told = self.answer(people);
        let Estimate { calls, answered, goals_reached, talk_ms, cost_micros, duration_ms, ends_at, unfinished } = told;
        let billing = self.tenant.billing.as_ref();
        let short = billing.map_or(0, |_| cost_micros.0.saturating_sub(self.tenant.available_micros.0).max(0));
        let talk: i64 = people.talk_ms.iter().sum();
        Reckoned {
            calls,
            answered,
            goals_reached,
            talk_ms,
            cost_micros,
            currency: billing.map(|billing| billing.currency),
            balance_short_micros: Micros(short),
            duration_ms,
            ends_at,
            unfinished,
            rests_on: RestsOn {
                people: cast,
                answer_rate: people.usual.answered,
                voicemail_rate: people.usual.voicemail,
                goal_rate: people.goal,
                mean_talk_seconds: talk as f64 / 1_000.0 / people.talk_ms.len().max(1) as f64,
                slots: self.slots(),
                leads_read: self.outlook.sampled,
                assumptions: self.assumptions(cast),
            },
        }
    }

    fn assumptions(&self, cast: Cast) -> Vec<String> {
        let mut all = vec!["no other campaign of the account takes slots, rate or balance meanwhile".to_owned()];
        if cast.of == PeopleOf::Nobody {
            let known = cast.calls;
            all.push(format!(
                "the account has {known} past calls and {FEWEST} tell how people behave; until then ordinary people are assumed"
            ));
        }
        if let Some(policy) = &self.config.policy {
            all.push(format!(
                "{policy} is not asked; the built-in table is assumed, POST /v1/campaigns/{{id}}/rehearse asks it"
            ));
        }
        if self.outlook.live > self.outlook.sampled {
            all.push("contacts and rounds of all leads are like those of the leads read".to_owned());
        }
        all
    }
}

/// Reckons. `None`: nobody can be called.
pub(super) async fn reckoned(
    app: &App,
    tenant: &Tenant,
    campaign: &Campaign,
    outlook: Outlook,
    start: Timestamp,
) -> Result<Option<Reckoned>, Problem> {
    if outlook.groups.is_empty() {
        return Ok(None);
    }
    let assistant = app.store.assistant(tenant.key, campaign.assistant).await?;
    let (of, past) = people::past(app, tenant.key, campaign.id).await?;
    let cast = Cast { of, calls: past.len() as u64 };
    let config = campaign.config.clone();
    let zone = config.time_zone.clone().unwrap_or_else(|| assistant.config.time_zone.clone());
    let (tenant, spent) = (tenant.clone(), campaign.spent_micros);
    let asked = Asked { config, zone, start, tenant, spent, assistant, outlook };
    let work = move || {
        let past = if of == PeopleOf::Nobody { Vec::new() } else { past };
        let (variables, goal) = (&asked.assistant.config.variables, asked.config.goal_variable.as_deref());
        let people = Scenario::fitted(&past, &asked.zone, variables, goal).expected();
        asked.told(&people, cast)
    };
    // A part of a second of plain work, which must not hold up whoever else is served.
    tokio::task::spawn_blocking(work).await.map(Some).map_err(Problem::internal)
}
