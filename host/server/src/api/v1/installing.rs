//! Instances of plugins (gateways, sources): the version that is meant, its settings, its secrets.
//!
//! Everything wrong with a request is told at once; the store asks about the version, the grants and the secrets again in
//! its transaction.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::store::{PluginVersion, StoreError};
use serde_json::{Map, Value};

use crate::app::App;
use crate::problem::{FieldProblem, Problem};

/// The longest secret, in bytes: a private key in PEM with room to spare.
pub(crate) const LONGEST_SECRET: usize = 16 << 10;

/// What only a plugin of a kind does, for messages.
const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::LeadImporter => "brings leads",
        Kind::RetryPolicy | Kind::ScriptRunner => "decides",
        Kind::CallEvaluator => "evaluates calls",
        Kind::VoiceGateway => "places calls",
        Kind::ResultSink => "writes results back",
    }
}

/// The version that a text names, if it is of the kind.
pub(crate) async fn named(
    app: &App,
    tenant: TenantKey,
    kind: Kind,
    text: Option<&str>,
    faults: &mut Vec<FieldProblem>,
) -> Result<Option<(PluginRef, PluginVersion)>, Problem> {
    let mut fault = |code: &str, message: String| {
        faults.push(FieldProblem::new("/plugin", code, message));
        Ok(None)
    };
    let Some(text) = text else {
        let message = format!("\"plugin\" is missing: which {kind} {}, such as \"acme@active\"", what(kind));
        return fault("required", message);
    };
    let plugin: PluginRef = match text.parse() {
        Ok(plugin) => plugin,
        Err(error) => return fault("invalid", format!("{error}")),
    };
    match in_use(app, tenant, &plugin).await? {
        None => {
            fault("unknown_plugin", format!("{plugin} names no version of this account; GET /v1/plugins lists them"))
        }
        Some(version) if !version.state.is_usable() => {
            let state = version.state.word();
            fault(
                "plugin_not_usable",
                format!("{plugin} is {state}; only a version that passed every gate can be used"),
            )
        }
        Some(version) if version.kind != kind.word() => {
            fault("plugin_wrong_kind", format!("{plugin} is a {}; only a {kind} {}", version.kind, what(kind)))
        }
        Some(version) => Ok(Some((plugin, version))),
    }
}

/// The version that a reference finds now.
pub(crate) async fn in_use(app: &App, tenant: TenantKey, plugin: &PluginRef) -> Result<Option<PluginVersion>, Problem> {
    if let Some(version) = &plugin.version {
        return match app.store.plugin_version(tenant, &plugin.name, version).await {
            Ok(version) => Ok(Some(version)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
    let versions = app.store.plugin_versions(Some(tenant), Some(&plugin.name)).await?;
    Ok(versions.into_iter().map(|(_, version)| version).find(|version| version.active))
}

/// Whether settings are what the version asks for.
pub(crate) async fn check_settings(
    app: &App,
    tenant: TenantKey,
    version: &PluginVersion,
    settings: &Value,
    faults: &mut Vec<FieldProblem>,
) {
    let exact = PluginRef { name: version.name.clone(), version: Some(version.version.clone()) };
    if let Err(found) = app.plugins.check_settings(tenant, &exact, settings).await {
        faults.extend(found.into_iter().map(|fault| FieldProblem::from(fault).under("/settings")));
    }
}

/// Secrets as they are kept: every one that the version needs and no other.
pub(crate) fn secrets(
    manifest: Option<&Manifest>,
    given: Map<String, Value>,
    faults: &mut Vec<FieldProblem>,
) -> Secrets {
    let mut secrets = Secrets::default();
    for (name, spec) in manifest.iter().flat_map(|manifest| &manifest.secrets) {
        if !spec.optional && !given.contains_key(name) {
            let message = format!("{name:?} ({}) is missing; it has to be sent", spec.title);
            faults.push(FieldProblem::new(format!("/secrets/{name}"), "required", message));
        }
    }
    for (name, value) in given {
        let place = format!("/secrets/{name}");
        let known = manifest.is_some_and(|manifest| manifest.secrets.contains_key(&name));
        match value {
            _ if !known => {
                let message = format!("the plugin asks for no secret {name:?}");
                faults.push(FieldProblem::new(place, "unknown_field", message));
            }
            Value::String(text) => match fault(&text) {
                Some(message) => faults.push(FieldProblem::new(place, "length", message)),
                None => secrets.insert(name, text),
            },
            _ => faults.push(FieldProblem::new(place, "wrong_type", "a secret is a text")),
        }
    }
    secrets
}

/// What is wrong with a secret, which is never shown.
pub(crate) fn fault(text: &str) -> Option<String> {
    let bytes = text.len();
    (bytes == 0 || bytes > LONGEST_SECRET)
        .then(|| format!("the secret has {bytes} bytes; it may have 1 to {LONGEST_SECRET}"))
}
