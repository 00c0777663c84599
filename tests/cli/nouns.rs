//! The command line as a client of the API: every noun against a real server, its exit codes, and what is printed where.
//!
//! It is longer than others because every noun is told here, by one person at one desk.

use std::time::Duration;

use campanile_tests::account::{Account, always, goal_question};
use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::process::{Finished, Running, run, run_in};
use campanile_tests::{patience, people};
use serde_json::{Value, json};

/// A key at a server, as a person uses it.
struct Desk<'a> {
    api: &'a Api,
}

impl Desk<'_> {
    fn types(&self, args: &[&str], input: &str) -> Finished {
        let environment = [("CAMPANILE_URL", self.api.base()), ("CAMPANILE_KEY", self.api.key())];
        let ended = run_in(args, &environment, input);
        let key = self.api.key();
        assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key), "{args:?} shows the key: {ended:?}");
        ended
    }

    fn runs(&self, args: &[&str]) -> Finished {
        self.types(args, "")
    }

    /// What `--json` prints of a command that ends well: one document and nothing else.
    fn asks(&self, args: &[&str]) -> Value {
        document(&self.runs(&[args, &["--json"]].concat()).well())
    }

    /// The exit code and the words of a command that ends otherwise. They end with what to try.
    fn refused(&self, args: &[&str]) -> (i32, String) {
        let ended = self.runs(args);
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("next:  "), "{args:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{args:?}: {}", ended.stdout);
        (ended.code, ended.stderr)
    }
}

fn document(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap_or_else(|| panic!("no id: {made}")).to_owned()
}

/// A campaign that the command line made from nothing; its id.
fn campaign(desk: &Desk<'_>, folder: &std::path::Path) -> String {
    let gateway =
        id(&desk.asks(&["gateway", "create", "--name", "trial", "--kind", "simulated", "--set", "settings.seed=7"]));
    let file = folder.join("assistant.json");
    let assistant = json!({"name": "Mia", "time_zone": "America/New_York", "phone_numbers": ["+12025550180"],
        "variables": [goal_question()]});
    std::fs::write(&file, assistant.to_string()).unwrap();
    let file = file.display().to_string();
    let assistant = id(&desk.asks(&["assistant", "create", "--file", &file, "--gateway", &gateway]));
    let file = folder.join("spring.toml");
    std::fs::write(
        &file,
        "name = \"from the file\"\nmax_retries = 1\nmax_concurrent_calls = 20\nstarts_at = 2026-03-02T09:00:00Z\n",
    )
    .unwrap();
    let file = file.display().to_string();
    let hours = format!("calling_hours={}", always());
    let create =
        ["campaign", "create", "--assistant", &assistant, "--name", "Spring", "--file", &file, "--set", &hours];
    let once = [&create[..], &["--idempotency-key", "spring"]].concat();
    let made = desk.asks(&once);
    assert_eq!((&made["name"], &made["max_retries"]), (&"Spring".into(), &1.into()), "flags go over the file");
    assert_eq!(made["starts_at"], "2026-03-02T09:00:00Z");
    assert_eq!(id(&desk.asks(&once)), id(&made), "made once");
    id(&made)
}

