//! What headers are called, in the languages lists come in.
//!
//! One table of words, looked up by what a header's words are after folding (see [`crate::fold`]). It proposes a role for
//! a column; the cells must agree before a phone column is believed, and a flag overrules both. A word belongs here only
//! if it means the same in every list it is found in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::fold::words;

/// The lists of `header_words/words.txt` by name.
static LISTS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut lists = BTreeMap::<&str, Vec<&str>>::new();
    let lines = include_str!("header_words/words.txt").lines().filter(|line| !line.starts_with('#'));
    for (name, entries) in lines.filter_map(|line| line.split_once(": ")) {
        lists.entry(name).or_default().extend(entries.split(", "));
    }
    lists
});

fn list(name: &str) -> &'static [&'static str] {
    LISTS.get(name).map_or(&[], Vec::as_slice)
}

/// The sureness of a header that announces a key: entries are `header=sureness`.
fn id_sureness(joined: &str) -> Option<u8> {
    list("ids").iter().filter_map(|entry| entry.split_once('=')).find(|(header, _)| *header == joined)?.1.parse().ok()
}

/// What a header seems to announce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Phone(PhoneHeader),
    /// Whose number a secondary phone is: `secondary_1_name`.
    PhoneName {
        about: Vec<String>,
    },
    Name,
    FirstName,
    LastName,
    /// The greater, the surer.
    ExternalId(u8),
    TimeZone,
    /// A word lists use, of no consequence here: city, e-mail, amount.
    Other,
    Unknown,
}

/// The rank of a header that says no more than "number".
pub(crate) const WEAK: u8 = 30;
/// The rank of a column that only its cells make a phone column.
pub(crate) const UNNAMED: u8 = 10;

/// A header that announces phone numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhoneHeader {
    /// How likely it is the number to call first; the greater, the likelier.
    pub rank: u8,
    /// The number in the header, as the 2 of `secondary_phone_2`.
    pub index: Option<u32>,
}

const NUMBER_WORDS: &[&str] =
    &["number", "nummer", "numero", "numer", "nr", "no", "num", "номер", "番号", "号码", "번호"];
const CONTACT_WORDS: &[&str] =
    &["contact", "kontakt", "contacto", "contato", "dial", "call", "callback", "recipient", "to"];

const MOBILE_PARTS: &[&str] =
    &["mobil", "handy", "cell", "movil", "celular", "matkapuhelin", "携帯", "手机", "手機", "мобил", "휴대"];
const MOBILE_WORDS: &[&str] =
    &["gsm", "natel", "portable", "cel", "mob", "mobiel", "komorka", "komorkowy", "whatsapp", "моб"];

/// Whether a name and a part of a name beside it belong together: in `Nom, Prénom` and `Name, Vorname` the one is the
/// family name, in `Nome, Cognome` the given name; in `Full Name, First Name` it is all of it.
pub(crate) fn is_part_of_name(header: &str, beside: &str) -> bool {
    let joined = |header: &str| words(header).join(" ");
    matches!(
        (joined(header).as_str(), joined(beside).as_str()),
        ("nom" | "nome" | "nombre" | "имя" | "naam", _) | ("name", "vorname" | "fornavn" | "fornamn")
    )
}

/// What the header announces.
pub(crate) fn role(header: &str) -> Role {
    let words = words(header);
    let joined = words.join(" ");
    if joined.is_empty() || joined.len() > 80 {
        return Role::Unknown;
    }
    let names_one = |list: &[&str]| list.contains(&joined.as_str());
    let says_phone = says_phone(&words);
    let about_secondary = words.iter().any(|word| list("secondary").contains(&word.as_str()));
    if words.iter().any(|word| word == "name" || word == "label") && words.len() > 1 && (says_phone || about_secondary)
    {
        let about = words.into_iter().filter(|word| word != "name" && word != "label").collect();
        return Role::PhoneName { about };
    }
    if says_phone {
        if words.iter().any(|word| list("not_a_phone").contains(&word.as_str())) {
            return Role::Other;
        }
        return Role::Phone(phone_header(&words));
    }
    if names_one(list("zones")) {
        Role::TimeZone
    } else if names_one(list("names")) {
        Role::Name
    } else if names_one(list("first_names")) {
        Role::FirstName
    } else if names_one(list("last_names")) {
        Role::LastName
    } else if let Some(sureness) = id_sureness(&joined) {
        Role::ExternalId(sureness)
    } else if names_one(list("others")) {
        Role::Other
    } else if NUMBER_WORDS.contains(&joined.as_str()) {
        // Some callers' templates name the column just so. The cells decide whether it is a phone.
        Role::Phone(PhoneHeader { rank: WEAK, index: None })
    } else {
        Role::Unknown
    }
}

