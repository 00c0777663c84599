//! Which column means what.
//!
//! Proposed from headers and cells together, overruled by flags, shown before anything is imported. A header that says
//! phone needs cells that look like phones; cells that look like phones without such a header are trusted only when they
//! leave no doubt. Everything that is not used stays with the lead as a variable: no column is ever dropped silently.

use serde::{Deserialize, Serialize};

use crate::error::IntakeError;
use crate::fold;
use crate::header_words::{PhoneHeader, Role, UNNAMED, WEAK, is_part_of_name, role};
use crate::options::{MAX_SECONDARY, Options};
use crate::profile::Profile;

/// Columns by their place, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The phone to call first.
    pub primary: usize,
    /// Further phones in the order they are tried, at most [`MAX_SECONDARY`].
    pub secondary: Vec<SecondaryColumn>,
    /// The lead's name: one column, or first and last name. They stay variables too.
    pub name: Vec<usize>,
    /// The key under which the list's owner knows the lead.
    pub external_id: Option<usize>,
    /// The lead's IANA time zone.
    pub time_zone: Option<usize>,
    /// Columns that are left out: the findings of an earlier import, in a file of rejected rows.
    #[serde(default)]
    pub ignored: Vec<usize>,
}

/// One secondary phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondaryColumn {
    /// The column of the number.
    pub phone: usize,
    /// The column that says whose it is.
    pub name: Option<usize>,
}

impl Mapping {
    /// Whether a column becomes a variable of the lead.
    pub fn is_variable(&self, column: usize) -> bool {
        column != self.primary
            && Some(column) != self.external_id
            && Some(column) != self.time_zone
            && !self.ignored.contains(&column)
            && !self.secondary.iter().any(|secondary| column == secondary.phone || Some(column) == secondary.name)
    }
}

/// The columns an earlier import's rejected rows begin with; see [`crate::RejectsWriter`].
pub(crate) const FINDINGS: [&str; 4] = ["row", "code", "reason", "suggestion"];

pub(crate) struct Chooser<'a> {
    pub headers: &'a [String],
    pub profiles: &'a [Profile],
    pub header_row: u64,
    pub options: &'a Options,
}

