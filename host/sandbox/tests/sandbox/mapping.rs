//! Scripts that say what the rows of a file mean.

use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::mapper::{MapCall, MapColumn, MapRow, Mapped, MappedPerson, RowMapper};
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::variable::Value;
use futures::executor::block_on;

use crate::support::{TENANT, policies};

fn columns() -> std::sync::Arc<[MapColumn]> {
    let column = |header: &str, name: &str| MapColumn { header: header.into(), name: name.into() };
    vec![column("Phone (mobile)", "phone_mobile"), column("Name", "name"), column("Spend", "spend")].into()
}

fn row(number: u64, cells: [&str; 3]) -> MapRow {
    MapRow { number, cells: cells.map(str::to_owned).to_vec() }
}

fn install(name: &str, source: &str) -> String {
    block_on(policies().install_script(TENANT, name, source)).unwrap().to_string()
}

fn map(name: &str, body: &str, rows: Vec<MapRow>) -> Result<Vec<Mapped>, PluginFailure> {
    let script = install(name, &format!("fn map_row(row) {{ {body} }}")).parse().unwrap();
    block_on(policies().map_rows(&MapCall { tenant: TENANT, script, draft: None, columns: columns() }, rows))
}

fn person(mapped: &Mapped) -> &MappedPerson {
    let Mapped::Person(person) = mapped else { panic!("{mapped:?}") };
    person
}

#[test]
fn rows_become_people_or_say_why_not() {
    let body = r#"
        if row.spend == "" { return reject("never bought"); }
        person(#{ phone: row["Phone (mobile)"], name: row.name, priority: 2, vars: #{ spend: parse_float(row.spend) } })"#;
    let rows = vec![
        row(2, ["0171 1234567", "Ann", "12.5"]),
        row(3, ["0171 1234568", "Bob", ""]),
        row(4, ["0171 1234569", "Cid", "much"]),
    ];
    let mapped = map("map-people", body, rows).unwrap();
    let ann = person(&mapped[0]);
    assert_eq!((ann.phones[0].phone.as_str(), ann.name.as_deref(), ann.priority), ("0171 1234567", Some("Ann"), 2));
    assert_eq!(ann.variables.get("spend"), Some(&Value::Number(12.5)));
    assert_eq!(mapped[1], Mapped::Rejected("never bought".into()));
    let Mapped::Failed(mistake) = &mapped[2] else { panic!("{:?}", mapped[2]) };
    assert_eq!(mistake.line, 3, "{mistake:?}");
}

#[test]
fn a_misspelt_column_fails_its_rows_and_suggests_the_right_one() {
    let mapped = map("map-misspelt", "person(#{ phone: row.phone_mobiel })", vec![row(2, ["1", "", ""])]).unwrap();
    let Mapped::Failed(mistake) = &mapped[0] else { panic!("{mapped:?}") };
    assert_eq!(mistake.hint.as_deref(), Some("did you mean `phone_mobile`?"), "{mistake:?}");
}

#[test]
fn a_greedy_row_costs_its_neighbours_nothing_and_one_without_end_is_named() {
    // Each row alone is within the limits; fifty of them are not.
    let busy = "let n = 0; while n < 5_000 { n += 1; } person(#{ phone: row.phone_mobile })";
    let rows: Vec<_> = (2..52).map(|number| row(number, ["1", "", ""])).collect();
    let mapped = map("map-busy", busy, rows).unwrap();
    assert_eq!(mapped.len(), 50);
    assert!(mapped.iter().all(|one| matches!(one, Mapped::Person(_))), "{mapped:?}");
    let stuck = "if row.name == \"Bob\" { loop {} } person(#{ phone: row.phone_mobile })";
    let rows = (2..52).map(|number| row(number, ["1", if number == 31 { "Bob" } else { "" }, ""])).collect();
    let failure = map("map-stuck", stuck, rows).unwrap_err();
    assert_eq!(failure.code, "plugin_out_of_fuel");
    assert!(failure.message.starts_with("row 31: "), "{}", failure.message);
    let after = map("map-after", "person(#{ phone: row.phone_mobile })", vec![row(2, ["1", "", ""])]).unwrap();
    assert_eq!(person(&after[0]).phones.len(), 1);
}

#[test]
fn a_script_is_asked_only_what_it_defines() {
    install("only-decides", "fn decide(lead) { builtin() }");
    let only = install("only-maps", "fn map_row(row) { reject(\"no\") }");
    let both = install("does-both", "fn decide(lead) { builtin() } fn map_row(row) { reject(\"no\") }");
    let maps = |name: &str| block_on(policies().mapping(TENANT, &name.parse().unwrap())).map(|pin| pin.to_string());
    let decides = |name: &str| block_on(policies().resolve(TENANT, &name.parse().unwrap()));
    assert_eq!(maps("only-maps"), Ok(only));
    assert_eq!(maps(&both), Ok(both.clone()));
    assert!(maps("only-decides").unwrap_err().message.contains("does not define map_row(row)"));
    assert!(maps("builtin").is_err() && maps("nobody").is_err());
    assert_eq!(decides("does-both"), Ok(both));
    assert!(decides("only-maps").unwrap_err().message.contains("does not define decide(lead)"));
}
