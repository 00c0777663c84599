//! Policies that a request names: the version that is meant now, and whether settings fit it.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use serde_json::Value;

use crate::app::App;
use crate::problem::{FieldProblem, Problem};

/// The version in force, pinned; what is wrong is told of `/policy`.
pub(crate) async fn pinned(app: &App, tenant: TenantKey, named: &PluginRef) -> Result<PluginRef, Problem> {
    let resolved = app.policies.resolve(tenant, named).await;
    let pinned = resolved
        .map_err(|failure| Problem::invalid(vec![FieldProblem::new("/policy", failure.code, failure.message)]))?;
    pinned.parse().map_err(Problem::internal)
}

/// Whether settings are what a version asks for; what is wrong is told of `/settings`.
pub(crate) async fn fits(app: &App, tenant: TenantKey, policy: &PluginRef, settings: &Value) -> Result<(), Problem> {
    app.plugins.check_settings(tenant, policy, settings).await.map_err(|faults| {
        Problem::invalid(faults.into_iter().map(|fault| FieldProblem::from(fault).under("/settings")).collect())
    })
}