impl Chooser<'_> {
    pub(crate) fn choose(&self) -> Result<Mapping, IntakeError> {
        let roles: Vec<Role> = self.headers.iter().map(|header| role(header)).collect();
        let candidates = self.candidates(&roles);
        let primary = match &self.options.primary {
            Some(name) => self.column("--primary", name)?,
            None => self.primary(&candidates).ok_or_else(|| IntakeError::NoPhoneColumn {
                header_row: self.header_row,
                columns: self.headers.to_vec(),
            })?,
        };
        let secondary = match &self.options.secondary {
            Some(names) => {
                if names.len() > MAX_SECONDARY {
                    return Err(IntakeError::TooManySecondary { given: names.len(), limit: MAX_SECONDARY });
                }
                names.iter().map(|name| self.column("--secondary", name)).collect::<Result<Vec<_>, _>>()?
            }
            None => secondary(&candidates, primary),
        };
        let secondary: Vec<usize> = secondary.into_iter().filter(|column| *column != primary).collect();
        let taken = |column: &usize| *column == primary || secondary.contains(column);
        let first = |wanted: &Role| (0..roles.len()).find(|column| roles[*column] == *wanted && !taken(column));
        let given = |flag, name: &Option<String>| match name.as_deref().map(str::trim) {
            None => Ok(None),
            Some("") => Ok(Some(None)),
            Some(name) => self.column(flag, name).map(|column| Some(Some(column))),
        };
        let external_id = given("--external-id", &self.options.external_id)?;
        let time_zone = given("--time-zone", &self.options.time_zone)?;
        let belong = |name: usize, beside: usize| is_part_of_name(&self.headers[name], &self.headers[beside]);
        let name = match (first(&Role::Name), first(&Role::FirstName), first(&Role::LastName)) {
            (_, Some(first), Some(last)) => vec![first, last],
            (Some(last), Some(first), None) if belong(last, first) => vec![first, last],
            (Some(first), None, Some(last)) if belong(first, last) => vec![first, last],
            (Some(name), _, _) => vec![name],
            (None, first, last) => first.into_iter().chain(last).collect(),
        };
        let name = match &self.options.name {
            Some(names) => names.iter().map(|name| self.column("--name", name)).collect::<Result<Vec<_>, _>>()?,
            None => name,
        };
        let mut ignored = self.findings();
        for name in &self.options.ignored {
            let column = self.column("--ignore", name)?;
            if !taken(&column) && !ignored.contains(&column) {
                ignored.push(column);
            }
        }
        let secondary =
            secondary.iter().map(|phone| SecondaryColumn { phone: *phone, name: self.name_of(*phone, &roles) });
        Ok(Mapping {
            primary,
            secondary: secondary.collect(),
            name,
            external_id: external_id.unwrap_or_else(|| self.external_id(&roles)).filter(|column| !taken(column)),
            time_zone: time_zone.unwrap_or_else(|| first(&Role::TimeZone)).filter(|column| !taken(column)),
            ignored,
        })
    }

    /// Columns that may hold phones, in the order of the file.
    fn candidates(&self, roles: &[Role]) -> Vec<(usize, PhoneHeader)> {
        let mut found = Vec::new();
        for ((column, role), profile) in roles.iter().enumerate().zip(self.profiles) {
            let (shaped, formatted, valid) = (profile.phone_share(), profile.formatted_share(), profile.valid_share());
            let header = match role {
                // A header of one word like "number" is no proof by itself.
                Role::Phone(header) if header.rank == WEAK => {
                    (shaped >= 0.6 && formatted.max(valid) >= 0.5).then(|| header.clone())
                }
                // Few cells prove nothing.
                Role::Phone(header) => (profile.filled < 5 || shaped >= 0.2).then(|| header.clone()),
                // Account and social security numbers are written in groups too; real phones are also valid ones.
                Role::Unknown | Role::Name => (formatted >= 0.5 && shaped >= 0.9 && valid >= 0.5)
                    .then_some(PhoneHeader { rank: UNNAMED, index: None }),
                _ => None,
            };
            found.extend(header.map(|header| (column, header)));
        }
        found
    }

    fn primary(&self, candidates: &[(usize, PhoneHeader)]) -> Option<usize> {
        let weight = |column: usize, header: &PhoneHeader| {
            // A better name does not make up for a column in which hardly anybody has a number.
            let sparse = self.profiles[column].fill_share() < 0.1;
            (!sparse, header.rank, std::cmp::Reverse(header.index.unwrap_or(0)), std::cmp::Reverse(column))
        };
        let by_header =
            candidates.iter().max_by_key(|(column, header)| weight(*column, header)).map(|(column, _)| *column);
        by_header.or_else(|| self.by_cells()).or_else(|| self.by_name())
    }

    /// A column that is called phone and holds none: its rows will say what is wrong with each.
    fn by_name(&self) -> Option<usize> {
        let rank = |column: usize| match role(&self.headers[column]) {
            Role::Phone(header) if header.rank > WEAK => Some((header.rank, std::cmp::Reverse(column))),
            _ => None,
        };
        (0..self.headers.len()).filter_map(rank).max().map(|(_, column)| column.0)
    }

    /// Without any header that says phone: the column whose cells say it best.
    fn by_cells(&self) -> Option<usize> {
        let score = |profile: &Profile| profile.valid_share() * 2.0 + profile.formatted_share() + profile.phone_share();
        self.profiles
            .iter()
            .enumerate()
            .filter(|(_, profile)| profile.filled > 0 && profile.phone_share() >= 0.6)
            .filter(|(column, _)| {
                self.headers.get(*column).is_none_or(|header| matches!(role(header), Role::Unknown | Role::Name))
            })
            .rev()
            .max_by(|(_, one), (_, other)| score(one).total_cmp(&score(other)))
            .map(|(column, _)| column)
    }

    fn external_id(&self, roles: &[Role]) -> Option<usize> {
        let sureness = |column: usize| match roles[column] {
            // Anything but an explicit name must also behave like a key.
            Role::ExternalId(sureness) if sureness >= 8 || self.profiles[column].is_unique() => Some(sureness),
            _ => None,
        };
        (0..roles.len().min(self.profiles.len()))
            .filter_map(|column| sureness(column).map(|sureness| (sureness, std::cmp::Reverse(column))))
            .max()
            .map(|(_, column)| column.0)
    }

    /// The column that names a phone: the same words, or the same number behind "secondary".
    fn name_of(&self, phone: usize, roles: &[Role]) -> Option<usize> {
        let words = fold::words(&self.headers[phone]);
        let index = |words: &[String]| words.iter().rev().find_map(|word| word.parse::<u32>().ok());
        let mut by_index = None;
        for (column, role) in roles.iter().enumerate() {
            let Role::PhoneName { about } = role else { continue };
            if *about == words {
                return Some(column);
            }
            let one_of_several =
                about.iter().any(|word| word == "secondary") && words.iter().any(|word| word == "secondary");
            if one_of_several && index(about).unwrap_or(1) == index(&words).unwrap_or(1) {
                by_index = by_index.or(Some(column));
            }
        }
        by_index
    }

    /// By header, then by header whatever its spelling, then by number from 1; `#2` is always a number.
    fn column(&self, flag: &'static str, name: &str) -> Result<usize, IntakeError> {
        let name = name.trim();
        let exact = self.headers.iter().position(|header| header.trim() == name);
        let wanted = fold::words(name);
        let folded = || self.headers.iter().position(|header| !wanted.is_empty() && fold::words(header) == wanted);
        let numbered = || {
            let number: usize = name.trim_start_matches('#').parse().ok()?;
            (1..=self.headers.len()).contains(&number).then(|| number - 1)
        };
        let found =
            if name.starts_with('#') { exact.or_else(numbered) } else { exact.or_else(folded).or_else(numbered) };
        found.ok_or_else(|| IntakeError::UnknownColumn { flag, name: name.to_owned(), columns: self.headers.to_vec() })
    }

    fn findings(&self) -> Vec<usize> {
        let are_findings =
            self.headers.iter().zip(FINDINGS).filter(|(header, finding)| header.as_str() == *finding).count();
        if are_findings == FINDINGS.len() { (0..FINDINGS.len()).collect() } else { Vec::new() }
    }
}

/// All other phone columns in the order of the file, numbered ones by their number.
fn secondary(candidates: &[(usize, PhoneHeader)], primary: usize) -> Vec<usize> {
    let mut others: Vec<&(usize, PhoneHeader)> = candidates.iter().filter(|(column, _)| *column != primary).collect();
    if others.iter().all(|(_, header)| header.index.is_some()) {
        others.sort_by_key(|(column, header)| (header.index, *column));
    }
    others.into_iter().map(|(column, _)| *column).take(MAX_SECONDARY).collect()
}
