//! SCENARIO.toml: the people a simulated carrier reaches and how badly the carrier behaves.
//!
//! A scenario is written by whoever wants to see what a campaign does before it rings anybody, so an empty file is a
//! lively one, every key may be left out, a misspelt one is refused, and everything wrong is told at once with what to
//! write instead. It says what people do ([`Rates`], [`Talk`], [`People`]) apart from what the carrier does to the news
//! of it ([`Faults`]): the second never changes the first.
//!
//! It must never hold anything that a draw depends on besides the seed: two files that say the same are the same world.

mod check;
mod hours;
mod script;
mod span;

use std::str::FromStr;

use campanile_domain::money::{Currency, Micros};
use campanile_domain::ports::gateway::RefusalScope;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use serde::{Deserialize, Serialize};

pub use self::check::{ScenarioError, ScenarioFault};
pub use self::hours::{HourRates, Minute};
pub use self::script::{Script, ScriptedFault, ScriptedOutcome, Turn};
pub use self::span::Span;

/// Everything a scenario file can say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Whose clock `[[hours]]` follow; UTC when absent.
    pub time_zone: Option<Zone>,
    /// How calls end, at any hour that `hours` does not name.
    pub rates: Rates,
    /// How calls end at certain hours; the first range that holds the instant of the dial counts.
    pub hours: Vec<HourRates>,
    /// Why calls fail, of those that do.
    pub failures: Failures,
    /// What is the same in all calls to one phone.
    pub people: People,
    /// What happens once somebody answers.
    pub talk: Talk,
    /// What the provider charges.
    pub cost: Cost,
    /// What goes wrong on the carrier's side.
    pub faults: Faults,
    /// Phones whose calls are written down, for exact tests.
    pub script: Vec<Script>,
}

/// Shares of all calls; the sum is 1. A rate that is left out is 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the outcomes are told by their names")]
pub struct Rates {
    #[serde(default)]
    pub answer: f64,
    #[serde(default)]
    pub busy: f64,
    #[serde(default)]
    pub unanswered: f64,
    #[serde(default)]
    pub voicemail: f64,
    #[serde(default)]
    pub failed: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { answer: 0.35, busy: 0.1, unanswered: 0.35, voicemail: 0.15, failed: 0.05 }
    }
}

/// Shares of the failed calls; the sum is 1. A share that is left out is 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// The number does not exist, today or ever: a property of the phone.
    #[serde(default)]
    pub number_invalid: f64,
    /// The called side refuses.
    #[serde(default)]
    pub callee_rejected: f64,
    /// The caller id is blocked.
    #[serde(default)]
    pub caller_id_blocked: f64,
    /// The carrier broke.
    #[serde(default)]
    pub provider_fault: f64,
    /// Anything else.
    #[serde(default)]
    pub other: f64,
}

impl Default for Failures {
    fn default() -> Self {
        Self { number_invalid: 0.5, callee_rejected: 0.2, caller_id_blocked: 0.1, provider_fault: 0.1, other: 0.1 }
    }
}

/// What is the same in all calls to one phone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// The probability that a call meets the phone's habit and not a mood: a person who is never at home stays so. 0:
    /// calls to one phone have nothing to do with each other; 1: every call at one hour ends alike. The rates over all
    /// phones are the same either way.
    pub habit: f64,
}

impl Default for People {
    fn default() -> Self {
        Self { habit: 0.3 }
    }
}

/// What happens once somebody answers. The rates are shares of the calls that a person answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Talk {
    /// Ringing before an answer; held below the ring time-out of the dial.
    pub ring_seconds: Span,
    /// A conversation; held to the longest call of the dial.
    pub talk_seconds: Span,
    /// A message on a machine.
    pub voicemail_seconds: Span,
    /// The goal is reached.
    pub goal_rate: f64,
    /// The call does not tell whether it is.
    pub undetermined_rate: f64,
    /// The person asks not to be called again.
    pub opt_out_rate: f64,
    /// The person asks to be called later.
    pub callback_rate: f64,
    /// The phone belongs to somebody else.
    pub wrong_person_rate: f64,
    /// How much later, from the end of the call; whole hours, at least one.
    pub callback_seconds: Span,
    /// A machine answers and the provider cannot tell it from a person: share of the voicemails.
    pub undetected_machine_rate: f64,
    /// The question that the provider's analysis answers with whether the goal was reached. When absent: every boolean
    /// without a role that the carrier was told the assistant asks, or `goal_reached` when it was told nothing.
    pub goal_variable: Option<String>,
    /// The question answered with true by an opt-out; without a name the transcript alone tells.
    pub opt_out_variable: Option<String>,
    /// The question answered with the instant of a callback; without a name the transcript alone tells.
    pub callback_variable: Option<String>,
    /// The question answered with true by a wrong person; without a name the transcript alone tells.
    pub wrong_person_variable: Option<String>,
}

