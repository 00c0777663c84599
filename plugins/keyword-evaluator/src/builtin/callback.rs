//! Who asks to be called again, and when.
//!
//! The instant is the earliest that fits what was said, because that is what `callback_at` means: not before. A wish
//! without a time is undetermined: the campaign's own wait is a better guess than one made here.

use campanile_plugin_sdk::evaluator::{Answer, Talk};
use campanile_plugin_sdk::types::{PluginError, Value, ValueType, VariableSpec};

use crate::heard::{Event, Heard};
use crate::pattern::Patterns;
use crate::rule::{Force, Rule, Says};
use crate::when;

/// The words, English then German.
pub const WORDS: &str = "can/could we talk/speak * later/tomorrow/another/again/{time} | talk/speak later/tomorrow \
    | call/ring/phone/try/ask me/us back | call/ring/phone/try/catch/reach/contact me/us \
    again/later/another/tomorrow/{time}/after/around/next/when | call/ring/phone/try/catch/reach me/us \
    on/at/in/about/by {time} | call/ring/phone/try me/us in * minutes/hours/days/weeks/minute/hour/week | \
    call/ring/phone/try/try back/again/later/tomorrow/after/around/{time} | call next/another | call on/in/at \
    {time} | call me sometime | hit/get me up/back again/later/tomorrow/after/around/at/on/in/{time} | hit me up | \
    get back to me | check back | reach out again/later/tomorrow/next/after/on/{time} | call/ring/phone us \
    on/at/in/after/before/around/about {time} | call/ring/phone back in/on/at/after | some other time | different \
    time | give me/us/her/him a call/ring/shout/buzz | callback | another time | better time | \
    call/ring/phone/try/give * again/back/later/tomorrow | not/isnt a good/great time/moment | bad time/moment | \
    wrong time | cant talk | cant speak | cant really talk | call in {number} | rufen sie/ruf * \
    später/nochmal/noch/wieder/zurück/{time} | ruf/rufen * zurück | rufen sie * an | rufen sie mich/uns/bitte | \
    ruf/ruft mich/uns | zurückrufen | melden sie sich * {time}/später/wieder/nochmal | später noch mal/einmal | \
    später nochmal | versuchen sie es * später/{time}/noch/nochmal/wieder | passt gerade nicht | gerade schlecht | \
    gerade ungünstig | ein anderes mal | kann gerade nicht";

/// The words that put off instead of agreeing; "call me on this number" does not.
const NOT_NOW: &str = "can/could we talk/speak later/tomorrow/another/again/{day} | talk/speak later/tomorrow | \
    call/ring/phone/try/ask me/us back/again/later/another/tomorrow/next/{day} | call/ring/phone/try/try \
    back/again/later/tomorrow/{day} | give me/us a call/ring/shout/buzz back/again/later/tomorrow/on/in/next/{day} \
    | another time | better time | not/isnt a good/great time/moment | bad time/moment | wrong time | cant talk | \
    cant speak | call/ring/phone/try me in * minutes/hours/days/weeks/hour/week | rufen sie * \
    später/morgen/{day}/zurück/wieder/nochmal | rufen sie * noch mal/einmal | zurückrufen | später noch mal/einmal \
    | ein anderes mal | passt gerade nicht | kann gerade nicht | gerade schlecht/ungünstig";
const CONDITIONAL: &str = "if anything | if you need | if you have any | if something | if that changes | call you \
    back | ill call | i will call";

/// The person puts off: no agreement to anything.
pub fn not_now() -> Rule {
    let unless = Patterns::of(CONDITIONAL);
    Rule { questions: true, unless, ..Rule::new(Says::Value(false.into()), NOT_NOW) }.sure(0.7)
}

/// The person's wish to be called again.
fn wish(confidence: f32) -> Rule {
    Rule { questions: true, unless: Patterns::of(CONDITIONAL), ..Rule::yes(WORDS) }.sure(confidence)
}

/// The wish, and the line and the time that go with it.
type Wish = (Event, Option<(usize, when::Said)>);

/// The person's wish and the time that goes with it: in the same words, or where they go on.
fn said(heard: &Heard, talk: &Talk) -> Result<Option<Wish>, PluginError> {
    let calls_off = Rule { force: Force::UndoesTrue, ..Rule::open(super::opt_out::WORDS).even_negated() };
    let Some(event) = heard.judge(&[wish(0.8), calls_off]).event else { return Ok(None) };
    if event.says == Says::Open {
        return Ok(None);
    }
    for line in heard.going_on(event.line, 3) {
        let from = if line == event.line { event.found.from } else { 0 };
        if let Some(said) = when::read(&heard.lines[line], from, talk)? {
            return Ok(Some((event, Some((line, said)))));
        }
    }
    // "I'm home on Monday, call me back then."
    let line = &heard.lines[event.line];
    let then = (event.found.from..line.words.len().min(event.found.to + 2))
        .any(|at| ["then", "dann"].contains(&line.words[at].as_str()));
    let before = if then { when::read(line, 0, talk)? } else { None };
    let before = before.map(|said| (event.line, said));
    Ok(Some((event, before)))
}

/// Answers a variable about calling again, in its own type; `None` for a type that cannot be answered.
pub fn answer(spec: &VariableSpec, heard: &Heard, talk: &Talk) -> Result<Option<Answer>, PluginError> {
    if !matches!(spec.kind, ValueType::DateTime | ValueType::Text | ValueType::Boolean) {
        return Ok(None);
    }
    let none = |why: String| Answer::new(&spec.name, Value::Undetermined, why);
    let Some((event, time)) = said(heard, talk)? else {
        return Ok(Some(none("the person did not ask to be called again".to_owned())));
    };
    let line = &heard.lines[event.line];
    let wish = line.quote(event.found.from, event.found.to);
    let lines = [Some(event.line), time.as_ref().map(|(line, _)| *line)].into_iter().flatten();
    let mut evidence: Vec<u32> = lines.map(|line| heard.lines[line].at).collect();
    evidence.dedup();
    let answer = match (spec.kind, time) {
        (ValueType::Boolean, _) => Answer::new(&spec.name, true, format!("the person said \"{wish}\"")),
        (_, None) => none(format!("the person said \"{wish}\" and no time that can be told")),
        (ValueType::Text, Some((_, said))) => {
            Answer::new(&spec.name, said.words.clone(), format!("the person said \"{wish}\" and \"{}\"", said.words))
        }
        (_, Some((_, said))) => {
            let reason =
                format!("the person said \"{wish}\" and \"{}\", which is {} at the earliest", said.words, said.shown);
            Answer::new(&spec.name, Value::DateTime(said.at), reason)
        }
    };
    let confidence = if answer.value == Value::Undetermined { None } else { Some(event.confidence) };
    Ok(Some(Answer { confidence, ..answer.because_of(evidence) }))
}
