//! The policies and scripts that campaigns can name, and the port that runs them.
//!
//! What ships is there for everybody; what a tenant installs is there for that tenant only, in versions that never change.
//! A reference is resolved at every call (`name@active` follows, `name@7` stays), compiled when it is first needed, and
//! answered with the version that was in force. Nothing here persists: the store keeps the bytes and gives them back
//! through [`Policies::restore`] at the start.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::policy::{PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner, Usage};
use tokio::sync::{OnceCell, Semaphore};
use wasmtime::component::Component;

use crate::admit::{AdmissionError, admit};
use crate::artefact::Artefacts;
use crate::bundled::{RUNNER, bundled};
use crate::digest::Digest;
use crate::engine::{Allocation, AllocationChoice, CONCURRENT_CALLS, EngineError, PolicyEngine};
use crate::fault::Fault;
use crate::guest::{Outcome, PolicyGuest};
use crate::limits::PolicyLimits;
use crate::schema::{self, SettingProblem};
use crate::script::{Described, Diagnostic, ScriptRunner};
use crate::shelf::{Body, Shelf, Version};
use crate::warm::{Holder, WarmRunners};

/// How the sandbox is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where compiled code is kept (`cache/` in the data folder); without it everything is compiled once per process. Only
    /// the operator may be able to write there.
    pub cache_folder: Option<PathBuf>,
    /// How instances get their memory.
    pub allocation: AllocationChoice,
    /// What one call may use.
    pub limits: PolicyLimits,
}

/// One installed version, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginVersion {
    /// Whose.
    pub tenant: TenantKey,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub kind: Kind,
    /// Whether `body` is a script's source (UTF-8) or a component.
    pub is_script: bool,
    /// The bytes, unchanged.
    pub body: Vec<u8>,
    /// SHA-256 of `body`.
    pub digest: Digest,
}

/// What an installation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What the store is to keep.
    pub version: PluginVersion,
    /// The same bytes were already the latest version; nothing changed.
    pub already: bool,
}

/// Why something was not installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// A version is forever.
    #[error("{name}@{version} exists with other bytes; versions never change, so raise the version in campanile.toml")]
    VersionTaken {
        /// The plugin.
        name: String,
        /// The version.
        version: String,
    },
    /// No such version to activate.
    #[error("{0} is not installed")]
    NoSuchVersion(String),
    /// The sandbox could not check it.
    #[error("it could not be checked: {0}")]
    NotChecked(Fault),
}

impl InstallError {
    /// Stable, for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "plugin_name",
            Self::Script(_) => "script_invalid",
            Self::Admission(error) => error.code(),
            Self::VersionTaken { .. } => "plugin_version_taken",
            Self::NoSuchVersion(_) => "plugin_version_not_found",
            Self::NotChecked(fault) => fault.code(),
        }
    }
}

/// Everything that decides, and the engine it runs in.
pub struct Policies {
    engine: PolicyEngine,
    artefacts: Artefacts,
    shelf: RwLock<Shelf>,
    compiled: Mutex<BTreeMap<Digest, Arc<OnceCell<PolicyGuest>>>>,
    runner_wasm: Cow<'static, [u8]>,
    runner: OnceCell<ScriptRunner>,
    warm: WarmRunners,
    turns: Semaphore,
}

impl Policies {
    /// Sets the engine up. Nothing is compiled yet.
    ///
    /// # Errors
    /// This machine cannot run WebAssembly at all.
    pub fn new(options: Options) -> Result<Self, EngineError> {
        Self::assemble(options, Shelf::new(bundled()), Cow::Borrowed(RUNNER))
    }

    /// The same with other components in place of those that ship (`name, version, bytes`), so that what was built from
    /// source a minute ago can be held to the behaviour of what ships. The scripts that ship are there as well.
    ///
    /// # Errors
    /// This machine cannot run WebAssembly at all.
    pub fn with_components(
        options: Options,
        components: &[(&str, &str, &[u8])],
        runner: &[u8],
    ) -> Result<Self, EngineError> {
        let mut shelf = Shelf::new(bundled());
        for (name, version, wasm) in components {
            shelf.replace_shipped(name, version, wasm);
        }
        Self::assemble(options, shelf, Cow::Owned(runner.to_vec()))
    }

