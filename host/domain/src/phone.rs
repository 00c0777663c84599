//! Telephone numbers, normalised once, at the edge.
//!
//! Inside Campanile a phone is an E.164 number and nothing else: it is compared, indexed, suppressed and dialled by that
//! one spelling, so two spellings of one number can never be two people. People write numbers in a hundred ways and
//! spreadsheets damage them in a dozen more; all of that is undone in [`parse`], or refused with a reason a person can
//! act on. The notion of validity is libphonenumber's: a number must belong to a numbering plan that can assign it.
//!
//! It must never: guess a country that nobody named, or invent digits a spreadsheet has thrown away. Dialling the wrong
//! person is worse than rejecting a row.

mod error;
mod text;

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumber};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::error::{Damage, PhoneError, Unreadable};
pub use crate::region::{NotARegion, Region, region_of_zone};

/// The release of libphonenumber whose numbering plans are compiled in with the parser.
pub const METADATA_VERSION: &str = "9.0.42";

/// A telephone number in E.164: at most fifteen digits, the first of them a country's. Written `+14155550100`.
///
/// Eight bytes and `Copy`; the order is that of the digits read as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// The greatest number E.164 allows: fifteen digits (ITU-T E.164, 6.1).
const MOST: u64 = 999_999_999_999_999;

impl Phone {
    /// The digits after the plus, as a number. Country codes do not begin with 0, so nothing is lost.
    pub fn digits(self) -> u64 {
        self.0
    }
}

/// A text that is not an E.164 number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an E.164 phone number; write a plus, the country code and the number, such as +14155550100")]
pub struct NotE164 {
    /// What was given.
    pub text: String,
}

/// Strict: `+`, then 2 to 15 digits that do not begin with 0. What people type goes through [`parse`] instead.
impl FromStr for Phone {
    type Err = NotE164;

    fn from_str(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let well_formed = (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse() {
            Ok(number) if well_formed => Ok(Self(number)),
            _ => Err(NotE164 { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What [`parse_with_extension`] read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The number to dial.
    pub phone: Phone,
    /// The extension that was written behind it (`ext. 12`), which is not dialled.
    pub extension: Option<String>,
}

/// Reads a number the way people and their tools write it; see [`parse_with_extension`].
pub fn parse(text: &str, default_region: Option<Region>) -> Result<Phone, PhoneError> {
    parse_with_extension(text, default_region).map(|parsed| parsed.phone)
}

/// Reads a number the way people and their tools write it, and keeps an extension apart.
///
/// Understood: national form (with a default region), `+`, `00` and the region's own international prefix, `+44 (0)20`,
/// `tel:` URIs, brackets, dots, dashes, slashes, spaces of every kind, full-width and other scripts' digits, a leading
/// apostrophe, `="+1..."`, a float's `.0` tail, and scientific notation as long as all digits are there.
pub fn parse_with_extension(text: &str, default_region: Option<Region>) -> Result<Parsed, PhoneError> {
    let cleaned = text::clean(text);
    if cleaned.is_empty() {
        return Err(PhoneError::Missing);
    }
    if let Some(what) = text::damage(&cleaned) {
        return Err(PhoneError::DamagedBySpreadsheet { text: shown(text), what });
    }
    let repaired = text::repair(&cleaned);
    let written = repaired.as_deref().unwrap_or(&cleaned);
    if written.len() > LONGEST_TEXT {
        return Err(PhoneError::Unparseable { text: shown(text), why: Unreadable::TooLong });
    }
    read(written, default_region).or_else(|error| {
        // Half the world dials 00 before a country code, and lists of other countries carry it too.
        let abroad = text::double_zero(written).and_then(|number| read(&number, None).ok());
        abroad.ok_or_else(|| error.into_phone_error(text, written, default_region))
    })
}

/// libphonenumber's own limit on what it looks at.
const LONGEST_TEXT: usize = 250;

enum Refusal {
    Unreadable(ParseError),
    Invalid(Box<PhoneNumber>),
}

fn read(written: &str, default_region: Option<Region>) -> Result<Parsed, Refusal> {
    let plan = default_region.and_then(Region::plan);
    let number = PHONE_NUMBER_UTIL.parse(written, plan).map_err(Refusal::Unreadable)?;
    if !is_valid(&number, plan) {
        return Err(Refusal::Invalid(Box::new(number)));
    }
    match e164(&number) {
        Some(phone) => Ok(Parsed { phone, extension: number.extension.filter(|extension| !extension.is_empty()) }),
        None => Err(Refusal::Invalid(Box::new(number))),
    }
}

/// Valid for its region. Most numbers of a file belong to its own country, and asking that one first saves a walk
/// through every country that shares the code.
fn is_valid(number: &PhoneNumber, plan: Option<rlibphonenumber::Region>) -> bool {
    let main = PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
    match plan {
        Some(plan) if Some(plan) == main => {
            PHONE_NUMBER_UTIL.is_valid_number_for_region(number, plan) || PHONE_NUMBER_UTIL.is_valid_number(number)
        }
        _ => PHONE_NUMBER_UTIL.is_valid_number(number),
    }
}

fn e164(number: &PhoneNumber) -> Option<Phone> {
    let zeros = if number.italian_leading_zero() { number.number_of_leading_zeros().max(1) } else { 0 };
    let national = number.national_number;
    let length = national.checked_ilog10().map_or(1, |log| log + 1) + u32::try_from(zeros).ok()?;
    let shift = 10_u64.checked_pow(length)?;
    let digits = u64::try_from(number.country_code).ok()?.checked_mul(shift)?.checked_add(national)?;
    (digits <= MOST).then_some(Phone(digits))
}

impl Refusal {
    fn into_phone_error(self, text: &str, written: &str, default_region: Option<Region>) -> PhoneError {
        let why = match self {
            Self::Invalid(number) => {
                let place = match default_region {
                    Some(region)
                        if region.plan() == PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code) =>
                    {
                        format!("in {region}")
                    }
                    _ => format!("of country code +{}", number.country_code),
                };
                let national = rlibphonenumber::get_national_significant_number_owned(&number);
                let read_as = format!("+{}{national}", number.country_code);
                return PhoneError::Invalid { text: shown(text), read_as, place };
            }
            Self::Unreadable(_) if text::seems_several(written) => Unreadable::Several,
            Self::Unreadable(ParseError::InvalidCountryCode) if !written.starts_with(['+', '＋']) => {
                Unreadable::NoCountry
            }
            Self::Unreadable(ParseError::InvalidCountryCode) => Unreadable::UnknownCountry,
            Self::Unreadable(ParseError::TooShortAfterIdd | ParseError::TooShortNsn) => Unreadable::TooShort,
            Self::Unreadable(ParseError::TooLongNsn) => Unreadable::TooLong,
            Self::Unreadable(ParseError::NotANumber(_)) => Unreadable::NotANumber,
        };
        PhoneError::Unparseable { text: shown(text), why }
    }
}

/// What is repeated to a person: the start of it, because a cell can be a novel.
fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
