//! Scripts over HTTP: checked and activated in the sandbox.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::PluginVersion;
use campanile_sandbox::{Digest, Policies};
use campanile_server::{Diagnostic, ScriptChecker};

/// The sandbox as the API sees it.
pub struct Checker(pub Arc<Policies>);

#[async_trait]
impl ScriptChecker for Checker {
    async fn check(&self, source: &str) -> Result<(), Vec<Diagnostic>> {
        match self.0.check_script(source).await {
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

    async fn activated(&self, tenant: TenantKey, version: &PluginVersion, source: &str) {
        put_back(&self.0, tenant, version, source.as_bytes().to_vec());
    }
}

/// Gives a stored script to the sandbox; the active version is the one that `name@active` follows.
pub fn put_back(policies: &Policies, tenant: TenantKey, version: &PluginVersion, source: Vec<u8>) {
    let shelved = campanile_sandbox::PluginVersion {
        tenant,
        name: version.name.clone(),
        version: version.version.clone(),
        kind: Kind::RetryPolicy,
        is_script: true,
        digest: Digest::of(&source),
        body: source,
    };
    let restored = policies.restore(shelved).and_then(|()| {
        if version.active { policies.activate(tenant, &version.name, &version.version) } else { Ok(()) }
    });
    if let Err(error) = restored {
        tracing::error!(name = version.name, version = version.version, %error, "a script cannot be used");
    }
}
