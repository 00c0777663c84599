//! The sandbox's shelf, brought up to date from the store.
//!
//! The store says which versions there are and which one is active; the sandbox finds them by name. Whoever changes a
//! version asks for the shelf to be brought up to date afterwards. Reading and applying are one turn: of two that overlap,
//! an older reading would otherwise come last and take back what a newer one had put there, such as an activation.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use campanile_domain::ids::{PluginId, TenantKey};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{PluginVersion, Plugins, Stored};
use campanile_sandbox::{Content, Contents, Digest, Installed, Sandbox};

/// Where the bytes of installed components are: in the store, found by their digest.
#[derive(Default)]
pub struct StoredContents {
    store: OnceLock<Arc<dyn Plugins>>,
    places: Mutex<BTreeMap<Digest, (TenantKey, PluginId)>>,
}

impl StoredContents {
    /// From now on bytes come from this store.
    pub fn read_from(&self, store: Arc<dyn Plugins>) {
        let _ = self.store.set(store);
    }

    fn note(&self, digest: Digest, tenant: TenantKey, id: PluginId) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, (tenant, id));
    }
}

#[async_trait]
impl Contents for StoredContents {
    async fn content(&self, digest: Digest) -> Option<Vec<u8>> {
        let place = self.places.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).copied();
        let ((tenant, id), store) = (place?, self.store.get()?);
        match store.plugin_content(tenant, id).await {
            Ok(content) => Some(content),
            Err(error) => {
                tracing::error!(%error, %id, "the bytes of a plugin cannot be read");
                None
            }
        }
    }
}

type Versions = Vec<(TenantKey, PluginVersion)>;

/// Brings the shelf up to date.
pub struct Shelving {
    sandbox: Sandbox,
    store: Arc<dyn Plugins>,
    contents: Arc<StoredContents>,
    turn: tokio::sync::Mutex<()>,
}

impl Shelving {
    /// From this store to this sandbox, which finds bytes where `contents` says.
    pub fn new(sandbox: Sandbox, store: Arc<dyn Plugins>, contents: Arc<StoredContents>) -> Self {
        Self { sandbox, store, contents, turn: tokio::sync::Mutex::default() }
    }

    /// Brings the shelf up to date: of one tenant or all, of one name or all.
    ///
    /// # Errors
    /// The store's.
    pub async fn shelve(&self, tenant: Option<TenantKey>, name: Option<&str>) -> Stored<()> {
        self.apply(self.store.plugin_versions(tenant, name)).await
    }

    /// One turn.
    async fn apply(&self, reading: impl Future<Output = Stored<Versions>>) -> Stored<()> {
        let _turn = self.turn.lock().await;
        let versions = reading.await?;
        for (tenant, version) in &versions {
            if self.sandbox.knows(*tenant, &version.name, &version.version) {
                self.activate(*tenant, version);
            } else if version.kind == "script" {
                let source = self.store.plugin_content(*tenant, version.id).await?;
                self.put_script(*tenant, version, source);
            } else if version.state.is_usable() {
                self.put_component(*tenant, version);
            }
        }
        // A version that was retired while it was active leaves nothing to follow.
        let active: BTreeSet<_> =
            versions.iter().filter(|(_, version)| version.active).map(|(tenant, one)| (*tenant, &one.name)).collect();
        for (tenant, version) in versions.iter().filter(|(tenant, one)| !active.contains(&(*tenant, &one.name))) {
            self.sandbox.deactivate(*tenant, &version.name);
        }
        Ok(())
    }

    /// A version is not there any more.
    pub async fn forget(&self, tenant: TenantKey, version: &PluginVersion) {
        let _turn = self.turn.lock().await;
        self.sandbox.remove(tenant, &version.name, &version.version);
    }

    fn put_script(&self, tenant: TenantKey, version: &PluginVersion, source: Vec<u8>) {
        let Ok(source) = String::from_utf8(source) else {
            tracing::error!(
                name = version.name,
                version = version.version,
                "a stored script is not UTF-8 and cannot be used"
            );
            return;
        };
        let digest = Digest::of(source.as_bytes());
        self.put(tenant, version, Kind::RetryPolicy, digest, Content::Script(source));
    }

    fn put_component(&self, tenant: TenantKey, version: &PluginVersion) {
        let (Some(manifest), Some(digest)) = (&version.manifest, Digest::parse(&version.sha256)) else {
            tracing::error!(
                name = version.name,
                version = version.version,
                "a stored plugin has no manifest or digest"
            );
            return;
        };
        self.contents.note(digest, tenant, version.id);
        let content = Content::Component { wasm: None, settings: manifest.settings.clone() };
        self.put(tenant, version, manifest.kind, digest, content);
    }

    fn put(&self, tenant: TenantKey, version: &PluginVersion, kind: Kind, digest: Digest, content: Content) {
        let (name, number) = (&version.name, &version.version);
        self.sandbox.put(Installed {
            tenant,
            name: name.clone(),
            version: number.clone(),
            kind,
            content,
            digest,
            bytes: usize::try_from(version.bytes).unwrap_or(usize::MAX),
        });
        self.activate(tenant, version);
    }

    fn activate(&self, tenant: TenantKey, version: &PluginVersion) {
        let (name, number) = (&version.name, &version.version);
        if version.active
            && let Err(fault) = self.sandbox.activate(tenant, name, number)
        {
            tracing::error!(name, version = number, %fault, "a version cannot be activated");
        }
    }
}

#[cfg(test)]
mod tests {
    use campanile_domain::plugin::VersionState;
    use campanile_domain::time::Timestamp;
    use campanile_store::{Options, Profile};
    use serde_json::json;

    use super::*;

    const SOMEBODY: TenantKey = TenantKey(1);

    fn version(state: VersionState) -> PluginVersion {
        let manifest =
            json!({"name": "acme-retry", "version": "1.0.0", "kind": "retry-policy", "summary": "Waits a day."});
        PluginVersion {
            id: PluginId(1),
            name: "acme-retry".into(),
            version: "1.0.0".into(),
            kind: "retry-policy".into(),
            sha256: Digest::of(b"acme").to_string(),
            bytes: 4,
            state,
            active: state == VersionState::Active,
            manifest: Some(serde_json::from_value(manifest).unwrap()),
            report: None,
            created_at: Timestamp(0),
            changed_at: Timestamp(0),
            activated_at: None,
            activated_by: None,
        }
    }

    #[tokio::test]
    async fn an_older_reading_takes_back_nothing_that_a_newer_one_put_there() {
        let sandbox = Sandbox::new(campanile_sandbox::Options::default()).unwrap();
        let store = campanile_store::open(&Options { profile: Profile::Ephemeral, readers: 1, vault: None }).unwrap();
        let shelving = Shelving::new(sandbox.clone(), store, Arc::default());
        let (read, waits) = tokio::sync::oneshot::channel::<()>();
        let older = shelving.apply(async {
            waits.await.unwrap();
            Ok(vec![(SOMEBODY, version(VersionState::Staged))])
        });
        let newer = shelving.apply(async { Ok(vec![(SOMEBODY, version(VersionState::Active))]) });
        let (older, newer, ()) = tokio::join!(older, newer, async { read.send(()).unwrap() });
        older.unwrap();
        newer.unwrap();
        let found = sandbox.check_settings(SOMEBODY, &"acme-retry@active".parse().unwrap(), &json!({})).await;
        assert!(found.is_ok(), "{found:?}");
        shelving.forget(SOMEBODY, &version(VersionState::Active)).await;
        assert!(!sandbox.knows(SOMEBODY, "acme-retry", "1.0.0"));
    }
}