#[test]
fn a_campaign_is_made_run_watched_and_looked_at() {
    let host = Host::at_speed(3_600);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let folder = tempfile::tempdir().unwrap();
    let campaign = campaign(&desk, folder.path());

    let mut lines: String = (0..1_100).map(|index| format!("{}\n", people::lead(index))).collect();
    lines.push_str("\n{\"phone\": \"12\"}\n");
    lines.push_str(&format!("{}\n", people::lead(0)));
    let added = desk.types(&["lead", "add", &campaign, "--lines", "-", "--json"], &lines);
    assert_eq!(added.code, 6, "one was refused: {}", added.stderr);
    let told = document(&added);
    assert_eq!((&told["created"], &told["updated"], &told["rejected"]), (&1_100.into(), &1.into(), &1.into()));
    let results = told["results"].as_array().unwrap();
    assert_eq!(
        (results.len(), &results[1_100]["line"], &results[1_100]["result"]),
        (1_102, &1_102.into(), &"rejected".into())
    );
    assert!(added.stderr.contains("1 of 1102 leads"), "{}", added.stderr);
    let again = desk.types(&["lead", "add", &campaign, "--lines", "-"], &lines);
    assert!(again.stderr.contains("line 1102: "), "{}", again.stderr);
    let one = desk.asks(&[
        "lead",
        "add",
        &campaign,
        "--phone",
        "+1 202-555-0199",
        "--variable",
        "first_name=Ann",
        "--variable",
        "age=40",
        "--priority",
        "-3",
    ]);
    assert_eq!(
        (&one["variables"]["first_name"], &one["variables"]["age"], &one["priority"]),
        (&"Ann".into(), &40.into(), &(-3).into())
    );
    let lead = id(&one);
    let changed = desk.asks(&["lead", "update", &lead, "--variable", "age=41", "--set", "priority=9"]);
    assert_eq!((&changed["variables"]["age"], &changed["priority"]), (&41.into(), &9.into()));

    let page = desk.asks(&["lead", "list", "--campaign", &campaign, "--limit", "3"]);
    assert_eq!((page["data"].as_array().map(Vec::len), page["next_cursor"].is_string()), (Some(3), true));
    let all = desk.asks(&["lead", "list", "--campaign", &campaign, "--all"]);
    assert_eq!((all["data"].as_array().map(Vec::len), &all["next_cursor"]), (Some(1_101), &Value::Null));
    let shown = desk.runs(&["lead", "list", "--campaign", &campaign, "--limit", "2"]).well();
    assert_eq!(shown.stdout.lines().count(), 3, "a header and two rows: {}", shown.stdout);
    assert!(shown.stderr.contains("--cursor"), "{}", shown.stderr);
    let by_phone = desk.asks(&["lead", "list", "--phone", "+12025550199"]);
    assert_eq!(by_phone["data"][0]["id"], lead.as_str());

    let explained = desk.runs(&["campaign", "explain", &campaign]).well().stdout;
    assert!(explained.contains("campaign_running"), "{explained}");
    let draft = desk.refused(&["campaign", "watch", &campaign, "--profile", "nobody"]);
    assert_eq!(draft.0, 3);
    let draft = desk.runs(&["campaign", "watch", &campaign]);
    assert_eq!((draft.code, draft.stderr.contains("campanile campaign start")), (5, true), "{}", draft.stderr);
    let started = desk.runs(&["campaign", "start", &campaign]).well();
    assert!(started.stdout.contains("in_progress") && started.stderr.contains("LIVE key"), "{started:?}");
    let watched = desk.runs(&["campaign", "watch", &campaign, "--interval", "1"]).well();
    let last = watched.stdout.lines().last().unwrap();
    assert!(last.starts_with("completed  1101/1101 leads done"), "{}", watched.stdout);
    let lines: Vec<&str> = watched.stdout.lines().collect();
    assert!(lines.windows(2).all(|pair| pair[0] != pair[1]), "a line per change: {}", watched.stdout);

    let stats = desk.asks(&["campaign", "stats", &campaign]);
    assert_eq!(stats["leads"], 1_101);
    assert!(desk.runs(&["campaign", "stats", &campaign]).well().stdout.contains("by_status.completed."));
    let answered = desk.asks(&["call", "list", "--campaign", &campaign, "--status", "completed", "--limit", "1"]);
    let call = id(&answered["data"][0]);
    let talk = desk.runs(&["call", "get", &call]).well().stdout;
    let said = desk.asks(&["call", "get", &call])["transcript"].as_array().map_or(0, Vec::len);
    let (_, lines) = talk.split_once("\n\n").unwrap();
    assert!(said > 0 && lines.lines().count() == said && lines.contains("person "), "{talk}");
    for command in [
        &["lead", "timeline", &lead][..],
        &["lead", "explain", &lead],
        &["lead", "get", &lead],
        &["campaign", "get", &campaign],
    ] {
        let shown = desk.runs(command).well();
        assert!(!shown.stdout.is_empty() && shown.stderr.is_empty(), "{command:?}: {shown:?}");
        desk.asks(command);
    }
    assert!(desk.runs(&["lead", "timeline", &lead]).well().stdout.contains("lead_created"));
    let listed = desk.runs(&["campaign", "list", "--status", "completed"]).well().stdout;
    assert!(listed.lines().count() == 2 && listed.contains(&campaign), "{listed}");
    let nothing = desk.runs(&["campaign", "list", "--status", "paused"]).well();
    assert!(nothing.stdout.is_empty() && nothing.stderr.contains("no campaigns"), "{nothing:?}");
    let reopened = desk.asks(&["lead", "update", &lead, "--status", "created"]);
    assert_eq!(reopened["era"], 2);
}

