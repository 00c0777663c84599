//! Replay and shadow, from outside: recorded decisions are put to policies again, and what that proves is worked out here a
//! second time, from the timelines.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::{Account, Campaign, GOAL, always};
use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::patience;
use campanile_tests::people;
use campanile_tests::process::{Finished, run};
use serde_json::{Value, json};

const LEADS: usize = 150;
const LIMIT: Duration = Duration::from_secs(90);
const NOTHING: (u16, &str) = (404, "CE0004");

/// What the built-in table says, but no patience with busy lines.
const NO_BUSY: &str = r#"fn decide(lead) { if lead.last.was("busy") { return give_up("busy once"); } builtin() }"#;

/// As patient as the built-in table, by a component that ships: only the words of its reasons are its own.
fn as_built_in() -> Value {
    json!({"first_wait_minutes": 60, "growth": 1, "busy_in_a_row": 0, "voicemails": 0})
}

fn fields(policy: &Value, settings: &Value) -> Value {
    let mut fields = json!({
        "time_zone": "America/New_York", "calling_hours": always(), "max_concurrent_calls": 20, "max_retries": 3,
        "retry_until_goal": true, "goal_variable": GOAL, "order": "oldest",
    });
    if policy.is_string() {
        (fields["policy"], fields["policy_settings"]) = (policy.clone(), settings.clone());
    }
    fields
}

/// A campaign of simulated people, not started.
fn campaign(account: &Account, leads: usize, policy: &Value, settings: &Value) -> Campaign {
    let scenario = json!({"talk": {"goal_variable": GOAL, "goal_rate": 0.3}});
    let campaign = account.simulated(7, &scenario, &fields(policy, settings));
    campaign.add(&(0..leads).map(people::lead).collect::<Vec<_>>());
    campaign
}

fn script(api: &Api, name: &str, source: &str) {
    api.post("/v1/scripts", &json!({"name": name, "source": source})).ok();
}

/// A replay, to its end.
fn replayed(api: &Api, path: &str, body: &Value) -> Value {
    let begun = api.post(path, body);
    assert_eq!(begun.status, 202, "{}", begun.text);
    let job = patience::until("the replay is over", LIMIT, || {
        let job = api.get(&begun.location).ok();
        (job["state"] != "running").then_some(job)
    });
    assert_eq!(job["state"], "finished", "{job}");
    job["result"].clone()
}

/// The recorded decisions of every lead, oldest first.
fn recorded(campaign: &Campaign) -> BTreeMap<String, Vec<Value>> {
    let of = |lead: &Value| {
        let id = lead["id"].as_str().unwrap().to_owned();
        let timeline = campaign.api.get(&format!("/v1/leads/{id}/timeline")).ok();
        let entries = timeline["data"].as_array().unwrap().iter();
        (id, entries.filter(|entry| entry["kind"] == "decision").map(|entry| entry["decision"].clone()).collect())
    };
    campaign.leads().iter().map(of).collect()
}

fn without_reason(decision: &Value) -> Value {
    let mut bare = decision.clone();
    bare["reason"] = Value::Null;
    bare
}

/// What [`NO_BUSY`] answers to a recorded question.
fn no_busy(input: &Value) -> Value {
    match input["attempts"].as_array().unwrap().last() {
        Some(last) if last["outcome"] == "busy" => json!({"decision": "give_up", "reason": "busy once"}),
        _ => input["builtin"].clone(),
    }
}

/// What differs: the first divergence of each lead by its call, and how many decisions came before and after.
#[derive(Debug, Default, PartialEq, Eq)]
struct Divergences {
    first: BTreeMap<String, String>,
    alike: u64,
    after: u64,
}

