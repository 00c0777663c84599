//! The gates of an upload, as the API sees them: what the sandbox makes of a component.
//!
//! Until the sandbox compiles and tries what tenants send, the desk turns every upload away and says so.

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::report::{Finding, Report, Stage};
use campanile_domain::ports::outbound::Tokens;
use campanile_domain::ports::store::PluginVersion;
use campanile_server::{Consent, ConsentAsk, PluginDesk};
use serde_json::Value;

/// The desk.
pub struct Desk;

fn turned_away(bytes: u64, stage: Stage) -> Report {
    let finding = Finding {
        stage,
        code: "plugin_uploads_off".into(),
        message: "this host takes no uploads of components".into(),
        next: "upload a script with POST /v1/scripts".into(),
    };
    let report = Report {
        passed: true,
        stage,
        manifest: None,
        sha256: String::new(),
        bytes,
        findings: Vec::new(),
        artefact_bytes: None,
        compile_ms: None,
        cases: Vec::new(),
    };
    report.closed(finding)
}

#[async_trait]
impl PluginDesk for Desk {
    async fn admit(&self, content: &[u8]) -> Report {
        turned_away(content.len() as u64, Stage::Admission)
    }

    async fn compile(&self, _: TenantKey, version: &PluginVersion, _: &[u8]) -> Report {
        turned_away(version.bytes, Stage::Compilation)
    }

    async fn test(&self, _: TenantKey, version: &PluginVersion, _: &[u8]) -> Report {
        turned_away(version.bytes, Stage::Conformance)
    }

    async fn check_settings(&self, _: TenantKey, _: &PluginRef, _: &Value) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    async fn changed(&self, _: TenantKey, _: &PluginVersion) {}
}

#[async_trait]
impl Consent for Desk {
    fn authorize_url(&self, _: &ConsentAsk<'_>, _: &str, _: &str) -> Result<String, String> {
        Err("this host asks nobody for consent".into())
    }

    async fn exchange(&self, _: &ConsentAsk<'_>, _: &str, _: &str) -> Result<Tokens, String> {
        Err("this host asks nobody for consent".into())
    }
}
