//! The people of the demo: made-up names, and numbers set aside for fiction.

use campanile_domain::contact::Contact;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::NewLead;
use campanile_domain::variable::{Value, Variables};

const FIRST: [&str; 20] = [
    "Ada", "Ben", "Chiara", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Mona",
    "Noah", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tess",
];
const LAST: [&str; 15] = [
    "Abbott", "Brandt", "Costa", "Dufour", "Engel", "Fisher", "Garcia", "Haas", "Ito", "Jensen", "Keller", "Lopez",
    "Moreau", "Novak", "Owens",
];
/// Area codes; the numbers behind them are 555-0100 to 555-0199, which belong to nobody.
const AREAS: [u16; 40] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 301, 302, 303, 304,
];

fn number(index: u32) -> Option<Phone> {
    let area = AREAS[index as usize / 100 % AREAS.len()];
    format!("+1{area}5550{}", 100 + index % 100).parse().ok()
}

/// So many people, up to two thousand; every third has a second phone.
pub fn leads(count: u32) -> Vec<NewLead> {
    let count = count.clamp(1, 2_000);
    (0..count)
        .filter_map(|index| {
            let name = format!("{} {}", FIRST[index as usize % FIRST.len()], LAST[index as usize / 7 % LAST.len()]);
            let mut contacts = vec![Contact { name: Some(name.clone()), ..Contact::new(0, number(index)?) }];
            if index % 3 == 0 {
                contacts.push(Contact { label: Some("work".into()), ..Contact::new(1, number(2_000 + index)?) });
            }
            let mut variables = Variables::default();
            variables.set("name", Value::Text(name));
            variables.set("last_visit", Value::Text(format!("20{}-0{}", 23 + index % 3, 1 + index % 9)));
            Some(NewLead {
                external_id: Some(format!("patient-{index}")),
                contacts,
                priority: 0,
                not_before: None,
                expires_at: None,
                time_zone: None,
                variables,
                allow_duplicate: false,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_people_share_a_phone() {
        let leads = leads(2_000);
        assert_eq!(leads.len(), 2_000);
        let phones: BTreeSet<_> = leads.iter().flat_map(|lead| &lead.contacts).map(|contact| contact.phone).collect();
        assert_eq!(phones.len(), leads.iter().map(|lead| lead.contacts.len()).sum::<usize>());
    }
}