impl Default for Talk {
    fn default() -> Self {
        Self {
            ring_seconds: Span::Between { min: 3.0, max: 24.0 },
            talk_seconds: Span::Mean { mean: 70.0 },
            voicemail_seconds: Span::Between { min: 8.0, max: 25.0 },
            goal_rate: 0.3,
            undetermined_rate: 0.05,
            opt_out_rate: 0.0,
            callback_rate: 0.0,
            wrong_person_rate: 0.0,
            callback_seconds: Span::Between { min: 7_200.0, max: 172_800.0 },
            undetected_machine_rate: 0.0,
            goal_variable: None,
            opt_out_variable: None,
            callback_variable: None,
            wrong_person_variable: None,
        }
    }
}

/// What the provider charges for calls that were answered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cost {
    /// Each started minute, in millionths of the currency's unit.
    pub per_minute_micros: Micros,
    /// The currency.
    pub currency: Currency,
}

impl Default for Cost {
    fn default() -> Self {
        Self { per_minute_micros: Micros(15_000), currency: Currency::EUR }
    }
}

/// What goes wrong on the carrier's side. Probabilities per dial or per event; all 0 unless written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// The dial is refused and does not ring.
    pub refuse: f64,
    /// What such a refusal is about.
    pub refuse_scope: RefusalScope,
    /// The phone rings, but the answer to the dial is lost.
    pub lost_answer: f64,
    /// The dial is lost: nothing rings, and no answer comes either.
    pub lost_request: f64,
    /// An event is never told; looking the call up still shows what happened.
    pub lost_event: f64,
    /// An event is told twice, under one event id.
    pub duplicate_event: f64,
    /// After how long the second time.
    pub duplicate_after_seconds: Span,
    /// An event is told late.
    pub late_event: f64,
    /// How late.
    pub late_seconds: Span,
    /// An event and the one after it are told in the wrong order.
    pub reorder: f64,
    /// Transcript and analysis come in an event of their own after the end.
    pub late_analysis: f64,
    /// How long after the end.
    pub late_analysis_seconds: Span,
    /// There is never an analysis, only the transcript.
    pub no_analysis: f64,
    /// A search for an attempt cannot tell, for as long as a blind spell lasts.
    pub blind_find: f64,
    /// How long a blind spell lasts, from the start of the searched window.
    pub blind_seconds: f64,
    /// A call can be found at the latest so long after its dial; before that a search may claim that it was not dialled.
    pub find_lag_seconds: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            refuse: 0.0,
            refuse_scope: RefusalScope::ThisMoment,
            lost_answer: 0.0,
            lost_request: 0.0,
            lost_event: 0.0,
            duplicate_event: 0.0,
            duplicate_after_seconds: Span::Between { min: 1.0, max: 60.0 },
            late_event: 0.0,
            late_seconds: Span::Between { min: 30.0, max: 600.0 },
            reorder: 0.0,
            late_analysis: 0.0,
            late_analysis_seconds: Span::Between { min: 20.0, max: 120.0 },
            no_analysis: 0.0,
            blind_find: 0.0,
            blind_seconds: 1_200.0,
            find_lag_seconds: 5.0,
        }
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    /// Reads and checks a scenario file.
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Unreadable(error.to_string()))?;
        scenario.checked()
    }
}

impl Scenario {
    /// The scenario, unless it breaks a rule; all faults are told.
    ///
    /// # Errors
    /// See [`ScenarioFault`].
    pub fn checked(self) -> Result<Self, ScenarioError> {
        let faults = check::faults(&self);
        if faults.is_empty() { Ok(self) } else { Err(ScenarioError::Invalid(faults)) }
    }

