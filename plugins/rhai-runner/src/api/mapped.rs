//! What `map_row` may answer: `person(#{ ... })` or `reject("reason")`.

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map};

use super::{taken, value};
use crate::diagnosis::{Diagnosis, trouble};
use crate::export::script::{Mapped, Person, Phone};
use crate::suggest;

/// An answer on its way out.
#[derive(Clone, Debug)]
pub struct Answer(Mapped);

pub const OF_PERSON: &[&str] = &["phone", "phones", "name", "external_id", "time_zone", "country", "priority", "vars"];
const OF_PHONE: &[&str] = &["phone", "name", "label"];

impl Answer {
    /// What a script's `map_row` returned.
    pub fn read(answer: Dynamic) -> Result<Mapped, Diagnosis> {
        let given = answer.type_name();
        match answer.try_cast::<Self>() {
            Some(Self(mapped)) => Ok(mapped),
            None => {
                let what = if given == "()" { "nothing".to_owned() } else { given.to_owned() };
                Err(Diagnosis::of_script(format!("`map_row` answered {what}"))
                    .with_hint("end every way through it with person(#{ ... }) or reject(\"reason\")"))
            }
        }
    }
}

fn text(name: &str, value: Dynamic) -> Result<Option<String>, Box<EvalAltResult>> {
    let text: ImmutableString = taken(name, value, "a text")?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A number alone, or with whose it is; nothing when the number is not written.
fn phone(given: Dynamic) -> Result<Option<Phone>, Box<EvalAltResult>> {
    if !given.is_map() {
        return Ok(text("phone", given)?.map(|phone| Phone { phone, name: None, label: None }));
    }
    let mut read = Phone { phone: String::new(), name: None, label: None };
    for (name, given) in taken::<Map>("phone", given, "a text or a map")? {
        let given = text(&name, given)?;
        match name.as_str() {
            "phone" => read.phone = given.unwrap_or_default(),
            "name" => read.name = given,
            "label" => read.label = given,
            unknown => {
                let hint = suggest::hint(unknown, OF_PHONE.iter().copied());
                return trouble(format!("a phone has no `{unknown}`"), hint);
            }
        }
    }
    Ok((!read.phone.is_empty()).then_some(read))
}

fn person(map: Map) -> Result<Answer, Box<EvalAltResult>> {
    let (mut primary, mut others) = (None, Vec::new());
    let mut read = Person {
        phones: Vec::new(),
        name: None,
        external_id: None,
        time_zone: None,
        country: None,
        priority: 0,
        variables: Vec::new(),
    };
    if !map.contains_key("phone") && !map.contains_key("phones") {
        return trouble("a person needs `phone` or `phones`", "write person(#{ phone: row.phone })".to_owned());
    }
    for (name, given) in map {
        match name.as_str() {
            "phone" => primary = phone(given)?,
            "phones" => {
                for given in taken::<Array>(&name, given, "a list of phones")? {
                    others.extend(phone(given)?);
                }
            }
            "name" => read.name = text(&name, given)?,
            "external_id" => read.external_id = text(&name, given)?,
            "time_zone" => read.time_zone = text(&name, given)?,
            "country" => read.country = text(&name, given)?,
            "priority" => match i32::try_from(taken::<INT>(&name, given, "a whole number")?) {
                Ok(priority) => read.priority = priority,
                Err(_) => return trouble("that priority is too large", None),
            },
            "vars" => read.variables = value::read(taken::<Map>(&name, given, "a map #{ name: value }")?)?,
            unknown => {
                let hint = suggest::hint(unknown, OF_PERSON.iter().copied());
                return trouble(format!("a person has no `{unknown}`"), hint);
            }
        }
    }
    read.phones = primary.into_iter().chain(others).collect();
    Ok(Answer(Mapped::Person(read)))
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Answer>("what becomes of a row");
    engine.register_fn("person", person);
    engine.register_fn("reject", |reason: &str| Answer(Mapped::Rejected(reason.to_owned())));
}
