//! Which server a command talks to, and as whom.
//!
//! What a flag says goes before the environment, and that before the profile; a profile that is named by a flag is a flag.
//! A profile's key is for its own server: it is never sent to another address, whatever names that.

use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use clap::Args;
use url::Url;

use super::file::{Profile, Profiles, last_four};
use crate::exit::Failure;

/// Where a server is when nobody says so.
const USUAL_SERVER: &str = "http://127.0.0.1:8080";

/// Which server, and as whom.
#[derive(Args, Clone, Debug, Default)]
pub struct ServerFlags {
    /// The server [env: CAMPANILE_URL] [default: the profile's, else http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// An API key whose scopes allow it; a profile or the environment hides it from the list of processes [env: CAMPANILE_KEY]
    #[arg(long, value_name = "KEY")]
    pub key: Option<SecretString>,
    /// Use this profile of `campanile login` [env: CAMPANILE_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// What a key opens, by its first letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account: people are called.
    Live,
    /// A test twin: nobody is.
    Test,
    /// The host.
    Operator,
}

impl Kind {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
            Self::Operator => "operator",
        }
    }
}

/// What a key opens; nothing where it does not look like a key.
pub fn kind(key: &SecretString) -> Option<Kind> {
    let begins = |word: &str| key.expose_secret().starts_with(word);
    let kinds = [("cpn_live_", Kind::Live), ("cpn_test_", Kind::Test), ("cpn_operator_", Kind::Operator)];
    kinds.into_iter().find(|(word, _)| begins(word)).map(|(_, kind)| kind)
}

/// Where a command is sent, and as whom.
#[derive(Clone, Debug)]
pub struct Account {
    /// The server, without a slash at its end.
    pub server: String,
    /// The key.
    pub key: SecretString,
    /// Where the key was found: `--key`, `CAMPANILE_KEY` or the profile.
    pub found: String,
}

impl Account {
    /// What flags, environment and profiles come to.
    pub fn choose(flags: &ServerFlags) -> Result<Self, Failure> {
        chosen(flags, &|name| std::env::var(name).ok().filter(|text| !text.is_empty()), Profiles::read)
    }

    /// Says once, before something is changed, whether real people may feel it.
    pub fn banner(&self) -> Option<String> {
        let (key, server) = (&self.found, &self.server);
        kind(&self.key).map(|kind| match kind {
            Kind::Live => format!("LIVE key ({key}) at {server}: real people may be called"),
            Kind::Test => format!("test key ({key}) at {server}: nobody is called"),
            Kind::Operator => format!("operator's key ({key}) at {server}"),
        })
    }
}

/// An address of a server as it is compared and used.
pub fn address(text: &str) -> Result<String, Failure> {
    let wrong = |why: &str| {
        Failure::usage(format!("{text:?} is no address of a server: {why}"))
            .next("--server https://campanile.example.com")
    };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a host and a path, and nothing else"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn chosen(
    flags: &ServerFlags,
    environment: &dyn Fn(&str) -> Option<String>,
    profiles: impl FnOnce() -> Result<Profiles, Failure>,
) -> Result<Account, Failure> {
    let environment = |name: &str| if flags.profile.is_some() { None } else { environment(name) };
    let server =
        flags.server.clone().or_else(|| environment("CAMPANILE_URL")).map(|text| address(&text)).transpose()?;
    let key = match &flags.key {
        Some(key) => Some((key.clone(), "--key".to_owned())),
        None => environment("CAMPANILE_KEY").map(|key| (key.into(), "CAMPANILE_KEY".to_owned())),
    };
    // Who says both needs no file.
    let (server, key) = match (server, key) {
        (Some(server), Some((key, found))) => return Account { server, key, found }.checked(),
        missing => missing,
    };
    let profile = named(flags.profile.clone().or_else(|| environment("CAMPANILE_PROFILE")), profiles()?)?;
    let server = match (server, &profile) {
        (Some(server), _) => server,
        (None, Some((_, profile))) => address(&profile.server)?,
        (None, None) => USUAL_SERVER.to_owned(),
    };
    if let Some((key, found)) = key {
        return Account { server, key, found }.checked();
    }
    match profile {
        Some((name, profile)) if address(&profile.server)? == server => {
            let found = format!("profile {name}, ...{}", last_four(&profile.key));
            Account { server, key: profile.key, found }.checked()
        }
        Some((name, profile)) => Err(Failure::usage(format!(
            "the key of the profile {name} is for {} and is not sent to {server}",
            profile.server
        ))
        .next(format!("campanile login --profile OTHER --server {server}, or set --key or CAMPANILE_KEY"))),
        None => Err(Failure::usage(format!("an API key is needed for {server}"))
            .next(format!("campanile login --server {server}, or set --key or CAMPANILE_KEY"))),
    }
}

