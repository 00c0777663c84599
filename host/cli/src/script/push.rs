//! `campanile script push FILE`: installs a script, in force at once. Its cases come first.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::draft::{Draft, file_of, name};
use super::testing::{cases_of, tell};
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;
use crate::workbench::sandbox;

/// Flags of `script push`.
#[derive(Args, Debug)]
pub struct Push {
    /// The script
    file: PathBuf,
    /// Its name; by default that of the file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the version as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Push) -> Result<(), Failure> {
    let (client, sandbox) = (Client::new(&args.server)?, sandbox()?);
    let mend = |failure: Failure| failure.next("mend it and push it again; nothing was sent");
    let draft = Draft::open(&args.file, &sandbox).map_err(mend)?;
    if file_of(&args.file).exists() {
        let results = cases_of(&args.file, &sandbox, "")?;
        if results.iter().any(|result| result.difference.is_some()) {
            tell(&results)?;
            return Err(Failure::invalid("cases are not as expected, so nothing was sent")
                .next(format!("campanile script test {}", args.file.display())));
        }
    }
    let name = args.name.clone().unwrap_or_else(|| name(&args.file));
    let body = json!({"name": name, "source": &*draft.source});
    let version = client.post("/v1/scripts", Body::Json(body)).await?;
    if args.json {
        say(version)?;
    } else {
        say(format_args!("{}@{} is in force", name, version["version"].as_str().unwrap_or_default()))?;
        eprintln!("next:  campanile script replay {name} --since ..., or name it in a campaign: \"{name}@active\"");
    }
    Ok(())
}
