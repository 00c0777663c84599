//! `campanile version`: everything whose version explains a behaviour.

use std::collections::BTreeMap;

use campanile_domain::zone;
use campanile_server::About;

use crate::exit::Failure;
use crate::say::say;

/// What this build is; the same facts that `/version` tells.
pub fn about() -> About {
    let components = BTreeMap::from([
        ("sqlite".to_owned(), campanile_store::sqlite_version().to_owned()),
        ("tzdb".to_owned(), zone::database_version().to_owned()),
        ("phone_metadata".to_owned(), campanile_domain::phone::METADATA_VERSION.to_owned()),
        ("contract".to_owned(), campanile_sandbox::CONTRACT_VERSION.to_owned()),
    ]);
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("CAMPANILE_COMMIT").map(str::to_owned),
        components,
    }
}

/// Runs the command.
pub fn run(json: bool) -> Result<(), Failure> {
    let about = about();
    if json {
        let mut fields = serde_json::Map::new();
        fields.insert("version".into(), about.version.into());
        fields.insert("commit".into(), about.commit.into());
        fields.extend(about.components.into_iter().map(|(name, version)| (name, version.into())));
        say(serde_json::Value::Object(fields))?;
    } else {
        say(format_args!("campanile {}", about.version))?;
        if let Some(commit) = about.commit {
            say(format_args!("  {:<16}{commit}", "commit"))?;
        }
        for (name, version) in about.components {
            say(format_args!("  {name:<16}{version}"))?;
        }
    }
    Ok(())
}