#[test]
fn what_is_paused_ends_the_watch_with_a_conflict() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let folder = tempfile::tempdir().unwrap();
    let campaign = campaign(&desk, folder.path());
    desk.asks(&["lead", "add", &campaign, "--phone", "+12025550199"]);
    desk.asks(&["campaign", "update", &campaign, "--set", "starts_at=2100-01-01T00:00:00Z", "--set", "max_retries=0"]);
    let rehearsed = desk.runs(&["campaign", "rehearse", &campaign]).well();
    assert!(rehearsed.stdout.contains("an estimate and not a fact"), "{}", rehearsed.stdout);
    assert!(!rehearsed.stderr.contains("LIVE key"), "a question changes nothing: {}", rehearsed.stderr);
    assert_eq!(desk.asks(&["campaign", "rehearse", &campaign])["state"], "finished");
    desk.asks(&["campaign", "start", &campaign]);
    assert_eq!(desk.asks(&["campaign", "pause", &campaign])["status"], "paused");
    let watched = desk.runs(&["campaign", "watch", &campaign, "--json"]);
    assert_eq!(watched.code, 5, "{}", watched.stderr);
    assert_eq!(document(&watched)["status"], "paused");
    assert!(watched.stderr.contains("campanile campaign resume"), "{}", watched.stderr);
    assert_eq!(desk.asks(&["campaign", "resume", &campaign])["status"], "in_progress");
    let (code, words) = desk.refused(&["campaign", "stop", &campaign]);
    assert_eq!((code, words.contains("--yes")), (2, true), "nobody can be asked: {words}");
    assert_eq!(desk.asks(&["campaign", "stop", &campaign, "--yes"])["status"], "paused");
    let clone = ["campaign", "clone", &campaign, "--leads", "all", "--idempotency-key", "copy"];
    let copied = desk.asks(&clone);
    assert_eq!(desk.asks(&clone)["id"], copied["id"], "made once");
    let (copy, job) = (id(&copied), id(&copied["job"]));
    let arrived = || (desk.asks(&["api", "GET", &format!("/v1/jobs/{job}")])["state"] == "finished").then_some(());
    patience::until("the leads are copied", Duration::from_secs(30), arrived);
    let leads = desk.asks(&["lead", "list", "--campaign", &copy]);
    assert_eq!(leads["data"][0]["contacts"][0]["phone"], "+12025550199", "{leads}");
    let told = desk.runs(&["campaign", "clone", &campaign, "--leads", r#"{"status": "completed"}"#]).well();
    assert!(told.stderr.contains("/v1/jobs/job_"), "{}", told.stderr);
    let updated = desk.runs(&["campaign", "update", &campaign, "--set", "name=Over"]).well();
    assert!(updated.stdout.contains("Over"), "{}", updated.stdout);
}

#[test]
fn how_long_things_are_kept_changes_only_when_it_is_meant() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let change = ["retention", "update", "--set", "transcripts_days=90"];
    let (code, words) = desk.refused(&change);
    assert_eq!((code, words.contains("--yes")), (2, true), "nobody can be asked: {words}");
    assert_eq!(desk.asks(&["retention", "get"])["transcripts_days"], Value::Null);
    let shown = desk.runs(&["retention", "get"]).well().stdout;
    assert_eq!(shown.matches("for ever").count(), 4, "{shown}");
    assert_eq!(desk.asks(&[&change[..], &["--yes"]].concat())["transcripts_days"], 90);
    let shown = desk.runs(&["retention", "get"]).well().stdout;
    assert_eq!((shown.matches("for ever").count(), shown.matches("90").count()), (3, 1), "{shown}");
    let (code, words) = desk.refused(&["retention", "update", "--set", "events_days=3", "--yes"]);
    assert_eq!((code, words.contains("30 to 36500 days")), (6, true), "{words}");
    assert_eq!(
        desk.asks(&["retention", "update", "--set", "transcripts_days=null", "--yes"])["transcripts_days"],
        Value::Null
    );
}

