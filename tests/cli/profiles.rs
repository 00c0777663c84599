//! Logging in, and whose key is used: what is kept, what is shown of it, and where it goes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use campanile_tests::binary::{campanile, python};
use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::process::{Finished, Running, run_in};
use campanile_tests::repo;
use serde_json::Value;
use tempfile::TempDir;

/// A person with a folder for configurations, and keys that nobody must see.
struct Person {
    home: TempDir,
    keys: Vec<String>,
}

impl Person {
    fn with(keys: &[&Api]) -> Self {
        Self { home: tempfile::tempdir().unwrap(), keys: keys.iter().map(|api| api.key().to_owned()).collect() }
    }

    fn home(&self) -> &str {
        self.home.path().to_str().unwrap()
    }

    fn types(&self, args: &[&str], environment: &[(&str, &str)], input: &str) -> Finished {
        let home = [("XDG_CONFIG_HOME", self.home())];
        let ended = run_in(args, &[&home, environment].concat(), input);
        for key in &self.keys {
            assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key), "{args:?} shows a key: {ended:?}");
        }
        ended
    }

    fn runs(&self, args: &[&str]) -> Finished {
        self.types(args, &[], "")
    }

    fn logs_in(&self, name: &str, api: &Api) -> Finished {
        self.types(&["login", "--profile", name, "--server", api.base()], &[], &format!("{}\n", api.key()))
    }

    fn file(&self) -> std::path::PathBuf {
        self.home.path().join("campanile/profiles.toml")
    }
}

