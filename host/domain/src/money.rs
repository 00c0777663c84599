//! Money: whole micro-units, one currency at a time, and what a call may cost.
//!
//! A balance that is a float drifts, and a sum that wraps gives money away; so amounts are integers, every sum is
//! checked, and two currencies never meet in one.
//!
//! It must never: convert a currency or know an account.

mod tariff;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::tariff::Tariff;

/// An amount in millionths of a currency's unit: 1_000_000 is one euro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, or an error when it is beyond what 64 bits hold.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).map(Self).ok_or(MoneyError::Overflow { left: self, sign: '+', right: other })
    }

    /// The difference, or an error when it is beyond what 64 bits hold.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).map(Self).ok_or(MoneyError::Overflow { left: self, sign: '-', right: other })
    }
}

impl fmt::Display for Micros {
    /// Units with two decimals at least and six at most: `0.015`, `12.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let digits = format!("{rest:06}");
        let shown = digits.trim_end_matches('0').len().max(2);
        write!(f, "{}{units}.{}", if self.0 < 0 { "-" } else { "" }, &digits[..shown])
    }
}

/// What can be wrong with money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// A sum beyond 64 bits.
    #[error("{left} {sign} {right} is more than an amount can hold (9 223 372 036 854 units); check the amounts given")]
    #[expect(missing_docs, reason = "the two sides of the sum")]
    Overflow { left: Micros, sign: char, right: Micros },
    /// Two currencies in one sum.
    #[error("{left} and {right} cannot be added; a tenant has one currency, convert the amount first")]
    #[expect(missing_docs, reason = "the two currencies")]
    CurrencyMismatch { left: Currency, right: Currency },
    /// Not a currency code.
    #[error("{0:?} is not a currency; write its three upper-case letters (ISO 4217), for example \"EUR\"")]
    NotACurrency(String),
    /// A price below zero or beyond [`Tariff::MAX_PER_MINUTE`].
    #[error(
        "per_minute_micros {} is not a price; write a whole number of millionths from 0 to {}",
        .0.0, Tariff::MAX_PER_MINUTE.0
    )]
    PriceOutOfRange(Micros),
    /// A minimum or rounding beyond its range.
    #[error("{field} {given} is out of range; write whole seconds from {least} to {most}")]
    #[expect(missing_docs, reason = "the field, its value and its limits")]
    SecondsOutOfRange { field: &'static str, given: u32, least: u32, most: u32 },
}

impl MoneyError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overflow { .. } => "amount_overflow",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
            Self::NotACurrency(_) => "not_a_currency",
            Self::PriceOutOfRange(_) => "price_out_of_range",
            Self::SecondsOutOfRange { .. } => "seconds_out_of_range",
        }
    }
}

/// A currency by its three upper-case letters. Whether such a currency exists is not checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro, the default of a new tenant.
    pub const EUR: Self = Self(*b"EUR");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(MoneyError::NotACurrency(text.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount with its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Millionths of the unit.
    pub amount_micros: Micros,
    /// The unit.
    pub currency: Currency,
}

impl Money {
    /// The sum; an error when it overflows or the currencies differ.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self { amount_micros: self.amount_micros.checked_add(other.amount_micros)?, ..self })
    }

    /// The difference; an error when it overflows or the currencies differ.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self { amount_micros: self.amount_micros.checked_sub(other.amount_micros)?, ..self })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount_micros, self.currency)
    }
}

/// What a line of a tenant's ledger is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Money the operator added.
    TopUp,
    /// Set aside with the intent of a call.
    Reserve,
    /// Set aside for one more started minute.
    Extend,
    /// Given back: the call was not dialled, or cost less than was set aside.
    Release,
    /// Taken for a call that ended, by the tariff.
    Settle,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::TopUp, Self::Reserve, Self::Extend, Self::Release, Self::Settle];

    /// The spelling on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Reserve => "reserve",
            Self::Extend => "extend",
            Self::Release => "release",
            Self::Settle => "settle",
        }
    }

    /// The kind of that spelling.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What a line of this kind does to what the account has.
    pub const fn of_balance(self, amount: Micros) -> Micros {
        match self {
            Self::TopUp => amount,
            Self::Settle => Micros(-amount.0),
            Self::Reserve | Self::Extend | Self::Release => Micros::ZERO,
        }
    }

    /// What a line of this kind does to what the account may still spend.
    pub const fn of_available(self, amount: Micros) -> Micros {
        match self {
            Self::TopUp | Self::Release => amount,
            Self::Reserve | Self::Extend => Micros(-amount.0),
            // It was set aside already.
            Self::Settle => Micros::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_currency_and_strictly_read() {
        let price = Money { amount_micros: Micros(1_250_000), currency: "CHF".parse().unwrap() };
        let written = serde_json::to_string(&price).unwrap();
        assert_eq!(written, r#"{"amount_micros":1250000,"currency":"CHF"}"#);
        assert_eq!(serde_json::from_str::<Money>(&written).unwrap(), price);
        for wrong in [r#""eur""#, r#""EURO""#, r#""E1R""#, r#""""#, r#""€""#] {
            assert!(serde_json::from_str::<Currency>(wrong).unwrap_err().to_string().contains("\"EUR\""));
        }
        assert!(serde_json::from_str::<Money>(r#"{"amount_micros":1.5,"currency":"EUR"}"#).is_err());
    }

    #[test]
    fn amounts_are_shown_in_units() {
        for (micros, shown) in [
            (0, "0.00"),
            (15_000, "0.015"),
            (12_500_000, "12.50"),
            (-1, "-0.000001"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(Micros(micros).to_string(), shown);
        }
        assert_eq!(Money { amount_micros: Micros(2_000_000), currency: Currency::EUR }.to_string(), "2.00 EUR");
    }

    #[test]
    fn sums_beyond_64_bits_and_of_two_currencies_are_errors() {
        let euros = |micros| Money { amount_micros: Micros(micros), currency: Currency::EUR };
        let francs = Money { amount_micros: Micros(1), currency: "CHF".parse().unwrap() };
        assert_eq!(euros(3).checked_sub(euros(5)), Ok(euros(-2)));
        assert_eq!(euros(i64::MAX).checked_add(euros(1)).unwrap_err().code(), "amount_overflow");
        assert_eq!(euros(i64::MIN).checked_sub(euros(1)).unwrap_err().code(), "amount_overflow");
        assert_eq!(euros(1).checked_add(francs).unwrap_err().code(), "currency_mismatch");
        assert_eq!(francs.checked_sub(euros(1)).unwrap_err().code(), "currency_mismatch");
    }

    #[test]
    fn ledger_kinds_are_spelt_alike_everywhere() {
        for kind in EntryKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(EntryKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(EntryKind::parse("refund"), None);
    }

    #[test]
    fn a_call_takes_from_both_sums_what_it_cost() {
        let lines =
            [(EntryKind::Reserve, 60), (EntryKind::Extend, 60), (EntryKind::Settle, 90), (EntryKind::Release, 30)];
        let sum =
            |of: fn(EntryKind, Micros) -> Micros| lines.iter().map(|(kind, n)| of(*kind, Micros(*n)).0).sum::<i64>();
        assert_eq!((sum(EntryKind::of_balance), sum(EntryKind::of_available)), (-90, -90));
    }
}