#[test]
fn exit_codes_are_those_of_the_refusal() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let folder = tempfile::tempdir().unwrap();
    let campaign = campaign(&desk, folder.path());

    let (code, words) = desk.refused(&["campaign", "get", "cmp_00000000000000000000000000"]);
    assert_eq!((code, words.contains("campanile campaign list")), (3, true), "{words}");
    let (code, words) = desk.refused(&["campaign", "start", &campaign]);
    assert_eq!((code, words.contains("CE0012")), (5, true), "{words}");
    let (code, words) =
        desk.refused(&["campaign", "update", &campaign, "--set", "max_retries=9", "--set", "retry_interval_minutes=1"]);
    assert_eq!(
        (code, words.contains("/max_retries: ") && words.contains("/retry_interval_minutes: ")),
        (6, true),
        "{words}"
    );
    assert!(words.lines().last().unwrap().contains("CE0007"), "{words}");
    let (code, words) = desk.refused(&["campaign", "list", "--status", "running"]);
    assert_eq!(code, 6, "{words}");
    let revision = desk.asks(&["campaign", "get", &campaign])["revision"].to_string();
    let rename = |name: &str, revision: &str| {
        ["campaign", "update", &campaign, "--set", name, "--revision", revision].map(str::to_owned)
    };
    let (first, late) = (rename("name=First", &revision), rename("name=Late", &revision));
    assert_eq!(desk.asks(&first.each_ref().map(String::as_str))["name"], "First");
    let (code, words) = desk.refused(&late.each_ref().map(String::as_str));
    assert_eq!((code, words.contains("read it again")), (5, true), "{words}");
    assert_eq!(desk.asks(&["campaign", "get", &campaign])["name"], "First");
    let narrow = desk.runs(&["key", "create", "--name", "read", "--scope", "campaigns:read,leads:read"]).well();
    let narrow = account.live.with_key(narrow.stdout.trim());
    let reader = Desk { api: &narrow };
    reader.asks(&["campaign", "list"]);
    let (code, words) = reader.refused(&["campaign", "start", &campaign]);
    assert_eq!((code, words.contains("campaigns:write")), (4, true), "{words}");
    let unknown = account.live.with_key("cpn_live_nobody_knows_this_key");
    let (code, words) = Desk { api: &unknown }.refused(&["campaign", "list"]);
    assert_eq!((code, words.contains("campanile login")), (4, true), "{words}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = account.live.at(&format!("http://127.0.0.1:{port}"));
    for command in
        [&["campaign", "list"][..], &["campaign", "watch", &campaign], &["lead", "add", &campaign, "--phone", "+1"]]
    {
        assert_eq!(Desk { api: &nowhere }.refused(command).0, 7, "{command:?}");
    }
    let usage = [
        &["campaign", "get", "../keys"][..],
        &["campaign", "update", &campaign],
        &["campaign", "update", &campaign, "--set", "nothing"],
        &["lead", "add", &campaign],
        &["lead", "add", &campaign, "--phone", "+1", "--lines", "-"],
        &["key", "create", "--name", "x"],
        &["tenant", "top-up", "ten_1", "1,50"],
        &["api", "GET", "v1/me"],
        &["campaign", "list", "--limit", "201"],
        &["campaign", "list", "--all", "--cursor", "x"],
    ];
    for command in usage {
        let ended = desk.runs(command);
        assert_eq!((ended.code, ended.stdout.is_empty()), (2, true), "{command:?}: {}", ended.stderr);
    }
    let missing = desk.refused(&["campaign", "create", "--file", "nothing.toml"]);
    assert_eq!(missing.0, 3, "{}", missing.1);
    let broken = desk.types(&["lead", "add", &campaign, "--lines", "-"], "{\"phone\": \"+12025550100\"}\nnot json\n");
    assert_eq!((broken.code, broken.stderr.contains("line 2 is no JSON")), (6, true), "{}", broken.stderr);
}

