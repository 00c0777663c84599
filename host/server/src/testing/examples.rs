//! Sends every example of the document, and keeps what comes back as the document's examples of answers.
//!
//! Each is sent to a host of its own, with a key that has the scope which the document names and no other, and has to be answered
//! with every status below 300 that the document has for it. What came back is in `docs/openapi-examples.json`, and the whole
//! document in `docs/openapi.json`: whoever changes what the API says changes these files in the same commit. They are written by
//! `UPDATE_SNAPSHOTS=1 cargo test -p campanile-server --lib the_committed_document`.

use serde_json::Value;

use super::conforms::DOCUMENT;
use super::coverage::needs;
use super::refusals::refusals;
use super::stage::stage;
use super::{Answer, Host, names};
use crate::openapi::{Examples, SHOWN};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi-examples.json");

/// The good answers that the document has for an operation: their statuses, and whether they are shown.
fn answers(operation: &Value) -> Vec<(String, bool)> {
    let responses = operation["responses"].as_object().unwrap();
    let good = responses.iter().filter(|(status, _)| status.starts_with('2'));
    let shown = |response: &Value| SHOWN.iter().any(|kind| response["content"].get(*kind).is_some());
    good.map(|(status, response)| (status.clone(), shown(response))).collect()
}

/// Sends the example of an operation so that it is answered with a status.
async fn sent(method: &str, pattern: &str, status: &str, operation: &Value) -> (Answer, Value) {
    let mut host = Host::new().await;
    let staged = stage(&mut host, method, pattern, status).await;
    let key = match needs(operation) {
        None => None,
        Some((kind, _)) if kind == "operator" => Some(host.operator.clone()),
        Some((_, scopes)) => match scopes.first() {
            None => Some(host.live.clone()),
            Some(admin) if admin == "admin" => Some(host.live.clone()),
            Some(scope) => Some(host.key(scope, None).await),
        },
    };
    let answer = staged.send(&host, key.as_deref(), method, operation).await;
    let body = if answer.body.is_null() { Value::String(answer.text.clone()) } else { answer.body.clone() };
    let shown = names::shown(&body, &staged.named);
    (answer, shown)
}

/// Every example anew.
async fn gathered() -> Examples {
    let (mut examples, mut wrong) = (Examples::default(), Vec::new());
    for (method, pattern, operation) in DOCUMENT.operations() {
        for (status, is_shown) in answers(&operation) {
            let (answer, shown) = sent(&method, &pattern, &status, &operation).await;
            if answer.status.to_string() != status {
                wrong.push(format!("{method} {pattern} should be {status} and is {}: {}", answer.status, answer.text));
            }
            let id = operation["operationId"].as_str().unwrap();
            if is_shown {
                wrong.extend(DOCUMENT.misshapen(&format!("{method} {pattern}"), &operation, &status, &shown));
                examples.answers.entry(id.to_owned()).or_default().insert(status, shown);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    examples.problems = refusals().await;
    examples
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// The first line in which two texts differ, with what comes before it.
fn difference(committed: &str, now: &str) -> String {
    let (committed, now): (Vec<_>, Vec<_>) = (committed.lines().collect(), now.lines().collect());
    let at = committed.iter().zip(&now).position(|(one, other)| one != other);
    let at = at.unwrap_or(committed.len().min(now.len()));
    let around =
        |lines: &[&str]| lines.get(at.saturating_sub(4)..lines.len().min(at + 3)).unwrap_or_default().join("\n");
    format!("line {}; committed:\n{}\nnow:\n{}", at + 1, around(&committed), around(&now))
}

#[tokio::test]
async fn the_committed_document_is_what_the_handlers_make_and_its_examples_are_true() {
    let examples = gathered().await;
    let mut document = crate::openapi();
    examples.put_into(&mut document);
    for (file, now) in [(EXAMPLES, pretty(&examples)), (COMMITTED, pretty(&document))] {
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(file, now).unwrap();
            continue;
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            committed == now,
            "{file} is not what this code makes. When the change is meant, write it anew and commit it:\n\
             UPDATE_SNAPSHOTS=1 cargo test -p campanile-server --lib the_committed_document\n{}",
            difference(&committed, &now)
        );
    }
}
