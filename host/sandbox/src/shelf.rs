//! Names and versions: which bytes a reference means.
//!
//! Versions are immutable and each tenant sees what ships and what is its own. Plain data behind the lock of
//! [`crate::policies`]; it runs and compiles nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::{Kind, PluginRef};

use crate::admit::Admitted;
use crate::bundled::{Bundled, BundledBody};
use crate::digest::Digest;
use crate::fault::Fault;
use crate::manifest;
use crate::policies::{InstallError, Installed, PluginVersion};

/// What a version consists of.
pub enum Body {
    Component { wasm: Cow<'static, [u8]>, schema: Option<serde_json::Value> },
    Script(Cow<'static, str>),
}

/// One version of one policy.
pub struct Version {
    /// `name@version`, as records show it.
    pub reference: String,
    pub version: String,
    pub digest: Digest,
    pub body: Body,
}

#[derive(Default)]
struct Versions {
    /// In the order of installation.
    all: Vec<Arc<Version>>,
    active: usize,
}

impl Versions {
    fn add(&mut self, version: Version) {
        self.active = self.all.len();
        self.all.push(Arc::new(version));
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
                BundledBody::Component(wasm) => {
                    let schema = manifest::of_component(wasm).ok().and_then(|manifest| manifest.settings);
                    (Digest::of(wasm), Body::Component { wasm: Cow::Borrowed(wasm), schema })
                }
                BundledBody::Script(source) => (Digest::of(source.as_bytes()), Body::Script(Cow::Borrowed(source))),
            };
            let version = version(one.name, one.version, digest, body);
            shelf.shipped.entry(one.name.to_owned()).or_default().add(version);
        }
        shelf
    }

    /// Puts other bytes in the place of a component that ships.
    pub fn replace_shipped(&mut self, name: &str, number: &str, wasm: &[u8]) {
        let schema = manifest::of_component(wasm).ok().and_then(|manifest| manifest.settings);
        let body = Body::Component { wasm: Cow::Owned(wasm.to_vec()), schema };
        let mut versions = Versions::default();
        versions.add(version(name, number, Digest::of(wasm), body));
        self.shipped.insert(name.to_owned(), versions);
    }

    fn of(&mut self, tenant: TenantKey, name: &str) -> &mut Versions {
        self.installed.entry(tenant).or_default().entry(name.to_owned()).or_default()
    }

    pub fn add_script(&mut self, tenant: TenantKey, name: &str, source: &str) -> Result<Installed, InstallError> {
        let digest = Digest::of(source.as_bytes());
        let versions = self.of(tenant, name);
        let latest = versions.all.last();
        let already = latest.is_some_and(|latest| latest.digest == digest);
        let number = if already { versions.all.len() } else { versions.all.len() + 1 }.to_string();
        if !already {
            versions.add(version(name, &number, digest, Body::Script(Cow::Owned(source.to_owned()))));
        }
        let body = source.as_bytes().to_vec();
        let kind = Kind::RetryPolicy;
        let version =
            PluginVersion { tenant, name: name.to_owned(), version: number, kind, is_script: true, body, digest };
        Ok(Installed { version, already })
    }

    pub fn add_component(
        &mut self,
        tenant: TenantKey,
        admitted: &Admitted,
        wasm: &[u8],
    ) -> Result<Installed, InstallError> {
        let Manifest { name, version: number, kind, settings, .. } = admitted.manifest.clone();
        let versions = self.of(tenant, &name);
        let known = versions.position(&number).map(|at| versions.all[at].digest);
        if known.is_some_and(|digest| digest != admitted.digest) {
            return Err(InstallError::VersionTaken { name, version: number });
        }
        if known.is_none() {
            let body = Body::Component { wasm: Cow::Owned(wasm.to_vec()), schema: settings };
            versions.add(version(&name, &number, admitted.digest, body));
        }
        let (body, digest) = (wasm.to_vec(), admitted.digest);
        let version = PluginVersion { tenant, name, version: number, kind, is_script: false, body, digest };
        Ok(Installed { version, already: known.is_some() })
    }

