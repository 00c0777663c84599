//! Names and versions: which content a reference means.
//!
//! Versions are immutable and each tenant sees what ships and what is its own. Plain data behind the lock of
//! [`crate::sandbox`]; it runs and compiles nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::{Kind, PluginRef};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::bundled::{Bundled, BundledBody};
use crate::digest::Digest;
use crate::fault::Fault;
use crate::manifest;
use crate::script::Described;

/// One installed version, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Whose.
    pub tenant: TenantKey,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub kind: Kind,
    /// What it consists of.
    pub content: Content,
    /// SHA-256 of its content.
    pub digest: Digest,
    /// Size of its content.
    pub bytes: usize,
}

/// What a version consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A script's source.
    Script(String),
    /// A component.
    Component {
        /// Its bytes; `None`: they are asked for when they are needed.
        wasm: Option<Vec<u8>>,
        /// JSON Schema of its settings.
        settings: Option<Value>,
    },
}

/// What a version consists of, once it is on the shelf.
pub enum Body {
    Component {
        /// The bytes of what ships; those of an upload are asked for when they are needed.
        wasm: Option<Cow<'static, [u8]>>,
        kind: Kind,
        settings: Option<Value>,
        bytes: usize,
    },
    Script(Cow<'static, str>),
}

/// One version of one plugin.
pub struct Version {
    /// `name@version`, as records show it.
    pub reference: String,
    pub version: String,
    pub digest: Digest,
    /// The digest in hexadecimal, as records show it.
    pub sha256: Arc<str>,
    pub body: Body,
    /// What a script is, once somebody asked.
    pub described: OnceCell<Described>,
}

impl Version {
    /// A script that is tried and not installed.
    pub fn draft(name: &str, source: &str) -> Self {
        version(name, "draft", Digest::of(source.as_bytes()), Body::Script(Cow::Owned(source.to_owned())))
    }

    /// What it is for. A script is counted among the policies, whatever it can be asked.
    pub const fn kind(&self) -> Kind {
        match &self.body {
            Body::Component { kind, .. } => *kind,
            Body::Script(_) => Kind::RetryPolicy,
        }
    }
}

#[derive(Default)]
struct Versions {
    /// In the order of installation.
    all: Vec<Arc<Version>>,
    /// Where in `all` the one is that `name@active` follows.
    active: Option<usize>,
}

impl Versions {
    /// The only version of something that ships.
    fn shipped(version: Version) -> Self {
        Self { all: vec![Arc::new(version)], active: Some(0) }
    }

    fn position(&self, version: &str) -> Option<usize> {
        self.all.iter().position(|known| known.version == version)
    }
}

/// Everything that can be named.
pub struct Shelf {
    shipped: BTreeMap<String, Versions>,
    installed: BTreeMap<TenantKey, BTreeMap<String, Versions>>,
}

impl Shelf {
    pub fn new(shipped: &'static [Bundled]) -> Self {
        let mut shelf = Self { shipped: BTreeMap::new(), installed: BTreeMap::new() };
        for one in shipped {
            let (digest, body) = match one.body {
                BundledBody::Component(wasm) => (Digest::of(wasm), component(Cow::Borrowed(wasm), one.kind)),
                BundledBody::Script(source) => (Digest::of(source.as_bytes()), Body::Script(Cow::Borrowed(source))),
            };
            let version = version(one.name, one.version, digest, body);
            shelf.shipped.insert(one.name.to_owned(), Versions::shipped(version));
        }
        shelf
    }

    /// Puts other bytes in the place of a component that ships.
    pub fn replace_shipped(&mut self, name: &str, number: &str, wasm: &[u8]) {
        let kind = manifest::of_component(wasm).map_or(Kind::RetryPolicy, |manifest| manifest.kind);
        let body = component(Cow::Owned(wasm.to_vec()), kind);
        let version = version(name, number, Digest::of(wasm), body);
        self.shipped.insert(name.to_owned(), Versions::shipped(version));
    }

    pub fn put(&mut self, installed: Installed) {
        let Installed { tenant, name, version: number, kind, content, digest, bytes } = installed;
        let body = match content {
            Content::Script(source) => Body::Script(Cow::Owned(source)),
            Content::Component { wasm, settings } => {
                Body::Component { wasm: wasm.map(Cow::Owned), kind, settings, bytes }
            }
        };
        let versions = self.installed.entry(tenant).or_default().entry(name.clone()).or_default();
        if versions.position(&number).is_none() {
            versions.all.push(Arc::new(version(&name, &number, digest, body)));
        }
    }

    pub fn knows(&self, tenant: TenantKey, name: &str, version: &str) -> bool {
        let versions = self.installed.get(&tenant).and_then(|all| all.get(name));
        versions.is_some_and(|versions| versions.position(version).is_some())
    }

    pub fn activate(&mut self, tenant: TenantKey, name: &str, version: &str) -> Result<(), Fault> {
        let versions = self.installed.get_mut(&tenant).and_then(|all| all.get_mut(name));
        let found = versions.and_then(|versions| versions.position(version).map(|at| (versions, at)));
        let missing = || Fault::NotFound { name: format!("{name}@{version}"), hint: "it is not installed".to_owned() };
        let (versions, at) = found.ok_or_else(missing)?;
        versions.active = Some(at);
        Ok(())
    }

