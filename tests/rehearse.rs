//! `campanile rehearse`: the same bytes for the same seed, and the rules of rounds seen by somebody else.
//!
//! The second opinion is `checks/rehearsal.py`. Where there is no Python, or no time zone database for it, the test says
//! so by name and shows only what it could see itself.
//!
//! `CAMPANILE_REHEARSED=10000` rehearses so many leads instead of a few; `tests/run --long` does.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use campanile_tests::process::Running;
use campanile_tests::{binary, repo};
use serde_json::{Value, json};
use tempfile::TempDir;

const GOAL: &str = "appointment_booked";
/// Everybody is called, nobody answers.
const NOBODY: &str = "[rates]\nunanswered = 1.0\n";
const WORKDAYS: &str = r#"{"monday": [{"from": "09:00", "to": "18:00"}]}"#;

/// People, and the calls at once that bring them through in weeks.
fn size() -> (usize, u32) {
    let leads = std::env::var("CAMPANILE_REHEARSED").map_or(60, |text| text.parse().unwrap());
    (leads, if leads > 1_000 { 200 } else { 3 })
}

/// One to three phones of their own for each.
fn phones(index: usize) -> Vec<String> {
    const AREAS: [u32; 8] = [202, 212, 305, 312, 404, 415, 503, 510];
    let count = if index.is_multiple_of(4) { 3 } else { 1 + usize::from(index.is_multiple_of(2)) };
    let phone = |nth: usize| format!("+1{}555{:04}", AREAS[nth / 4_000], 2_000 + nth % 4_000);
    (0..count).map(|nth| phone(index * 3 + nth)).collect()
}

fn csv() -> String {
    let row = |index: usize| {
        let mut phones = phones(index);
        phones.resize(3, String::new());
        format!("Person {index},{}\n", phones.join(","))
    };
    format!("Name,Phone,Mobile Phone,Office Phone\n{}", (0..size().0).map(row).collect::<String>())
}

struct Stage {
    folder: TempDir,
    leads: PathBuf,
    campaign: PathBuf,
}

/// What a rehearsal left behind.
struct Rehearsed {
    calls: PathBuf,
    lines: String,
    summary: Value,
    printed: String,
}

fn stage(campaign: &str) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let (leads, file) = (folder.path().join("leads.csv"), folder.path().join("campaign.toml"));
    std::fs::write(&leads, csv()).unwrap();
    let text = format!("time_zone = \"America/New_York\"\nmax_concurrent_calls = {}\n{campaign}", size().1);
    std::fs::write(&file, text).unwrap();
    Stage { folder, leads, campaign: file }
}

impl Stage {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn rehearse(&self, out: &str, flags: &[&str]) -> Rehearsed {
        let calls = self.folder.path().join(out);
        let (leads, campaign) = (self.leads.display().to_string(), self.campaign.display().to_string());
        let named = calls.display().to_string();
        let fixed = ["rehearse", "--leads", &leads, "--campaign", &campaign, "--calls", &named, "--json"];
        let limit = Duration::from_secs(180 + size().0 as u64 / 50);
        let ended = Running::start(&[&fixed[..], flags].concat()).wait(limit).well();
        let lines = std::fs::read_to_string(&calls).unwrap();
        let summary = serde_json::from_str(&ended.stdout).unwrap();
        Rehearsed { calls, lines, summary, printed: ended.stdout }
    }

    /// The second opinion: the rules that it found broken, `None` where it could not be asked.
    fn second_opinion(&self, rehearsed: &Rehearsed, rules: &Value) -> Option<Vec<Value>> {
        let Some(python) = binary::python() else {
            println!("skipped: the second opinion on rehearsals (python3 is not installed)");
            return None;
        };
        let summary = self.file("summary.json", &rehearsed.printed);
        let rules = self.file("rules.json", &rules.to_string());
        let answer = Command::new(python)
            .arg(repo::root().join("tests/checks/rehearsal.py"))
            .args([&self.leads, &rehearsed.calls, &summary, &rules])
            .output()
            .unwrap();
        if answer.status.code() == Some(77) {
            println!("skipped: the second opinion on rehearsals (Python finds no time zone database)");
            return None;
        }
        let told: Value = serde_json::from_slice(&answer.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer.stderr)));
        println!("second opinion: {} leads, {} calls", told["leads"], told["calls"]);
        Some(told["violations"].as_array().unwrap().clone())
    }
}

fn rules(expect: &str, rounds: u32, interval_minutes: u32) -> Value {
    let day = json!([["09:00", "18:00"]]);
    json!({
        "zone": "America/New_York", "hours": {"0": day, "1": day, "2": day, "3": day, "4": day}, "rounds": rounds,
        "interval_minutes": interval_minutes, "max_concurrent": size().1, "expect": expect,
    })
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let stage = stage("");
    let first = stage.rehearse("first.jsonl", &["--seed", "42"]);
    let second = stage.rehearse("second.jsonl", &["--seed", "42"]);
    assert_eq!(first.printed, second.printed);
    assert!(first.lines == second.lines, "the calls of two runs with one seed differ");
    let other = stage.rehearse("other.jsonl", &["--seed", "43"]);
    assert!(first.lines != other.lines && first.lines.lines().count() >= size().0);
}

