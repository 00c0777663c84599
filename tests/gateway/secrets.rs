//! A secret is seen by the provider it is for, and by nobody and nothing else.
//!
//! The provider here is the worst confidant: whatever it is asked it answers with the credentials that it was shown, as they
//! came and as they are when they are unpacked, in every place where an answer has text. The plugin that ships passes on what
//! providers say. None of it may come to rest anywhere: not in what the API shows, not in records, failures and logs, not on
//! the disk, not on stderr.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campanile_tests::host::Host;
use campanile_tests::people;
use serde_json::{Value, json};

use super::call::{ACCOUNT, TOKEN};
use super::plan::{Plan, Tells};
use super::stage::{Installed, LIMIT, Stage, campaign, campaign_with, twilio_voice, upload};
use super::twilio::Twilio;
use super::wire::{self, Request};

/// The credentials as they are sent, and the secret in them.
fn spellings() -> [String; 2] {
    [STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")), TOKEN.to_owned()]
}

/// Answers every request with the credentials in it.
fn telltale(status: u16) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let Some(request) = Request::read(&stream) else { return };
                let told = request.headers.get("authorization").cloned().unwrap_or_default();
                let sent = told.trim_start_matches("Basic ");
                let unpacked = STANDARD.decode(sent).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let text = format!("you said {told}, that is {}", unpacked.unwrap_or_default());
                let body = json!({"code": 20003, "message": text, "more_info": told, "status": status, "sid": sent,
                    "friendly_name": text});
                wire::answer(&stream, status, &[("x-you-said", told)], &body);
            });
        }
    });
    address
}

/// Every file below a folder that holds one of these.
fn holds(folder: &Path, needles: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holds(&path, needles));
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let has = |needle: &&String| bytes.windows(needle.len()).any(|part| part == needle.as_bytes());
            found.extend(needles.iter().find(has).map(|needle| format!("{}: {needle}", path.display())));
        }
    }
    found
}

fn silent_about_secrets(what: &str, text: &str) {
    for needle in spellings() {
        assert!(!text.contains(&needle), "{what} shows {needle}: {text}");
    }
}

#[test]
fn what_a_provider_tells_of_a_secret_comes_to_rest_nowhere() {
    let mut shown = String::new();
    for status in [400, 401, 500] {
        let provider = telltale(status);
        let host = Host::start(&["--plugin-host", &provider.to_string()]);
        let account = host.account("Harbour Dental");
        let plugin = upload(&account, twilio_voice());
        let settings = json!({"api_base": format!("http://{provider}"), "account_sid": ACCOUNT, "calls_per_second": 50,
            "machine_detection": "Enable"});
        let body = json!({"name": "the provider", "kind": "plugin", "plugin": plugin, "settings": settings,
            "secrets": {"auth_token": TOKEN}});
        let made = account.live.post("/v1/gateways", &body).ok();
        let text = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
        let gateway = Installed { id: text(&made, "id"), hook: text(&made, "hook_url") };
        let campaign = campaign_with(&account, &gateway, &[people::phone(1)], &json!({"max_retries": 0}));
        // Nobody is dialled through a gateway that cannot be used; why it cannot is told to whoever wants to.
        let started = account.live.verb(&campaign.path("/start"));
        assert_eq!(started.problem(), (409, "CE0012".to_owned()), "{}", started.text);
        silent_about_secrets("starting", &started.text);
        shown += &started.text;
        let lead = text(&campaign.leads()[0], "id");
        for path in [
            format!("/v1/gateways/{}", gateway.id),
            "/v1/plugins/twilio-voice/failures".to_owned(),
            "/v1/plugins/twilio-voice/usage".to_owned(),
            format!("/v1/leads/{lead}"),
            format!("/v1/leads/{lead}/explain"),
            format!("/v1/leads/{lead}/timeline"),
            campaign.path(""),
            campaign.path("/calls"),
            "/v1/events".to_owned(),
        ] {
            let text = account.live.get(&path).text;
            silent_about_secrets(&path, &text);
            shown += &text;
        }
        let (ended, folder) = host.stop();
        silent_about_secrets("stderr", &ended.stderr);
        silent_about_secrets("stdout", &ended.stdout);
        assert_eq!(holds(folder.path(), &spellings()), Vec::<String>::new(), "the data folder");
    }
    assert!(shown.contains("you said"), "what a provider says is shown to its tenant, or this proves nothing: {shown}");
}

#[test]
fn a_secret_that_works_is_on_the_disk_in_no_spelling_either() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    stage.twilio.plan(&people::phone(1), Plan::told(Tells::Every));
    let campaign = campaign(&stage.account, &gateway, &[people::phone(1)]);
    campaign.start();
    campaign.completed(LIMIT);
    let twilio: &Twilio = &stage.twilio;
    assert_eq!(twilio.dials().len(), 1, "the secret was used");
    let (ended, folder) = stage.host.stop();
    silent_about_secrets("stderr", &ended.stderr);
    assert_eq!(holds(folder.path(), &spellings()), Vec::<String>::new(), "the data folder");
}