    pub fn put_back(&mut self, kept: PluginVersion) -> Result<(), InstallError> {
        let PluginVersion { tenant, name, version: number, is_script, body, digest, .. } = kept;
        let damaged =
            |what: &str| InstallError::NotChecked(Fault::NotReady { what: format!("{name}@{number}: {what}") });
        if Digest::of(&body) != digest {
            return Err(damaged("the stored bytes are not those that were installed"));
        }
        let body = if is_script {
            Body::Script(Cow::Owned(String::from_utf8(body).map_err(|_| damaged("the stored script is not UTF-8"))?))
        } else {
            let schema =
                manifest::of_component(&body).map_err(|_| damaged("the stored component has no manifest"))?.settings;
            Body::Component { wasm: Cow::Owned(body), schema }
        };
        let fresh = version(&name, &number, digest, body);
        let versions = self.of(tenant, &name);
        if versions.position(&number).is_none() {
            versions.add(fresh);
        }
        Ok(())
    }

    pub fn activate(&mut self, tenant: TenantKey, name: &str, version: &str) -> Result<(), InstallError> {
        let versions = self.installed.get_mut(&tenant).and_then(|all| all.get_mut(name));
        let found = versions.and_then(|versions| versions.position(version).map(|at| (versions, at)));
        let (versions, at) = found.ok_or_else(|| InstallError::NoSuchVersion(format!("{name}@{version}")))?;
        versions.active = at;
        Ok(())
    }

    pub fn find(&self, tenant: TenantKey, policy: &PluginRef) -> Result<Arc<Version>, Fault> {
        let own = self.installed.get(&tenant);
        let versions = own.and_then(|own| own.get(&policy.name)).or_else(|| self.shipped.get(&policy.name));
        let Some(versions) = versions else {
            let names: Vec<_> = own.iter().flat_map(|own| own.keys()).chain(self.shipped.keys()).cloned().collect();
            let hint = format!("there are {}", names.join(", "));
            return Err(Fault::NotFound { name: policy.name.clone(), hint });
        };
        let at = match &policy.version {
            None => Some(versions.active),
            Some(version) => versions.position(version),
        };
        at.and_then(|at| versions.all.get(at)).cloned().ok_or_else(|| {
            let known: Vec<_> = versions.all.iter().map(|version| version.version.as_str()).collect();
            Fault::NotFound { name: policy.to_string(), hint: format!("its versions are {}", known.join(", ")) }
        })
    }
}

fn version(name: &str, number: &str, digest: Digest, body: Body) -> Version {
    Version { reference: format!("{name}@{number}"), version: number.to_owned(), digest, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TenantKey = TenantKey(1);
    const TWO: TenantKey = TenantKey(2);

    fn named(text: &str) -> PluginRef {
        text.parse().unwrap()
    }

    #[test]
    fn active_follows_and_a_pin_stays() {
        let mut shelf = Shelf::new(&[]);
        shelf.add_script(ONE, "mine", "a").unwrap();
        let again = shelf.add_script(ONE, "mine", "a").unwrap();
        assert!(again.already && again.version.version == "1");
        assert_eq!(shelf.add_script(ONE, "mine", "b").unwrap().version.version, "2");
        assert_eq!(shelf.find(ONE, &named("mine")).unwrap().reference, "mine@2");
        assert_eq!(shelf.find(ONE, &named("mine@1")).unwrap().reference, "mine@1");
        shelf.activate(ONE, "mine", "1").unwrap();
        assert_eq!(shelf.find(ONE, &named("mine@active")).unwrap().reference, "mine@1");
        assert!(shelf.activate(ONE, "mine", "9").is_err());
    }

    #[test]
    fn a_tenant_sees_its_own_only_and_a_miss_says_what_there_is() {
        let mut shelf = Shelf::new(&[]);
        shelf.add_script(ONE, "mine", "a").unwrap();
        let missing = shelf.find(TWO, &named("mine")).err().unwrap();
        assert_eq!(missing.code(), "policy_not_found");
        let missing = shelf.find(ONE, &named("mine@7")).err().unwrap();
        assert!(missing.to_string().contains("its versions are 1"), "{missing}");
    }

    #[test]
    fn what_the_store_kept_comes_back_and_damaged_bytes_do_not() {
        let mut shelf = Shelf::new(&[]);
        let kept = shelf.add_script(ONE, "mine", "a").unwrap().version;
        let mut fresh = Shelf::new(&[]);
        fresh.put_back(kept.clone()).unwrap();
        assert_eq!(fresh.find(ONE, &named("mine@1")).unwrap().digest, kept.digest);
        let damaged = PluginVersion { body: b"b".to_vec(), version: "2".to_owned(), ..kept };
        assert!(fresh.put_back(damaged).unwrap_err().to_string().contains("mine@2"));
    }
}
