//! What is wrong with a scenario, all of it at once.
//!
//! A scenario that breaks a rule does not run: rates that sum to 0.9 would silently become some other world, and a
//! rehearsal of another world proves nothing. Each fault names the place, the value, the rule and what to write.

use campanile_domain::variable::VariableSpec;

use super::{Minute, Rates, Scenario, Span};

/// How far a sum may be from 1.
const TOLERANCE: f64 = 0.001;
/// The longest spell or lag, in seconds.
const LONGEST_SECONDS: f64 = super::span::LONGEST_SECONDS;

/// A scenario cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// Not TOML, or not a scenario's keys and types; the text points at the line.
    #[error("the scenario cannot be read: {0}")]
    Unreadable(String),
    /// Rules are broken.
    #[error("the scenario breaks {} of its rules: {}", .0.len(), listed(.0))]
    Invalid(Vec<ScenarioFault>),
}

impl ScenarioError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "scenario_unreadable",
            Self::Invalid(_) => "scenario_invalid",
        }
    }
}

fn listed(faults: &[ScenarioFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} {message}")]
pub struct ScenarioFault {
    /// Stable: `sum_not_one`, `not_a_probability`, `empty_range`, `bad_duration`, `bad_name`, `empty_script`,
    /// `script_twice`, `negative_cost`.
    pub code: &'static str,
    /// Where: `hours[0].rates`.
    pub place: String,
    /// The value, the rule and what to write.
    pub message: String,
}

struct Report(Vec<ScenarioFault>);

impl Report {
    fn fault(&mut self, code: &'static str, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(ScenarioFault { code, place: place.into(), message: message.into() });
    }

    fn probability(&mut self, place: &str, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            self.fault("not_a_probability", place, format!("is {value}; write a probability from 0 to 1"));
        }
    }

    fn seconds(&mut self, place: &str, value: f64) {
        if !(0.0..=LONGEST_SECONDS).contains(&value) {
            self.fault("bad_duration", place, format!("is {value} seconds; write 0 to {LONGEST_SECONDS}"));
        }
    }

    fn span(&mut self, place: &str, span: Span) {
        if let Some(message) = span.fault() {
            self.fault("bad_duration", place, message);
        }
    }

    /// Shares of a whole: each a probability, together 1.
    fn shares(&mut self, place: &str, shares: &[(&str, f64)]) {
        for (name, value) in shares {
            self.probability(&format!("{place}.{name}"), *value);
        }
        let sum: f64 = shares.iter().map(|(_, value)| value).sum();
        if (sum - 1.0).abs().partial_cmp(&TOLERANCE).is_none_or(|side| side.is_gt()) {
            let names: Vec<_> = shares.iter().map(|(name, _)| *name).collect();
            self.fault("sum_not_one", place, format!("sums to {sum:.3}; {} must sum to 1", names.join(", ")));
        }
    }

    fn rates(&mut self, place: &str, rates: &Rates) {
        let Rates { answer, busy, unanswered, voicemail, failed } = *rates;
        let shares = [
            ("answer", answer),
            ("busy", busy),
            ("unanswered", unanswered),
            ("voicemail", voicemail),
            ("failed", failed),
        ];
        self.shares(place, &shares);
    }
}

pub(super) fn faults(scenario: &Scenario) -> Vec<ScenarioFault> {
    let mut report = Report(Vec::new());
    report.rates("rates", &scenario.rates);
    for (index, range) in scenario.hours.iter().enumerate() {
        let place = format!("hours[{index}]");
        if range.from == range.to || range.from == Minute(1440) {
            let message =
                format!("runs from {} to {}, which is empty; write 00:00 to 24:00 for all day", range.from, range.to);
            report.fault("empty_range", &place, message);
        }
        report.rates(&format!("{place}.rates"), &range.rates);
    }
    let shares = &scenario.failures;
    let shares = [
        ("number_invalid", shares.number_invalid),
        ("callee_rejected", shares.callee_rejected),
        ("caller_id_blocked", shares.caller_id_blocked),
        ("provider_fault", shares.provider_fault),
        ("other", shares.other),
    ];
    report.shares("failures", &shares);
    report.probability("people.habit", scenario.people.habit);
    if scenario.cost.per_minute_micros.0 < 0 {
        let message = format!("is {}; write 0 or more millionths", scenario.cost.per_minute_micros.0);
        report.fault("negative_cost", "cost.per_minute_micros", message);
    }
    talk(&mut report, scenario);
    carrier(&mut report, scenario);
    scripts(&mut report, scenario);
    report.0
}

