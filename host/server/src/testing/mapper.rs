//! A script that says what rows mean, as simple as tests need it.

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::mapper::{MapCall, MapMistake, MapRow, Mapped, MappedPerson, MappedPhone, RowMapper};
use campanile_domain::variable::{Value, Variables};

/// Knows one script, `people@3`: the number is in the second column, where `no`, `mistake` and `stop` are told apart.
pub(super) struct Mapper;

#[async_trait]
impl RowMapper for Mapper {
    async fn mapping(&self, _: TenantKey, script: &PluginRef) -> Result<PluginRef, PluginFailure> {
        match (script.name.as_str(), script.version.as_deref()) {
            ("people", None | Some("3")) => Ok("people@3".parse().unwrap()),
            _ => Err(PluginFailure::new("plugin_not_found", "there is people@3")),
        }
    }

    async fn map_rows(&self, _: &MapCall, rows: Vec<MapRow>) -> Result<Vec<Mapped>, PluginFailure> {
        let answer = |row: MapRow| {
            Ok(match row.cells[1].as_str() {
                "stop" => return Err(PluginFailure::new("plugin_out_of_fuel", "row 2: it does not end")),
                "no" => Mapped::Rejected("nobody wants it".into()),
                "mistake" => {
                    Mapped::Failed(MapMistake { line: 2, column: 9, message: "it is wrong".into(), hint: None })
                }
                phone => {
                    let phones = vec![MappedPhone { phone: phone.to_owned(), ..Default::default() }];
                    let mut variables = Variables::default();
                    variables.set("row", Value::Number(row.number as f64));
                    Mapped::Person(Box::new(MappedPerson { phones, variables, ..Default::default() }))
                }
            })
        };
        rows.into_iter().map(answer).collect()
    }
}
