//! What an assistant may set; `campanile.toml` has the same names with their meaning.

use std::collections::BTreeMap;

use serde::Deserialize;

/// See the titles in `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub variables: BTreeMap<String, Mapping>,
    pub true_words: Vec<String>,
    pub false_words: Vec<String>,
    pub unknown_words: Vec<String>,
    pub dates: DateOrder,
}

/// Where one variable is, and in what words.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    pub from: String,
    pub true_words: String,
    pub false_words: String,
    pub synonyms: String,
}

/// How dates in digits are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Year, month, day.
    Iso,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

impl Default for Settings {
    fn default() -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            variables: BTreeMap::new(),
            true_words: owned(&["true", "yes", "y", "1", "ja", "oui", "si", "sí"]),
            false_words: owned(&["false", "no", "n", "0", "nein", "non"]),
            unknown_words: owned(&[
                "null",
                "none",
                "unknown",
                "undetermined",
                "not mentioned",
                "not specified",
                "n/a",
                "na",
                "-",
            ]),
            dates: DateOrder::Iso,
        }
    }
}

/// The pieces of a list that is written with `|`.
pub fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').map(str::trim).filter(|piece| !piece.is_empty())
}

impl Mapping {
    /// The provider's names, the first that says something counting.
    pub fn names<'a>(&'a self, own: &'a str) -> Vec<&'a str> {
        let named: Vec<&str> = listed(&self.from).collect();
        if named.is_empty() { vec![own] } else { named }
    }

    /// The choice that a word stands for.
    pub fn synonym(&self, word: &str) -> Option<&str> {
        let pairs = self.synonyms.split([';', '\n']).filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(choice, words)| (choice.trim(), words))
            .find(|(_, words)| listed(words).any(|known| same(known, word)))
            .map(|(choice, _)| choice)
    }
}

/// Whether two words are the same to a person: capitals and blanks aside.
pub fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    plain(one) == plain(other)
}