fn says_phone(words: &[String]) -> bool {
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    words.iter().any(|word| {
        list("phone_words").contains(&word.as_str()) || list("phone_parts").iter().any(|part| word.contains(part))
    }) || words.join(" ") == "portable"
        || (words.len() >= 2
            && any(NUMBER_WORDS)
            && (any(CONTACT_WORDS) || any(list("secondary")) || any(&["portable", "fixe"])))
}

fn phone_header(words: &[String]) -> PhoneHeader {
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let index = words.iter().rev().find_map(|word| word.parse().ok());
    let is_mobile = any(MOBILE_WORDS) || words.iter().any(|word| MOBILE_PARTS.iter().any(|part| word.contains(part)));
    let rank = match index {
        _ if any(list("secondary")) => 20,
        Some(2..) => 40,
        _ if any(list("primary")) => 100,
        _ if is_mobile => 80,
        _ if any(list("home")) => 70,
        _ if any(list("work")) => 60,
        _ => 90,
    };
    PhoneHeader { rank, index }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(header: &str) -> Option<u8> {
        match role(header) {
            Role::Phone(phone) => Some(phone.rank),
            _ => None,
        }
    }

    #[test]
    fn phones_are_known_in_many_languages() {
        for header in [
            "Phone",
            "Phone Number",
            "phone_number",
            "PhoneNumber",
            "Telefon",
            "Téléphone",
            "Telefonnummer",
            "Tel.",
            "Tel",
            "Tél.",
            "Teléfono",
            "Telefone",
            "Telefono",
            "Telefoon",
            "Puhelinnumero",
            "Rufnummer",
            "Телефон",
            "電話番号",
            "电话",
            "전화번호",
            "Numer telefonu",
            "Telefon nr",
            "Contact Number",
            "TELEFON",
            "Phone #",
            "Phone 1",
            "telefonszám",
            "Nr tel.",
            "Numéro de téléphone",
        ] {
            assert_eq!(rank(header), Some(90), "{header}");
        }
        assert_eq!(rank("alternate_number"), Some(20));
        for header in [
            "Mobile",
            "Mobile Phone",
            "Mobiltelefon",
            "Handy",
            "Handynummer",
            "Cell",
            "Cell Phone",
            "Móvil",
            "Celular",
            "Tél. portable",
            "携帯電話",
            "手机",
            "Mobilnummer",
            "GSM",
        ] {
            assert_eq!(rank(header), Some(80), "{header}");
        }
        assert_eq!(rank("Primary Phone"), Some(100));
        assert_eq!(rank("Home Phone"), Some(70));
        assert_eq!(rank("Telefon geschäftlich"), Some(60));
        assert_eq!(role("secondary_phone_1"), Role::Phone(PhoneHeader { rank: 20, index: Some(1) }));
        assert_eq!(role("Phone 2"), Role::Phone(PhoneHeader { rank: 40, index: Some(2) }));
    }

    #[test]
    fn every_list_that_is_asked_for_is_there() {
        let asked = include_str!("header_words.rs")
            .split(concat!("list", "(\""))
            .skip(1)
            .filter_map(|rest| rest.split_once("\")"));
        let missing: Vec<&str> = asked.map(|(name, _)| name).filter(|name| list(name).is_empty()).collect();
        assert_eq!(missing, Vec::<&str>::new());
        assert_eq!(id_sureness("external id"), Some(9));
    }

    #[test]
    fn what_is_about_phones_is_no_phone() {
        for header in [
            "Fax",
            "Telefax",
            "Phone Type",
            "Phone country code",
            "Mobile app",
            "Phone verified",
            "Email",
            "ZIP",
            "Kunde seit",
            "Last phone call",
            "Customer Number",
            "Order",
            "Ort",
            "Notes",
            "Amount Due",
            "Telephone consent",
        ] {
            assert_eq!(rank(header), None, "{header}");
        }
    }

    #[test]
    fn the_name_of_a_secondary_phone_is_not_the_name_of_the_lead() {
        let about = |words: &[&str]| Role::PhoneName { about: words.iter().map(|word| word.to_string()).collect() };
        assert_eq!(role("secondary_1_name"), about(&["secondary", "1"]));
        assert_eq!(role("Secondary Phone 2 Name"), about(&["secondary", "phone", "2"]));
        assert_eq!(role("Contact Name"), Role::Name);
        assert_eq!(role("Vorname"), Role::FirstName);
        assert_eq!(role("Time Zone"), Role::TimeZone);
        assert_eq!(role("External ID"), Role::ExternalId(9));
    }
}
