//! `campanile demo`: what a newcomer sees first.

use std::time::Duration;

use campanile_tests::http::Api;
use campanile_tests::patience::Stopwatch;
use campanile_tests::process::{Running, run};

const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn the_demo_comes_to_its_end_and_sums_up() {
    let watch = Stopwatch::start();
    let ended = Running::start(&["demo", "--until-complete"]).wait(LIMIT).well();
    println!("the demo took {:.1} s", watch.elapsed().as_secs_f64());
    let lines: Vec<_> = ended.stdout.lines().collect();
    let summary = lines.iter().position(|line| line.starts_with("campaign ")).expect("a summary");
    assert!(lines[summary].contains("is completed"), "{}", ended.stdout);
    let last = lines.last().expect("a last line");
    assert!(last.starts_with("300 leads, ") && last.contains(" calls, ") && last.ends_with(" EUR"), "{last}");
    let leads = lines[summary + 1..lines.len() - 1].iter().map(|line| {
        line.split_whitespace()
            .next_back()
            .and_then(|count| count.parse::<u64>().ok())
            .unwrap_or_else(|| panic!("{line:?}"))
    });
    assert_eq!(leads.sum::<u64>(), 300, "{}", ended.stdout);
}

#[test]
fn what_the_demo_suggests_to_try_works() {
    let mut demo = Running::start(&["demo", "--leads", "20"]);
    let key = demo.line("  export KEY=");
    let url = demo.line("  curl -s -H \"Authorization: Bearer $KEY\" ");
    let (base, path) = url.split_once("/v1/").expect("a URL of the API");
    let api = Api::new(base, Duration::from_secs(10)).with_key(&key);
    assert_eq!(api.get(&format!("/v1/{path}")).ok()["leads"], 20);
    let pause = demo.line("  curl -s -X POST -H \"Authorization: Bearer $KEY\" ");
    let verb = pause.strip_prefix(base).expect("the same server");
    assert_eq!(api.verb(verb).ok()["status"], "paused");
    assert!(demo.terminate(Duration::from_secs(30)).code >= -1);
}

#[test]
fn a_factor_that_is_none_is_told() {
    let ended = run(&["demo", "--clock", "fast"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("fast"), "{}", ended.stderr);
}
