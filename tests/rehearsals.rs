//! Rehearsals over the API: what they foretell is held against what then happened, and they end with whoever wanted them.

use std::time::Duration;

use campanile_tests::account::{Account, Campaign, GOAL, always};
use campanile_tests::host::Host;
use campanile_tests::patience;
use campanile_tests::people;
use campanile_tests::process::run;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(120);
const LEADS: usize = 200;
/// What the built-in table says, but no patience with busy lines.
const NO_BUSY: &str = r#"fn decide(lead) { if lead.last.was("busy") { return give_up("busy once"); } builtin() }"#;

fn campaign(account: &Account, seed: u64) -> Campaign {
    let scenario = json!({
        "rates": {"answer": 0.2, "busy": 0.3, "unanswered": 0.35, "voicemail": 0.1, "failed": 0.05},
        "talk": {"goal_variable": GOAL, "goal_rate": 0.25, "talk_seconds": {"mean": 50.0}},
    });
    let fields = json!({
        "time_zone": "America/New_York", "calling_hours": always(), "max_concurrent_calls": 20, "max_retries": 3,
        "retry_until_goal": true, "goal_variable": GOAL, "order": "oldest",
    });
    let campaign = account.simulated(seed, &scenario, &fields);
    campaign.add(&(0..LEADS).map(people::lead).collect::<Vec<_>>());
    campaign
}

/// A job, to its end.
fn done(account: &Account, begun: &Value) -> Value {
    let path = format!("/v1/jobs/{}", begun["id"].as_str().unwrap());
    let job = patience::until("the job is over", LIMIT, || {
        let job = account.live.get(&path).ok();
        (job["state"] != "running").then_some(job)
    });
    assert_eq!(job["state"], "finished", "{job}");
    job["result"].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Not far outside of a range that is no point.
fn foretold(range: &Value, happened: f64) {
    let (low, high) = (number(&range["low"]), number(&range["high"]));
    assert!(low < high, "one number is no range: {range}");
    assert!((0.9 * low..=1.1 * high).contains(&happened), "{happened} was not foretold by {range}");
}

#[test]
fn a_rehearsal_foretells_what_comes_of_another_campaign_with_the_same_people() {
    let host = Host::at_speed(2_000);
    let account = host.account("Acme");
    let api = &account.live;
    // With no history the people are made up, and the report says so.
    let next = campaign(&account, 8);
    let rehearse =
        |campaign: &Campaign, body: Value| done(&account, &api.post(&campaign.path("/rehearse"), &body).ok());
    let unknown = rehearse(&next, json!({}));
    assert_eq!(unknown["people"], json!({"of": "nobody", "calls": 0}), "{unknown}");
    assert_eq!((&unknown["leads"], &unknown["rehearsals"]), (&LEADS.into(), &12.into()));

    let past = campaign(&account, 7);
    past.start();
    past.completed(LIMIT);
    let fitted = rehearse(&next, json!({"policy": "builtin"}));
    assert_eq!(fitted["people"]["of"], "account", "{fitted}");
    assert!(number(&fitted["people"]["calls"]) > 300.0, "{fitted}");
    for figure in ["calls", "goals_reached", "talk_ms", "duration_ms"] {
        assert_eq!(
            fitted["difference"][figure],
            json!({"low": 0, "middle": 0, "high": 0}),
            "the same people: {fitted}"
        );
    }
    next.start();
    next.completed(LIMIT);
    let stats = next.stats();
    let calls: f64 = stats["attempts"].as_object().unwrap().values().map(number).sum();
    foretold(&fitted["as_it_is"]["calls"], calls);
    foretold(&fitted["as_it_is"]["goals_reached"], number(&stats["goals_reached"]));
    foretold(&fitted["as_it_is"]["talk_ms"], number(&stats["talk_ms"]));

    replays(&host, &account, &next);
}

/// What would follow another policy, beside what is known of it.
fn replays(host: &Host, account: &Account, campaign: &Campaign) {
    let api = &account.live;
    api.post("/v1/scripts", &json!({"name": "no-busy", "source": NO_BUSY})).ok();
    let wish = json!({"campaign": campaign.id, "estimate": true});
    let result = done(account, &api.post("/v1/scripts/no-busy/replay", &wish).ok());
    let estimate = &result["estimate"];
    assert_eq!(
        (&estimate["people"]["of"], &estimate["with_policy"]["policy"]),
        (&"campaign".into(), &"no-busy@1".into())
    );
    assert!(number(&estimate["difference"]["calls"]["high"]) < 0.0, "fewer calls with everybody: {estimate}");
    assert_eq!(estimate["with_policy"]["unfinished"], json!({}), "{estimate}");
    // A draft that fails whenever somebody did not answer: the campaign would pause, and that is what the estimate says.
    let broken = "fn decide(lead) { if lead.last.was(\"unanswered\") { return lead.last.outcom; } builtin() }";
    let broken = json!({"campaign": campaign.id, "estimate": true, "source": broken});
    let result = done(account, &api.post("/v1/scripts/no-busy/replay", &broken).ok());
    let side = &result["estimate"]["with_policy"];
    assert_eq!(
        (&side["policy"], &side["unfinished"]),
        (&"no-busy@draft".into(), &json!({"paused: policy_broken": 12})),
        "{result}"
    );
    let args = ["plugin", "replay", "no-busy", "--campaign", &campaign.id, "--estimate"];
    let told = run(&[&args[..], &["--server", host.api.base(), "--key", api.key()]].concat()).well();
    for words in ["an estimate and not a fact", "of this campaign", "goals reached", "with the policy"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    let strangers = host.account("Strangers").live;
    assert_eq!(strangers.post(&campaign.path("/rehearse"), &json!({})).problem().0, 404);
}

/// Whether a process of this host plays a rehearsal.
#[cfg(target_os = "linux")]
fn plays(host: &Host) -> bool {
    let cache = host.data().join("cache").display().to_string();
    let of = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.ok()?.path().join("cmdline")).ok();
    std::fs::read_dir("/proc").unwrap().filter_map(of).any(|line| {
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("play-rehearsal") && line.contains(&cache)
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_rehearsal_ends_with_its_job_and_with_its_host() {
    let host = Host::at_speed(2_000);
    let account = host.account("Acme");
    let slow = "fn decide(lead) { let sum = 0; for turn in 0..20000 { sum += turn; } builtin() }";
    account.live.post("/v1/scripts", &json!({"name": "slow", "source": slow})).ok();
    let campaign = campaign(&account, 7);
    let begin = |campaign: &Campaign| {
        let begun = campaign.api.post(&campaign.path("/rehearse"), &json!({"policy": "slow@active"})).ok();
        patience::until("it is played", LIMIT, || plays(&host).then_some(()));
        format!("/v1/jobs/{}", begun["id"].as_str().unwrap())
    };
    let first = begin(&campaign);
    assert_eq!(account.live.verb(&format!("{first}/cancel")).ok()["state"], "cancelled");
    patience::until("its process is gone", LIMIT, || (!plays(&host)).then_some(()));
    let second = begin(&campaign);
    let data = host.data();
    let host = host.killed(None);
    assert_eq!(host.data(), data);
    patience::until("nobody plays for a host that is dead", LIMIT, || (!plays(&host)).then_some(()));
    let job = account.at(host.api.base()).live.get(&second).ok();
    assert_eq!((&job["state"], &job["error"]["code"]), (&"failed".into(), &"interrupted".into()), "{job}");
}
