//! The scripts of the cookbook in rehearsals, judged by `checks/cookbook.py`: the calls file obeys the script, and hours and
//! caps hold whatever it asks for.
//!
//! `CAMPANILE_REHEARSED=10000` rehearses so many leads instead of a few; `tests/run --long` does.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use campanile_tests::process::Running;
use campanile_tests::{binary, repo};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The scripts whose rule the checker knows, and what they need besides.
const SCRIPTS: [(&str, &[&str]); 12] = [
    ("taper", &[]),
    ("busy_soon", &[]),
    ("morning_then_evening", &[]),
    ("alternate_contacts", &[]),
    ("rules_by_variable", &[]),
    ("weekend_pause", &["--start", "2026-03-06T13:00"]),
    ("high_value", &[]),
    ("outcome_budgets", &[]),
    ("last_chance", &[]),
    ("voicemail_twice", &[]),
    ("goal_retry", &[]),
    ("short_answers", &[]),
];
/// Those that look at what a rehearsal's calls do not tell.
const AS_USUAL: [&str; 4] = ["stop_not_interested", "callback_asked", "before_the_end", "wrong_number"];
/// Wants everybody called at once, for ever.
const GREEDY: &str = "fn decide(lead) { retry(#{ after: seconds(0), reason: \"now\" }) }";

fn count() -> usize {
    std::env::var("CAMPANILE_REHEARSED").map_or(400, |text| text.parse().unwrap())
}

struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let row = |index: usize| {
            // A number that cannot be dialled would be no contact at all.
            let areas = [[415, 425, 435], [510, 520, 530]][index / 5_000 % 2];
            let phone = |which: usize, is_there: bool| {
                let number = 2_000 + index % 5_000;
                if is_there { format!("+1{}555{number:04}", areas[which]) } else { String::new() }
            };
            let (second, third) = (phone(1, index % 2 == 1), phone(2, index % 4 == 3));
            let segment = ["patient", "debtor", "other"][index % 3];
            format!("Person {index},{},{second},{third},{},{segment}\n", phone(0, true), index * 20 % 3_000)
        };
        let rows: String = (0..count()).map(row).collect();
        std::fs::write(folder.path().join("leads.csv"), format!("name,phone,second,third,value,segment\n{rows}"))
            .unwrap();
        let campaign = "time_zone = \"America/New_York\"\nmax_concurrent_calls = 20\n";
        std::fs::write(folder.path().join("campaign.toml"), campaign).unwrap();
        std::fs::write(folder.path().join("greedy.rhai"), GREEDY).unwrap();
        let day = json!([["09:00", "18:00"]]);
        let rules = json!({"zone": "America/New_York", "hours": {"0": day, "1": day, "2": day, "3": day, "4": day}});
        std::fs::write(folder.path().join("rules.json"), rules.to_string()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The calls of a rehearsal.
    fn rehearse(&self, name: &str, policy: &str, flags: &[&str]) -> PathBuf {
        let (leads, campaign, calls) = (self.path("leads.csv"), self.path("campaign.toml"), self.path(name));
        let fixed =
            ["rehearse", "--leads", &leads, "--secondary", "second", "--secondary", "third", "--campaign", &campaign];
        let rest = ["--policy", policy, "--calls", &calls, "--json"];
        let limit = Duration::from_millis(180_000_u64.max(60 * count() as u64));
        let summary: Value =
            serde_json::from_str(&Running::start(&[&fixed[..], &rest[..], flags].concat()).wait(limit).well().stdout)
                .unwrap();
        assert_eq!(summary["leads"], count(), "{summary}");
        calls.into()
    }

    /// What the checker says; `None` where it cannot be asked.
    fn judged(&self, script: &str, calls: &str, other: Option<&str>) -> Option<Value> {
        let Some(python) = binary::python() else {
            println!("skipped: the second opinion on the cookbook (python3 is not installed)");
            return None;
        };
        let mut args = vec![self.path("leads.csv"), calls.to_owned(), script.to_owned(), self.path("rules.json")];
        args.extend(other.map(str::to_owned));
        let ended =
            Command::new(python).arg(repo::root().join("tests/checks/cookbook.py")).args(&args).output().unwrap();
        if ended.status.code() == Some(77) {
            println!("skipped: the second opinion on the cookbook (Python finds no time zone database)");
            return None;
        }
        let told = serde_json::from_slice(&ended.stdout);
        Some(told.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ended.stderr))))
    }
}

fn script(name: &str) -> String {
    repo::root().join("scripts").join(format!("{name}.rhai")).display().to_string()
}

#[test]
fn the_calls_of_a_rehearsal_obey_the_script() {
    let stage = Stage::new();
    let builtin = stage.rehearse("builtin.jsonl", "builtin", &[]).display().to_string();
    let Some(told) = stage.judged("builtin", &builtin, None) else { return };
    assert_eq!(told["violations"], json!([]), "the built-in table: {told}");
    assert!(told["decided"].as_u64() > Some(count() as u64), "{told}");
    for (name, flags) in SCRIPTS {
        let calls = stage.rehearse(&format!("{name}.jsonl"), &script(name), flags).display().to_string();
        // The same seed, the same people.
        let other = flags.is_empty().then_some(builtin.as_str());
        let Some(told) = stage.judged(name, &calls, other) else { return };
        assert_eq!(told["violations"], json!([]), "{name}: {told}");
        println!("{name}: {} calls, {} decided by its rule", told["calls"], told["decided"]);
        assert!(name == "goal_retry" || told["decided"].as_u64() > Some(10), "{name}: {told}");
    }
    for name in AS_USUAL {
        let calls = stage.rehearse(&format!("{name}.jsonl"), &script(name), &[]);
        let words = |path: &str| std::fs::read_to_string(path).unwrap().lines().count();
        assert_eq!(words(&calls.display().to_string()), words(&builtin), "{name} does something of its own");
    }
}

#[test]
fn hours_and_caps_hold_whatever_a_script_asks_for() {
    let stage = Stage::new();
    let calls = stage.rehearse("greedy.jsonl", &stage.path("greedy.rhai"), &[]).display().to_string();
    let Some(told) = stage.judged("greedy", &calls, None) else { return };
    assert_eq!(told["violations"], json!([]), "{told}");
    assert!(told["moved"].as_u64().unwrap() > 3 * count() as u64, "{told}");
}

/// A checker that finds nothing must be able to find something.
#[test]
fn the_second_opinion_notices_a_script_that_is_not_obeyed() {
    let stage = Stage::new();
    let calls = stage.rehearse("taper.jsonl", &script("taper"), &[]);
    let lines: Vec<Value> =
        std::fs::read_to_string(&calls).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let waits = lines.iter().position(|line| line["reason"] == "wait 2").unwrap();
    type Crime<'a> = (&'a str, &'a dyn Fn(&mut Value));
    let crimes: [Crime<'_>; 3] = [
        ("the moment asked for", &|line| line["asked_for"] = "2026-03-09T14:00:00Z".into()),
        ("the decision", &|line| line["decision"] = "next_contact".into()),
        ("inside the calling hours", &|line| line["started_at"] = "2026-03-02T09:00:00Z".into()),
    ];
    for (rule, change) in crimes {
        let mut lines = lines.clone();
        change(&mut lines[waits]);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(stage.path("doctored.jsonl"), text).unwrap();
        let Some(told) = stage.judged("taper", &stage.path("doctored.jsonl"), None) else { return };
        let found = told["violations"].as_array().unwrap().iter().any(|one| one["rule"] == rule);
        assert!(found, "{rule} is not among {told}");
    }
}
