//! The kinds of gateways that this binary can dial through, and how one comes to life.
//!
//! `simulated` is the carrier inside the process, `carrier` one in a process of its own (see `campanile carrier`), `plugin` a
//! component that the tenant uploaded. On a faster clock nothing else may be installed: nobody real is called six hundred times too fast.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::{GatewayId, TenantKey};
use campanile_domain::plugin::instance::Choice;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::gateway::{Gateway, GatewayError};
use campanile_domain::ports::store::{Assistant, GatewayRow, SecretOwner, Store};
use campanile_engine::carrier::{Scenario, SimulatedGateway};
use campanile_engine::shell::{Gateways, Handle};
use campanile_sandbox::PluginGateway;
use campanile_server::GatewayKinds;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::carrier::RemoteCarrier;
use crate::installation::{Plugged, installation};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Simulated {
    /// Seeds the people.
    seed: u64,
    /// How they behave; the fields of a scenario file.
    scenario: Scenario,
}

impl Default for Simulated {
    fn default() -> Self {
        Self { seed: 1, scenario: Scenario::default() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remote {
    /// Where the carrier listens, for example http://127.0.0.1:9000.
    url: String,
}

/// The kind of gateways that a tenant's plugin makes.
const PLUGIN: &str = "plugin";

/// Makes gateways of rows and keeps them running.
pub struct Kinds {
    /// Where the engine finds them.
    pub gateways: Arc<Gateways>,
    /// Where their webhooks go.
    pub store: Arc<dyn Store>,
    /// The time that calls live in.
    pub clock: Arc<dyn EngineClock>,
    /// The engine, once it runs.
    pub engine: OnceLock<Handle>,
    /// How providers reach this host.
    pub public_url: String,
    /// The pumps of simulated carriers run here.
    pub tasks: TaskTracker,
    /// Ends them.
    pub stop: CancellationToken,
    /// For gateways that are plugins.
    pub plugged: Plugged,
    /// The simulated carriers, which are told what assistants ask of their calls.
    pub simulated: Mutex<BTreeMap<GatewayId, Arc<SimulatedGateway>>>,
}

fn settings<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Vec<FieldError>> {
    let given = if value.is_null() { Value::Object(serde_json::Map::new()) } else { value.clone() };
    serde_json::from_value(given)
        .map_err(|error| vec![FieldError::new("/settings", "gateway_settings", error.to_string())])
}

impl Kinds {
    fn make(&self, row: &GatewayRow) -> Result<Arc<dyn Gateway>, String> {
        let readable =
            |errors: Vec<FieldError>| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ");
        match row.kind.as_str() {
            "simulated" => {
                let Simulated { seed, scenario } = settings(&row.settings).map_err(readable)?;
                let carrier = Arc::new(SimulatedGateway::new(scenario, seed, Arc::clone(&self.clock)));
                self.simulated.lock().unwrap_or_else(PoisonError::into_inner).insert(row.id, Arc::clone(&carrier));
                self.tasks.spawn(pump(
                    Arc::clone(&carrier),
                    row.clone(),
                    Arc::clone(&self.store),
                    Arc::clone(&self.clock),
                    self.engine.get().cloned(),
                    self.stop.clone(),
                ));
                Ok(carrier)
            }
            "carrier" => {
                let Remote { url } = settings(&row.settings).map_err(readable)?;
                RemoteCarrier::new(&url, Arc::clone(&self.clock))
                    .map(|carrier| Arc::new(carrier) as Arc<dyn Gateway>)
                    .map_err(|error| error.to_string())
            }
            other => Err(format!("this release knows no gateway of kind {other:?}")),
        }
    }

    /// A gateway of a plugin, with the secrets that were given to it and what its tenant granted.
    async fn of_plugin(&self, row: &GatewayRow) -> Result<Arc<dyn Gateway>, String> {
        if self.plugged.faster_clock {
            return Err("this host's clock is faster than the sun's, so only simulated people are called".to_owned());
        }
        let plugin = row.plugin.clone().ok_or("it names no plugin")?;
        let owner = SecretOwner::Gateway(row.id);
        let installed =
            installation(self.store.as_ref(), &self.plugged, (row.tenant, owner), &plugin, &row.settings).await?;
        Ok(Arc::new(PluginGateway::new(self.plugged.sandbox.clone(), installed)))
    }

    /// A version of a plugin was activated or retired, or its grants changed: its gateways are made anew.
    pub async fn plugin_changed(&self, tenant: TenantKey, name: &str) {
        let rows = match self.store.gateways(Some(tenant)).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, name, "the gateways of a plugin could not be made anew");
                return;
            }
        };
        for row in rows.iter().filter(|row| row.plugin.as_ref().is_some_and(|plugin| plugin.name == name)) {
            self.revive(row).await;
        }
        if let Some(engine) = self.engine.get() {
            engine.policy_changed(tenant);
            engine.gateways_changed();
        }
    }