    fn assemble(options: Options, shelf: Shelf, runner_wasm: Cow<'static, [u8]>) -> Result<Self, EngineError> {
        Ok(Self {
            engine: PolicyEngine::new(options.limits, options.allocation)?,
            artefacts: Artefacts::new(options.cache_folder),
            shelf: RwLock::new(shelf),
            runner_wasm,
            compiled: Mutex::default(),
            runner: OnceCell::new(),
            warm: WarmRunners::default(),
            turns: Semaphore::new(CONCURRENT_CALLS as usize),
        })
    }

    /// How instances get their memory on this machine, for `doctor`.
    pub fn allocation(&self) -> &Allocation {
        &self.engine.allocation
    }

    /// How many script runners are idle and warm.
    pub fn idle_runners(&self) -> usize {
        self.warm.idle()
    }

    /// Reads a script without installing it.
    ///
    /// # Errors
    /// The runner failed; what is wrong with the script is not an error but the inner result.
    pub async fn check_script(&self, source: &str) -> Result<Result<Described, Vec<Diagnostic>>, Fault> {
        let limit = self.engine.limits.source_bytes;
        if source.len() > limit {
            let message = format!("the script has {} bytes; {limit} are allowed", source.len());
            return Ok(Err(vec![Diagnostic { line: 0, column: 0, message, hint: None }]));
        }
        let _turn = self.turns.acquire().await;
        self.runner().await?.check(&self.engine, source).await
    }

    /// Installs a script as the next version of its name and makes it the active one.
    ///
    /// # Errors
    /// The name or the script cannot be used; all that is wrong with a script is in the error, with line and column.
    pub async fn install_script(&self, tenant: TenantKey, name: &str, source: &str) -> Result<Installed, InstallError> {
        self.check_name(name)?;
        self.check_script(source).await.map_err(InstallError::NotChecked)?.map_err(InstallError::Script)?;
        self.write_shelf().add_script(tenant, name, source)
    }

    /// Admits a component, installs it under the name and version of its manifest and makes it the active one.
    ///
    /// # Errors
    /// It is refused, or its version exists with other bytes.
    pub fn install_component(&self, tenant: TenantKey, wasm: &[u8]) -> Result<Installed, InstallError> {
        let admitted = admit(wasm)?;
        self.check_name(&admitted.manifest.name)?;
        self.write_shelf().add_component(tenant, &admitted, wasm)
    }

    /// Puts back what the store has kept, without checking it again; the last one given of a name becomes its active
    /// version unless [`Policies::activate`] says otherwise.
    ///
    /// # Errors
    /// The bytes are not those of the digest, or not what they are said to be.
    pub fn restore(&self, version: PluginVersion) -> Result<(), InstallError> {
        self.write_shelf().put_back(version)
    }

    /// Makes an installed version the one that `name@active` follows.
    ///
    /// # Errors
    /// There is no such version.
    pub fn activate(&self, tenant: TenantKey, name: &str, version: &str) -> Result<(), InstallError> {
        self.write_shelf().activate(tenant, name, version)
    }

    /// Everything about settings that the policy would not accept.
    ///
    /// # Errors
    /// The policy is not there or cannot be asked.
    pub async fn check_settings(
        &self,
        tenant: TenantKey,
        policy: &PluginRef,
        settings: &serde_json::Value,
    ) -> Result<Vec<SettingProblem>, Fault> {
        let version = self.find(tenant, policy)?;
        let schema = match &version.body {
            Body::Component { schema, .. } => schema.clone(),
            Body::Script(source) => match self.check_script(source).await? {
                Ok(described) => Some(described.settings_schema),
                Err(found) => return Err(Fault::NotReady { what: InstallError::Script(found).to_string() }),
            },
        };
        Ok(schema::check(settings, schema.as_ref()))
    }

    fn check_name(&self, name: &str) -> Result<(), InstallError> {
        let refused = |rule: &str| InstallError::Name { name: name.to_owned(), rule: rule.to_owned() };
        if name.contains('@') || name.parse::<PluginRef>().is_err() {
            return Err(refused("use 3 to 49 lower-case letters, digits and hyphens, beginning with a letter"));
        }
        if bundled().iter().any(|one| one.name == name) {
            return Err(refused("a policy of that name ships with Campanile; take another"));
        }
        Ok(())
    }

