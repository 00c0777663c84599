//! The plugins that sinks are, and how one comes to life.
//!
//! As with sources: a row, its secrets and what its tenant granted become an object that is told; a new version, a new grant
//! or a new secret makes it anew. On a faster clock no sink is told: what happened there did not happen to anybody.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::{Checked, Choice, Kept, PluginAnswer};
use campanile_domain::ports::sink::Sink;
use campanile_domain::ports::store::{SecretOwner, SinkRow, Store};
use campanile_engine::shell::ResultSinks;
use campanile_sandbox::PluginSink;
use campanile_server::SinkDesk;

use crate::installation::{Plugged, installation, not_asked};

/// Makes sinks of rows.
pub struct SinkKinds {
    /// Where the duty finds them.
    pub sinks: Arc<ResultSinks>,
    /// Where secrets, grants and state are.
    pub store: Arc<dyn Store>,
    /// What they run in and leave through.
    pub plugged: Plugged,
}

impl SinkKinds {
    /// Brings an installed sink to life.
    pub async fn revive(&self, row: &SinkRow) {
        if self.plugged.faster_clock {
            return;
        }
        let made = installation(
            self.store.as_ref(),
            &self.plugged,
            (row.tenant, SecretOwner::Sink(row.id)),
            &row.plugin,
            &row.settings,
        );
        match made.await {
            Ok(installed) => {
                let port = PluginSink::new(self.plugged.sandbox.clone(), installed);
                self.sinks.insert(row.key, Arc::new(port));
            }
            Err(why) => {
                self.sinks.remove(row.key);
                tracing::error!(sink = %row.id, why, "a sink cannot be told");
            }
        }
    }

    /// A version of a plugin was activated or retired, or its grants changed: its sinks are made anew.
    pub async fn plugin_changed(&self, tenant: TenantKey, name: &str) {
        match self.store.sinks(Some(tenant)).await {
            Ok(rows) => {
                for row in rows.iter().filter(|row| row.plugin.name == name) {
                    self.revive(row).await;
                }
            }
            Err(error) => tracing::error!(%error, name, "the sinks of a plugin could not be made anew"),
        }
    }

    async fn at_hand(&self, row: &SinkRow) -> Result<(Arc<dyn Sink>, Kept), PluginFailure> {
        let port = self.sinks.get(row.key).ok_or_else(|| {
            PluginFailure::new("plugin_not_usable", "its version, a grant or a secret of it is missing")
        })?;
        let kept = self.store.sink_state(row.tenant, row.id).await;
        let kept = kept.map_err(|error| PluginFailure::new("state_unreadable", error.to_string()))?;
        Ok((port, kept))
    }
}

#[async_trait]
impl SinkDesk for SinkKinds {
    fn allowed(&self) -> Result<(), FieldError> {
        if self.plugged.faster_clock {
            let message = "this host's clock is faster than the sun's, and other systems live by the sun's; start it \
                           without --clock to write results";
            return Err(FieldError::new("/plugin", "faster_clock", message));
        }
        Ok(())
    }

    async fn installed(&self, sink: &SinkRow) {
        self.revive(sink).await;
        self.sinks.ring();
    }

    fn removed(&self, sink: &SinkRow) {
        self.sinks.remove(sink.key);
    }

    fn ring(&self) {
        self.sinks.ring();
    }

    async fn check(&self, sink: &SinkRow) -> PluginAnswer<Checked> {
        match self.at_hand(sink).await {
            Ok((port, kept)) => port.check(kept).await,
            Err(failure) => not_asked(failure),
        }
    }

    async fn options(&self, sink: &SinkRow, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>> {
        match self.at_hand(sink).await {
            Ok((port, kept)) => port.options(kept, setting, query).await,
            Err(failure) => not_asked(failure),
        }
    }
}
