//! Scripts over HTTP, checked in the sandbox.

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_sandbox::Sandbox;
use campanile_server::{Diagnostic, ScriptChecker};

/// The sandbox as the API sees it.
pub struct Checker(pub Sandbox);

#[async_trait]
impl ScriptChecker for Checker {
    async fn check(&self, tenant: TenantKey, source: &str) -> Result<(), Vec<Diagnostic>> {
        match self.0.check_script(tenant, source).await {
            Ok(Ok(_)) => Ok(()),
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
}
