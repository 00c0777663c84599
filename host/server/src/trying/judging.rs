//! Whether an answer is the one that its case expects. Every difference is told.

use campanile_domain::evaluation::Evaluation;
use campanile_domain::policy::Decision;
use campanile_domain::ports::mapper::Mapped;
use campanile_domain::variable::Value;
use campanile_domain::zone::Zone;
use serde_json::Value as Json;

use super::asking::{Wrong, instant};
use super::cases::Expected;

/// What is different.
#[derive(Default)]
pub struct Differences(Vec<String>);

impl Differences {
    fn say<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: Option<T>, found: Option<T>) {
        if let Some(wanted) = wanted
            && Some(&wanted) != found.as_ref()
        {
            let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("{found:?}"));
            self.0.push(format!("{what} is {found}, not {wanted:?}"));
        }
    }

    /// `None`: it is as expected.
    pub fn told(self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("; "))
    }
}

/// A failure: expected or not.
pub fn failed(expect: &Expected, message: &str) -> Option<String> {
    match &expect.error {
        Some(part) if message.contains(part.as_str()) => None,
        Some(part) => Some(format!("it failed with {message:?}, in which {part:?} is missing")),
        None => Some(format!("it failed: {message}")),
    }
}

fn must_fail(expect: &Expected, differences: &mut Differences) {
    if let Some(part) = &expect.error {
        differences.0.push(format!("it did not fail with {part:?}"));
    }
}

fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// As numbers are compared: 2 is 2.0.
fn same(wanted: &Json, found: &Json) -> bool {
    match (wanted.as_f64(), found.as_f64()) {
        (Some(wanted), Some(found)) => (wanted - found).abs() < 1e-9,
        _ => wanted == found,
    }
}

fn values<'a>(
    differences: &mut Differences,
    wanted: impl IntoIterator<Item = (&'a String, &'a Json)>,
    zone: &Zone,
    find: impl Fn(&str) -> Option<Value>,
) -> Result<(), Wrong> {
    for (name, wanted) in wanted {
        let found = find(name);
        let matches = match (&found, wanted) {
            (Some(Value::DateTime(at)), Json::String(text)) => instant(text, zone)? == *at,
            (Some(found), wanted) => same(wanted, &json(found)),
            (None, Json::Null) => true,
            (None, _) => false,
        };
        if !matches {
            let shown = match &found {
                Some(Value::DateTime(at)) => zone.local(*at).to_string(),
                Some(found) => json(found).to_string(),
                None => "not there".to_owned(),
            };
            differences.0.push(format!("{name} is {shown}, not {wanted}"));
        }
    }
    Ok(())
}

/// A decision.
pub fn decision(expect: &Expected, decision: &Decision, zone: &Zone) -> Result<Differences, Wrong> {
    let mut found = Differences::default();
    must_fail(expect, &mut found);
    found.say("the decision", expect.decision.as_deref(), Some(decision.word()));
    found.say("the reason", expect.reason.as_deref(), Some(decision.reason()));
    let retry = if let Decision::Retry(retry) = decision { Some(retry) } else { None };
    let local = |text: &Option<String>| text.as_deref().map(|text| instant(text, zone)).transpose();
    let shown = |at: campanile_domain::time::Timestamp| zone.local(at).to_string();
    found.say("the retry", local(&expect.at)?.map(shown), retry.map(|retry| shown(retry.not_before)));
    let before = retry.and_then(|retry| retry.not_after).map(shown);
    found.say("its end", local(&expect.before)?.map(shown), before);
    found.say("the contact", expect.contact, retry.and_then(|retry| retry.contact));
    found.say("the priority", expect.priority, retry.and_then(|retry| retry.priority));
    values(&mut found, expect.vars.iter().flatten(), zone, |name| retry?.variables.get(name).cloned())?;
    Ok(found)
}

/// An evaluation.
pub fn evaluation(expect: &Expected, evaluation: &Evaluation, zone: &Zone) -> Result<Differences, Wrong> {
    let mut found = Differences::default();
    must_fail(expect, &mut found);
    let answer = |name: &str| evaluation.answers.get(name);
    values(&mut found, &expect.answers, zone, |name| answer(name).map(|answer| answer.value.clone()))?;
    for (name, lines) in &expect.lines {
        let what = format!("what {name} rests on");
        found.say(&what, Some(lines), answer(name).map(|answer| &answer.evidence));
    }
    Ok(found)
}

/// A row.
pub fn row(expect: &Expected, mapped: &Mapped, zone: &Zone) -> Result<Differences, Wrong> {
    let mut found = Differences::default();
    match mapped {
        Mapped::Failed(mistake) => {
            let place = if mistake.line > 0 { format!("line {}: ", mistake.line) } else { String::new() };
            let hint = mistake.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            found.0.extend(failed(expect, &format!("{place}{}{hint}", mistake.message)));
        }
        Mapped::Rejected(reason) => {
            must_fail(expect, &mut found);
            match &expect.rejected {
                Some(wanted) => found.say("the reason", Some(wanted), Some(reason)),
                None => found.0.push(format!("the row is left out: {reason:?}")),
            }
        }
        Mapped::Person(person) => {
            must_fail(expect, &mut found);
            found.say("the rejection", expect.rejected.as_ref(), None);
            let phones: Vec<String> = person.phones.iter().map(|one| one.phone.clone()).collect();
            found.say("the list of phones", expect.phones.as_ref(), Some(&phones));
            found.say("the name", expect.person.as_ref(), person.name.as_ref());
            found.say("the key", expect.external_id.as_ref(), person.external_id.as_ref());
            found.say("the country", expect.country.as_ref(), person.country.as_ref());
            found.say("the priority", expect.priority, Some(person.priority));
            values(&mut found, expect.vars.iter().flatten(), zone, |name| person.variables.get(name).cloned())?;
        }
    }
    Ok(found)
}
