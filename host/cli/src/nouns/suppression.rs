//! `campanile suppression ...`: the do-not-call list.

use clap::{Args, Subcommand};
use reqwest::Method;

use super::flags::{Paging, Reading, Writing};
use super::noun::{Noun, given, gone, text, with_query};
use crate::exit::Failure;

const NOUN: Noun = Noun { plural: "numbers", path: "/v1/suppressions", columns: &["phone", "reason", "by", "at"] };

/// The do-not-call list.
#[derive(Subcommand, Debug)]
pub enum Suppression {
    /// The numbers that nobody calls
    List(List),
    /// Never call a number again
    Add(Add),
    /// Allow a number to be called again; leads that ended because of it stay as they are
    Remove(Remove),
}

/// Flags of `suppression list`.
#[derive(Args, Debug)]
pub struct List {
    /// Only this number
    #[arg(long)]
    phone: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `suppression add`.
#[derive(Args, Debug)]
pub struct Add {
    /// As people write it, with its country: +1 415-555-2671
    phone: String,
    /// Why, for people
    #[arg(long)]
    reason: Option<String>,
    /// Country of a number written without one, for example US
    #[arg(long, value_name = "REGION")]
    default_region: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `suppression remove`.
#[derive(Args, Debug)]
pub struct Remove {
    /// As the list has it
    phone: String,
    /// Country of a number written without one, for example US
    #[arg(long, value_name = "REGION")]
    default_region: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Suppression) -> Result<(), Failure> {
    match command {
        Suppression::List(args) => NOUN.list(&[("phone", args.phone.as_deref())], &args.paging, &args.reading).await,
        Suppression::Add(args) => {
            let region = ("default_region", text(&args.default_region));
            let body = given([("phone", Some(args.phone.into())), ("reason", text(&args.reason)), region]);
            NOUN.create(body, None, &args.writing).await
        }
        Suppression::Remove(args) => {
            args.writing.sure(&format!("allow {} to be called again", args.phone))?;
            let path =
                with_query(&NOUN.at(&escaped(&args.phone)), &[("default_region", args.default_region.as_deref())]);
            let done = args.writing.send(Method::DELETE, &path, None, None).await?;
            gone(done, &format!("{} may be called again", args.phone), &args.writing)
        }
    }
}

/// As one part of a path.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_is_one_part_of_a_path() {
        assert_eq!(super::escaped("+1 (415) 5/.."), "%2B1%20%28415%29%205%2F%2E%2E");
    }
}
