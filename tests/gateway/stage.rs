//! A host, a provider and an account whose gateway is a plugin that was uploaded, granted and activated over HTTP.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use campanile_tests::account::{Account, CALLER_IDS, Campaign, always};
use campanile_tests::host::Host;
use campanile_tests::{binary, patience, repo};
use serde_json::{Value, json};

use super::call::{ACCOUNT, TOKEN};
use super::twilio::Twilio;

/// What uploads and campaigns may take.
pub const LIMIT: Duration = Duration::from_secs(90);

/// Everything that a story needs.
pub struct Stage {
    /// The server.
    pub host: Host,
    /// The provider.
    pub twilio: Twilio,
    /// The customer.
    pub account: Account,
}

/// A gateway that was installed.
pub struct Installed {
    /// `gw_...`
    pub id: String,
    /// Where its provider tells of calls.
    pub hook: String,
}

/// The component of `twilio-voice` as it ships.
pub fn twilio_voice() -> Vec<u8> {
    shipped("twilio-voice")
}

/// A first-party plugin as it ships.
pub fn shipped(name: &str) -> Vec<u8> {
    let path = repo::root().join("plugins/bundled").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A component that is built from its source here and now; `None`, with a word, where no compiler for it is installed.
pub fn built(name: &str) -> Option<Vec<u8>> {
    let script = repo::root().join("plugins/build");
    let componentize = binary::campanile().with_file_name("componentize");
    let run = |arguments: &[&str]| {
        let mut command = Command::new("sh");
        command.arg(&script).args(arguments);
        for name in ["RUSTC", "RUSTFLAGS", "CARGO", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR"] {
            command.env_remove(name);
        }
        if componentize.is_file() {
            command.env("CAMPANILE_COMPONENTIZE", &componentize);
        }
        command.output().unwrap()
    };
    let found = run(&["--find"]);
    if found.status.code() == Some(3) {
        let why = String::from_utf8_lossy(&found.stderr).into_owned();
        assert!(std::env::var_os("CAMPANILE_REQUIRE_GUESTS").is_none(), "{why}");
        eprintln!("skipped: {why}");
        return None;
    }
    let ended = run(&[]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let built: PathBuf = repo::root().join("plugins/target/components").join(format!("{name}.wasm"));
    Some(std::fs::read(built).unwrap())
}

/// Uploads a component, waits for its gates, grants what it asks for and activates it; `name@active`.
pub fn upload(account: &Account, component: Vec<u8>) -> String {
    let sent = account.live.upload("/v1/plugins", "application/wasm", component);
    assert_eq!(sent.status, 202, "{}", sent.text);
    let through = patience::until("the gates of the upload", LIMIT, || {
        let version = account.live.get(&sent.location).ok();
        (!["compiling", "testing"].contains(&version["state"].as_str().unwrap_or_default())).then_some(version)
    });
    assert_eq!(through["state"], "staged", "{through}");
    let (name, manifest) = (through["name"].as_str().unwrap(), &through["manifest"]);
    let early = account.live.verb(&format!("{}/activate", sent.location));
    assert_eq!(early.problem(), (409, "CE0027".to_owned()), "nothing is granted yet");
    let names = |of: &Value| of.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let grants = json!({
        "version": through["version"], "hosts": manifest.get("hosts").cloned().unwrap_or_else(|| json!([])), "secrets": names(&manifest["secrets"]),
        "auth": names(&manifest["auth"]),
    });
    account.live.post(&format!("/v1/plugins/{name}/grants"), &grants).ok();
    account.live.verb(&format!("{}/activate", sent.location)).ok();
    format!("{name}@active")
}

impl Stage {
    /// A host that may reach the provider, and nothing else inside.
    pub fn new() -> Self {
        let twilio = Twilio::start();
        let host = Host::start(&["--plugin-host", &twilio.address.to_string()]);
        let account = host.account("Harbour Dental");
        Self { host, twilio, account }
    }

    /// Installs a gateway of an uploaded plugin, and sees that it can call.
    pub fn gateway(&self, account: &Account, plugin: &str, settings: &Value) -> Installed {
        let installed = self.gateway_with(account, plugin, settings, TOKEN);
        let health = account.live.get(&format!("/v1/gateways/{}", installed.id)).ok();
        assert_eq!((&health["healthy"], &health["unhealthy_because"]), (&true.into(), &Value::Null), "{health}");
        assert!(!health.to_string().contains(TOKEN), "a secret is shown");
        installed
    }

    /// Installs a gateway with these credentials.
    pub fn gateway_with(&self, account: &Account, plugin: &str, settings: &Value, token: &str) -> Installed {
        let mut all = json!({"api_base": format!("http://{}", self.twilio.address), "account_sid": ACCOUNT});
        for (name, value) in settings.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let body = json!({"name": "the provider", "kind": "plugin", "plugin": plugin, "settings": all,
            "secrets": {"auth_token": token}});
        let made = account.live.post("/v1/gateways", &body).ok();
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        assert!(!made.to_string().contains(token), "a secret is shown");
        Installed { id: text("id"), hook: text("hook_url") }
    }

    /// `twilio-voice`, uploaded and installed.
    pub fn twilio_voice(&self, account: &Account) -> Installed {
        let plugin = upload(account, twilio_voice());
        self.gateway(account, &plugin, &json!({"calls_per_second": 50, "machine_detection": "Enable"}))
    }
}

/// A campaign that calls these numbers, one lead each and one round, and is not started yet.
pub fn campaign(account: &Account, gateway: &Installed, phones: &[String]) -> Campaign {
    campaign_with(account, gateway, phones, &json!({"max_retries": 0}))
}

/// The same with further fields.
pub fn campaign_with(account: &Account, gateway: &Installed, phones: &[String], more: &Value) -> Campaign {
    let assistant = json!({
        "name": "Mia", "time_zone": "America/New_York", "gateway": gateway.id, "phone_numbers": CALLER_IDS,
        "gateway_ref": "<Response><Say>Hello</Say></Response>",
    });
    let assistant = account.live.post("/v1/assistants", &assistant).ok()["id"].as_str().unwrap().to_owned();
    let mut fields = json!({"calling_hours": always(), "max_concurrent_calls": 40});
    for (name, value) in more.as_object().into_iter().flatten() {
        fields[name] = value.clone();
    }
    let campaign = account.campaign(&assistant, &fields);
    campaign.add(&phones.iter().map(|phone| json!({ "phone": phone })).collect::<Vec<_>>());
    campaign
}

/// What the API shows of calls: status and reason of every call of a number, in their order.
pub fn shown(campaign: &Campaign) -> BTreeMap<String, Vec<(String, String)>> {
    let mut shown: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for call in campaign.calls() {
        let text = |field: &str| call[field].as_str().unwrap_or_default().to_owned();
        shown.entry(text("phone")).or_default().push((text("status"), text("reason")));
    }
    shown
}

/// Status and reason of every lead, by its number.
pub fn leads(campaign: &Campaign) -> BTreeMap<String, (String, String)> {
    let of = |lead: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&lead["contacts"][0]["phone"]), (text(&lead["status"]), text(&lead["reason"])))
    };
    campaign.leads().iter().map(of).collect()
}

/// The promise, against the provider's log: no attempt was asked for twice, and none that the API does not know.
pub fn never_twice(twilio: &Twilio, campaigns: &[&Campaign]) {
    let known: Vec<String> = campaigns
        .iter()
        .flat_map(|one| one.calls())
        .filter_map(|call| call["id"].as_str().map(str::to_owned))
        .collect();
    let mut asked: Vec<String> = twilio.asked().into_iter().map(|asked| asked.attempt).collect();
    let strangers: Vec<_> = asked.iter().filter(|attempt| !known.contains(attempt)).collect();
    assert!(strangers.is_empty(), "asked for attempts that no call shows: {strangers:?}");
    asked.sort();
    let twice: Vec<_> = asked.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "asked for more than once: {twice:?}");
}
