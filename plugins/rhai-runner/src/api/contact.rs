//! `lead.contacts`: the phones of the lead.

use std::rc::Rc;

use campanile_plugin_sdk::policy::Input;
use rhai::{Dynamic, Engine, EvalAltResult, INT};

use super::value::Variables;
use crate::diagnosis::no_property;

/// One contact of the input.
#[derive(Clone, Debug)]
pub struct Contact {
    input: Rc<Input>,
    at: usize,
}

const PROPERTIES: &[&str] = &["position", "phone", "name", "label", "usable", "vars"];

impl Contact {
    pub fn new(input: &Rc<Input>, at: usize) -> Self {
        Self { input: Rc::clone(input), at }
    }
}

fn property(contact: &mut Contact, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let it = &contact.input.contacts[contact.at];
    Ok(match name {
        "position" => INT::from(it.position).into(),
        "phone" => it.phone.clone().into(),
        "name" => it.name.clone().unwrap_or_default().into(),
        "label" => it.label.clone().unwrap_or_default().into(),
        "usable" => it.usable.into(),
        "vars" => Dynamic::from(Variables::new("contact", &it.variables)),
        _ => return no_property("a contact", name, PROPERTIES),
    })
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Contact>("contact");
    super::properties(engine, PROPERTIES, property);
}