#[test]
fn keys_are_made_changed_and_made_worthless() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let made = desk
        .runs(&["key", "create", "--name", "nightly", "--scope", "leads:write", "--scope", "campaigns:read"])
        .well();
    assert_eq!(made.stdout.lines().count(), 1, "only the secret: {}", made.stdout);
    let other = account.live.with_key(made.stdout.trim());
    assert_eq!(other.get("/v1/me").ok()["scopes"], json!(["campaigns:read", "leads:write"]));
    assert!(!made.stderr.contains(other.key()), "{}", made.stderr);
    let twin = desk.asks(&["key", "create", "--name", "lab", "--scope", "admin", "--test"]);
    assert!(twin["secret"].as_str().unwrap().starts_with("cpn_test_"), "{}", twin["id"]);
    let listed = desk.runs(&["key", "list"]).well().stdout;
    assert!(listed.contains("nightly") && !listed.contains(other.key()), "{listed}");
    let all = desk.asks(&["key", "list"]);
    let nightly = id(all["data"].as_array().unwrap().iter().find(|key| key["name"] == "nightly").unwrap());
    assert_eq!(desk.refused(&["key", "revoke", &nightly]).0, 2, "it is asked about");
    assert_eq!(other.get("/v1/me").status, 200);
    let revoked = desk.runs(&["key", "revoke", &nightly, "--yes"]).well();
    assert!(revoked.stdout.is_empty(), "{}", revoked.stdout);
    assert_eq!(other.get("/v1/me").status, 401);
    let again = desk.runs(&["key", "revoke", &nightly, "--yes", "--json"]).well();
    assert_eq!(again.stdout, "null\n", "in JSON there is always a document");
}

#[test]
fn one_person_is_called_now_or_nobody() {
    let host = Host::at_speed(1);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let assistant = account.assistant(&account.gateway("simulated", &json!({})));
    let place =
        ["call", "place", "--assistant", &assistant, "--phone", "(202) 555-0199", "--variable", "first_name=Ann"];
    let once = [&place[..], &["--idempotency-key", "order-1"]].concat();
    let json = [&once[..], &["--json"]].concat();
    // The engine hears of a new account a moment later.
    let placed =
        patience::until("a turn", Duration::from_secs(30), || Some(desk.runs(&json)).filter(|call| call.code == 0));
    let call = document(&placed);
    assert_eq!((&call["phone"], id(&call)), (&"+12025550199".into(), id(&desk.asks(&once))), "called once");
    let (code, words) = desk.refused(&place);
    assert_eq!((code, words.contains("CE0035")), (5, true), "the gap between two calls: {words}");
    assert_eq!(desk.refused(&[&place[..], &["--override", "money"]].concat()).0, 6);
    assert_eq!(account.live.all("/v1/calls").len(), 1);
    let shown = desk.runs(&["call", "list"]).well().stdout;
    assert!(shown.contains(&id(&call)), "{shown}");
}

#[test]
fn a_dry_run_sends_nothing_and_shows_no_secret() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let told = desk.asks(&[
        "gateway",
        "create",
        "--name",
        "x",
        "--kind",
        "simulated",
        "--set",
        "secrets.token=hush",
        "--dry-run",
    ]);
    assert_eq!((&told["method"], &told["path"]), (&"POST".into(), &"/v1/gateways".into()));
    assert_eq!(told["body"]["secrets"]["token"], "(not shown)");
    let without_a_server = run(&["campaign", "start", "cmp_1", "--dry-run"]).well();
    assert_eq!(without_a_server.stdout, "POST /v1/campaigns/cmp_1/start\n");
    for command in [
        &["campaign", "stop", "cmp_1"][..],
        &["campaign", "delete", "cmp_1"],
        &["campaign", "clone", "cmp_1", "--name", "y"],
        &["lead", "delete", "lead_1"],
        &["key", "revoke", "key_1"],
        &["key", "rotate", "key_1", "--overlap-hours", "0"],
        &["webhook", "create", "--url", "https://x.example", "--event", "call.ended"],
        &["webhook", "resend", "whk_1", "evt_1"],
        &["suppression", "add", "+1 202", "--reason", "asked"],
        &["suppression", "remove", "+1 202"],
        &["tenant", "top-up", "ten_1", "12.5"],
        &["api", "DELETE", "/v1/keys/key_1"],
    ] {
        let told = desk.asks(&[command, &["--dry-run"]].concat());
        assert!(told["path"].as_str().is_some_and(|path| path.starts_with("/v1/")), "{command:?}: {told}");
    }
    let lines = desk.types(&["lead", "add", "cmp_1", "--lines", "-", "--dry-run", "--json"], "{}\n{}\n").well();
    assert_eq!(document(&lines)["leads"], 2);
    assert!(account.live.all("/v1/gateways").is_empty());
}

