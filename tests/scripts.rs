//! `campanile script`, and the same over HTTP: scripts from nothing to a version that is in force.

use std::time::Duration;

use campanile_tests::account::{Campaign, GOAL, always};
use campanile_tests::host::Host;
use campanile_tests::process::run;
use campanile_tests::{patience, people, repo};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn every_script_of_the_cookbook_says_what_its_cases_expect() {
    let folder = repo::root().join("scripts");
    let tested = run(&["script", "test", &folder.display().to_string(), "--json"]);
    let results: Vec<Value> = serde_json::from_str(tested.stdout.trim()).unwrap();
    let wrong: Vec<_> = results.iter().filter(|result| result["passed"] != true).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut scripts: Vec<_> = results.iter().map(|result| result["script"].as_str().unwrap()).collect();
    scripts.dedup();
    assert!(scripts.len() >= 17 && results.len() >= 3 * scripts.len(), "{} {}", scripts.len(), results.len());
    let guide = std::fs::read_to_string(repo::root().join("docs/script-guide.md")).unwrap();
    for script in scripts {
        let file = std::path::Path::new(script).file_name().unwrap().to_str().unwrap();
        assert!(guide.contains(&format!("](../scripts/{file})")), "the guide does not show {file}");
    }
}

#[test]
fn a_script_goes_from_a_template_to_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    for (name, kind) in [("first-rule", "policy"), ("first-reader", "evaluator"), ("first-list", "mapping")] {
        let made = run(&["script", "new", name, "--kind", kind, "--dir", &dir]).well();
        assert!(made.stderr.contains("campanile script test"), "{}", made.stderr);
        let again = run(&["script", "new", name, "--kind", kind, "--dir", &dir]);
        assert_eq!(again.code, 5, "nothing is written over: {}", again.stderr);
    }
    let tested = run(&["script", "test", &dir]).well();
    assert!(tested.stdout.contains("13 cases, 0 wrong"), "{}", tested.stdout);
    let path = folder.path().join("first_rule.rhai");
    let file = path.display().to_string();
    let checked = run(&["script", "check", &file]).well();
    assert!(checked.stdout.contains("decide(lead)") && checked.stdout.contains("busy_minutes"), "{}", checked.stdout);
    // A slip is told with its line, and a wrong case keeps the script from being sent.
    let source = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, source.replace("lead.count(", "lead.cuont(")).unwrap();
    for verb in ["check", "test"] {
        let slip = run(&["script", verb, &file]);
        assert!(slip.code == 6 && slip.stderr.contains("did you mean `count`?"), "{} {}", slip.code, slip.stderr);
    }
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let server = ["--server", host.api.base(), "--key", account.live.key()];
    let refused = run(&[&["script", "push", &file], &server[..]].concat());
    assert!(refused.code == 6 && refused.stderr.contains("nothing was sent"), "{}", refused.stderr);
    std::fs::write(&path, &source).unwrap();
    let pushed = run(&[&["script", "push", &file], &server[..]].concat()).well();
    assert!(pushed.stdout.contains("first-rule@1 is in force"), "{}", pushed.stdout);
    // The same over HTTP.
    let api = &account.live;
    let read = api.post("/v1/scripts/check", &json!({ "source": source })).ok();
    assert_eq!(read["roles"], json!(["retry_policy"]));
    let cases: Value =
        serde_json::from_str(&std::fs::read_to_string(path.with_extension("cases.json")).unwrap()).unwrap();
    let tested = api.post("/v1/scripts/test", &json!({"source": source, "cases": cases})).ok();
    assert_eq!(tested["passed"], true, "{tested}");
}

