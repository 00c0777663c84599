//! The evaluator without any settings, judged on the labelled calls of `plugins/transcripts`.
//!
//! A wrong `true` ends a lead that wanted nothing, so one is enough to fail; a missed booking is called again, so a few
//! are allowed. The figures are printed: `cargo test --release -p keyword-evaluator -- --nocapture`.

use campanile_plugin_sdk::evaluator::{Answer, CallEvaluator, Talk};
use campanile_plugin_sdk::fake::{self, Host};
use campanile_plugin_sdk::types::{AnsweredBy, Outcome, Role, Speaker, Utterance, Value, ValueType, VariableSpec};
use keyword_evaluator::{KeywordEvaluator, Settings};
use serde::Deserialize;

#[derive(Deserialize)]
struct Call {
    id: String,
    kind: String,
    language: String,
    lines: Vec<String>,
    truth: Truth,
}

#[derive(Deserialize)]
struct Truth {
    appointment_booked: Option<bool>,
    opt_out: Option<bool>,
    wrong_person: Option<bool>,
    callback_at_said: Option<String>,
}

const TUNING: &str = include_str!("../../transcripts/tuning.json");
const HELD_OUT: &str = include_str!("../../transcripts/held-out.json");
/// Kinds in which nobody may be said to have agreed.
const NEVER: [&str; 5] = ["refused", "wrong_person", "voicemail", "opt_out", "injection"];

fn calls(files: &[&str]) -> Vec<Call> {
    files
        .iter()
        .flat_map(|file| serde_json::from_str::<Vec<Call>>(file).expect("the labelled calls are JSON"))
        .collect()
}

fn talk(call: &Call) -> Talk {
    let said = |(at, line): (usize, &String)| {
        let (who, text) = line.split_once(": ").expect("agent: or user:");
        let speaker = if who == "agent" { Speaker::Assistant } else { Speaker::Person };
        Utterance { at_ms: at as u64 * 4_000, speaker, text: text.to_owned() }
    };
    Talk {
        call_id: "call_1".into(),
        lead_id: "lead_1".into(),
        campaign_id: "cmp_1".into(),
        started_at: fake::utc(2026, 3, 4, 9, 0),
        zone: "UTC".into(),
        language: Some(call.language.clone()),
        outcome: Outcome::Answered,
        answered_by: AnsweredBy::Unknown,
        talk_ms: call.lines.len() as u64 * 4_000,
        transcript: call.lines.iter().enumerate().map(said).collect(),
        provided: Vec::new(),
        lead_variables: Vec::new(),
        extra: Vec::new(),
    }
}

fn spec(name: &str, kind: ValueType, role: Role) -> VariableSpec {
    let description = "What did the call tell?".to_owned();
    VariableSpec { name: name.into(), kind, choices: Vec::new(), description, required: false, role }
}

fn answers(call: &Call) -> Vec<Answer> {
    fake::install(Host::default());
    let wanted = [
        spec("appointment_booked", ValueType::Boolean, Role::Goal),
        spec("opt_out", ValueType::Boolean, Role::OptOut),
        spec("wrong_person", ValueType::Boolean, Role::WrongPerson),
        spec("callback_at", ValueType::DateTime, Role::CallbackAt),
        spec("callback_words", ValueType::Text, Role::None),
    ];
    KeywordEvaluator::evaluate(&talk(call), &wanted, &Settings::default()).expect("no settings, no error").answers
}

fn told(answer: &Answer) -> Option<bool> {
    match answer.value {
        Value::Boolean(value) => Some(value),
        _ => None,
    }
}

/// What was told of one variable against the truth, `true` against everything else.
#[derive(Default)]
struct Figures {
    right: usize,
    wrong: usize,
    missed: usize,
    agreed: usize,
    calls: usize,
}

impl Figures {
    fn count(&mut self, told: Option<bool>, truth: Option<bool>) {
        let yes = Some(true);
        self.right += usize::from(told == yes && truth == yes);
        self.wrong += usize::from(told == yes && truth != yes);
        self.missed += usize::from(told != yes && truth == yes);
        self.agreed += usize::from(told == truth);
        self.calls += 1;
    }

    fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }

    fn print(&self, name: &str) {
        println!(
            "  {name:<20} precision {:.2}  recall {:.2}  ({} right, {} wrong, {} missed; of {} calls {} exactly as labelled)",
            self.precision(),
            self.recall(),
            self.right,
            self.wrong,
            self.missed,
            self.calls,
            self.agreed
        );
    }
}

fn judge(name: &str, files: &[&str]) {
    let calls = calls(files);
    let [mut booked, mut opted_out, mut wrong, mut callback] = std::array::from_fn(|_| Figures::default());
    let mut faults = Vec::new();
    for call in &calls {
        let answers = answers(call);
        let [appointment, opt_out, wrong_person, at, words] = answers.as_slice() else { panic!("five answers") };
        assert!(answers.iter().flat_map(|answer| &answer.evidence).all(|line| (*line as usize) < call.lines.len()));
        let pairs = [
            (&mut booked, appointment, call.truth.appointment_booked),
            (&mut opted_out, opt_out, call.truth.opt_out),
            (&mut wrong, wrong_person, call.truth.wrong_person),
        ];
        for (figures, answer, truth) in pairs {
            figures.count(told(answer), truth);
            let (told, yes) = (told(answer), Some(true));
            if (told == yes) != (truth == yes) {
                println!("  {}: {} is {told:?}, the truth {truth:?}: {}", call.id, answer.name, answer.reason);
            }
        }
        let truth = call.truth.callback_at_said.as_deref();
        let meant = |said: &str| truth.is_some_and(|truth| truth.contains(said) || said.contains(truth));
        let found = words.value.as_text().map(meant);
        callback.count(found.map(|_| true), if truth.is_some() { Some(true) } else { None });
        if found == Some(false) || (found.is_none() && truth.is_some()) || (found.is_some() && at.evidence.is_empty()) {
            println!("  {}: the time is {:?}, the truth {truth:?}: {}", call.id, words.value, words.reason);
        }
        if NEVER.contains(&call.kind.as_str()) && told(appointment) == Some(true) {
            faults.push(format!("{}: {}", call.id, appointment.reason));
        }
        if call.kind == "booked" && told(opt_out) == Some(true) {
            faults.push(format!("{}: {}", call.id, opt_out.reason));
        }
    }
    println!("{name}: {} calls", calls.len());
    booked.print("appointment_booked");
    opted_out.print("opt_out");
    wrong.print("wrong_person");
    callback.print("a time to call again");
    assert!(faults.is_empty(), "nobody agreed, or opted out, in {faults:#?}");
    assert!(booked.recall() >= 0.8, "of the bookings {:.2} were found", booked.recall());
    assert!(booked.precision() >= 0.95, "of what was called a booking {:.2} is one", booked.precision());
    assert!(opted_out.recall() >= 0.8, "of the opt-outs {:.2} were found", opted_out.recall());
    assert!(opted_out.precision() >= 0.9, "of what was called an opt-out {:.2} is one", opted_out.precision());
    assert!(wrong.recall() >= 0.8, "of the wrong persons {:.2} were found", wrong.recall());
    assert!(wrong.precision() >= 0.9, "of what was called a wrong person {:.2} is one", wrong.precision());
}

#[test]
fn on_the_calls_for_tuning() {
    judge("tuning.json", &[TUNING]);
}

#[test]
fn on_the_calls_that_nothing_was_tuned_on() {
    judge("held-out.json", &[HELD_OUT]);
}

#[test]
fn on_all_calls() {
    judge("both files", &[TUNING, HELD_OUT]);
}
