//! Versions, grants and use of plugins and scripts: the port `Plugins`.

use async_trait::async_trait;
use campanile_domain::ids::{PluginId, TenantKey};
use campanile_domain::plugin::VersionState;
use campanile_domain::plugin::grants::Ask;
use campanile_domain::plugin::report::Report;
use campanile_domain::ports::store::{
    Grant, NewVersion, PluginFailure, PluginUsage, PluginVersion, Plugins, StoreError, Stored, VersionAdded,
    WriteContext,
};
use campanile_domain::time::Timestamp;

use super::store::{SqliteStore, unowned};
use super::writer::Lane::Bulk;

pub(crate) mod activation;
pub(crate) mod content;
pub(crate) mod grants;
pub(crate) mod room;
pub(crate) mod state;
pub(crate) mod usage;
pub(crate) mod versions;

use versions::Coming;

#[async_trait]
impl Plugins for SqliteStore {
    async fn add_plugin_version(&self, ctx: &WriteContext, new: NewVersion) -> Stored<VersionAdded> {
        let NewVersion { name, version, kind, content, report } = new;
        let tenant = ctx.tenant.0;
        // A reader's thread, because a digest of 48 MiB takes longer than a task may hold its own.
        let (asked_name, asked_version, asked_kind) = (name.clone(), version.clone(), kind.clone());
        let gated = report.is_some();
        let asked = self.read(move |db| {
            let sha256 = content::digest(&content);
            let (name, kind) = (asked_name.as_str(), asked_kind.as_str());
            let coming = Coming { name, version: asked_version.as_deref(), kind, sha256: &sha256 };
            let known = versions::known(db, tenant, &coming)?;
            if known.is_none() {
                let asked = room::Asked { name, version: asked_version.as_deref(), size: content.len(), gated };
                room::must_fit(db, tenant, asked)?;
            }
            let is_whole = content::is_whole(db, &sha256, content.len())?;
            Ok((content, sha256, known, is_whole))
        });
        let (content, sha256, known, is_whole) = asked.await?;
        if let Some(version) = known {
            return Ok(VersionAdded { version, is_new: false });
        }
        if !is_whole {
            let mut pieces = content.chunks(content::PIECE).collect::<Vec<_>>();
            if pieces.is_empty() {
                pieces.push(&[]);
            }
            for (position, piece) in pieces.into_iter().enumerate() {
                let (sha256, piece) = (sha256.clone(), piece.to_vec());
                self.write(Bulk, ctx, move |op| content::keep(op, &sha256, position, &piece)).await?;
            }
        }
        let size = content.len();
        drop(content);
        let named = sha256.clone();
        let added = self.write(Bulk, ctx, move |op| {
            let coming = Coming { name: &name, version: version.as_deref(), kind: &kind, sha256: &named };
            versions::add(op, &coming, size, report.as_ref())
        });
        let added = added.await;
        if matches!(added, Err(StoreError::Conflict { .. } | StoreError::NoRoom { .. })) {
            // It did not come after all: its bytes must not lie here uncounted.
            self.write(Bulk, ctx, move |op| content::drop_unnamed(op.db, &sha256)).await?;
        }
        added
    }
    async fn advance_plugin(
        &self,
        ctx: &WriteContext,
        id: PluginId,
        next: VersionState,
        report: Report,
    ) -> Stored<PluginVersion> {
        self.write(Bulk, ctx, move |op| versions::advance(op, id, next, &report)).await
    }
    async fn activate_plugin(&self, ctx: &WriteContext, name: &str, version: &str) -> Stored<PluginVersion> {
        let (name, version) = (name.to_owned(), version.to_owned());
        self.write(Bulk, ctx, move |op| activation::activate(op, &name, &version)).await
    }
    async fn rollback_target(&self, tenant: TenantKey, name: &str) -> Stored<PluginVersion> {
        let name = name.to_owned();
        self.read(move |db| activation::target(db, tenant.0, &name)).await
    }
    async fn rollback_plugin(&self, ctx: &WriteContext, name: &str) -> Stored<PluginVersion> {
        let name = name.to_owned();
        self.write(Bulk, ctx, move |op| activation::rollback(op, &name)).await
    }
    async fn retire_plugin(&self, ctx: &WriteContext, name: &str, version: &str) -> Stored<PluginVersion> {
        let (name, version) = (name.to_owned(), version.to_owned());
        self.write(Bulk, ctx, move |op| activation::retire(op, &name, &version)).await
    }
    async fn delete_plugin(&self, ctx: &WriteContext, name: &str, version: &str) -> Stored<PluginVersion> {
        let (name, version) = (name.to_owned(), version.to_owned());
        self.write(Bulk, ctx, move |op| activation::delete(op, &name, &version)).await
    }

    async fn plugin_versions(
        &self,
        tenant: Option<TenantKey>,
        name: Option<&str>,
    ) -> Stored<Vec<(TenantKey, PluginVersion)>> {
        let name = name.map(str::to_owned);
        self.read(move |db| versions::all(db, tenant, name.as_deref())).await
    }
    async fn plugin_version(&self, tenant: TenantKey, name: &str, version: &str) -> Stored<PluginVersion> {
        let (name, version) = (name.to_owned(), version.to_owned());
        self.read(move |db| versions::named(db, tenant.0, &name, &version)).await
    }
    async fn plugin_content(&self, tenant: TenantKey, id: PluginId) -> Stored<Vec<u8>> {
        self.read(move |db| {
            let version = versions::by_id(db, tenant.0, id)?;
            content::read(db, &version.sha256, version.bytes)
        })
        .await
    }
    async fn unfinished_plugins(&self) -> Stored<Vec<(TenantKey, PluginVersion)>> {
        self.read(versions::unfinished).await
    }

    async fn grant(&self, ctx: &WriteContext, name: &str, asks: Vec<Ask>) -> Stored<Vec<Grant>> {
        let name = name.to_owned();
        self.write(Bulk, ctx, move |op| grants::grant(op, &name, &asks)).await
    }
    async fn revoke_grant(&self, ctx: &WriteContext, name: &str, asks: Vec<Ask>) -> Stored<Vec<Grant>> {
        let name = name.to_owned();
        self.write(Bulk, ctx, move |op| grants::revoke(op, &name, &asks)).await
    }
    async fn grants(&self, tenant: TenantKey, name: &str) -> Stored<Vec<Grant>> {
        let name = name.to_owned();
        self.read(move |db| grants::all(db, tenant, &name)).await
    }

    async fn add_plugin_usage(&self, rows: Vec<PluginUsage>) -> Stored<()> {
        for batch in rows.chunks(usage::BATCH) {
            let batch = batch.to_vec();
            self.write(Bulk, &unowned(Timestamp(0)), move |op| usage::add(op, &batch)).await?;
        }
        Ok(())
    }
    async fn plugin_usage(&self, tenant: TenantKey, name: &str) -> Stored<Vec<PluginUsage>> {
        let name = name.to_owned();
        self.read(move |db| usage::all(db, tenant, &name)).await
    }
    async fn add_plugin_failures(&self, ctx: &WriteContext, failures: Vec<PluginFailure>) -> Stored<()> {
        self.write(Bulk, ctx, move |op| usage::add_failures(op, &failures)).await
    }
    async fn plugin_failures(&self, tenant: TenantKey, name: &str) -> Stored<Vec<PluginFailure>> {
        let name = name.to_owned();
        self.read(move |db| usage::failures(db, tenant, &name)).await
    }
}