impl Divergences {
    /// Worked out from the timelines.
    fn computed(all: &BTreeMap<String, Vec<Value>>) -> Self {
        let mut found = Self::default();
        for (lead, decisions) in all {
            for decision in decisions {
                if found.first.contains_key(lead) {
                    found.after += 1;
                } else if without_reason(&no_busy(&decision["input"])) == without_reason(&decision["output"]) {
                    found.alike += 1;
                } else {
                    found.first.insert(lead.clone(), decision["call"].as_str().unwrap().to_owned());
                }
            }
        }
        found
    }

    /// As a replay or a shadow tells it.
    fn told(report: &Value) -> Self {
        let count = |name: &str| report[name].as_u64().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let leads = report["leads"].as_array().unwrap();
        let first: BTreeMap<_, _> = leads.iter().map(|lead| (text(&lead["lead"]), text(&lead["call"]))).collect();
        assert_eq!((first.len() as u64, leads.len()), (count("diverged"), first.len()), "each lead once");
        Self { first, alike: count("same") + count("reworded"), after: count("after_divergence") }
    }
}

fn asked(campaign: &Campaign, decisions: u64) -> Value {
    patience::until("the shadow has answered everything", LIMIT, || {
        let report = campaign.api.get(&campaign.path("/shadow")).ok();
        (report["asked"].as_u64().unwrap() >= decisions).then_some(report)
    })
}

fn plugin(host: &Host, api: &Api, args: &[&str]) -> Finished {
    run(&[&["plugin"], args, &["--server", host.api.base(), "--key", api.key()]].concat())
}

#[test]
fn a_replay_proves_the_same_version_and_tells_the_first_divergence_of_another_like_its_shadow() {
    let host = Host::at_speed(2_000);
    let account = host.account("Acme");
    let api = &account.live;
    script(api, "no-busy", NO_BUSY);
    let campaign = campaign(&account, LEADS, &json!("patient-retry@active"), &as_built_in());
    let shadow = json!({"policy": "no-busy@active"});
    let begun = api.put(&campaign.path("/shadow"), &shadow).ok();
    assert_eq!(begun["policy"], "no-busy@1", "pinned: {begun}");
    campaign.start();
    campaign.completed(LIMIT);
    let all = recorded(&campaign);
    let count: usize = all.values().map(Vec::len).sum();
    assert!(count > 2 * LEADS, "{count} decisions");
    let before = campaign.leads();

    // Every record tells what decided, and by which clock.
    let one = all.values().flatten().next().unwrap();
    assert_eq!((one["digest"].as_str().unwrap().len(), &one["settings"]), (64, &as_built_in()), "{one}");
    assert!(one["calendar"]["hours"].is_object() && one["made"]["status"].is_string(), "{one}");
    assert!(one["usage"]["fuel"].as_u64().unwrap() > 0 && one["elapsed_us"].as_u64().unwrap() > 0, "{one}");

    let of = json!({"campaign": campaign.id});
    let proof = replayed(api, "/v1/plugins/patient-retry/replay", &of);
    let numbers = |report: &Value| ["decisions", "reproduced", "not_reproducible"].map(|name| report[name].as_u64());
    assert_eq!(numbers(&proof), [Some(count as u64), Some(count as u64), Some(0)], "byte by byte: {proof}");
    let computed = Divergences::computed(&all);
    assert!(computed.first.len() > 5 && computed.after > 5 && computed.alike > 100, "{computed:?}");
    let other = replayed(api, "/v1/scripts/no-busy/replay", &of);
    assert_eq!(Divergences::told(&other), computed);
    let draft = NO_BUSY.replace("busy once", "a draft");
    let drafted = replayed(api, "/v1/scripts/no-busy/replay", &json!({"campaign": campaign.id, "source": draft}));
    assert_eq!(Divergences::told(&drafted), computed);
    for lead in other["leads"].as_array().unwrap() {
        assert_eq!(
            (&lead["answered"]["decision"], &lead["would_make"]["status"]),
            (&"give_up".into(), &"max_retries".into())
        );
        let decisions = &all[lead["lead"].as_str().unwrap()];
        let record = decisions.iter().find(|decision| decision["call"] == lead["call"]).unwrap();
        assert_eq!((&lead["recorded"], &lead["made"]), (&record["output"], &record["made"]));
    }
    // Other settings of the same version are compared, not proved.
    let settings = json!({"campaign": campaign.id, "settings": {"first_wait_minutes": 61, "growth": 1}});
    let later = replayed(api, "/v1/plugins/patient-retry/replay", &settings);
    let is_later = |change: &Value| change["from"] == "retry" && change["to"] == "retry";
    assert_eq!(later["reproduced"], 0, "{later}");
    assert!(later["changes"].as_array().unwrap().iter().any(is_later), "{later}");

    let report = asked(&campaign, count as u64);
    assert_eq!(report["dropped"], 0, "{report}");
    assert_eq!(Divergences::told(&report), computed, "the shadow saw what the replay sees");
    assert_eq!(report["changes"], other["changes"]);
    assert_eq!(campaign.leads(), before, "and nobody was touched");
    let timeline = api.get(&format!("/v1/leads/{}/timeline", computed.first.keys().next().unwrap())).ok();
    let shadowed = timeline["data"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "shadow").count();
    assert_eq!(shadowed, all[computed.first.keys().next().unwrap()].len(), "both answers of every decision");

    commands(&host, &campaign, count as u64);
    strangers(&host, &account, &campaign);
}

