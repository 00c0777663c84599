//! What a script makes of rows.

use campanile_domain::importer::EXTERNAL_ID_BYTES;
use campanile_domain::ports::mapper::{MapColumn, MapMistake, MapRow, Mapped, MappedPerson, MappedPhone};

use super::instance::{fits, invalid, sentence};
use super::value::{size_all, take_all};
use crate::contract::exports::campanile::plugin::script as contract;
use crate::fault::Fault;

/// Phones of one person that are read; a lead may have fewer.
const PHONES: usize = 100;

pub fn columns(columns: &[MapColumn]) -> Vec<contract::Column> {
    let one = |column: &MapColumn| contract::Column { header: column.header.clone(), name: column.name.clone() };
    columns.iter().map(one).collect()
}

pub fn rows(rows: Vec<MapRow>) -> Vec<contract::Row> {
    rows.into_iter().map(|MapRow { number, cells }| contract::Row { number, cells }).collect()
}

/// The answers in the domain's words. What is wrong with one person is its row's failure, not the batch's.
///
/// # Errors
/// There is not one for each row that was asked about, or they are too much.
pub fn answers(mapped: Vec<contract::Mapped>, asked: usize, allowed: usize) -> Result<Vec<Mapped>, Fault> {
    fits(mapped.iter().map(size).sum(), allowed)?;
    if mapped.len() != asked {
        return Err(invalid(format!("{asked} rows were asked about and {} answered", mapped.len())));
    }
    Ok(mapped.into_iter().map(answer).collect())
}

fn answer(mapped: contract::Mapped) -> Mapped {
    let mistake = |message: String| MapMistake { line: 0, column: 0, message, hint: None };
    match mapped {
        contract::Mapped::Person(found) => match person(found) {
            Ok(person) => Mapped::Person(Box::new(person)),
            Err(message) => Mapped::Failed(mistake(message)),
        },
        contract::Mapped::Rejected(reason) => Mapped::Rejected(sentence(&reason)),
        contract::Mapped::Failed(contract::Diagnostic { line, column, message, hint }) => Mapped::Failed(MapMistake {
            line,
            column,
            message: sentence(&message),
            hint: hint.as_deref().map(sentence),
        }),
    }
}

fn person(person: contract::Person) -> Result<MappedPerson, String> {
    let contract::Person { phones, name, external_id, time_zone, country, priority, variables } = person;
    if phones.len() > PHONES {
        return Err(format!("the person has {} phones; {PHONES} are read", phones.len()));
    }
    if external_id.as_ref().is_some_and(|id| id.len() > EXTERNAL_ID_BYTES) {
        return Err(format!("the external id is longer than {EXTERNAL_ID_BYTES} bytes"));
    }
    let phone = |contract::Phone { phone, name, label }| MappedPhone { phone, name, label };
    let phones = phones.into_iter().map(phone).collect();
    let variables = take_all(variables)?;
    Ok(MappedPerson { phones, name, external_id, time_zone, country, priority, variables })
}

/// Bytes that an answer hands over.
fn size(mapped: &contract::Mapped) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let phone = |phone: &contract::Phone| phone.phone.len() + text(&phone.name) + text(&phone.label);
    match mapped {
        contract::Mapped::Person(person) => {
            let texts = [&person.name, &person.external_id, &person.time_zone, &person.country];
            person.phones.iter().map(phone).sum::<usize>()
                + texts.into_iter().map(text).sum::<usize>()
                + size_all(&person.variables)
        }
        contract::Mapped::Rejected(reason) => reason.len(),
        contract::Mapped::Failed(found) => found.message.len() + text(&found.hint),
    }
}
