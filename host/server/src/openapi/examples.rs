//! What answers look like: `docs/openapi-examples.json`, put into the document.
//!
//! Nobody writes that file. A test sends the example of every request and keeps what came back, with the names that change from
//! one run to the next written alike; the same test fails when an answer is another one than the file says. An operation, an
//! answer or a code without an example fails it too.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{OpenApi, RefOr};

use super::operations::operations_of_mut;
use crate::codes;

/// Answers that are shown; the others are pages, streams and lines for people.
pub(crate) const SHOWN: [&str; 2] = ["application/json", "text/csv"];

/// The file.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Examples {
    /// What an operation, by its id, answers with a status.
    pub answers: BTreeMap<String, BTreeMap<String, Value>>,
    /// A problem for each code.
    pub problems: BTreeMap<String, Value>,
}

/// What was kept when this was built. A file that cannot be read is as good as none: the tests say so.
pub(super) static KEPT: LazyLock<Examples> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../docs/openapi-examples.json")).unwrap_or_default());

impl Examples {
    /// Puts them where they belong, in the place of any that are there.
    pub(crate) fn put_into(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            for (_, operation) in operations_of_mut(item) {
                let answers = operation.operation_id.as_ref().and_then(|id| self.answers.get(id));
                for (status, response) in &mut operation.responses.responses {
                    let (Some(answer), RefOr::T(response)) = (answers.and_then(|all| all.get(status)), response) else {
                        continue;
                    };
                    for kind in SHOWN {
                        if let Some(RefOr::T(content)) = response.content.get_mut(kind) {
                            content.example = Some(answer.clone());
                        }
                    }
                }
            }
        }
        let shown = &mut document.components.get_or_insert_default().examples;
        for code in codes::all() {
            let problem = self.problems.get(code.code).cloned();
            let example = ExampleBuilder::new().summary(code.title).value(problem).build();
            shown.insert(code.code.to_owned(), RefOr::T(example));
        }
    }
}