fn commands(host: &Host, campaign: &Campaign, count: u64) {
    let api = &campaign.api;
    let of = ["--campaign", &campaign.id];
    let told = plugin(host, api, &[&["replay", "patient-retry", "--json"], &of[..]].concat()).well();
    let job: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(job["result"]["reproduced"], count, "{job}");
    let table = plugin(host, api, &[&["replay", "no-busy@1"], &of[..]].concat()).well();
    for words in ["leads that diverge", "give_up", "lead_"] {
        assert!(table.stdout.contains(words), "{words}: {}", table.stdout);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json").display().to_string();
    std::fs::write(&path, "{\"growth\": \"fast\"}").unwrap();
    let unfit = plugin(host, api, &[&["replay", "patient-retry", "--settings", &path], &of[..]].concat());
    assert_eq!(unfit.code, 6, "{}", unfit.stderr);
    assert_eq!(plugin(host, api, &[&["replay", "nobody"], &of[..]].concat()).code, 3);
    let report = plugin(host, api, &[&["shadow", "report"], &of[..]].concat()).well();
    assert!(report.stdout.contains("no-busy@1") && report.stdout.contains("leads that diverge"), "{}", report.stdout);
    let stopped = plugin(host, api, &[&["shadow", "stop", "--json"], &of[..]].concat()).well();
    assert!(serde_json::from_str::<Value>(&stopped.stdout).unwrap()["stopped_at"].is_string());
    let anew = plugin(host, api, &[&["shadow", "start", "goal-retry@active", "--json"], &of[..]].concat()).well();
    assert_eq!(serde_json::from_str::<Value>(&anew.stdout).unwrap()["asked"], 0);
}

fn strangers(host: &Host, account: &Account, campaign: &Campaign) {
    let theirs = host.account("Strangers").live;
    let job = account.live.get("/v1/jobs").ok()["data"][0]["id"].as_str().unwrap().to_owned();
    for path in [format!("/v1/jobs/{job}"), campaign.path("/shadow")] {
        let (status, code) = theirs.get(&path).problem();
        assert_eq!((status, code.as_str()), NOTHING, "{path}");
    }
    let (status, code) = theirs.verb(&format!("/v1/jobs/{job}/cancel")).problem();
    assert_eq!((status, code.as_str()), NOTHING);
    let (status, code) = theirs.put(&campaign.path("/shadow"), &json!({"policy": "goal-retry@active"})).problem();
    assert_eq!((status, code.as_str()), NOTHING);
    let (status, code) = theirs.post("/v1/scripts/no-busy/replay", &json!({})).problem();
    assert_eq!((status, code.as_str()), NOTHING);
    let refused = theirs.post("/v1/plugins/patient-retry/replay", &json!({"campaign": campaign.id}));
    assert_eq!(refused.json()["errors"][0]["code"], "unknown_campaign", "{}", refused.text);
    assert_eq!(theirs.get("/v1/jobs").ok()["data"], json!([]));
}

#[test]
fn a_shadow_is_asked_what_the_built_in_table_decides() {
    let host = Host::at_speed(2_000);
    let account = host.account("Acme");
    script(&account.live, "no-busy", NO_BUSY);
    let campaign = campaign(&account, 60, &Value::Null, &Value::Null);
    account.live.put(&campaign.path("/shadow"), &json!({"policy": "no-busy@active"})).ok();
    campaign.start();
    campaign.completed(LIMIT);
    let by_table = campaign.calls().iter().filter(|call| call["decision"]["by"] == "builtin").count();
    let report = asked(&campaign, by_table as u64);
    assert_eq!((&report["asked"], &report["dropped"]), (&by_table.into(), &0.into()), "{report}");
    // Where the table was not followed is where a line was busy.
    let calls: BTreeMap<_, _> =
        campaign.calls().into_iter().map(|call| (call["id"].clone().to_string(), call)).collect();
    let diverged = report["leads"].as_array().unwrap();
    assert!(diverged.len() > 3, "{report}");
    for lead in diverged {
        assert_eq!((&lead["by"], &calls[&lead["call"].to_string()]["status"]), (&"builtin".into(), &"busy".into()));
    }
    assert_eq!(
        report["same"].as_u64().unwrap() + report["reworded"].as_u64().unwrap(),
        by_table as u64 - diverged.len() as u64 - report["after_divergence"].as_u64().unwrap()
    );
    for (_, decisions) in recorded(&campaign) {
        assert_eq!(decisions, Vec::<Value>::new(), "what the table decides is on the call and needs no record");
    }
}

#[test]
fn a_job_is_cancelled_at_once_and_one_that_its_host_did_not_survive_says_so() {
    let host = Host::at_speed(2_000);
    let account = host.account("Acme");
    let slow = "fn decide(lead) { let sum = 0; for turn in 0..20000 { sum += turn; } builtin() }";
    script(&account.live, "slow", slow);
    script(&account.live, "no-busy", NO_BUSY);
    let campaign = campaign(&account, 80, &json!("no-busy@active"), &json!({}));
    campaign.start();
    campaign.completed(LIMIT);
    let begin = |api: &Api| {
        let begun = api.post("/v1/scripts/slow/replay", &json!({"campaign": campaign.id})).ok();
        format!("/v1/jobs/{}", begun["id"].as_str().unwrap())
    };
    let (first, second) = (begin(&account.live), begin(&account.live));
    let cancelled = account.live.verb(&format!("{first}/cancel")).ok();
    assert_eq!(cancelled["state"], "cancelled", "it was still running: {cancelled}");
    assert_eq!(account.live.get(&second).ok()["state"], "running");
    let host = host.killed(None);
    let api = account.at(host.api.base()).live;
    let job = api.get(&second).ok();
    assert_eq!((&job["state"], &job["error"]["code"]), (&"failed".into(), &"interrupted".into()), "{job}");
    assert_eq!((&api.get(&first).ok()["state"], &job["result"]), (&"cancelled".into(), &Value::Null));
    // The records survived as well, and the next replay is whole.
    let proof = replayed(&api, "/v1/plugins/no-busy/replay", &json!({"campaign": campaign.id}));
    assert!(proof["reproduced"].as_u64().unwrap() > 100, "{proof}");
    assert_eq!(proof["reproduced"], proof["decisions"]);
}
