//! The importers of sources, and how one comes to life.
//!
//! As with gateways: a row, its secrets and what its tenant granted become an object that is asked; a new version, a new
//! grant or a new secret makes it anew. On a faster clock no source is asked: the other system lives by the sun's, and an
//! interval of minutes would be one of seconds there.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::{Checked, Choice, Kept, PluginAnswer};
use campanile_domain::ports::importer::Importer;
use campanile_domain::ports::store::{SecretOwner, SourceRow, Store};
use campanile_engine::shell::Importers;
use campanile_sandbox::PluginImporter;
use campanile_server::SourceDesk;

use crate::installation::{Plugged, installation, not_asked};

/// Makes importers of rows.
pub struct SourceKinds {
    /// Where the duty finds them.
    pub importers: Arc<Importers>,
    /// Where secrets, grants and state are.
    pub store: Arc<dyn Store>,
    /// What they run in and leave through.
    pub plugged: Plugged,
}

impl SourceKinds {
    /// Brings an installed source to life.
    pub async fn revive(&self, row: &SourceRow) {
        if self.plugged.faster_clock {
            return;
        }
        let made = installation(
            self.store.as_ref(),
            &self.plugged,
            (row.tenant, SecretOwner::Source(row.id)),
            &row.plugin,
            &row.settings,
        );
        match made.await {
            Ok(installed) => {
                let importer = PluginImporter::new(self.plugged.sandbox.clone(), installed);
                self.importers.insert(row.key, Arc::new(importer));
            }
            Err(why) => {
                self.importers.remove(row.key);
                tracing::error!(source = %row.id, why, "a source cannot be asked");
            }
        }
    }

    /// A version of a plugin was activated or retired, or its grants changed: its importers are made anew.
    pub async fn plugin_changed(&self, tenant: TenantKey, name: &str) {
        match self.store.sources(Some(tenant)).await {
            Ok(rows) => {
                for row in rows.iter().filter(|row| row.plugin.name == name) {
                    self.revive(row).await;
                }
            }
            Err(error) => tracing::error!(%error, name, "the sources of a plugin could not be made anew"),
        }
    }

    async fn at_hand(&self, row: &SourceRow) -> Result<(Arc<dyn Importer>, Kept), PluginFailure> {
        let importer = self.importers.get(row.key).ok_or_else(|| {
            PluginFailure::new("plugin_not_usable", "its version, a grant or a secret of it is missing")
        })?;
        let kept = self.store.source_state(row.tenant, row.id).await;
        let kept = kept.map_err(|error| PluginFailure::new("state_unreadable", error.to_string()))?;
        Ok((importer, kept))
    }
}

#[async_trait]
impl SourceDesk for SourceKinds {
    fn allowed(&self) -> Result<(), FieldError> {
        if self.plugged.faster_clock {
            let message = "this host's clock is faster than the sun's, and other systems live by the sun's; start it \
                           without --clock to ask sources";
            return Err(FieldError::new("/plugin", "faster_clock", message));
        }
        Ok(())
    }

    async fn installed(&self, source: &SourceRow) {
        self.revive(source).await;
        self.importers.ring();
    }

    fn removed(&self, source: &SourceRow) {
        self.importers.remove(source.key);
    }

    fn due(&self) {
        self.importers.ring();
    }

    async fn check(&self, source: &SourceRow) -> PluginAnswer<Checked> {
        match self.at_hand(source).await {
            Ok((importer, kept)) => importer.check(kept).await,
            Err(failure) => not_asked(failure),
        }
    }

    async fn options(&self, source: &SourceRow, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>> {
        match self.at_hand(source).await {
            Ok((importer, kept)) => importer.options(kept, setting, query).await,
            Err(failure) => not_asked(failure),
        }
    }
}
