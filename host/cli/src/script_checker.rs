//! Scripts over HTTP, read and tried in the sandbox.

use async_trait::async_trait;
use campanile_domain::evaluation::{Evaluation, EvaluationInput};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::ports::policy::Calendar;
use campanile_sandbox::{Role, Sandbox};
use campanile_server::{Diagnostic, ScriptRead, ScriptRole, Scripts};
use serde_json::Value;

/// The sandbox as the API sees it.
pub struct Checker(pub Sandbox);

#[async_trait]
impl Scripts for Checker {
    async fn check(&self, tenant: TenantKey, source: &str) -> Result<ScriptRead, Vec<Diagnostic>> {
        match self.0.check_script(tenant, source).await {
            Ok(Ok(described)) => {
                let role = |role: &Role| match role {
                    Role::RetryPolicy => ScriptRole::RetryPolicy,
                    Role::CallEvaluator => ScriptRole::CallEvaluator,
                    Role::RowMapping => ScriptRole::RowMapping,
                };
                let roles = described.roles.iter().map(role).collect();
                Ok(ScriptRead { roles, settings: described.settings_schema })
            }
            Ok(Err(found)) => Err(found
                .into_iter()
                .map(|one| Diagnostic {
                    line: one.line,
                    column: one.column,
                    message: one.message,
                    hint: one.hint.unwrap_or_default(),
                })
                .collect()),
            Err(fault) => {
                let message = format!("the script could not be checked: {fault}");
                Err(vec![Diagnostic { line: 0, column: 0, message, hint: "try again; see campanile doctor".into() }])
            }
        }
    }

    async fn evaluate(
        &self,
        tenant: TenantKey,
        source: &str,
        settings: &Value,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> PluginAnswer<Evaluation> {
        let draft = PluginRef { name: "script".to_owned(), version: Some("draft".to_owned()) };
        self.0.evaluate_script(tenant, (&draft, Some(source)), settings, input, calendar).await
    }
}
