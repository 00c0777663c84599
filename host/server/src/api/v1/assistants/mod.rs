//! Assistants: who speaks.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod patch;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{AssistantConfig, StoreError};
use campanile_domain::variable::check_specs;
use serde_json::{Map, Value};

use super::check_name;
use crate::app::App;
use crate::body::typed;
use crate::phones;
use crate::problem::{FieldProblem, Problem};

/// Reads a whole configuration and checks every rule of it.
async fn read(app: &App, tenant: TenantKey, mut body: Map<String, Value>) -> Result<AssistantConfig, Problem> {
    let mut faults = Vec::new();
    let region = phones::region(None, body.get("time_zone").and_then(Value::as_str), "").unwrap_or_default();
    phones::normalise(&mut body, "phone_numbers", region, &mut faults);
    let config: AssistantConfig = match typed(Value::Object(body)) {
        Ok(config) => config,
        Err(more) => {
            faults.extend(more);
            return Err(Problem::invalid(faults));
        }
    };
    check(&config, &mut faults);
    if !owns_gateway(app, tenant, &config).await? {
        let message = format!("there is no gateway {} in this account; GET /v1/gateways lists them", config.gateway);
        faults.push(FieldProblem::new("/gateway", "unknown_gateway", message));
    }
    if faults.is_empty() { Ok(config) } else { Err(Problem::invalid(faults)) }
}

fn check(config: &AssistantConfig, faults: &mut Vec<FieldProblem>) {
    check_name(&config.name, faults);
    let mut range = |field: &str, value: u32, least: u32, most: u32| {
        if !(least..=most).contains(&value) {
            let message = format!("{value} is outside {least} to {most} seconds");
            faults.push(FieldProblem::new(format!("/{field}"), "range", message));
        }
    };
    range("ring_timeout_seconds", config.ring_timeout_seconds, 5, 120);
    range("max_call_seconds", config.max_call_seconds, 20, 7200);
    faults.extend(check_specs(&config.variables).into_iter().map(|error| {
        FieldProblem::new(format!("/variables{}", error.pointer), error.rule.code(), error.rule.to_string())
    }));
}

async fn owns_gateway(app: &App, tenant: TenantKey, config: &AssistantConfig) -> Result<bool, Problem> {
    match app.store.gateway_by_id(config.gateway).await {
        Ok(gateway) => Ok(gateway.tenant == tenant),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
