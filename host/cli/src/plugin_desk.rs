//! The gates of an upload, as the API sees them: what the sandbox makes of a component, and what becomes of what passed.
//!
//! The store keeps versions, the sandbox runs them; [`crate::shelving`] carries from the one to the other. A version is
//! put on the sandbox's shelf when it has passed every gate, and the shelf is brought up to date whenever a version or a
//! grant changed.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::allowance::Allowance;
use campanile_domain::plugin::report::{Finding, Report, Stage};
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::store::PluginVersion;
use campanile_sandbox::{Digest, Fault, Prepared, Sandbox};
use campanile_server::PluginDesk;
use serde_json::Value;

use crate::gateway_kinds::Kinds;
use crate::plugin_counts::GateCounts;
use crate::shelving::Shelving;
use crate::sink_kinds::SinkKinds;
use crate::source_kinds::SourceKinds;

/// The desk.
pub struct Desk {
    /// What runs plugins.
    pub sandbox: Sandbox,
    /// What the sandbox knows of the store.
    pub shelving: Shelving,
    /// The gateways that are made anew when their plugin changes.
    pub kinds: Arc<Kinds>,
    /// The importers that are made anew when theirs does.
    pub sources: Arc<SourceKinds>,
    /// And the sinks.
    pub sinks: Arc<SinkKinds>,
    /// Measures how long compiling takes.
    pub clock: Arc<dyn WallClock>,
    /// Counts what becomes of uploads.
    pub counts: GateCounts,
}

/// The version's report, to be gone on with.
fn so_far(version: &PluginVersion, stage: Stage) -> Report {
    let report = version.report.clone();
    let report = report.unwrap_or_else(|| Report::at(stage, version.sha256.clone(), version.bytes));
    Report { manifest: version.manifest.clone(), stage, ..report }
}

fn finding(stage: Stage, fault: &Fault) -> Finding {
    let (code, next) = match stage {
        Stage::Conformance => {
            ("plugin_not_conforming", "run campanile plugin test, correct the plugin and upload it again")
        }
        _ => ("plugin_not_compiled", "make it smaller or simpler: fewer functions, fewer locals; then upload it again"),
    };
    Finding { stage, code: code.to_owned(), message: fault.to_string(), next: next.to_owned() }
}

impl Desk {
    async fn prepared(&self, version: &PluginVersion, content: &[u8]) -> Result<Prepared, Fault> {
        let kind = version.manifest.as_ref().map_or(Kind::RetryPolicy, |manifest| manifest.kind);
        self.sandbox.prepare(content, Digest::of(content), kind).await
    }
}

#[async_trait]
impl PluginDesk for Desk {
    async fn admit(&self, content: &[u8]) -> Report {
        // Parsing 48 MiB takes a while; it must not hold up the thread that answers requests.
        let content = content.to_vec();
        let bytes = content.len() as u64;
        let read = tokio::task::spawn_blocking(move || campanile_sandbox::admit(&content)).await;
        let report = read.unwrap_or_else(|error| {
            let fault = Fault::NotReady { what: format!("the host failed while it read the upload: {error}") };
            Report::at(Stage::Admission, "", bytes).closed(finding(Stage::Admission, &fault))
        });
        self.counts.count(Stage::Admission, &report, None);
        report
    }

    async fn compile(&self, _: TenantKey, version: &PluginVersion, content: &[u8]) -> Report {
        let report = so_far(version, Stage::Compilation);
        let began = self.clock.now();
        let prepared = self.prepared(version, content).await;
        let worked_ms = self.clock.now().since(began);
        let report = match prepared {
            Ok(prepared) => {
                let compile_ms = u64::try_from(worked_ms).ok();
                Report { artefact_bytes: prepared.artefact_bytes, compile_ms, ..report }
            }
            Err(fault) => report.closed(finding(Stage::Compilation, &fault)),
        };
        self.counts.count(Stage::Compilation, &report, Some(worked_ms));
        report
    }

    async fn test(&self, tenant: TenantKey, version: &PluginVersion, content: &[u8]) -> Report {
        let report = so_far(version, Stage::Conformance);
        let prepared = match self.prepared(version, content).await {
            Ok(prepared) => prepared,
            Err(fault) => return report.closed(finding(Stage::Compilation, &fault)),
        };
        let Some(manifest) = &version.manifest else { return report };
        let cases = campanile_sandbox::conform(&self.sandbox, tenant, &prepared, manifest).await;
        let failed: Vec<_> = cases.iter().filter(|case| !case.passed).cloned().collect();
        let report = Report { cases, ..report };
        let report = failed.into_iter().fold(report, |report, case| {
            let what = format!("{:?}: {}", case.name, case.detail);
            report.closed(finding(Stage::Conformance, &Fault::NotConforming { what }))
        });
        self.counts.count(Stage::Conformance, &report, None);
        report
    }

    async fn check_settings(
        &self,
        tenant: TenantKey,
        plugin: &PluginRef,
        settings: &Value,
    ) -> Result<(), Vec<FieldError>> {
        let field = |name: &str, rule: String| FieldError::new(format!("/{name}"), "plugin_settings", rule);
        match self.sandbox.check_settings(tenant, plugin, settings).await {
            Ok(problems) if problems.is_empty() => Ok(()),
            Ok(problems) => Err(problems.into_iter().map(|problem| field(&problem.name, problem.rule)).collect()),
            Err(fault) => Err(vec![FieldError::new("", "plugin_settings", fault.to_string())]),
        }
    }

    async fn changed(&self, tenant: TenantKey, version: &PluginVersion) {
        if let Err(error) = self.shelving.shelve(Some(tenant), Some(&version.name)).await {
            tracing::error!(%error, name = version.name, "a plugin could not be brought up to date; it is at the next start");
        }
        self.kinds.plugin_changed(tenant, &version.name).await;
        self.sources.plugin_changed(tenant, &version.name).await;
        self.sinks.plugin_changed(tenant, &version.name).await;
    }

    async fn deleted(&self, tenant: TenantKey, version: &PluginVersion) {
        self.shelving.forget(tenant, version).await;
    }

    fn allowance(&self, tenant: TenantKey, allowance: &Allowance) {
        self.sandbox.allow(tenant, *allowance);
    }
}