fn talk(report: &mut Report, scenario: &Scenario) {
    let talk = &scenario.talk;
    let spans = [
        ("ring_seconds", talk.ring_seconds),
        ("talk_seconds", talk.talk_seconds),
        ("voicemail_seconds", talk.voicemail_seconds),
        ("callback_seconds", talk.callback_seconds),
    ];
    for (name, span) in spans {
        report.span(&format!("talk.{name}"), span);
    }
    let rates = [
        ("goal_rate", talk.goal_rate),
        ("undetermined_rate", talk.undetermined_rate),
        ("opt_out_rate", talk.opt_out_rate),
        ("callback_rate", talk.callback_rate),
        ("wrong_person_rate", talk.wrong_person_rate),
    ];
    for (name, rate) in rates {
        report.probability(&format!("talk.{name}"), rate);
    }
    report.probability("talk.undetected_machine_rate", talk.undetected_machine_rate);
    let sum: f64 = rates.iter().map(|(_, rate)| rate).sum();
    if sum > 1.0 + TOLERANCE {
        let message = format!(
            "has rates that sum to {sum:.3}; goal, undetermined, opt_out, callback and wrong_person share the answered calls, 1 at most"
        );
        report.fault("sum_not_one", "talk", message);
    }
    let names = [
        ("goal_variable", &talk.goal_variable),
        ("opt_out_variable", &talk.opt_out_variable),
        ("callback_variable", &talk.callback_variable),
        ("wrong_person_variable", &talk.wrong_person_variable),
    ];
    for (index, (place, name)) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        if !VariableSpec::is_name(name) {
            let message =
                format!("is {name:?}; write 3 to 64 lower-case letters, digits and underscores, a letter first");
            report.fault("bad_name", format!("talk.{place}"), message);
        }
        if let Some((other, _)) = names[..index].iter().find(|(_, earlier)| earlier.as_ref() == Some(name)) {
            report.fault(
                "bad_name",
                format!("talk.{place}"),
                format!("is {name:?} like {other}; one question has one meaning"),
            );
        }
    }
}

fn carrier(report: &mut Report, scenario: &Scenario) {
    let faults = &scenario.faults;
    let probabilities = [
        ("refuse", faults.refuse),
        ("lost_answer", faults.lost_answer),
        ("lost_request", faults.lost_request),
        ("lost_event", faults.lost_event),
        ("duplicate_event", faults.duplicate_event),
        ("late_event", faults.late_event),
        ("reorder", faults.reorder),
        ("late_analysis", faults.late_analysis),
        ("no_analysis", faults.no_analysis),
        ("blind_find", faults.blind_find),
    ];
    for (name, value) in probabilities {
        report.probability(&format!("faults.{name}"), value);
    }
    let dialling = faults.refuse + faults.lost_answer + faults.lost_request;
    if dialling > 1.0 + TOLERANCE {
        let message = format!(
            "has refuse, lost_answer and lost_request that sum to {dialling:.3}; a dial meets one of them, 1 at most"
        );
        report.fault("sum_not_one", "faults", message);
    }
    report.span("faults.duplicate_after_seconds", faults.duplicate_after_seconds);
    report.span("faults.late_seconds", faults.late_seconds);
    report.span("faults.late_analysis_seconds", faults.late_analysis_seconds);
    report.seconds("faults.blind_seconds", faults.blind_seconds);
    report.seconds("faults.find_lag_seconds", faults.find_lag_seconds);
}

fn scripts(report: &mut Report, scenario: &Scenario) {
    for (index, script) in scenario.script.iter().enumerate() {
        let place = format!("script[{index}]");
        if script.outcomes.is_empty() {
            report.fault("empty_script", format!("{place}.outcomes"), "is empty; write at least one outcome");
        }
        if scenario.script[..index].iter().any(|earlier| earlier.phone == script.phone) {
            report.fault(
                "script_twice",
                format!("{place}.phone"),
                format!("{} has a script already; join the two", script.phone),
            );
        }
        for (nth, turn) in script.outcomes.iter().enumerate() {
            for (name, value) in [("ring_seconds", turn.ring_seconds), ("talk_seconds", turn.talk_seconds)] {
                report.seconds(&format!("{place}.outcomes[{nth}].{name}"), value.unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str) -> Vec<ScenarioFault> {
        match text.parse::<Scenario>() {
            Err(ScenarioError::Invalid(faults)) => faults,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_fault_is_told_with_its_place_and_value() {
        let text = r#"
            [rates]
            answer = 0.5
            [[hours]]
            from = "09:00"
            to = "09:00"
            rates = { answer = 1.5, busy = -0.5 }
            [talk]
            goal_rate = 0.7
            opt_out_rate = 0.6
            goal_variable = "Booked!"
            talk_seconds = { min = 9, max = 3 }
            [faults]
            late_event = 2
            find_lag_seconds = -1
            [[script]]
            phone = "+4930123456"
            outcomes = []
            [[script]]
            phone = "+4930123456"
            outcomes = ["busy"]
        "#;
        let told: Vec<_> = faults_of(text).iter().map(|fault| format!("{}:{}", fault.code, fault.place)).collect();
        let expected = [
            "sum_not_one:rates",
            "empty_range:hours[0]",
            "not_a_probability:hours[0].rates.answer",
            "not_a_probability:hours[0].rates.busy",
            "bad_duration:talk.talk_seconds",
            "sum_not_one:talk",
            "bad_name:talk.goal_variable",
            "not_a_probability:faults.late_event",
            "bad_duration:faults.find_lag_seconds",
            "empty_script:script[0].outcomes",
            "script_twice:script[1].phone",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_sum_within_a_thousandth_is_one_and_nan_is_none() {
        assert!("[rates]\nanswer = 0.9995".parse::<Scenario>().is_ok());
        let faults = faults_of("[rates]\nanswer = nan");
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["not_a_probability", "sum_not_one"]);
        assert!(faults[1].to_string().contains("rates sums to NaN"), "{}", faults[1]);
    }
}
