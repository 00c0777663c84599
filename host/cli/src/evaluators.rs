//! Who reads a call, found by the name that a campaign gives it.
//!
//! A script is asked in its runner. A component is asked with the secrets that were set for the plugin itself and what its
//! tenant granted, because an evaluator is installed nowhere: its settings stand in the campaign, pinned with it. What ships
//! with this host asks for nothing and is granted nothing. Calls of one plugin go side by side: it keeps no state.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::evaluation::{Evaluation, EvaluationInput, EvaluatorUse};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::ports::evaluator::{Evaluator, Evaluators};
use campanile_domain::ports::outbound::Principal;
use campanile_domain::ports::policy::Calendar;
use campanile_domain::ports::store::{SecretOwner, Store};
use campanile_sandbox::{Installation, PluginEvaluator, Reads};

use crate::installation::{Plugged, installation, not_asked};

/// Finds and asks them.
pub struct CallEvaluators {
    /// Where secrets and grants are.
    pub store: Arc<dyn Store>,
    /// What they run in and leave through.
    pub plugged: Plugged,
}

impl CallEvaluators {
    /// What ships is asked with its settings and nothing else.
    fn shipped(&self, tenant: TenantKey, used: &EvaluatorUse, instance: String) -> Installation {
        let principal = Principal {
            tenant,
            instance,
            hosts: Vec::new(),
            auth: Vec::new(),
            settings: Arc::new(used.settings.clone()),
            secrets: Arc::default(),
            connections: Vec::new(),
        };
        Installation {
            plugin: used.plugin.clone(),
            principal: Arc::new(principal),
            outbound: Arc::clone(&self.plugged.outbound),
            clock: Arc::clone(&self.plugged.clock),
        }
    }

    async fn uploaded(
        &self,
        tenant: TenantKey,
        used: &EvaluatorUse,
        instance: String,
    ) -> Result<Installation, PluginFailure> {
        let EvaluatorUse { plugin, settings } = used;
        let owner = SecretOwner::Plugin(plugin.name.clone());
        let made = installation(self.store.as_ref(), &self.plugged, (tenant, owner), plugin, settings).await;
        let mut made = made.map_err(|why| PluginFailure::new("plugin_not_usable", why))?;
        if let Some(principal) = Arc::get_mut(&mut made.principal) {
            principal.instance = instance;
        }
        Ok(made)
    }

    async fn ask(
        &self,
        installed: Installation,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> PluginAnswer<Evaluation> {
        PluginEvaluator::new(self.plugged.sandbox.clone(), installed).evaluate(input, calendar).await
    }

    /// What an uploaded plugin needs that it was not given.
    async fn lacks(&self, tenant: TenantKey, plugin: &PluginRef) -> Result<(), PluginFailure> {
        let broken = |error: String| PluginFailure::new("store", error);
        let manifest = crate::installation::manifest(self.store.as_ref(), tenant, plugin).await;
        let manifest = manifest.map_err(|why| PluginFailure::new("plugin_not_usable", why))?;
        let owner = SecretOwner::Plugin(plugin.name.clone());
        let set = self.store.secret_names(tenant, owner).await.map_err(|error| broken(error.to_string()))?;
        let granted = self.store.grants(tenant, &plugin.name).await.map_err(|error| broken(error.to_string()))?;
        for (name, spec) in &manifest.secrets {
            if !spec.optional && !set.iter().any(|one| one.name == *name) {
                let path = format!("PUT /v1/plugins/{}/secrets/{name}", plugin.name);
                let message = format!("{plugin} needs the secret {name:?}; set it with {path}");
                return Err(PluginFailure::new("secret_missing", message));
            }
        }
        let open: Vec<_> =
            manifest.asks().into_iter().filter(|ask| !granted.iter().any(|grant| grant.ask == *ask)).collect();
        if !open.is_empty() {
            let path = format!("POST /v1/plugins/{}/grants", plugin.name);
            let message =
                format!("{plugin} asks for what was not granted ({} things); grant it with {path}", open.len());
            return Err(PluginFailure::new("not_granted", message));
        }
        Ok(())
    }
}

#[async_trait]
impl Evaluators for CallEvaluators {
    async fn evaluate(
        &self,
        tenant: TenantKey,
        used: &EvaluatorUse,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> PluginAnswer<Evaluation> {
        let (EvaluatorUse { plugin, settings }, instance) = (used, input.talk.call.to_string());
        match self.plugged.sandbox.reads(tenant, plugin).await {
            Err(fault) => not_asked(fault.into()),
            Ok(Reads::Script(_)) => {
                self.plugged.sandbox.evaluate_script(tenant, (plugin, None), settings, input, calendar).await
            }
            Ok(Reads::Shipped(_)) => self.ask(self.shipped(tenant, used, instance), input, calendar).await,
            Ok(Reads::Component(_)) => match self.uploaded(tenant, used, instance).await {
                Err(failure) => not_asked(failure),
                Ok(installed) => self.ask(installed, input, calendar).await,
            },
        }
    }

    async fn resolve(&self, tenant: TenantKey, plugin: &PluginRef) -> Result<String, PluginFailure> {
        match self.plugged.sandbox.reads(tenant, plugin).await? {
            Reads::Script(reference) | Reads::Shipped(reference) => Ok(reference),
            Reads::Component(reference) => {
                self.lacks(tenant, plugin).await?;
                Ok(reference)
            }
        }
    }
}