/// The profile that is meant, with its name.
fn named(name: Option<String>, profiles: Profiles) -> Result<Option<(String, Profile)>, Failure> {
    let Some(name) = name.or_else(|| profiles.current.clone().filter(|name| profiles.all.contains_key(name))) else {
        return Ok(None);
    };
    let profile = profiles.get(&name)?.clone();
    Ok(Some((name, profile)))
}

impl Account {
    /// A key goes into a header: what no header can carry is told here and not in the words of a library.
    pub fn checked(self) -> Result<Self, Failure> {
        let key = self.key.expose_secret();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::usage(format!("what {} holds is no API key: a key is one word", self.found))
                .next("campanile profile list shows what there is"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(current: Option<&str>) -> Profiles {
        let one = |server: &str, key: &str| Profile { server: server.into(), key: key.into(), account: String::new() };
        let mut profiles = Profiles::default();
        profiles.all.insert("prod".to_owned(), one("https://prod.example", "cpn_live_prodprodprod"));
        profiles.all.insert("lab".to_owned(), one("http://127.0.0.1:9000", "cpn_test_lablablablab"));
        profiles.current = current.map(str::to_owned);
        profiles
    }

    fn flags(server: Option<&str>, key: Option<&str>, profile: Option<&str>) -> ServerFlags {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ServerFlags { server: owned(server), key: key.map(Into::into), profile: owned(profile) }
    }

    fn come_to(
        flags: &ServerFlags,
        environment: &[(&str, &str)],
        current: Option<&str>,
    ) -> Result<[String; 2], String> {
        let read =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let account = chosen(flags, &read, || Ok(profiles(current))).map_err(|failure| format!("{failure:?}"))?;
        Ok([account.server, account.key.expose_secret().to_owned()])
    }

    const PROD: [&str; 2] = ["https://prod.example", "cpn_live_prodprodprod"];
    const LAB: [&str; 2] = ["http://127.0.0.1:9000", "cpn_test_lablablablab"];

    #[test]
    fn flags_go_before_the_environment_and_that_before_the_profile() {
        let env = [("CAMPANILE_URL", "http://e.example/"), ("CAMPANILE_KEY", "cpn_env")];
        let none = flags(None, None, None);
        assert_eq!(come_to(&none, &[], Some("prod")).unwrap(), PROD);
        assert_eq!(come_to(&none, &[("CAMPANILE_PROFILE", "lab")], Some("prod")).unwrap(), LAB);
        assert_eq!(come_to(&none, &env, Some("prod")).unwrap(), ["http://e.example", "cpn_env"]);
        let said = flags(Some("http://f.example"), Some("cpn_flag"), None);
        assert_eq!(come_to(&said, &env, Some("prod")).unwrap(), ["http://f.example", "cpn_flag"]);
        assert_eq!(come_to(&none, &env[1..], Some("prod")).unwrap(), ["https://prod.example", "cpn_env"]);
        assert_eq!(come_to(&none, &env[1..], None).unwrap(), [USUAL_SERVER, "cpn_env"]);
        let by_flag = flags(None, None, Some("lab"));
        assert_eq!(come_to(&by_flag, &env, Some("prod")).unwrap(), LAB, "a profile that is named is a flag");
    }

    #[test]
    fn a_key_of_a_profile_goes_to_no_other_server() {
        let elsewhere = flags(Some("https://evil.example"), None, Some("prod"));
        let refused = come_to(&elsewhere, &[], None).unwrap_err();
        assert!(refused.contains("is not sent to https://evil.example") && !refused.contains("prodprod"), "{refused}");
        let none = flags(None, None, None);
        assert!(come_to(&none, &[("CAMPANILE_URL", "https://prod.example.evil")], Some("prod")).is_err());
        let same = flags(Some("https://PROD.example:443/"), None, None);
        assert_eq!(come_to(&same, &[], Some("prod")).unwrap(), PROD, "written otherwise, it is the same");
    }

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        let none = flags(None, None, None);
        assert!(come_to(&none, &[], None).unwrap_err().contains("campanile login"));
        assert!(come_to(&none, &[], Some("gone")).unwrap_err().contains("an API key is needed"));
        assert!(come_to(&flags(None, None, Some("gone")), &[], None).unwrap_err().contains("no profile"));
        for wrong in ["prod.example", "ftp://x", "https://u:p@x.example", "https://x.example/?a=1"] {
            assert!(come_to(&flags(Some(wrong), Some("k"), None), &[], None).is_err(), "{wrong}");
        }
        let two_lines = come_to(&none, &[("CAMPANILE_KEY", "cpn_live_x\ncpn_live_y")], None).unwrap_err();
        assert!(two_lines.contains("CAMPANILE_KEY") && !two_lines.contains("cpn_live"), "{two_lines}");
    }
}
