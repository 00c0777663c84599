//! Reads a campaign's configuration and checks every rule that can be checked before it starts.
//!
//! The domain knows the rules of the fields alone; here are added those that need the account, the assistant and the
//! policies. All faults are told together.

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::evaluation::EVALUATORS;
use campanile_domain::hours::CallingHours;
use campanile_domain::ports::store::{Assistant, Tenant};
use campanile_domain::variable::check_goal;
use serde_json::{Map, Value};

use crate::app::App;
use crate::body::typed;
use crate::phones;
use crate::problem::{FieldProblem, Problem};

/// The shape: phones normalised, hours read, fields known and of their types. Without an assistant, phones without a
/// country cannot be read.
pub(super) fn shape(
    mut body: Map<String, Value>,
    assistant: Option<&Assistant>,
    faults: &mut Vec<FieldProblem>,
) -> Option<CampaignConfig> {
    let named = body.get("time_zone").and_then(Value::as_str);
    let zone = named.or(assistant.map(|assistant| assistant.config.time_zone.name()));
    let region = phones::region(None, zone, "").unwrap_or_default();
    phones::normalise(&mut body, "caller_ids", region, faults);
    if let Some(hours) = body.get("calling_hours")
        && let Err(found) = CallingHours::from_json(hours)
    {
        let place = |pointer: &str| format!("/calling_hours{pointer}");
        faults
            .extend(found.into_iter().map(|fault| FieldProblem::new(place(&fault.pointer), fault.code, fault.message)));
        body.shift_remove("calling_hours");
    }
    typed(Value::Object(body)).map_err(|found| faults.extend(found)).ok()
}

/// The rules.
pub(crate) async fn check(
    app: &App,
    tenant: &Tenant,
    assistant: &Assistant,
    config: &CampaignConfig,
    faults: &mut Vec<FieldProblem>,
) -> Result<(), Problem> {
    faults.extend(config.check(tenant.limits.max_concurrent_calls).into_iter().map(FieldProblem::from));
    if let Some(goal) = &config.goal_variable
        && let Err(rule) = check_goal(&assistant.config.variables, goal)
    {
        faults.push(FieldProblem::new("/goal_variable", rule.code(), rule.to_string()));
    }
    if let Some(policy) = &config.policy
        && let Err(failure) = app.policies.resolve(tenant.key, policy).await
    {
        faults.push(FieldProblem::new("/policy", failure.code, failure.message));
    }
    if config.evaluators.len() > EVALUATORS {
        let message = format!("{} evaluators are named; a campaign has at most {EVALUATORS}", config.evaluators.len());
        faults.push(FieldProblem::new("/evaluators", "length", message));
    } else if !config.evaluators.is_empty() && assistant.config.variables.is_empty() {
        let message = "the assistant asks for no variables, so there is nothing to evaluate; give it variables first";
        faults.push(FieldProblem::new("/evaluators", "nothing_asked", message));
    }
    for (place, used) in config.evaluators.iter().take(EVALUATORS).enumerate() {
        let at = format!("/evaluators/{place}");
        match app.evaluators.resolve(tenant.key, &used.plugin).await {
            Err(failure) => faults.push(FieldProblem::new(at, failure.code, failure.message)),
            Ok(_) => {
                if let Err(found) = app.plugins.check_settings(tenant.key, &used.plugin, &used.settings).await {
                    let settings = format!("{at}/settings");
                    faults.extend(found.into_iter().map(|fault| FieldProblem::from(fault).under(&settings)));
                }
            }
        }
    }
    Ok(())
}
