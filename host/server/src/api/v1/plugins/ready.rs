//! Whether a version may come into force: what it asks for was granted, and everybody who would follow it fits.
//!
//! The store asks about grants again in its transaction; here the difference is told item by item.

use campanile_domain::campaign::{CampaignState, FieldError};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{Page, PluginVersion};

use crate::app::App;
use crate::codes;
use crate::problem::{FieldProblem, Problem};

/// Refuses with the difference between what is asked for and what was granted.
pub(crate) async fn must_be_granted(app: &App, tenant: TenantKey, version: &PluginVersion) -> Result<(), Problem> {
    let Some(manifest) = &version.manifest else { return Ok(()) };
    let grants = app.store.grants(tenant, &version.name).await?;
    let missing = manifest.missing(grants.iter().map(|grant| &grant.ask));
    if missing.is_empty() {
        return Ok(());
    }
    let PluginVersion { name, version, .. } = version;
    let detail = format!(
        "{name}@{version} asks for {} that nobody granted; look at them in errors and grant them with POST /v1/plugins/{name}/grants",
        if missing.len() == 1 { "one thing".to_owned() } else { format!("{} things", missing.len()) }
    );
    let told = missing.into_iter().map(|ask| {
        FieldProblem::new(format!("/{}/{}", ask.what(), ask.item()), "not_granted", format!("{ask} was not granted"))
    });
    Err(Problem::new(&codes::PLUGIN_NOT_GRANTED, detail).with(told))
}

/// Refuses while settings that are in use would break a rule of the version.
pub(super) async fn must_fit(app: &App, tenant: TenantKey, version: &PluginVersion) -> Result<(), Problem> {
    let exact = PluginRef { name: version.name.clone(), version: Some(version.version.clone()) };
    let follows = |plugin: &Option<PluginRef>| {
        plugin.as_ref().is_some_and(|plugin| plugin.name == exact.name && plugin.version.is_none())
    };
    let mut faults = Vec::new();
    let mut add = |place: String, found: Vec<FieldError>| {
        faults.extend(found.into_iter().map(|fault| FieldProblem::from(fault).under(&place)));
    };
    for gateway in app.store.gateways(Some(tenant)).await?.into_iter().filter(|row| follows(&row.plugin)) {
        if let Err(found) = app.plugins.check_settings(tenant, &exact, &gateway.settings).await {
            add(format!("/gateways/{}/settings", gateway.id), found);
        }
    }
    for source in app.store.sources(Some(tenant)).await? {
        if source.plugin.name == exact.name
            && source.plugin.version.is_none()
            && let Err(found) = app.plugins.check_settings(tenant, &exact, &source.settings).await
        {
            add(format!("/sources/{}/settings", source.id), found);
        }
    }
    let mut page = Page { cursor: None, limit: 200 };
    loop {
        let listed = app.store.campaigns(tenant, None, None, &page).await?;
        let calling = listed.data.iter().filter(|one| one.status != CampaignState::Completed);
        for campaign in calling.filter(|one| follows(&one.config.policy)) {
            if let Err(found) = app.plugins.check_settings(tenant, &exact, &campaign.config.policy_settings).await {
                add(format!("/campaigns/{}/policy_settings", campaign.id), found);
            }
        }
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "{exact} would not take the settings of those who follow the active version; change them first, they are in errors"
    );
    Err(Problem::new(&codes::PLUGIN_SETTINGS_UNFIT, detail).with(faults))
}
