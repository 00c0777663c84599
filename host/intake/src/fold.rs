//! Words as they compare, whatever their capitals, accents and punctuation.
//!
//! Headers are typed by people in many languages: `Téléphone`, `TELEPHONE`, `telephone_1`, `PhoneNumber`. Comparing them,
//! and making variable names of them, needs one spelling. Only Latin letters are folded; other scripts keep theirs.

use std::collections::{BTreeMap, BTreeSet};

/// Lower case, without accents.
fn fold(c: char, out: &mut String) {
    for c in c.to_lowercase() {
        let plain = match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
            'æ' => "ae",
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
            'ď' | 'đ' | 'ð' => "d",
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
            'ĥ' | 'ħ' => "h",
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
            'ĵ' => "j",
            'ķ' => "k",
            'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
            'ñ' | 'ń' | 'ņ' | 'ň' => "n",
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
            'œ' => "oe",
            'ŕ' | 'ŗ' | 'ř' => "r",
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
            'ß' => "ss",
            'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
            'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
            'ŵ' => "w",
            'ý' | 'ÿ' | 'ŷ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            // Accents that stand alone after their letter, and marks nobody sees.
            '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' => "",
            other => {
                out.push(other);
                ""
            }
        };
        out.push_str(plain);
    }
}

/// The words of a header: split at punctuation, at a capital behind a small letter, and between letters and digits.
pub(crate) fn words(header: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before: Option<char> = None;
    for c in header.chars() {
        let splits = match before {
            _ if !c.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&c) => {
                words.push(String::new());
                before = None;
                continue;
            }
            Some(before) => {
                (before.is_lowercase() && c.is_uppercase())
                    || (before.is_alphabetic() && c.is_numeric())
                    || (before.is_numeric() && c.is_alphabetic())
            }
            None => false,
        };
        if splits {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            fold(c, word);
        }
        before = Some(c);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Names for variables: `snake_case`, Latin letters and digits, at most 64 characters, each different from the others.
/// A header that leaves nothing is called after its place, `column_3`.
pub(crate) fn variable_names(headers: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(headers.len());
    let mut taken = BTreeSet::new();
    let mut next = BTreeMap::new();
    for (index, header) in headers.iter().enumerate() {
        let spelled: Vec<String> = words(header)
            .into_iter()
            .map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
            .filter(|word| !word.is_empty())
            .collect();
        let mut base = spelled.join("_");
        if base.is_empty() {
            base = format!("column_{}", index + 1);
        } else if base.starts_with(|c: char| c.is_ascii_digit()) {
            base.insert_str(0, "column_");
        }
        base.truncate(60);
        let base = base.trim_end_matches('_').to_owned();
        let mut name = base.clone();
        while !taken.insert(name.clone()) {
            let again = next.entry(base.clone()).or_insert(1);
            *again += 1;
            name = format!("{base}_{again}");
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_compare_without_capitals_accents_and_punctuation() {
        for header in ["Téléphone 1", "TELEPHONE_1", "téléphone-1", "Te\u{301}le\u{301}phone1", " telephone 1 "] {
            assert_eq!(words(header), ["telephone", "1"], "{header}");
        }
        assert_eq!(words("PhoneNumber"), ["phone", "number"]);
        assert_eq!(words("Straße (privat)"), ["strasse", "privat"]);
    }

    #[test]
    fn variable_names_are_snake_case_and_unique() {
        let headers =
            ["First Name", "Kunde seit", "first-name", "", "2024 total", "電話", "Amount Due ($)", "First Name"];
        let headers: Vec<String> = headers.iter().map(|header| header.to_string()).collect();
        let expected = [
            "first_name",
            "kunde_seit",
            "first_name_2",
            "column_4",
            "column_2024_total",
            "column_6",
            "amount_due",
            "first_name_3",
        ];
        assert_eq!(variable_names(&headers), expected);
    }
}