    /// The version is not there any more; what is under way ends.
    pub fn remove(&mut self, tenant: TenantKey, name: &str, version: &str) {
        let Some(versions) = self.installed.get_mut(&tenant).and_then(|all| all.get_mut(name)) else { return };
        let Some(at) = versions.position(version) else { return };
        versions.all.remove(at);
        versions.active = match versions.active {
            Some(active) if active == at => None,
            Some(active) if active > at => Some(active - 1),
            active => active,
        };
    }

    pub fn deactivate(&mut self, tenant: TenantKey, name: &str) {
        if let Some(versions) = self.installed.get_mut(&tenant).and_then(|all| all.get_mut(name)) {
            versions.active = None;
        }
    }

    /// Whether a name means something of the tenant's own, and nothing that ships.
    pub fn is_own(&self, tenant: TenantKey, name: &str) -> bool {
        self.installed.get(&tenant).is_some_and(|own| own.contains_key(name))
    }

    pub fn find(&self, tenant: TenantKey, plugin: &PluginRef) -> Result<Arc<Version>, Fault> {
        let own = self.installed.get(&tenant);
        let versions = own.and_then(|own| own.get(&plugin.name)).or_else(|| self.shipped.get(&plugin.name));
        let Some(versions) = versions else {
            let names: Vec<_> = own.iter().flat_map(|own| own.keys()).chain(self.shipped.keys()).cloned().collect();
            let hint = format!("there are {}", names.join(", "));
            return Err(Fault::NotFound { name: plugin.name.clone(), hint });
        };
        let at = match &plugin.version {
            None => versions.active,
            Some(version) => versions.position(version),
        };
        at.and_then(|at| versions.all.get(at)).cloned().ok_or_else(|| {
            let known: Vec<_> = versions.all.iter().map(|version| version.version.as_str()).collect();
            let known = known.join(", ");
            let hint = match &plugin.version {
                None => format!("none of its versions ({known}) is active; activate one"),
                Some(_) => format!("its versions are {known}"),
            };
            Fault::NotFound { name: plugin.to_string(), hint }
        })
    }
}

fn component(wasm: Cow<'static, [u8]>, kind: Kind) -> Body {
    let settings = manifest::of_component(&wasm).ok().and_then(|manifest| manifest.settings);
    let bytes = wasm.len();
    Body::Component { wasm: Some(wasm), kind, settings, bytes }
}

fn version(name: &str, number: &str, digest: Digest, body: Body) -> Version {
    let (reference, sha256) = (format!("{name}@{number}"), digest.to_string().into());
    Version { reference, version: number.to_owned(), digest, sha256, body, described: OnceCell::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TenantKey = TenantKey(1);
    const TWO: TenantKey = TenantKey(2);

    fn named(text: &str) -> PluginRef {
        text.parse().unwrap()
    }

    fn script(version: &str, source: &str) -> Installed {
        Installed {
            tenant: ONE,
            name: "mine".to_owned(),
            version: version.to_owned(),
            kind: Kind::RetryPolicy,
            content: Content::Script(source.to_owned()),
            digest: Digest::of(source.as_bytes()),
            bytes: source.len(),
        }
    }

    #[test]
    fn active_follows_and_a_pin_stays() {
        let mut shelf = Shelf::new(&[]);
        shelf.put(script("1", "a"));
        shelf.put(script("2", "b"));
        let reference = |shelf: &Shelf, text: &str| shelf.find(ONE, &named(text)).map(|found| found.reference.clone());
        assert!(reference(&shelf, "mine").unwrap_err().to_string().contains("none of its versions (1, 2) is active"));
        shelf.activate(ONE, "mine", "2").unwrap();
        assert_eq!(reference(&shelf, "mine"), Ok("mine@2".to_owned()));
        assert_eq!(reference(&shelf, "mine@1"), Ok("mine@1".to_owned()));
        shelf.activate(ONE, "mine", "1").unwrap();
        assert_eq!(reference(&shelf, "mine@active"), Ok("mine@1".to_owned()));
        assert!(shelf.activate(ONE, "mine", "9").is_err());
        shelf.deactivate(ONE, "mine");
        assert!(reference(&shelf, "mine").is_err() && reference(&shelf, "mine@1").is_ok());
        shelf.put(script("1", "other"));
        assert_eq!(shelf.find(ONE, &named("mine@1")).map(|found| found.digest), Ok(Digest::of(b"a")));
    }

    #[test]
    fn a_number_that_was_removed_comes_back_with_other_bytes() {
        let mut shelf = Shelf::new(&[]);
        shelf.put(script("1", "a"));
        shelf.put(script("2", "b"));
        shelf.activate(ONE, "mine", "2").unwrap();
        shelf.remove(ONE, "mine", "1");
        assert!(shelf.find(ONE, &named("mine@1")).is_err());
        assert_eq!(shelf.find(ONE, &named("mine")).map(|found| found.version.clone()), Ok("2".to_owned()));
        shelf.put(script("1", "other"));
        assert_eq!(shelf.find(ONE, &named("mine@1")).map(|found| found.digest), Ok(Digest::of(b"other")));
        shelf.remove(ONE, "mine", "2");
        assert!(shelf.find(ONE, &named("mine")).is_err(), "nothing is active any more");
    }

    #[test]
    fn a_tenant_sees_its_own_only_and_a_miss_says_what_there_is() {
        let mut shelf = Shelf::new(&[]);
        shelf.put(script("1", "a"));
        let missing = shelf.find(TWO, &named("mine")).err().unwrap();
        assert_eq!(missing.code(), "not_found");
        let missing = shelf.find(ONE, &named("mine@7")).err().unwrap();
        assert!(missing.to_string().contains("its versions are 1"), "{missing}");
    }
}
