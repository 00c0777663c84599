//! The cache of compiled code, through the front door.

use campanile_domain::attempt::Outcome;
use campanile_sandbox::{AllocationChoice, Options, Sandbox};
use serde_json::json;

use crate::support::{after, ask_of};

#[test]
fn compiled_code_is_kept_in_the_folder_that_is_given_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let options =
        || Options { cache_folder: Some(cache.clone()), allocation: AllocationChoice::OnDemand, ..Options::default() };
    let files = || {
        let entries = std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap());
        entries.map(|entry| (entry.file_name(), entry.metadata().unwrap().modified().unwrap())).collect::<Vec<_>>()
    };

    let policies = Sandbox::new(options()).unwrap();
    assert!(!cache.exists(), "nothing is compiled before it is needed");
    let decision = ask_of(&policies, "patient-retry", json!({}), after(&[Outcome::Busy])).decision.unwrap();
    let kept = files();
    assert_eq!(kept.len(), 1);

    let again = Sandbox::new(options()).unwrap();
    assert_eq!(ask_of(&again, "patient-retry", json!({}), after(&[Outcome::Busy])).decision.unwrap(), decision);
    assert_eq!(files(), kept);
}
