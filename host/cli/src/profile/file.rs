//! The file with the profiles: `campanile/profiles.toml` in the folder for configurations.
//!
//! It holds keys, so only its owner may read it: it is made that way, replaced whole, and not used when somebody has
//! opened it to others since.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::base_folders;
use crate::exit::Failure;

/// A server and a key.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The server, without a slash at its end.
    pub server: String,
    /// The key.
    pub key: SecretString,
    /// Whose it is, for people.
    pub account: String,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    /// The one that is used when none is named.
    pub current: Option<String>,
    /// By name.
    pub all: BTreeMap<String, Profile>,
    place: PathBuf,
}

/// As it is written. Without Debug, because the key is bare here.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, WrittenProfile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProfile {
    server: String,
    key: String,
    #[serde(default)]
    account: String,
}

/// The last four characters of a key; nothing of one that is shorter than a key can be.
pub fn last_four(key: &SecretString) -> String {
    let key = key.expose_secret();
    let begins = key.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    if key.len() < 16 { String::new() } else { key[begins..].to_owned() }
}

/// Where the file is.
fn place() -> Result<PathBuf, Failure> {
    base_folders::config().map(|config| config.join("campanile/profiles.toml")).ok_or_else(|| {
        Failure::other("there is no folder for profiles: neither XDG_CONFIG_HOME nor HOME is set")
            .next("set CAMPANILE_URL and CAMPANILE_KEY instead of a profile")
    })
}

impl Profiles {
    /// Reads them; none where there is no file.
    pub fn read() -> Result<Self, Failure> {
        Self::at(&place()?)
    }

    fn at(place: &Path) -> Result<Self, Failure> {
        let shown = place.display();
        let unusable =
            |error: std::io::Error| Failure::other(format!("the profiles in {shown} cannot be used: {error}"));
        let text = match std::fs::read_to_string(place) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { place: place.to_owned(), ..Self::default() });
            }
            Err(error) => return Err(unusable(error)),
        };
        if std::fs::metadata(place).map_err(unusable)?.permissions().mode() & 0o077 != 0 {
            return Err(
                Failure::other(format!("others may read the keys in {shown}")).next(format!("chmod 600 {shown}"))
            );
        }
        // Not the words of the parser: they quote the line, and a line may be a key.
        let written: Written = toml::from_str(&text).map_err(|_| {
            Failure::other(format!("{shown} is not a file of profiles")).next(format!("rm {shown}, and log in again"))
        })?;
        let all = written.profiles.into_iter().map(|(name, one)| {
            let WrittenProfile { server, key, account } = one;
            (name, Profile { server, key: key.into(), account })
        });
        Ok(Self { current: written.current, all: all.collect(), place: place.to_owned() })
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Result<&Profile, Failure> {
        self.all.get(name).ok_or_else(|| {
            Failure::not_found(format!("there is no profile {name:?}"))
                .next(format!("campanile profile list, or: campanile login --profile {name} --server URL"))
        })
    }

    /// Keeps them: the whole file or none of it.
    pub fn write(&self) -> Result<(), Failure> {
        let bare = |(name, one): (&String, &Profile)| {
            let key = one.key.expose_secret().to_owned();
            (name.clone(), WrittenProfile { server: one.server.clone(), key, account: one.account.clone() })
        };
        let written = Written { current: self.current.clone(), profiles: self.all.iter().map(bare).collect() };
        let text = toml::to_string(&written).map_err(|error| Failure::other(error.to_string()))?;
        let folder = self.place.parent().unwrap_or(Path::new("."));
        let keep = || {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            // Temporary files are made for their owner alone.
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            new.write_all(text.as_bytes())?;
            new.as_file().sync_all()?;
            new.persist(&self.place)?;
            Ok(())
        };
        keep().map_err(|error: std::io::Error| {
            Failure::other(format!("{} cannot be written: {error}", self.place.display()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "cpn_live_0123456789abcdef";

    #[test]
    fn what_is_written_is_read_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("campanile/profiles.toml");
        let mut profiles = Profiles::at(&place).unwrap();
        assert!(profiles.all.is_empty() && profiles.get("x").is_err());
        let one = Profile { server: "https://a.example".into(), key: KEY.into(), account: "Acme \"x\"".into() };
        profiles.all.insert("work".into(), one);
        profiles.current = Some("work".into());
        profiles.write().unwrap();
        profiles.write().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(place.parent().unwrap())), (0o600, 0o700));
        let again = Profiles::at(&place).unwrap();
        assert_eq!(again.current.as_deref(), Some("work"));
        assert_eq!(again.get("work").unwrap().key.expose_secret(), KEY);
        assert_eq!(again.get("work").unwrap().account, "Acme \"x\"");
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = format!("{:?}", Profiles::at(&place).unwrap_err());
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn no_key_is_in_a_debug_output_or_in_the_words_about_a_broken_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("profiles.toml");
        std::fs::write(&place, format!("[profiles.x]\nkey = \"{KEY}\"\nserver = 1\n")).unwrap();
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o600)).unwrap();
        let refused = format!("{:?}", Profiles::at(&place).unwrap_err());
        assert!(!refused.contains(KEY) && refused.contains("log in again"), "{refused}");
        let one = Profile { server: "s".into(), key: KEY.into(), account: String::new() };
        assert!(!format!("{one:?}").contains(KEY));
        assert_eq!((last_four(&KEY.into()).as_str(), last_four(&"short".into()).as_str()), ("cdef", ""));
    }
}
