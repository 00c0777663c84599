//! What has to hold before a campaign may start.
//!
//! One list with two readers. `start` asks whether anything on it fails and refuses with all of it; `preflight` shows the
//! whole list before anybody starts. So the two cannot disagree: what start refuses is what preflight shows failing,
//! because [`CampaignConfig::start_problems`] is nothing but the failing part of [`CampaignConfig::start_checks`].

use serde::Serialize;

use super::CampaignConfig;
use crate::money::Micros;
use crate::time::Timestamp;

/// One reason why a campaign cannot start; all of them are listed at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StartProblem {
    /// Stable and machine-readable.
    pub code: &'static str,
    /// What is missing and what to do.
    pub message: String,
}

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StartCheck {
    /// The code that `start` refuses with when it does not hold.
    pub code: &'static str,
    /// It holds.
    pub passed: bool,
    /// What was found.
    pub message: String,
    /// What to do when it does not hold.
    pub next_step: Option<String>,
}

impl StartCheck {
    fn passed(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, passed: true, message: message.into(), next_step: None }
    }

    fn failed(code: &'static str, message: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { code, passed: false, message: message.into(), next_step: Some(next_step.into()) }
    }
}

impl From<StartCheck> for StartProblem {
    fn from(check: StartCheck) -> Self {
        let message = match check.next_step {
            Some(step) => format!("{}; {step}", check.message),
            None => check.message,
        };
        Self { code: check.code, message }
    }
}

/// What the start checks look at.
#[derive(Clone, Debug)]
pub struct StartFacts {
    /// The assistant may call out.
    pub assistant_outbound: bool,
    /// Numbers to call from.
    pub caller_ids: usize,
    /// The gateway answers; `Err` says why it does not.
    pub gateway: Result<(), String>,
    /// With billing on: what is available, and what one call needs.
    pub balance: Option<(Micros, Micros)>,
    /// Leads that could ever be called.
    pub callable_leads: u64,
    /// Something feeds the campaign with leads.
    pub has_source: bool,
    /// The policy, scripts and evaluators that are named but not active, with the reason.
    pub inactive: Vec<(String, String)>,
    /// The goal variable's kind is boolean (`None`: the assistant does not have it); only asked when one is named.
    pub goal_is_boolean: Option<bool>,
    /// The instant of the check.
    pub now: Timestamp,
}

impl CampaignConfig {
    /// Every start check, in its order, whether it holds or not. Each code is there at least once.
    pub fn start_checks(&self, facts: &StartFacts) -> Vec<StartCheck> {
        let mut checks = vec![outbound(facts), caller_id(facts), gateway(facts), balance(facts), leads(facts)];
        checks.extend(plugins(facts));
        checks.extend(self.goal(facts));
        checks.push(self.hours());
        checks.push(self.end(facts));
        checks
    }

    /// Every start check that does not hold; empty means that the campaign may start.
    pub fn start_problems(&self, facts: &StartFacts) -> Vec<StartProblem> {
        self.start_checks(facts).into_iter().filter(|check| !check.passed).map(StartProblem::from).collect()
    }

    fn goal(&self, facts: &StartFacts) -> [StartCheck; 2] {
        const UNKNOWN: &str = "goal_unknown";
        const NOT_BOOLEAN: &str = "goal_not_boolean";
        let Some(variable) = &self.goal_variable else {
            let none = "the campaign names no goal";
            return [StartCheck::passed(UNKNOWN, none), StartCheck::passed(NOT_BOOLEAN, none)];
        };
        let known = || StartCheck::passed(UNKNOWN, format!("the assistant asks for {variable:?}"));
        match facts.goal_is_boolean {
            Some(true) => [known(), StartCheck::passed(NOT_BOOLEAN, format!("{variable:?} is a boolean variable"))],
            Some(false) => {
                let found = format!("{variable:?} is not a boolean variable of the assistant");
                [known(), StartCheck::failed(NOT_BOOLEAN, found, "name a boolean one as goal_variable")]
            }
            None => {
                let found = format!("the assistant has no post-call variable {variable:?}");
                let nothing = format!("there is no {variable:?} to look at");
                [StartCheck::failed(UNKNOWN, found, "add it there"), StartCheck::passed(NOT_BOOLEAN, nothing)]
            }
        }
    }

    fn hours(&self) -> StartCheck {
        const CODE: &str = "calling_hours_empty";
        if self.calling_hours.is_empty() {
            return StartCheck::failed(CODE, "the calling hours allow no minute of the week", "set at least one range");
        }
        let minutes = self.calling_hours.minutes_per_week();
        StartCheck::passed(CODE, format!("the calling hours are open {minutes} minutes a week"))
    }

    fn end(&self, facts: &StartFacts) -> StartCheck {
        const CODE: &str = "already_ended";
        match self.ends_at {
            Some(end) if end <= facts.now => {
                StartCheck::failed(CODE, format!("ends_at {end} has passed"), "move it into the future or remove it")
            }
            Some(end) => StartCheck::passed(CODE, format!("ends_at {end} is still to come")),
            None => StartCheck::passed(CODE, "the campaign has no ends_at"),
        }
    }
}

fn outbound(facts: &StartFacts) -> StartCheck {
    const CODE: &str = "assistant_not_outbound";
    if facts.assistant_outbound {
        StartCheck::passed(CODE, "the assistant calls out")
    } else {
        StartCheck::failed(CODE, "the assistant does not call out", "set outbound to true on it")
    }
}

