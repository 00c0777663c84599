//! Installing without a store: what rehearsals, an author's tools and tests do.
//!
//! The server keeps versions in its store and gives them to [`Sandbox::put`]; here a file is admitted and put at once.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::report::Report;
use campanile_domain::plugin::{Kind, PluginRef, is_name};

use crate::admit::admit;
use crate::bundled::bundled;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::fault::Fault;
use crate::sandbox::Sandbox;
use crate::shelf::{Content, Installed};

/// Why something was not installed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InstallError {
    /// The name breaks the rule, or ships with Campanile.
    #[error("{name:?} cannot be the name: {rule}")]
    Name {
        /// What was given.
        name: String,
        /// The rule.
        rule: String,
    },
    /// The script does not compile, or is not one that the host can use.
    #[error("the script cannot be used: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Script(Vec<Diagnostic>),
    /// The component is refused.
    #[error("{}", .0.findings.iter().map(|found| found.message.clone()).collect::<Vec<_>>().join("; "))]
    Refused(Box<Report>),
    /// The sandbox could not check it.
    #[error("it could not be checked: {0}")]
    NotChecked(#[from] Fault),
}

/// Whether a script may have this name.
///
/// # Errors
/// It breaks the rule, or something of that name ships.
pub fn check_name(name: &str) -> Result<(), InstallError> {
    let refused = |rule: &str| InstallError::Name { name: name.to_owned(), rule: rule.to_owned() };
    if !is_name(name) {
        return Err(refused("use 3 to 49 lower-case letters, digits and hyphens, beginning with a letter"));
    }
    if bundled().iter().any(|one| one.name == name) {
        return Err(refused("a policy of that name ships with Campanile; take another"));
    }
    Ok(())
}

impl Sandbox {
    /// Checks a script and makes it the active version of its name; its digest is its version.
    ///
    /// # Errors
    /// The name or the script cannot be used; all that is wrong with a script is in the error, with line and column.
    pub async fn install_script(&self, tenant: TenantKey, name: &str, source: &str) -> Result<PluginRef, InstallError> {
        check_name(name)?;
        self.check_script(tenant, source).await?.map_err(InstallError::Script)?;
        let digest = Digest::of(source.as_bytes());
        let version = digest.to_string()[..12].to_owned();
        self.put(Installed {
            tenant,
            name: name.to_owned(),
            version: version.clone(),
            kind: Kind::RetryPolicy,
            content: Content::Script(source.to_owned()),
            digest,
            bytes: source.len(),
        });
        self.activate(tenant, name, &version)?;
        Ok(PluginRef { name: name.to_owned(), version: Some(version) })
    }

    /// Admits a component and makes it the active version of the name in its manifest.
    ///
    /// # Errors
    /// It is refused; the report says why.
    pub fn install_component(&self, tenant: TenantKey, wasm: &[u8]) -> Result<PluginRef, InstallError> {
        let mut report = admit(wasm);
        let Some(manifest) = report.manifest.take().filter(|_| report.passed) else {
            return Err(InstallError::Refused(Box::new(report)));
        };
        let (name, version) = (manifest.name, manifest.version);
        self.put(Installed {
            tenant,
            name: name.clone(),
            version: version.clone(),
            kind: manifest.kind,
            content: Content::Component { wasm: Some(wasm.to_vec()), settings: manifest.settings },
            digest: Digest::of(wasm),
            bytes: wasm.len(),
        });
        self.activate(tenant, &name, &version)?;
        Ok(PluginRef { name, version: Some(version) })
    }
}