    fn write_shelf(&self) -> std::sync::RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, tenant: TenantKey, policy: &PluginRef) -> Result<Arc<Version>, Fault> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner).find(tenant, policy)
    }

    /// Compiles on a thread of its own, so that whoever polls this is not held up for seconds.
    async fn compile(&self, wasm: Vec<u8>, digest: Digest) -> Result<Component, Fault> {
        let not_ready = |what: String| Fault::NotReady { what };
        let (engine, artefacts) = (self.engine.engine.clone(), self.artefacts.clone());
        let (done, result) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("plugin-compile".to_owned())
            .spawn(move || done.send(artefacts.component(&engine, &wasm, digest)).is_ok())
            .map_err(|error| not_ready(error.to_string()))?;
        let compiled = result.await.map_err(|_| not_ready("the compiler stopped".to_owned()))?;
        compiled.map_err(|error| not_ready(format!("{error:#}")))
    }

    async fn runner(&self) -> Result<&ScriptRunner, Fault> {
        self.runner
            .get_or_try_init(async || {
                let component = self.compile(self.runner_wasm.to_vec(), Digest::of(&self.runner_wasm)).await?;
                ScriptRunner::link(&self.engine, &component)
                    .map_err(|error| Fault::NotReady { what: format!("{error:#}") })
            })
            .await
    }

    async fn decide_component(&self, wasm: &[u8], digest: Digest, call: &PolicyCall) -> Outcome {
        let cell = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(compiled.entry(digest).or_default())
        };
        let guest = cell
            .get_or_try_init(async || {
                let component = self.compile(wasm.to_vec(), digest).await?;
                PolicyGuest::link(&self.engine, &component)
                    .map_err(|error| Fault::NotReady { what: format!("{error:#}") })
            })
            .await;
        let guest = match guest {
            Ok(guest) => guest,
            Err(fault) => return Outcome::not_run(fault),
        };
        let _turn = self.turns.acquire().await;
        guest.decide(&self.engine, call.settings.to_string().into(), &call.input, call.calendar.clone()).await
    }

    async fn decide_script(&self, source: &str, digest: Digest, call: &PolicyCall) -> Outcome {
        let script = match self.runner().await {
            Ok(script) => script,
            Err(fault) => return Outcome::not_run(fault),
        };
        let settings = call.settings.to_string();
        let holder = Holder { tenant: call.tenant, script: Digest::of_parts(&[&digest.0, settings.as_bytes()]) };
        let _turn = self.turns.acquire().await;
        let mut runner = match self.warm.take(holder) {
            Some(runner) => runner,
            None => match script.runner(&self.engine, source, &call.settings).await {
                Ok(runner) => runner,
                Err(fault) => return Outcome::not_run(fault),
            },
        };
        let outcome = runner.live.decide(&self.engine, &call.input, call.calendar.clone()).await;
        if outcome.decision.is_ok() {
            self.warm.put_back(holder, runner);
        }
        outcome
    }
}

#[async_trait]
impl PolicyRunner for Policies {
    async fn decide(&self, call: &PolicyCall) -> PolicyAnswer {
        let version = match self.find(call.tenant, &call.policy) {
            Ok(version) => version,
            Err(fault) => {
                let decision = Err(fault.into());
                return PolicyAnswer {
                    version: call.policy.to_string(),
                    decision,
                    usage: Usage::default(),
                    log: Vec::new(),
                };
            }
        };
        let outcome = match &version.body {
            Body::Component { wasm, schema } => match schema::check(&call.settings, schema.as_ref()).as_slice() {
                [] => self.decide_component(wasm, version.digest, call).await,
                problems => Outcome::not_run(Fault::Refused {
                    code: "settings_invalid".to_owned(),
                    message: problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                }),
            },
            Body::Script(source) => self.decide_script(source, version.digest, call).await,
        };
        PolicyAnswer {
            version: version.reference.clone(),
            decision: outcome.decision.map_err(PolicyFailure::from),
            usage: outcome.usage,
            log: outcome.log,
        }
    }

    async fn resolve(&self, tenant: TenantKey, policy: &PluginRef) -> Result<String, PolicyFailure> {
        Ok(self.find(tenant, policy)?.reference.clone())
    }
}
