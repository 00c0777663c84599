//! The component's faces.

use std::cell::RefCell;
use std::rc::Rc;

use campanile_plugin_sdk::evaluator::{CallEvaluator, Evaluation, Talk};
use campanile_plugin_sdk::policy::{Decision, Input, RetryPolicy};
use campanile_plugin_sdk::types::{PluginError, VariableSpec};

use crate::api::row::{Column, Row};
use crate::diagnosis::Diagnosis;
use crate::loaded::Loaded;

mod bindings {
    wit_bindgen::generate!({ path: "../../plugin-sdk/wit/v0.1", world: "campanile:plugin/script-runner",
        with: { "campanile:plugin/types@0.1.0": campanile_plugin_sdk::types }, additional_derives: [PartialEq] });
}

pub use bindings::exports::campanile::plugin::script;
use script::{Described, Diagnostic, Guest, Mapped};

thread_local! {
    /// The script in the settings; read once, because an instance belongs to one script and its settings for life.
    static SCRIPT: RefCell<Option<Loaded>> = const { RefCell::new(None) };
}

/// The runner's settings: the script and what its own settings are.
#[derive(serde::Deserialize)]
struct Settings {
    source: String,
    #[serde(default)]
    settings: serde_json::Map<String, serde_json::Value>,
}

/// The script as a retry policy.
pub struct Policy;

impl RetryPolicy for Policy {
    type Settings = campanile_plugin_sdk::NoSettings;

    fn decide(input: &Input, _: &Self::Settings) -> Result<Decision, PluginError> {
        SCRIPT.with_borrow(|script| match script {
            Some(script) => script.decide(input).map_err(|diagnosis| diagnosis.into_error("script_failed")),
            None => Err(PluginError::new("script_not_loaded", "the runner was asked before it was given its script")),
        })
    }
}

campanile_plugin_sdk::export!(retry_policy: Policy);

/// The script as a call evaluator.
pub struct Evaluate;

impl CallEvaluator for Evaluate {
    type Settings = campanile_plugin_sdk::NoSettings;

    fn evaluate(talk: &Talk, wanted: &[VariableSpec], _: &Self::Settings) -> Result<Evaluation, PluginError> {
        SCRIPT.with_borrow(|script| match script {
            Some(script) => script.evaluate(talk, wanted).map_err(|found| found.into_error("script_failed")),
            None => Err(PluginError::new("script_not_loaded", "the runner was asked before it was given its script")),
        })
    }
}

campanile_plugin_sdk::export!(call_evaluator: Evaluate);

struct Script;

impl Guest for Script {
    fn check(source: String) -> Result<Described, Vec<Diagnostic>> {
        campanile_plugin_sdk::glue::install_panic_hook();
        let script = Loaded::new(&source, &serde_json::Map::new()).map_err(|found| vec![found.into()])?;
        Ok(Described { kinds: script.kinds().to_vec(), settings_schema: script.schema().to_string() })
    }

    fn load() -> Result<(), Vec<Diagnostic>> {
        campanile_plugin_sdk::glue::install_panic_hook();
        let unreadable = |error: PluginError| vec![Diagnosis::of_script(error.message).into()];
        let Settings { source, settings } = campanile_plugin_sdk::glue::read_settings().map_err(unreadable)?;
        let script = Loaded::new(&source, &settings).map_err(|found| vec![found.into()])?;
        SCRIPT.set(Some(script));
        Ok(())
    }

    fn map_rows(columns: Vec<script::Column>, rows: Vec<script::Row>) -> Result<Vec<Mapped>, Vec<Diagnostic>> {
        let columns: Rc<[Column]> =
            columns.into_iter().map(|script::Column { header, name }| Column { header, name }).collect();
        SCRIPT.with_borrow(|loaded| match loaded {
            Some(loaded) if loaded.kinds().contains(&script::Kind::RowMapping) => Ok(rows
                .into_iter()
                .map(|script::Row { number, cells }| {
                    let mapped = loaded.map_row(Row::new(&columns, number, cells));
                    mapped.unwrap_or_else(|found| Mapped::Failed(found.into()))
                })
                .collect()),
            Some(_) => Err(vec![Diagnosis::of_script("the script does not define `map_row(row)`").into()]),
            None => Err(vec![Diagnosis::of_script("the runner was asked before it was given its script").into()]),
        })
    }
}

impl From<Diagnosis> for Diagnostic {
    fn from(found: Diagnosis) -> Self {
        Self { line: found.line, column: found.column, message: found.message, hint: found.hint }
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Script with_types_in bindings);
