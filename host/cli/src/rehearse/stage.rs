//! What a rehearsal needs from outside the engine: a store in memory, the sandbox, a scenario, a policy by name.

use std::path::Path;
use std::sync::Arc;

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::ports::store::Store;
use campanile_engine::carrier::Scenario;
use campanile_sandbox::Sandbox;
use campanile_store::Profile;

use crate::exit::Failure;

/// Reads a scenario; without one, the default people.
pub fn scenario(path: Option<&Path>) -> Result<Scenario, Failure> {
    let Some(path) = path else { return Ok(Scenario::default()) };
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::not_found(format!("{shown} cannot be read: {error}")))?;
    text.parse::<Scenario>().map_err(|error| Failure::invalid(format!("{shown}: {error}")))
}

/// A store in memory.
pub fn store() -> Result<Arc<dyn Store>, Failure> {
    let options = campanile_store::Options { profile: Profile::Ephemeral, readers: 1, vault: None };
    match campanile_store::open(&options) {
        Ok(store) => Ok(store),
        Err(error) => Err(Failure::other(error.to_string())),
    }
}

/// `--policy` overrules the campaign file.
pub async fn name_policy(
    config: &mut CampaignConfig,
    policies: &Sandbox,
    tenant: TenantKey,
    policy: Option<&str>,
) -> Result<(), Failure> {
    match policy {
        None => {}
        Some("builtin") => config.policy = None,
        Some(path) if path.ends_with(".rhai") => {
            config.policy = Some(install(policies, tenant, Path::new(path)).await?)
        }
        Some(name) => {
            config.policy = Some(name.parse().map_err(|error| Failure::usage(format!("--policy: {error}")))?);
        }
    }
    if let Some(named) = &config.policy {
        policies.resolve(tenant, named).await.map_err(|error| Failure::not_found(error.to_string()))?;
    }
    Ok(())
}

async fn install(policies: &Sandbox, tenant: TenantKey, path: &Path) -> Result<PluginRef, Failure> {
    let source = std::fs::read_to_string(path)
        .map_err(|error| Failure::not_found(format!("{} cannot be read: {error}", path.display())))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("script");
    // The prefix keeps a file apart from the scripts that ship, which it may well be a copy of.
    let name: String = "file-"
        .chars()
        .chain(stem.chars())
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
        .take(49)
        .collect();
    policies
        .install_script(tenant, &name, &source)
        .await
        .map_err(|error| Failure::invalid(format!("{}: {error}", path.display())))
}
