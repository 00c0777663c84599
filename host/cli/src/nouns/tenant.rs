//! `campanile tenant ...`: accounts, for the operator of the host.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use super::fields::Fields;
use super::flags::{Once, Paging, Reading, Writing, id};
use super::noun::{Noun, given, show, text};
use crate::client::Insists;
use crate::exit::Failure;

const NOUN: Noun = Noun {
    plural: "accounts",
    path: "/v1/tenants",
    columns: &[
        "id",
        "name",
        "twin_of",
        "suspended",
        "available_micros",
        "billing.currency",
        "limits.max_concurrent_calls",
    ],
};

/// Accounts; with the operator's key.
#[derive(Subcommand, Debug)]
pub enum Tenant {
    /// All accounts, test twins too
    List(List),
    /// Make an account with its test twin; the keys of both are shown this once
    Create(Create),
    /// Add to an account's balance
    TopUp(TopUp),
    /// Change limits of an account, or suspend it: --set limits.max_concurrent_calls=40, --set suspended=true
    Update(Update),
}

/// Flags of `tenant list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `tenant create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `tenant top-up`.
#[derive(Args, Debug)]
pub struct TopUp {
    /// ten_...
    #[arg(value_name = "TENANT", value_parser = id)]
    tenant: String,
    /// In the account's currency, for example 25 or 12.50
    #[arg(value_name = "AMOUNT", value_parser = micros)]
    amount: i64,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `tenant update`.
#[derive(Args, Debug)]
pub struct Update {
    /// ten_...
    #[arg(value_name = "TENANT", value_parser = id)]
    tenant: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// An amount in millionths, exactly as it is written.
fn micros(text: &str) -> Result<i64, String> {
    let wrong = || "an amount is written like 25 or 12.50, with at most six digits behind the point".to_owned();
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
    whole.checked_mul(1_000_000).and_then(|micros| micros.checked_add(part)).ok_or_else(wrong)
}

/// Runs the command.
pub async fn run(command: Tenant) -> Result<(), Failure> {
    match command {
        Tenant::List(args) => NOUN.list(&[], &args.paging, &args.reading).await,
        Tenant::Create(args) => {
            let mut body = args.fields.read()?;
            body.extend(given([("name", text(&args.name))]));
            let made = args.writing.send(Method::POST, NOUN.path, Some(body.into()), None).await?;
            made.map_or(Ok(()), |made| show(&made, &args.writing.reading))
        }
        Tenant::TopUp(args) => {
            let (path, body) = (format!("{}/top_up", NOUN.at(&args.tenant)), json!({"amount_micros": args.amount}));
            let once = args.once.idempotency_key.as_deref().map(Insists::Once);
            NOUN.told(args.writing.send(Method::POST, &path, Some(body), once).await?, &args.writing)
        }
        Tenant::Update(args) => NOUN.update(&args.tenant, args.fields.some()?, &args.writing).await,
    }
}

#[cfg(test)]
mod tests {
    use super::micros;

    #[test]
    fn money_is_read_to_the_last_digit() {
        for (text, amount) in [("25", 25_000_000), ("12.50", 12_500_000), ("0.000001", 1), ("9.99", 9_990_000)] {
            assert_eq!(micros(text), Ok(amount), "{text}");
        }
        for wrong in ["", "1,5", "-1", "1.", ".5", "1.0000001", "1e3", "99999999999999999999", "9223372036854.775808"] {
            assert!(micros(wrong).is_err(), "{wrong}");
        }
    }
}
