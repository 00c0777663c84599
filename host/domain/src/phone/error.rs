//! Why a text is no phone.
//!
//! A rejected row is read by the person who owns the list, far from the code and in a hurry. So every refusal names the
//! text, the rule and the next step, and carries a code that programs and reports can count by. It must never say only
//! that something is invalid.

use std::fmt;

/// Why a text is no phone, in a way a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing was written.
    #[error("there is no phone number")]
    Missing,
    /// It cannot be read as a phone number at all.
    #[error("{text:?} cannot be read as a phone number: {why}")]
    Unparseable {
        /// What was written.
        text: String,
        /// What is wrong with it.
        why: Unreadable,
    },
    /// It reads as a number, but no numbering plan assigns it.
    #[error("{text:?} reads as {read_as}, which is not a valid phone number {place}")]
    Invalid {
        /// What was written.
        text: String,
        /// The number it was taken for, `+` and digits.
        read_as: String,
        /// Where it would have to be valid: "in US", "of country code +44".
        place: String,
    },
    /// A spreadsheet program has thrown digits away.
    #[error("{text:?} was damaged by a spreadsheet program: {what}")]
    DamagedBySpreadsheet {
        /// What is left of it.
        text: String,
        /// What happened to it.
        what: Damage,
    },
}

/// What makes a text unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not made of what numbers are made of.
    NotANumber,
    /// No country has this code.
    UnknownCountry,
    /// It has no country code, and no default country was given.
    NoCountry,
    /// Fewer digits than any number has.
    TooShort,
    /// More digits than any number has.
    TooLong,
    /// There seem to be several numbers in it.
    Several,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "it is not made of digits and the usual signs",
            Self::UnknownCountry => "no country has this code",
            Self::NoCountry => "it has no country code and no default country is set",
            Self::TooShort => "it is too short",
            Self::TooLong => "it is too long",
            Self::Several => "it seems to hold several numbers",
        })
    }
}

/// How a spreadsheet program damages a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// `1.41556E+10`: the last digits are gone.
    Scientific,
    /// `#NAME?`, `#ERROR!`, `Err:508`: the leading plus was taken for a formula.
    FormulaError,
    /// `#####`: what was exported is how the cell looked.
    ColumnTooNarrow,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scientific => "it was turned into scientific notation and its last digits are lost",
            Self::FormulaError => "it was taken for a formula and only the error is left",
            Self::ColumnTooNarrow => "its column was too narrow to show it",
        })
    }
}

impl PhoneError {
    /// A stable name for programs: `missing_phone`, `unparseable`, `invalid`, `damaged_by_spreadsheet`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing_phone",
            Self::Unparseable { .. } => "unparseable",
            Self::Invalid { .. } => "invalid",
            Self::DamagedBySpreadsheet { .. } => "damaged_by_spreadsheet",
        }
    }

    /// What the person who owns the list can do about it.
    pub fn suggestion(&self) -> &'static str {
        match self {
            Self::Missing => "fill in a phone number, or delete the row if it is a total or a note",
            Self::Unparseable { why, .. } => match why {
                Unreadable::NotANumber => "write the number in digits, best as +14155550100",
                Unreadable::UnknownCountry => "check the country code after the plus",
                Unreadable::NoCountry => "write it with plus and country code, or set a default region for the import",
                Unreadable::TooShort => "complete the number, with its area code",
                Unreadable::TooLong => "check for digits typed twice, or two numbers in one cell",
                Unreadable::Several => "keep one number in this cell and move the others to columns of their own",
            },
            Self::Invalid { .. } => {
                "check for a missing area code or wrong digits; if it belongs to another country, write it with + and that country's code"
            }
            Self::DamagedBySpreadsheet { what, .. } => match what {
                Damage::Scientific => {
                    "the digits are gone: export again from the original source with the phone column formatted as text"
                }
                Damage::FormulaError => {
                    "format the phone column as text in the spreadsheet, enter the number again and export"
                }
                Damage::ColumnTooNarrow => "widen the column or format it as text, then export again",
            },
        }
    }
}
