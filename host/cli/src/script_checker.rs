//! Scripts over HTTP: checked and activated in the sandbox.

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::PluginVersion;
use campanile_sandbox::{Content, Digest, Installed, Sandbox};
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

    async fn activated(&self, tenant: TenantKey, version: &PluginVersion, source: &str) {
        put_back(&self.0, tenant, version, source.as_bytes().to_vec());
    }
}

/// Gives a stored script to the sandbox; the active version is the one that `name@active` follows.
pub fn put_back(sandbox: &Sandbox, tenant: TenantKey, version: &PluginVersion, source: Vec<u8>) {
    let (name, number) = (&version.name, &version.version);
    let Ok(source) = String::from_utf8(source) else {
        tracing::error!(name, version = number, "a stored script is not UTF-8 and cannot be used");
        return;
    };
    sandbox.put(Installed {
        tenant,
        name: name.clone(),
        version: number.clone(),
        kind: Kind::RetryPolicy,
        digest: Digest::of(source.as_bytes()),
        bytes: source.len(),
        content: Content::Script(source),
    });
    if version.active
        && let Err(error) = sandbox.activate(tenant, name, number)
    {
        tracing::error!(name, version = number, %error, "a script cannot be used");
    }
}