/// Fails for every tenth lead.
const TENTH: &str = r#"fn decide(lead) {
    if lead.vars.number % 10 == 0 { return retry(#{ after: lead.vars.nothing }); }
    if lead.last.was("answered") { return complete("reached"); }
    retry(#{ after: minutes(30) })
}"#;

#[test]
fn who_a_script_fails_for_waits_with_the_reason_and_a_rollback_decides_them() {
    let host = Host::start(&["--clock", "x3600"]);
    let account = host.account("Acme");
    let push = |source: &str| account.live.post("/v1/scripts", &json!({"name": "tenth", "source": source})).ok();
    push(&TENTH.replace("lead.vars.nothing", "minutes(40)"));
    push(TENTH);
    let scenario = json!({"rates": {"answer": 0.5, "busy": 0.3, "unanswered": 0.2, "voicemail": 0, "failed": 0}, "talk": {"goal_variable": GOAL}});
    let fields =
        json!({"calling_hours": always(), "max_concurrent_calls": 20, "policy": "tenth@active", "max_retries": 3});
    let campaign = account.simulated(5, &scenario, &fields);
    let lead = |number: usize| {
        let mut lead = people::lead(number);
        lead["variables"] = json!({ "number": number });
        lead
    };
    campaign.add(&(1..=15).map(lead).collect::<Vec<_>>());
    campaign.start();
    let is_tenth = |lead: &Value| lead["variables"]["number"].as_u64().unwrap() == 10;
    let waits = patience::until("the tenth lead waits and the others are over", LIMIT, || {
        let leads = campaign.leads();
        let over = |lead: &Value| ["completed", "max_retries"].contains(&lead["status"].as_str().unwrap());
        let held = |lead: &Value| lead["reason"] == "policy_failed";
        leads.iter().all(|lead| if is_tenth(lead) { held(lead) } else { over(lead) }).then_some(leads)
    });
    let tenth = waits.iter().find(|lead| is_tenth(lead)).unwrap();
    let path = format!("/v1/leads/{}", tenth["id"].as_str().unwrap());
    let explained = account.live.get(&format!("{path}/explain")).ok().to_string();
    assert!(explained.contains("policy_failed"), "{explained}");
    let timeline = account.live.get(&format!("{path}/timeline")).ok().to_string();
    assert!(timeline.contains("`after` must be a length of time"), "{timeline}");
    let calls = |campaign: &Campaign| campaign.calls().into_iter().filter(|call| call["lead"] == tenth["id"]).count();
    assert_eq!(calls(&campaign), 1, "nobody is called by the wrong rule");
    account.live.verb("/v1/plugins/tenth/rollback").ok();
    campaign.completed(LIMIT);
    assert!(calls(&campaign) >= 1);
}

#[test]
fn a_draft_is_run_on_calls_that_happened() {
    let host = Host::start(&["--clock", "x3600"]);
    let account = host.account("Acme");
    account.live.post("/v1/scripts", &json!({"name": "plain", "source": "fn decide(lead) { builtin() }"})).ok();
    let scenario = json!({"talk": {"goal_variable": GOAL, "goal_rate": 0.4}});
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 20, "policy": "plain@active", "goal_variable": GOAL,
        "retry_until_goal": true, "max_retries": 1});
    let campaign = account.simulated(3, &scenario, &fields);
    campaign.add(&(0..20).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    campaign.completed(LIMIT);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft.rhai").display().to_string();
    let source = "fn decide(lead) { complete(\"enough\") }\nfn evaluate(talk) { #{ appointment_booked: told(talk.lines.len() > 3, \"by length\") } }";
    std::fs::write(&path, source).unwrap();
    let server = ["--server", host.api.base(), "--key", account.live.key()];
    let ran =
        run(&[&["script", "run", &path, "--campaign", &campaign.id, "--sample", "10", "--json"], &server[..]].concat())
            .well();
    let ran: Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    let rows = ran["data"].as_array().unwrap();
    assert_eq!((rows.len(), &ran["roles"]), (10, &json!(["retry_policy", "call_evaluator"])));
    assert!(
        rows.iter().any(|row| row["decision"]["answer"]["decision"] == "complete" && row["decided"].is_object()),
        "{ran}"
    );
    assert!(
        rows.iter().all(|row| row["evaluation"]["answer"][GOAL].is_object() || row["determined"] == json!({})),
        "{ran}"
    );
    let versions = account.live.get("/v1/scripts").ok();
    assert!(!versions.to_string().contains("draft"), "nothing is kept: {versions}");
}