    /// With the campaign's goal variable, unless the file names its own.
    #[must_use]
    pub fn or_goal_variable(mut self, name: Option<&str>) -> Self {
        self.talk.goal_variable = self.talk.goal_variable.or_else(|| name.map(str::to_owned));
        self
    }

    /// With `zone` for its hours, unless the file names its own.
    #[must_use]
    pub fn or_time_zone(mut self, zone: &Zone) -> Self {
        self.time_zone.get_or_insert_with(|| zone.clone());
        self
    }

    /// How calls end that are dialled at `at`.
    pub fn rates_at(&self, at: Timestamp) -> Rates {
        if self.hours.is_empty() {
            return self.rates;
        }
        let shown = self.time_zone.clone().unwrap_or_else(Zone::utc).local(at);
        let minute = u16::from(shown.hour) * 60 + u16::from(shown.minute);
        self.hours.iter().find(|range| range.holds(minute)).map_or(self.rates, |range| range.rates)
    }

    /// The longest that a dialled call can go unfound, in milliseconds.
    pub fn find_lag_ms(&self) -> i64 {
        (self.faults.find_lag_seconds * 1000.0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_lively_scenario() {
        assert_eq!("".parse::<Scenario>().unwrap(), Scenario::default());
        assert!(Scenario::default().checked().is_ok());
    }

    #[test]
    fn rates_follow_the_clock_of_the_scenario() {
        let text = r#"
            time_zone = "Europe/Berlin"
            [[hours]]
            from = "17:00"
            to = "20:00"
            rates = { answer = 1.0 }
            [[hours]]
            from = "22:00"
            to = "06:00"
            rates = { unanswered = 1 }
        "#;
        let scenario: Scenario = text.parse().unwrap();
        let answer = |at: &str| scenario.rates_at(at.parse().unwrap()).answer;
        assert_eq!(answer("2026-07-01T15:00:00Z"), 1.0);
        assert_eq!(answer("2026-07-01T18:00:00Z"), 0.35);
        assert_eq!(answer("2026-07-01T23:30:00Z"), 0.0);
        assert_eq!(answer("2026-07-01T20:00:00Z"), 0.0);
        let elsewhere = Scenario { time_zone: None, ..scenario.clone() };
        assert_eq!(elsewhere.rates_at("2026-07-01T17:00:00Z".parse().unwrap()).answer, 1.0);
        let given = elsewhere.or_time_zone(&Zone::parse("Europe/Berlin").unwrap());
        assert_eq!(given, scenario);
    }

    #[test]
    fn a_named_goal_stays_and_an_absent_one_is_taken() {
        let named: Scenario = "[talk]\ngoal_variable = \"booked\"".parse().unwrap();
        let of = |scenario: Scenario| scenario.or_goal_variable(Some("sold")).talk.goal_variable;
        assert_eq!(of(named).as_deref(), Some("booked"));
        assert_eq!(of(Scenario::default()).as_deref(), Some("sold"));
    }

    #[test]
    fn a_scenario_kept_as_json_reads_back() {
        let text = r#"
            time_zone = "Europe/Berlin"
            [talk]
            talk_seconds = { mean = 40 }
            ring_seconds = 7
            [faults]
            late_event = 0.5
            [[hours]]
            from = "17:00"
            to = "24:00"
            rates = { answer = 1 }
            [[script]]
            phone = "+4930123456"
            outcomes = ["busy", { outcome = "goal", fault = "lost_answer" }]
        "#;
        for scenario in [text.parse::<Scenario>().unwrap(), Scenario::default()] {
            let kept = serde_json::to_value(&scenario).unwrap();
            assert_eq!(serde_json::from_value::<Scenario>(kept).unwrap(), scenario);
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let told = "[rates]\nanswered = 1".parse::<Scenario>().unwrap_err().to_string();
        assert!(told.contains("answered") && told.contains("voicemail"), "{told}");
        assert!("[fault]\n".parse::<Scenario>().is_err());
        assert!("time_zone = \"Berlin\"".parse::<Scenario>().unwrap_err().to_string().contains("Europe/Berlin"));
    }
}
