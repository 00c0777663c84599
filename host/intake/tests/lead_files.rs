//! Real lead files in a folder, held to the numbers that are expected of them.
//!
//! `CAMPANILE_LEAD_FILES` names a folder with an `expected.json`: file name to default region, columns and counts. Without
//! it there is nothing to read, which the test says. Columns are found without flags and must be the expected ones; then
//! the same file is read with the columns named by flags and must give the same numbers.

use std::fs::File;
use std::path::Path;

use campanile_intake::{Options, Rules, Summary, detect, read};
use serde_json::{Value, json};

const PROMISED: [&str; 5] = ["rows", "accepted", "duplicates_in_file", "secondary_contacts", "rejected"];

#[expect(clippy::unwrap_used, reason = "a file that cannot be opened fails the test")]
fn summary(path: &Path, options: &Options) -> Summary {
    let mut file = File::open(path).unwrap();
    let layout = detect(&mut file, options).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mapping = layout.suggested().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let is_known_zone = |zone: &str| zone.starts_with("America/") || zone.starts_with("Europe/");
    let rules = Rules { default_region: options.default_region, is_known_zone: &is_known_zone };
    read(&mut file, &layout, mapping, &rules, &mut |_| Ok(()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn promised(value: &Value) -> Value {
    PROMISED.iter().map(|key| (key.to_string(), value[*key].clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn every_file_of_the_folder_gives_its_expected_numbers() {
    let Ok(folder) = std::env::var("CAMPANILE_LEAD_FILES") else {
        println!("skipped: CAMPANILE_LEAD_FILES names no folder of lead files");
        return;
    };
    let folder = Path::new(&folder);
    let expected: Value = serde_json::from_reader(File::open(folder.join("expected.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for (name, expected) in expected.as_object().unwrap() {
        let region = expected["default_region"].as_str().map(|letters| letters.parse().unwrap());
        let found = summary(&folder.join(name), &Options { default_region: region, ..Options::default() });
        let got = serde_json::to_value(&found).unwrap();
        let secondary = expected.get("secondary").cloned().unwrap_or_else(|| json!([]));
        println!("{name}: {got}");
        if promised(&got) != promised(expected) {
            wrong.push(format!("{name}: expected {} got {}", promised(expected), promised(&got)));
        }
        if got["columns"]["primary"] != expected["phone"] || got["columns"]["secondary"] != secondary {
            wrong.push(format!("{name}: expected {} and {secondary}, chose {}", expected["phone"], got["columns"]));
        }
        for key in ["encoding", "delimiter", "header_row"] {
            if expected.get(key).is_some_and(|expected| *expected != got[key]) {
                wrong.push(format!("{name}: {key} is {}, found {}", expected[key], got[key]));
            }
        }
        let flagged = Options {
            default_region: region,
            primary: expected["phone"].as_str().map(str::to_owned),
            secondary: Some(
                secondary.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            ),
            ..Options::default()
        };
        let flagged = serde_json::to_value(summary(&folder.join(name), &flagged)).unwrap();
        if promised(&flagged) != promised(expected) {
            wrong.push(format!("{name} with flags: expected {} got {}", promised(expected), promised(&flagged)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
