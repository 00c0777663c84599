//! Instances of plugins (gateways, sources, sinks): the version that is meant, its settings, its secrets, its answers.
//!
//! Everything wrong with a request is told at once; the store asks about the version, the grants and the secrets again in
//! its transaction.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Choice;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::plugin::setback;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::store::{PluginVersion, SecretName, SecretOwner, StoreError, WriteContext};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::codes::Code;
use crate::problem::{FieldProblem, Problem};
use crate::schema::sources as schema;

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

/// A secret's new value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretValue {
    /// 1 to 16384 bytes.
    #[schema(min_length = 1, max_length = 16384)]
    value: String,
}

/// Sets a secret that an instance's plugin asks for (`of`: "this sink's plugin"). `ctx` is the write's.
pub(crate) async fn set_secret(
    app: &App,
    ctx: &WriteContext,
    (owner, of): (SecretOwner, &'static str),
    plugin: Option<&PluginRef>,
    name: String,
    SecretValue { value }: SecretValue,
) -> Result<SecretName, Problem> {
    let version = match plugin {
        Some(plugin) => in_use(app, ctx.tenant, plugin).await?,
        None => None,
    };
    let manifest = version.and_then(|version| version.manifest);
    if !manifest.is_some_and(|manifest| manifest.secrets.contains_key(&name)) {
        return Err(Problem::not_found(of));
    }
    if let Some(message) = fault(&value) {
        return Err(Problem::invalid(vec![FieldProblem::new("/value", "length", message)]));
    }
    Ok(app.store.put_secret(ctx, owner, name, value.into()).await?)
}

/// Which setting's choices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The setting.
    #[param(required = true)]
    setting: Option<String>,
    /// What the person has typed so far.
    query: Option<String>,
}

impl Wanted {
    /// The setting, and what was typed.
    pub(crate) fn read(self) -> Result<(String, String), Problem> {
        let missing = || {
            let message = "setting is missing: which one's choices?".to_owned();
            Problem::parameter("setting", "required", message)
        };
        Ok((self.setting.ok_or_else(missing)?, self.query.unwrap_or_default()))
    }
}

/// The choices.
#[derive(Serialize, ToSchema)]
pub(crate) struct Choices {
    /// In the plugin's order; empty for a setting that has none.
    #[schema(value_type = Vec<schema::Choice>)]
    pub choices: Vec<Choice>,
}

/// What an instance's plugin (`what`: "source", "sink") fails at when a person asks it.
pub(crate) fn unanswered(code: &'static Code, what: &str, failure: &PluginFailure) -> Problem {
    let next = setback::next_step(&failure.code, what);
    let detail = format!("the {what}'s plugin did not answer: {failure}; {next}");
    Problem::new(code, detail).with([FieldProblem::new("", failure.code.clone(), failure.message.clone())])
}

/// What is wrong with a secret, which is never shown.
fn fault(text: &str) -> Option<String> {
    let bytes = text.len();
    (bytes == 0 || bytes > LONGEST_SECRET)
        .then(|| format!("the secret has {bytes} bytes; it may have 1 to {LONGEST_SECRET}"))
}