fn caller_id(facts: &StartFacts) -> StartCheck {
    const CODE: &str = "no_caller_id";
    match facts.caller_ids {
        0 => StartCheck::failed(
            CODE,
            "there is no number to call from",
            "give the assistant a phone number or set caller_ids",
        ),
        1 => StartCheck::passed(CODE, "there is a number to call from"),
        many => StartCheck::passed(CODE, format!("there are {many} numbers to call from")),
    }
}

fn gateway(facts: &StartFacts) -> StartCheck {
    const CODE: &str = "gateway_unhealthy";
    match &facts.gateway {
        Ok(()) => StartCheck::passed(CODE, "the voice gateway can place calls"),
        Err(why) => StartCheck::failed(
            CODE,
            format!("the voice gateway cannot place calls: {why}"),
            "repair its settings or secrets, or give the assistant another gateway",
        ),
    }
}

fn balance(facts: &StartFacts) -> StartCheck {
    const CODE: &str = "balance_too_low";
    match facts.balance {
        None => StartCheck::passed(CODE, "billing is off"),
        Some((available, needed)) if available < needed => {
            let (available, needed) = (available.0, needed.0);
            let found = format!("the balance of {available} micros does not cover one call of {needed}");
            StartCheck::failed(CODE, found, "top up")
        }
        Some((available, needed)) => {
            let (available, needed) = (available.0, needed.0);
            StartCheck::passed(CODE, format!("the balance of {available} micros covers a call of {needed}"))
        }
    }
}

fn leads(facts: &StartFacts) -> StartCheck {
    const CODE: &str = "no_callable_lead";
    match (facts.callable_leads, facts.has_source) {
        (0, false) => {
            StartCheck::failed(CODE, "no lead can be called", "add leads, import a file or set ended leads to created")
        }
        (0, true) => StartCheck::passed(CODE, "there is no lead yet; a source brings them"),
        (leads, _) => StartCheck::passed(CODE, format!("leads that wait to be called: {leads}")),
    }
}

fn plugins(facts: &StartFacts) -> Vec<StartCheck> {
    const CODE: &str = "plugin_not_active";
    if facts.inactive.is_empty() {
        return vec![StartCheck::passed(CODE, "every plugin that the campaign names is active")];
    }
    let failed = |(name, why): &(String, String)| {
        StartCheck::failed(
            CODE,
            format!("{name} is not active: {why}"),
            "activate it, or name another one in the campaign",
        )
    };
    facts.inactive.iter().map(failed).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::hours::CallingHours;

    fn facts() -> impl Strategy<Value = (CampaignConfig, StartFacts)> {
        let money =
            prop_oneof![Just(None), (0..3i64, 0..3i64).prop_map(|(left, need)| Some((Micros(left), Micros(need))))];
        let gateway = prop_oneof![Just(Ok(())), Just(Err("no answer".to_owned()))];
        let inactive = prop::collection::vec(Just(("policy@1".to_owned(), "it is retired".to_owned())), 0..3);
        let goal = prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
        let ends = prop_oneof![Just(None), (0..20i64).prop_map(|at| Some(Timestamp(at)))];
        (any::<[bool; 4]>(), 0..3usize, 0..3u64, money, gateway, inactive, goal, ends).prop_map(
            |([outbound, source, named, open], ids, leads, balance, gateway, inactive, goal_is_boolean, ends_at)| {
                let config = CampaignConfig {
                    goal_variable: named.then(|| "booked".to_owned()),
                    calling_hours: if open { CallingHours::default() } else { CallingHours::empty() },
                    ends_at,
                    ..CampaignConfig::named("x")
                };
                let facts = StartFacts {
                    assistant_outbound: outbound,
                    caller_ids: ids,
                    gateway,
                    balance,
                    callable_leads: leads,
                    has_source: source,
                    inactive,
                    goal_is_boolean,
                    now: Timestamp(10),
                };
                (config, facts)
            },
        )
    }

    proptest! {
        #[test]
        fn start_refuses_exactly_what_the_checks_show_failing((config, facts) in facts()) {
            let checks = config.start_checks(&facts);
            let failing: Vec<_> = checks.iter().filter(|check| !check.passed).map(|check| check.code).collect();
            let refused: Vec<_> = config.start_problems(&facts).into_iter().map(|problem| problem.code).collect();
            prop_assert_eq!(failing, refused);
            let codes: BTreeSet<_> = checks.iter().map(|check| check.code).collect();
            prop_assert_eq!(codes.len(), 10, "every check is told, whatever the facts");
            prop_assert!(checks.iter().all(|check| check.passed == check.next_step.is_none()));
        }
    }

    #[test]
    fn start_lists_all_that_fail() {
        let facts = StartFacts {
            assistant_outbound: false,
            caller_ids: 0,
            gateway: Err("no answer".into()),
            balance: Some((Micros(1), Micros(2))),
            callable_leads: 0,
            has_source: false,
            inactive: vec![("goal-retry@active".into(), "never uploaded".into())],
            goal_is_boolean: None,
            now: Timestamp(10),
        };
        let config = CampaignConfig {
            goal_variable: Some("booked".into()),
            ends_at: Some(Timestamp(1)),
            ..CampaignConfig::named("x")
        };
        let codes: Vec<_> = config.start_problems(&facts).into_iter().map(|problem| problem.code).collect();
        assert_eq!(codes.len(), 8, "{codes:?}");
    }
}
