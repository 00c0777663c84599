//! The requests that most nouns have: a list, one, make, change, delete, and verbs of their own.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::flags::{Paging, Reading, Writing};
use super::table::{Rows, record, row};
use crate::client::Insists;
use crate::exit::Failure;
use crate::say::{print, say};

/// A noun of the API.
#[derive(Debug)]
pub struct Noun {
    /// Its name in the plural, for people.
    pub plural: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What a person looks at first.
    pub columns: &'static [&'static str],
}

/// A path with those parameters that are given.
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Prints a list, a page or all of it.
pub async fn list(
    path: &str,
    filters: &[(&str, Option<&str>)],
    (plural, columns): (&str, &'static [&'static str]),
    paging: &Paging,
    reading: &Reading,
) -> Result<(), Failure> {
    let client = reading.client()?;
    let limit = paging.limit.or(paging.all.then_some(200)).map(|limit| limit.to_string());
    let mut cursor = paging.cursor.clone();
    let mut rows = Rows::new(columns);
    let mut pages = 0;
    loop {
        let mut parameters = filters.to_vec();
        parameters.extend([("limit", limit.as_deref()), ("cursor", cursor.as_deref())]);
        let page = client.get(&with_query(path, &parameters)).await?;
        let next = page["next_cursor"].as_str().map(str::to_owned);
        if reading.json && !paging.all {
            return say(&page);
        }
        let data = page["data"].as_array().map_or(&[][..], Vec::as_slice);
        if reading.json {
            // One document, page by page, so that a list of a million leads needs no memory for them.
            let text: Vec<String> = data.iter().map(Value::to_string).collect();
            let comma = if pages > 0 && !text.is_empty() { "," } else { "" };
            print(format_args!("{}{comma}{}", if pages == 0 { "{\"data\":[" } else { "" }, text.join(",")))?;
        }
        data.iter().filter(|_| !reading.json).for_each(|one| rows.add(one));
        pages += 1;
        match next {
            Some(next) if paging.all => cursor = Some(next),
            _ if reading.json => return say("],\"next_cursor\":null}"),
            next => {
                rows.print()?;
                if rows.len() == 0 {
                    eprintln!("no {plural}");
                }
                if let Some(next) = next {
                    eprintln!("more: --cursor {next}, or --all");
                }
                return Ok(());
            }
        }
    }
}

/// Prints a document: as it is, or everything in it for a person.
pub fn show(document: &Value, reading: &Reading) -> Result<(), Failure> {
    if reading.json { say(document) } else { record(document) }
}

impl Noun {
    /// The path of one.
    pub fn at(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }

    /// Prints the list.
    pub async fn list(
        &self,
        filters: &[(&str, Option<&str>)],
        paging: &Paging,
        reading: &Reading,
    ) -> Result<(), Failure> {
        list(self.path, filters, (self.plural, self.columns), paging, reading).await
    }

    /// Prints one.
    pub async fn get(&self, id: &str, reading: &Reading) -> Result<(), Failure> {
        show(&reading.client()?.get(&self.at(id)).await?, reading)
    }

    /// Makes one and prints it.
    pub async fn create(&self, body: Map<String, Value>, once: Option<&str>, writing: &Writing) -> Result<(), Failure> {
        let insists = once.map(Insists::Once);
        self.told(writing.send(Method::POST, self.path, Some(body.into()), insists).await?, writing)
    }

    /// Changes one and prints it.
    pub async fn update(&self, id: &str, body: Map<String, Value>, writing: &Writing) -> Result<(), Failure> {
        self.told(writing.send(Method::PATCH, &self.at(id), Some(body.into()), None).await?, writing)
    }

    /// Does something with one and prints it.
    pub async fn verb(&self, id: &str, verb: &str, body: Option<Value>, writing: &Writing) -> Result<(), Failure> {
        self.told(writing.send(Method::POST, &format!("{}/{verb}", self.at(id)), body, None).await?, writing)
    }

    /// Deletes one, if that is meant.
    pub async fn delete(&self, id: &str, writing: &Writing) -> Result<(), Failure> {
        writing.sure(&format!("delete {id}"))?;
        gone(writing.send(Method::DELETE, &self.at(id), None, None).await?, &format!("{id} is deleted"), writing)
    }

    /// Prints what became of it.
    pub fn told(&self, answer: Option<Value>, writing: &Writing) -> Result<(), Failure> {
        match answer {
            None => Ok(()),
            Some(document) if writing.reading.json => say(&document),
            Some(document) => row(&document, self.columns),
        }
    }
}

/// Tells that something is gone; in JSON there is nothing to tell.
pub fn gone(answer: Option<Value>, words: &str, writing: &Writing) -> Result<(), Failure> {
    match answer {
        None => Ok(()),
        Some(document) if writing.reading.json => say(&document),
        Some(_) => {
            eprintln!("{words}");
            Ok(())
        }
    }
}

/// An object of those fields that are given.
pub fn given(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A text that may be given.
pub fn text(value: &Option<String>) -> Option<Value> {
    value.as_ref().map(|text| json!(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped_and_left_out_when_nobody_gave_them() {
        let path = with_query("/v1/leads", &[("phone", Some("+1 415&x=1")), ("status", None)]);
        assert_eq!(path, "/v1/leads?phone=%2B1+415%26x%3D1");
        assert_eq!(with_query("/v1/leads", &[("status", None)]), "/v1/leads");
    }
}