fn json(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

fn four(api: &Api) -> &str {
    let key = api.key();
    &key[key.len() - 4..]
}

#[test]
fn whoever_has_logged_in_names_no_server_and_no_key() {
    let host = Host::start(&[]);
    let account = host.account("Harbour Dental");
    let campaign = account.simulated(1, &serde_json::json!({}), &serde_json::json!({}));
    let person = Person::with(&[&account.live, &account.test, &host.operator]);
    let nobody = person.runs(&["campaign", "list"]);
    assert_eq!(nobody.code, 2, "{}", nobody.stderr);
    assert!(nobody.stderr.contains("next:  campanile login"), "{}", nobody.stderr);

    let told = person.logs_in("work", &account.live).well();
    assert!(told.stdout.contains("Harbour Dental, live key") && told.stdout.contains(four(&account.live)), "{told:?}");
    let mode = std::fs::metadata(person.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let listed = json(&person.runs(&["campaign", "list", "--json"]).well());
    assert_eq!(listed["data"][0]["id"], campaign.id.as_str());
    let explained = person.runs(&["explain", "lead_00000000000000000000000000"]);
    assert_eq!(explained.code, 3, "the commands that were there before use it too: {}", explained.stderr);

    let twin =
        person.types(&["login", "--profile", "lab", "--json", "--server", host.api.base()], &[], account.test.key());
    assert_eq!((&json(&twin.well())["kind"], listed["data"].as_array().map(Vec::len)), (&"test".into(), Some(1)));
    assert_eq!(json(&person.runs(&["campaign", "list", "--json"]).well())["data"], serde_json::json!([]));
    let by_flag = person.runs(&["campaign", "list", "--json", "--profile", "work"]).well();
    assert_eq!(json(&by_flag)["data"][0]["id"], campaign.id.as_str());
    let by_env = person.types(&["campaign", "list", "--json"], &[("CAMPANILE_PROFILE", "work")], "").well();
    assert_eq!(json(&by_env), json(&by_flag));
    let live = [("CAMPANILE_KEY", account.live.key()), ("CAMPANILE_URL", host.api.base())];
    let env_first = person.types(&["campaign", "list", "--json"], &live, "").well();
    assert_eq!(json(&env_first), json(&by_flag));
    let flag_first = person.types(&["campaign", "list", "--json", "--profile", "lab"], &live, "").well();
    assert_eq!(json(&flag_first)["data"], serde_json::json!([]));

    let shown = json(&person.runs(&["profile", "list", "--json"]).well());
    assert_eq!(
        (&shown[0]["name"], &shown[0]["current"], &shown[1]["current"]),
        (&"lab".into(), &true.into(), &false.into())
    );
    assert_eq!(shown[1]["last_four"], four(&account.live));
    let _ = person.runs(&["profile", "use", "work"]).well();
    assert!(person.runs(&["profile", "show"]).well().stdout.contains("Harbour Dental"));
    let table = person.runs(&["profile", "list"]).well().stdout;
    assert!(table.lines().any(|line| line.trim_start().starts_with('*') && line.contains("work")), "{table}");
    let _ = person.runs(&["profile", "remove", "work"]).well();
    assert!(!std::fs::read_to_string(person.file()).unwrap().contains(account.live.key()));
    for gone in
        [&["profile", "show", "work"][..], &["profile", "use", "work"], &["campaign", "list", "--profile", "work"]]
    {
        let ended = person.runs(gone);
        assert_eq!((ended.code, ended.stderr.contains("next:")), (3, true), "{gone:?}: {}", ended.stderr);
    }
    let _ = person.logs_in("root", &host.operator).well();
    assert_eq!(json(&person.runs(&["tenant", "list", "--json"]).well())["data"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_key_that_opens_nothing_is_not_kept() {
    let host = Host::start(&[]);
    let person = Person::with(&[]);
    let wrong = person.types(&["login", "--server", host.api.base()], &[], "cpn_live_nonsense_nonsense\n");
    assert_eq!(wrong.code, 4, "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("nonsense") && wrong.stderr.contains("next:"), "{}", wrong.stderr);
    assert_eq!(person.types(&["login", "--server", host.api.base()], &[], "").code, 2, "no key at all");
    assert_eq!(person.types(&["login", "--server", host.api.base()], &[], "two words").code, 2);
    assert_eq!(person.types(&["login", "--server", "ftp://x"], &[], "k").code, 2);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    assert_eq!(person.types(&["login", "--server", &nowhere], &[], "cpn_live_x").code, 7);
    assert_eq!(person.types(&["login", "--server", host.api.base(), "--key-file", "nothing"], &[], "").code, 3);
    assert!(!person.file().exists());
}

#[test]
fn a_key_is_in_no_list_of_processes_and_goes_to_its_own_server_only() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let person = Person::with(&[&account.live]);
    let file = person.home.path().join("key");
    std::fs::write(&file, format!("{}\n", account.live.key())).unwrap();
    let home = [("XDG_CONFIG_HOME", person.home())];
    let login = ["login", "--server", host.api.base(), "--key-file", file.to_str().unwrap()];
    let _ = person.types(&login, &[], "").well();
    // It waits for stdin meanwhile, and can be looked at.
    let campaign = account.simulated(1, &serde_json::json!({}), &serde_json::json!({}));
    let mut running = Running::start_in(&["lead", "add", &campaign.id, "--lines", "-"], &home);
    for place in ["cmdline", "environ"] {
        let told = std::fs::read(format!("/proc/{}/{place}", running.id())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&told).contains(account.live.key()), "{place}");
    }
    running.type_in("{\"phone\": \"+12025550123\"}\n");
    let _ = running.wait(std::time::Duration::from_secs(30)).well();
    let elsewhere = person.runs(&["campaign", "list", "--server", "http://127.0.0.1:1"]);
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.stderr);
    assert!(elsewhere.stderr.contains("is not sent to"), "{}", elsewhere.stderr);
    std::fs::set_permissions(person.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = person.runs(&["campaign", "list"]);
    assert_eq!((open.code, open.stderr.contains("chmod 600")), (1, true), "{}", open.stderr);
}

#[test]
fn whose_account_is_changed_is_told_once_and_only_then() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let person = Person::with(&[&account.live, &account.test, &host.operator]);
    let make = ["gateway", "create", "--name", "trial", "--kind", "simulated"];
    for (name, api, banner) in [("live", &account.live, "LIVE key"), ("test", &account.test, "test key")] {
        let _ = person.logs_in(name, api).well();
        let read = person.runs(&["gateway", "list"]).well();
        assert!(!read.stderr.contains("key ("), "{}", read.stderr);
        let dry = person.runs(&[&make[..], &["--dry-run"]].concat()).well();
        assert!(!dry.stderr.contains("key (") && dry.stderr.contains("nothing was sent"), "{}", dry.stderr);
        let written = person.runs(&[&make[..], &["--json"]].concat()).well();
        assert_eq!(written.stderr.lines().count(), 1, "{}", written.stderr);
        assert!(written.stderr.starts_with(banner) && json(&written)["id"].is_string(), "{written:?}");
        assert_eq!(
            account.live.all("/v1/gateways").len() + account.test.all("/v1/gateways").len(),
            if name == "live" { 1 } else { 2 }
        );
    }
    let _ = person.logs_in("root", &host.operator).well();
    let made = person.runs(&["tenant", "create", "--name", "Next"]).well();
    assert!(made.stderr.starts_with("operator's key"), "{}", made.stderr);
}

/// What a person sees at a terminal, and the exit code.
fn at_a_terminal(python: &Path, typed: &str, environment: &[(&str, &str)], args: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(python);
    command.arg(repo::root().join("tests/checks/terminal.py")).arg(typed).arg(campanile()).args(args);
    command.env_remove("NO_COLOR").env("TERM", "xterm").envs(environment.iter().copied());
    let ended = command.output().unwrap();
    (String::from_utf8_lossy(&ended.stdout).into_owned(), ended.status.code())
}

#[test]
fn a_key_that_is_typed_is_not_shown_and_colour_can_be_turned_off() {
    let Some(python) = python() else {
        eprintln!("skipped: python3 is not installed");
        return;
    };
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let person = Person::with(&[]);
    let home = ("XDG_CONFIG_HOME", person.home());
    let login = ["login", "--server", host.api.base()];
    let (shown, code) = at_a_terminal(python, account.live.key(), &[home], &login);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("not shown") && shown.contains("Acme, live key"), "{shown}");
    assert!(!shown.contains(account.live.key()), "{shown}");
    assert_eq!(at_a_terminal(python, "", &[home], &[&login[..], &["--no-input"]].concat()).1, Some(2));
    let make = ["gateway", "create", "--name", "trial", "--kind", "simulated"];
    let (coloured, _) = at_a_terminal(python, "", &[home], &make);
    assert!(coloured.contains("LIVE key") && coloured.contains('\u{1b}'), "{coloured}");
    let (plain, _) = at_a_terminal(python, "", &[home, ("NO_COLOR", "1")], &make);
    assert!(plain.contains("LIVE key") && !plain.contains('\u{1b}'), "{plain}");
    let gateway = account.live.all("/v1/gateways")[0]["id"].as_str().unwrap().to_owned();
    let (asked, code) = at_a_terminal(python, "", &[home], &["gateway", "delete", &gateway, "--no-input"]);
    assert_eq!(code, Some(2), "{asked}");
    let (asked, code) = at_a_terminal(python, "n", &[home], &["gateway", "delete", &gateway]);
    assert_eq!((code, asked.contains("[y/N]"), account.live.all("/v1/gateways").len()), (Some(1), true, 2), "{asked}");
    let (asked, code) = at_a_terminal(python, "y", &[home], &["gateway", "delete", &gateway]);
    assert_eq!((code, account.live.all("/v1/gateways").len()), (Some(0), 1), "{asked}");
}
