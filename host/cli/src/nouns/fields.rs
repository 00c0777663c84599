//! The fields of something that is made or changed, from a file and from flags.
//!
//! The names are the API's. A file is TOML, or JSON by its name or its first letter; `--set` goes over it. A value of
//! `--set` is JSON where it reads as JSON, else a text: `max_retries=2` is a number, `name=Spring` is a text, and
//! `name='"2"'` is one too.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use crate::campaign_file;
use crate::exit::Failure;

/// Flags with fields.
#[derive(Args, Debug, Default)]
pub struct Fields {
    /// A TOML or JSON file with the fields of the API; - is stdin
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A field and its value, JSON or text; repeat it; a.b=1 sets b inside of a
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<Assignment>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Parts of the name.
    name: Vec<String>,
    /// The value.
    value: Value,
}

/// Reads `name=value`.
pub fn assignment(text: &str) -> Result<Assignment, String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, for example max_retries=2")?;
    let name: Vec<String> = name.split('.').map(|part| part.trim().to_owned()).collect();
    if name.iter().any(String::is_empty) {
        return Err("the name in front of = is empty".to_owned());
    }
    Ok(Assignment { name, value: value_of(value) })
}

/// JSON where it reads as JSON, else a text.
pub fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// Assignments as an object.
pub fn object(assignments: &[Assignment]) -> Map<String, Value> {
    let mut all = Map::new();
    for one in assignments {
        put(&mut all, &one.name, one.value.clone());
    }
    all
}

fn put(into: &mut Map<String, Value>, name: &[String], value: Value) {
    match name {
        [] => {}
        [last] => drop(into.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let inside = into.entry(first.clone()).or_insert_with(|| Map::new().into());
            if !inside.is_object() {
                *inside = Map::new().into();
            }
            if let Value::Object(inside) = inside {
                put(inside, rest, value);
            }
        }
    }
}

impl Fields {
    /// All fields that are named.
    pub fn read(&self) -> Result<Map<String, Value>, Failure> {
        let mut fields = match &self.file {
            Some(path) if path == Path::new("-") => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|error| Failure::other(format!("stdin cannot be read: {error}")))?;
                campaign_file::fields(path, &text)?
            }
            Some(path) => campaign_file::read_fields(path)?,
            None => Map::new(),
        };
        for one in &self.set {
            put(&mut fields, &one.name, one.value.clone());
        }
        Ok(fields)
    }

    /// The same, of which there has to be one.
    pub fn some(&self) -> Result<Map<String, Value>, Failure> {
        let fields = self.read()?;
        if fields.is_empty() {
            return Err(Failure::usage("nothing is named that is to change").next("--set NAME=VALUE, or --file FILE"));
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(texts: &[&str]) -> Value {
        let all: Vec<_> = texts.iter().map(|text| assignment(text).unwrap()).collect();
        object(&all).into()
    }

    #[test]
    fn a_value_is_json_where_it_reads_as_json() {
        let told =
            set(&["max_retries=2", "name=Spring = now", "on=true", "gone=null", "id=\"7\"", "phone=+1415", "l=[1]"]);
        let expected = json!({"max_retries": 2, "name": "Spring = now", "on": true, "gone": null, "id": "7",
            "phone": "+1415", "l": [1]});
        assert_eq!(told, expected);
    }

    #[test]
    fn points_lead_inside() {
        assert_eq!(
            set(&["limits.a=1", "limits.b.c=2", "x=1", "x.y=2"]),
            json!({"limits": {"a": 1, "b": {"c": 2}}, "x": {"y": 2}})
        );
        for wrong in ["nothing", "=1", "a..b=1", ".a=1"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
    }
}
