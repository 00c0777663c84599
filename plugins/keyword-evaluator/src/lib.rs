//! Reads post-call variables out of the words of a call, by rules.
//!
//! It asks nobody and costs nothing, so it may look at every call. What it does not hear it leaves undetermined, for an
//! evaluator behind it that understands more; what it hears it must be right about, above all that somebody agreed: a
//! wrong `true` ends a lead. So the agent's words, a machine's greeting, a question and an order to whoever reads the call
//! never agree to anything, and the person's later word outdoes the earlier one.

pub mod builtin;
pub mod heard;
pub mod pattern;
pub mod rule;
pub mod settings;
mod time_words;
pub mod when;
pub mod words;

use campanile_plugin_sdk::evaluator::{Answer, CallEvaluator, Evaluation, Talk};
use campanile_plugin_sdk::types::{AnsweredBy, Outcome, PluginError, Value, VariableSpec};

use builtin::Subject;
use heard::{Event, Heard, Verdict};
use rule::{Rule, Says};
use settings::Builtin;
pub use settings::Settings;
use words::Who;

/// The evaluator.
pub struct KeywordEvaluator;

impl CallEvaluator for KeywordEvaluator {
    type Settings = Settings;

    fn evaluate(talk: &Talk, wanted: &[VariableSpec], settings: &Settings) -> Result<Evaluation, PluginError> {
        if talk.outcome == Outcome::Voicemail || talk.answered_by == AnsweredBy::Machine {
            return Ok(Evaluation::undetermined(wanted, "a machine answered, and a machine agrees to nothing"));
        }
        let heard = Heard::new(talk, settings.negations());
        let answers = wanted.iter().map(|spec| answer(spec, &heard, talk, settings));
        Ok(Evaluation::of(answers.collect::<Result<Vec<_>, _>>()?))
    }
}

campanile_plugin_sdk::export!(call_evaluator: KeywordEvaluator);

fn answer(spec: &VariableSpec, heard: &Heard, talk: &Talk, settings: &Settings) -> Result<Answer, PluginError> {
    let undetermined = |why: &str| Ok(Answer::new(&spec.name, Value::Undetermined, why));
    let mut rules = settings.rules_for(spec)?;
    let builtin = match settings.builtin {
        Builtin::Never => None,
        Builtin::WithoutRules if !rules.is_empty() => None,
        _ => builtin::subject(spec),
    };
    if !heard.has_person() && rules.is_empty() {
        let nothing = if heard.lines.is_empty() { "nothing was said" } else { "no person said anything" };
        return undetermined(nothing);
    }
    match builtin {
        Some(Subject::Callback) if rules.is_empty() => {
            if let Some(answer) = builtin::callback::answer(spec, heard, talk)? {
                return Ok(answer);
            }
        }
        Some(Subject::Appointment) => rules.extend(builtin::appointment::rules()),
        Some(Subject::OptOut) => rules.extend(builtin::opt_out::rules()),
        Some(Subject::WrongPerson) => rules.extend(builtin::wrong_person::rules()),
        _ => {}
    }
    if rules.is_empty() {
        return undetermined(
            "no rule is about this variable; write some in the setting rules, or leave it to another evaluator",
        );
    }
    told(spec, heard, talk, builtin, &rules)
}

fn told(
    spec: &VariableSpec,
    heard: &Heard,
    talk: &Talk,
    builtin: Option<Subject>,
    rules: &[Rule],
) -> Result<Answer, PluginError> {
    let Verdict { event, outdid } = heard.judge(rules);
    let Some(event) = event else { return Ok(Answer::new(&spec.name, Value::Undetermined, unheard(heard, builtin))) };
    let value = value(heard, talk, &event)?;
    let mut reason = format!("{} said \"{}\"", who(heard, &event), quote(heard, &event));
    let mut evidence = vec![heard.lines[event.line].at];
    if let Some(before) = event.answers {
        let words = &heard.lines[before].words;
        let from = words.len().saturating_sub(12);
        let cut = if from > 0 { "… " } else { "" };
        reason.push_str(&format!(", answering \"{cut}{}\"", words[from..].join(" ")));
        evidence.push(heard.lines[before].at);
    }
    if let Some(outdid) = outdid {
        reason.push_str(&format!(", which counts more than the earlier \"{}\"", quote(heard, &outdid)));
        evidence.push(heard.lines[outdid.line].at);
    }
    if value == Value::Undetermined {
        reason.push_str("; that leaves it open");
    }
    evidence.sort_unstable();
    evidence.dedup();
    let confidence = (value != Value::Undetermined).then_some(event.confidence);
    Ok(Answer { confidence, ..Answer::new(&spec.name, value, reason).because_of(evidence) })
}

fn who(heard: &Heard, event: &Event) -> &'static str {
    if heard.lines[event.line].who == Who::Agent { "the agent" } else { "the person" }
}

fn quote(heard: &Heard, event: &Event) -> String {
    heard.lines[event.line].quote(event.found.from, event.found.to)
}

/// Why nothing is told.
fn unheard(heard: &Heard, builtin: Option<Subject>) -> String {
    let offered =
        |offers: &pattern::Patterns| heard.lines.iter().any(|line| line.who == Who::Agent && offers.is_in(line));
    match builtin {
        Some(Subject::Appointment) if offered(&builtin::appointment::offered()) => {
            "only the agent spoke of it; the person neither agreed nor refused".to_owned()
        }
        _ => "nothing was said that tells".to_owned(),
    }
}

fn value(heard: &Heard, talk: &Talk, event: &Event) -> Result<Value, PluginError> {
    let line = &heard.lines[event.line];
    let (found, all) = (event.found, line.words.len());
    let number = |from: usize, to: usize| line.words[from..to].iter().find_map(|word| time_words::number(word));
    Ok(match &event.says {
        Says::Value(value) => value.clone(),
        Says::Words => quote(heard, event).into(),
        Says::Line => talk.transcript[line.at as usize].text.trim().into(),
        Says::Number => {
            number(found.from, found.to).or_else(|| number(0, all)).map_or(Value::Undetermined, |n| f64::from(n).into())
        }
        Says::Time => {
            let said = when::read(line, found.from, talk)?.or(when::read(line, 0, talk)?);
            said.map_or(Value::Undetermined, |said| Value::DateTime(said.at))
        }
        Says::Open => Value::Undetermined,
    })
}

#[cfg(test)]
mod tests;
