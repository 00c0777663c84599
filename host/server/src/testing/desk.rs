//! The gates of uploads and the consent of people, as simple as tests need them.
//!
//! A component is a line of words: its name, version and kind, and what is wrong with it: a `bomb` does not compile and
//! what is `wrong` does not pass its cases.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::allowance::Allowance;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::report::{Finding, Report, Stage};
use campanile_domain::ports::outbound::Tokens;
use campanile_domain::ports::store::PluginVersion;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::ports::{Consent, ConsentAsk, PluginDesk};

/// Remembers what it was told: of versions, and of allowances.
#[derive(Default)]
pub(super) struct Desk(pub Mutex<Vec<String>>, pub Mutex<BTreeMap<TenantKey, Allowance>>);

/// What a line says about itself.
fn manifest(line: &str) -> Option<Manifest> {
    let mut words = line.split(' ');
    let (name, version, kind) = (words.next()?, words.next()?, words.next()?);
    let summary = match name {
        "acme-voice" => "Places calls through Acme Voice.",
        "acme-crm" => "Brings the contacts of Acme CRM.",
        "acme-results" => "Writes what came of calls into Acme CRM.",
        _ => "For tests.",
    };
    let mut manifest = json!({"name": name, "version": version, "kind": kind, "summary": summary});
    let asks = match name {
        "acme-voice" | "acme-results" | "acme-judge" => {
            json!({"hosts": ["api.acme.example"], "secrets": {"token": {"title": "Token"}},
            "auth": {"account": {"style": "bearer", "token": {"secret": "token"}}}})
        }
        "acme-crm" => json!({"hosts": ["api.acme.example"], "secrets": {"client_secret": {"title": "Client secret"}},
            "auth": {"crm": {"style": "oauth2-authorization-code", "authorize_url": "https://login.acme.example/",
                "token_url": "https://login.acme.example/token", "client_id": {"text": "campanile"},
                "client_secret": {"secret": "client_secret"}}}}),
        _ => json!({}),
    };
    manifest.as_object_mut()?.extend(asks.as_object()?.clone());
    serde_json::from_value(manifest).ok()
}

fn finding(stage: Stage, code: &str) -> Finding {
    let (message, next) = (format!("{code} was found"), "build it again".to_owned());
    Finding { stage, code: code.to_owned(), message, next }
}

impl Desk {
    /// What admission makes of a line.
    pub(super) fn report(content: &[u8]) -> Report {
        let manifest = std::str::from_utf8(content).ok().and_then(manifest);
        let report = Report {
            passed: true,
            stage: Stage::Admission,
            manifest,
            sha256: Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes: content.len() as u64,
            findings: Vec::new(),
            artefact_bytes: None,
            compile_ms: None,
            cases: Vec::new(),
        };
        if report.manifest.is_some() {
            return report;
        }
        let codes = ["plugin_no_component", "plugin_no_manifest"];
        codes.into_iter().fold(report, |report, code| report.closed(finding(Stage::Admission, code)))
    }
}

fn says(content: &[u8], word: &str) -> bool {
    String::from_utf8_lossy(content).split(' ').any(|said| said == word)
}

#[async_trait]
impl PluginDesk for Desk {
    async fn admit(&self, content: &[u8]) -> Report {
        Self::report(content)
    }

    async fn compile(&self, _: TenantKey, version: &PluginVersion, content: &[u8]) -> Report {
        let stage = Stage::Compilation;
        let report = Report { stage, compile_ms: Some(7), ..version.report.clone().unwrap() };
        if says(content, "bomb") { report.closed(finding(stage, "plugin_too_complex")) } else { report }
    }

    async fn test(&self, _: TenantKey, version: &PluginVersion, content: &[u8]) -> Report {
        let report = Report { stage: Stage::Conformance, ..version.report.clone().unwrap() };
        if says(content, "wrong") { report.closed(finding(Stage::Conformance, "plugin_wrong_answer")) } else { report }
    }

    async fn check_settings(&self, _: TenantKey, plugin: &PluginRef, settings: &Value) -> Result<(), Vec<FieldError>> {
        let needed: &[&str] = match (plugin.name.as_str(), plugin.version.as_deref()) {
            ("acme-voice", Some("2.0.0")) => &["account", "region"],
            ("acme-voice", _) => &["account"],
            _ => &[],
        };
        let missing = needed.iter().filter(|name| settings.get(**name).is_none());
        let faults: Vec<_> =
            missing.map(|name| FieldError::new(format!("/{name}"), "required", format!("{name} is missing"))).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    async fn changed(&self, _: TenantKey, version: &PluginVersion) {
        let PluginVersion { name, version, state, .. } = version;
        self.0.lock().unwrap().push(format!("{name}@{version} {}", state.word()));
    }

    async fn deleted(&self, _: TenantKey, version: &PluginVersion) {
        let PluginVersion { name, version, .. } = version;
        self.0.lock().unwrap().push(format!("{name}@{version} deleted"));
    }

    fn allowance(&self, tenant: TenantKey, allowance: &Allowance) {
        let mut known = self.1.lock().unwrap();
        if *allowance == Allowance::default() {
            known.remove(&tenant);
        } else {
            known.insert(tenant, *allowance);
        }
    }
}

/// Gives tokens for the code `good`, when the verifier is the one of the challenge.
#[derive(Default)]
pub(super) struct Consenting(Mutex<String>);

#[async_trait]
impl Consent for Consenting {
    fn authorize_url(&self, ask: &ConsentAsk<'_>, state: &str, challenge: &str) -> Result<String, String> {
        assert!(ask.secrets.get("client_secret").is_some() && ask.redirect_uri.ends_with("/callback"));
        *self.0.lock().unwrap() = challenge.to_owned();
        Ok(format!("https://login.acme.example/?state={state}&challenge={challenge}"))
    }

    async fn exchange(&self, _: &ConsentAsk<'_>, code: &str, verifier: &str) -> Result<Tokens, String> {
        assert_eq!(crate::secret::challenge(verifier), *self.0.lock().unwrap());
        if code != "good" {
            return Err("invalid_grant".into());
        }
        Ok(Tokens { access: "a".into(), refresh: None, expires_at: None })
    }
}