    /// Tells a simulated carrier what an assistant asks of its calls, as a provider learns it when the assistant is set up
    /// there.
    pub fn learn(&self, assistant: &Assistant) {
        let config = &assistant.config;
        let known = self.simulated.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(carrier) = known.get(&config.gateway) {
            carrier.learn(config.gateway_ref.as_deref(), &config.variables);
        }
    }

    /// Brings an installed gateway to life.
    pub async fn revive(&self, row: &GatewayRow) {
        let made = if row.kind == PLUGIN { self.of_plugin(row).await } else { self.make(row) };
        match made {
            Ok(gateway) => {
                let hook = format!("{}/hooks/gateways/{}/{}", self.public_url, row.id, row.hook_token);
                self.gateways.insert(row.key, gateway, hook);
            }
            Err(why) => tracing::error!(gateway = %row.id, why, "an installed gateway cannot be used"),
        }
    }
}

/// Carries a simulated carrier's events into the inbox, as a provider's requests would come in.
async fn pump(
    carrier: Arc<SimulatedGateway>,
    row: GatewayRow,
    store: Arc<dyn Store>,
    clock: Arc<dyn EngineClock>,
    engine: Option<Handle>,
    stop: CancellationToken,
) {
    loop {
        let webhooks = tokio::select! {
            () = stop.cancelled() => return,
            webhooks = carrier.due() => webhooks,
        };
        for webhook in webhooks {
            if let Err(error) = store.inbox_put(clock.now(), row.key, webhook).await {
                tracing::error!(gateway = %row.id, %error, "an event of the simulated carrier was not kept");
            }
        }
        if let Some(engine) = &engine {
            engine.webhook_arrived();
        }
    }
}

#[async_trait]
impl GatewayKinds for Kinds {
    fn check(&self, kind: &str, given: &Value) -> Result<Value, Vec<FieldError>> {
        let kept = match kind {
            "simulated" => {
                let read: Simulated = settings(given)?;
                let scenario = read.scenario.checked().map_err(|error| {
                    vec![FieldError::new("/settings/scenario", "gateway_settings", error.to_string())]
                })?;
                serde_json::to_value(Simulated { scenario, ..read })
            }
            "carrier" => {
                let read: Remote = settings(given)?;
                if let Err(error) = RemoteCarrier::new(&read.url, Arc::clone(&self.clock)) {
                    return Err(vec![FieldError::new("/settings/url", "gateway_settings", error.to_string())]);
                }
                serde_json::to_value(read)
            }
            PLUGIN if self.plugged.faster_clock => {
                let message = "this host's clock is faster than the sun's, so only simulated people are called; start it \
                               without --clock to dial through a plugin";
                return Err(vec![FieldError::new("/kind", "faster_clock", message)]);
            }
            PLUGIN => return Ok(given.clone()),
            other => {
                let message =
                    format!("{other:?} is no kind of gateway; this release knows simulated, carrier and plugin");
                return Err(vec![FieldError::new("/kind", "unknown_kind", message)]);
            }
        };
        kept.map_err(|error| vec![FieldError::new("/settings", "gateway_settings", error.to_string())])
    }

    async fn options(&self, row: &GatewayRow, setting: &str, query: &str) -> Result<Vec<Choice>, GatewayError> {
        match self.gateways.get(row.key) {
            Some(installed) => installed.port.options(setting, query).await,
            None => Err(GatewayError {
                code: "plugin_not_usable".to_owned(),
                message: "its version, a grant or a secret of it is missing".to_owned(),
            }),
        }
    }

    async fn assistant_changed(&self, assistant: &Assistant) {
        self.learn(assistant);
    }

    async fn installed(&self, gateway: &GatewayRow) {
        self.revive(gateway).await;
        if let Some(engine) = self.engine.get() {
            engine.gateways_changed();
        }
    }

    async fn removed(&self, gateway: &GatewayRow) {
        self.gateways.remove(gateway.key);
        self.simulated.lock().unwrap_or_else(PoisonError::into_inner).remove(&gateway.id);
        if let Some(engine) = self.engine.get() {
            engine.gateways_changed();
        }
    }
}