#[test]
fn whoever_never_answers_gets_four_rounds_and_no_more() {
    let stage = stage("");
    let scenario = stage.file("nobody.toml", NOBODY);
    let done = stage.rehearse("calls.jsonl", &["--carrier", &scenario.display().to_string()]);
    let contacts: usize = (0..size().0).map(|index| phones(index).len()).sum();
    assert_eq!(done.summary["leads_by_status"]["max_retries"]["attempts_used"], size().0, "{}", done.summary);
    assert_eq!(done.summary["calls"], 4 * contacts, "{}", done.summary);
    if let Some(found) = stage.second_opinion(&done, &rules("unreachable", 4, 60)) {
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn rounds_wait_over_night_and_over_the_change_of_the_clock() {
    let stage =
        stage(&format!("retry_interval_minutes = 600\nmax_retries = 5\ncalling_hours = {}\n", toml_of(WORKDAYS)));
    let scenario = stage.file("nobody.toml", NOBODY);
    let done = stage.rehearse("calls.jsonl", &["--carrier", &scenario.display().to_string()]);
    let rules = json!({
        "zone": "America/New_York", "hours": {"0": [["09:00", "18:00"]]}, "rounds": 6, "interval_minutes": 600,
        "max_concurrent": size().1, "expect": "unreachable",
    });
    let last = done.summary["last_call_at"].as_str().unwrap();
    assert!(last > "2026-04-06", "six Mondays: {last}");
    if let Some(found) = stage.second_opinion(&done, &rules) {
        assert!(found.is_empty(), "{found:#?}");
    }
}

fn toml_of(hours: &str) -> String {
    hours.replace("\":", "\" =")
}

#[test]
fn a_script_that_retries_until_the_goal_stops_when_it_is_reached() {
    let stage = stage(&format!("retry_until_goal = true\ngoal_variable = \"{GOAL}\"\n"));
    let script = repo::root().join("scripts/goal_retry.rhai");
    let done = stage.rehearse("calls.jsonl", &["--policy", &script.display().to_string(), "--seed", "7"]);
    let reached = done.summary["goals_reached"].as_u64().unwrap();
    assert!(reached > 0 && reached < size().0 as u64, "{}", done.summary);
    assert_eq!(done.summary["leads_by_status"]["completed"]["goal_reached"], reached, "{}", done.summary);
    if let Some(found) = stage.second_opinion(&done, &rules("goal", 4, 10)) {
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// A checker that finds nothing must be able to find something.
#[test]
fn the_second_opinion_notices_what_is_wrong() {
    let stage = stage("");
    let scenario = stage.file("nobody.toml", NOBODY);
    let done = stage.rehearse("calls.jsonl", &["--carrier", &scenario.display().to_string()]);
    let lines: Vec<Value> = done.lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let doctored = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        let text = lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n");
        let calls = stage.file("doctored.jsonl", &text);
        let summary = done.summary.clone();
        let rehearsed = Rehearsed { calls, lines: text, summary, printed: done.printed.clone() };
        let found = stage.second_opinion(&rehearsed, &rules("unreachable", 4, 60))?;
        Some(found.iter().map(|one| one["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    type Crime<'a> = (&'a str, &'a dyn Fn(&mut Vec<Value>));
    let cases: [Crime<'_>; 6] = [
        ("inside the calling hours", &|lines| lines[0]["started_at"] = "2026-03-02T13:59:59Z".into()),
        ("calls add up", &|lines| {
            lines.pop();
        }),
        ("a call has one id", &|lines| lines[1]["call"] = lines[0]["call"].clone()),
        ("nobody is called who is not in the file", &|lines| {
            let lead = lines[0]["lead"].clone();
            for line in lines.iter_mut().filter(|line| line["lead"] == lead) {
                line["phone"] = "+13015550199".into();
            }
        }),
        ("the wait between rounds", &|lines| {
            let lead = lines[0]["lead"].clone();
            let of_lead: Vec<_> = (0..lines.len()).filter(|at| lines[*at]["lead"] == lead).collect();
            let later = of_lead.iter().find(|at| lines[**at]["round"] == 2).copied().unwrap();
            let before = of_lead[of_lead.iter().position(|at| *at == later).unwrap() - 1];
            lines[before]["ended_at"] = lines[later]["started_at"].clone();
        }),
        ("nobody is called after the end", &|lines| lines[0]["decision"] = "complete".into()),
    ];
    for (rule, change) in cases {
        let Some(found) = doctored(change) else { return };
        assert!(found.iter().any(|found| found == rule), "{rule} is not among {found:?}");
    }
}