#[test]
fn the_operator_makes_accounts_and_whatever_has_no_command_is_sent_as_it_is() {
    let host = Host::start(&[]);
    let root = Desk { api: &host.operator };
    let billing =
        r#"billing={"currency":"EUR","tariff":{"per_minute_micros":100000,"minimum_seconds":0,"rounding_seconds":60}}"#;
    let made = root.asks(&["tenant", "create", "--name", "Harbour Dental", "--set", billing]);
    let account = Account::of(&host.api, &made);
    let topped = root.asks(&["tenant", "top-up", &account.id, "12.50", "--idempotency-key", "may"]);
    assert_eq!(topped["available_micros"], 12_500_000);
    let again = root.asks(&["tenant", "top-up", &account.id, "12.50", "--idempotency-key", "may"]);
    assert_eq!(again["available_micros"], 12_500_000, "topped up once");
    let limited = root.asks(&["tenant", "update", &account.id, "--set", "limits.max_concurrent_calls=7"]);
    assert_eq!(
        (&limited["limits"]["max_concurrent_calls"], &limited["limits"]["min_gap_minutes"]),
        (&7.into(), &10.into())
    );
    assert!(root.runs(&["tenant", "list"]).well().stdout.contains("Harbour Dental"));
    let desk = Desk { api: &account.live };
    assert_eq!(desk.refused(&["tenant", "list"]).0, 4);

    assert_eq!(desk.asks(&["api", "get", "/v1/me"])["tenant"]["name"], "Harbour Dental");
    let page = desk.runs(&["api", "GET", "/errors/CE0007"]).well().stdout;
    assert!(page.starts_with("# CE0007"), "what is no JSON is printed as it is: {page}");
    assert_eq!(
        desk.asks(&["api", "GET", "/errors/CE0007"]).as_str().map(|text| text.starts_with("# CE0007")),
        Some(true)
    );
    let body = "{\"name\": \"by hand\", \"kind\": \"simulated\"}";
    let made = document(&desk.types(&["api", "POST", "/v1/gateways", "--data", "@-", "--json"], body).well());
    let gateway = id(&made);
    assert!(desk.runs(&["gateway", "get", &gateway]).well().stdout.contains("by hand"));
    assert_eq!(desk.asks(&["gateway", "update", &gateway, "--set", "name=renamed"])["name"], "renamed");
    assert_eq!(desk.runs(&["api", "DELETE", &format!("/v1/gateways/{gateway}"), "--json"]).well().stdout, "null\n");
    let (code, words) = desk.refused(&["api", "GET", "/v1/nothing"]);
    assert_eq!((code, words.contains("CE0005")), (3, true), "{words}");
    assert_eq!(desk.refused(&["api", "POST", "/v1/gateways", "--data", "{"]).0, 6);
    for noun in ["source", "assistant", "gateway"] {
        desk.asks(&[noun, "list"]);
    }
}

#[test]
fn a_server_that_is_started_again_is_waited_for() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let desk = Desk { api: &account.live };
    let folder = tempfile::tempdir().unwrap();
    let campaign = campaign(&desk, folder.path());
    desk.asks(&["campaign", "update", &campaign, "--set", "starts_at=2100-01-01T00:00:00Z"]);
    desk.asks(&["lead", "add", &campaign, "--phone", "+12025550199"]);
    desk.asks(&["campaign", "start", &campaign]);
    let environment = [("CAMPANILE_URL", account.live.base()), ("CAMPANILE_KEY", account.live.key())];
    let watch = ["campaign", "watch", campaign.as_str(), "--interval", "1"];
    let mut watching = Running::start_in(&watch, &environment);
    watching.line("in_progress  0/1 leads done");
    drop(host);
    patience::until("it is noticed", Duration::from_secs(30), || {
        watching.complaints().contains("no answer; asking again").then_some(())
    });
    assert!(watching.ended().is_none(), "{}", watching.complaints());
}
