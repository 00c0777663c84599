//! Everything that tenants uploaded and everything that ships, ready to be asked.
//!
//! What ships is there for everybody; what a tenant installs is there for that tenant only, in versions that never change.
//! A reference is resolved at every call (`name@active` follows, `name@7` stays), compiled when it is first needed, and
//! answered with the version that was in force. Nothing here persists: the store keeps bytes and states and gives them
//! back at the start; who is told of each call is a port.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::allowance::Allowance;
use campanile_domain::plugin::limits::{Limits, SOURCE_BYTES};
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::plugins::{PluginCall, PluginCalls};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::allowances::Allowances;
use crate::artefact::Artefacts;
use crate::bundled::{RUNNER, bundled};
use crate::by_name;
use crate::capabilities::Loan;
use crate::compiler::Compiler;
use crate::crew::Crew;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::engines::{Allocation, AllocationChoice, EngineError, Engines, IDLE_RUNNERS, IDLE_RUNNERS_BEHIND};
use crate::fault::Fault;
use crate::guest::{Called, Guest};
use crate::meters::Meters;
use crate::ready::Ready;
use crate::schema::{self, SettingProblem};
use crate::script::{Described, Role, ScriptRunner};
use crate::shelf::{Body, Installed, Shelf, Version};
use crate::turns::InstanceTurns;
use crate::warm::WarmRunners;

/// Gives the bytes of an installed component when they are needed: to compile it where no artefact is kept.
#[async_trait]
pub trait Contents: Send + Sync {
    /// The bytes with this SHA-256, if they are there.
    async fn content(&self, digest: Digest) -> Option<Vec<u8>>;
}

/// How the sandbox is set up.
#[derive(Clone, Default)]
pub struct Options {
    /// Where compiled code is kept (`cache/` in the data folder); without it everything is compiled once per process. Only
    /// the operator may be able to write there.
    pub cache_folder: Option<PathBuf>,
    /// How instances get their memory.
    pub allocation: AllocationChoice,
    /// How many threads guests run on; `None`: wherever they are polled, for rehearsals and tools.
    pub threads: Option<usize>,
    /// Where uploads are compiled.
    pub compiler: Compiler,
    /// Where the bytes of installed components are.
    pub contents: Option<Arc<dyn Contents>>,
    /// Who is told of every call.
    pub calls: Option<Arc<dyn PluginCalls>>,
}

/// Everything that can be asked, and the engines it runs in. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

/// Compiled and linked once, by whoever needs it first.
type Made = Arc<OnceCell<Arc<Ready>>>;

pub(crate) struct Inner {
    pub engines: Engines,
    artefacts: Artefacts,
    compiler: Compiler,
    contents: Option<Arc<dyn Contents>>,
    pub crew: Crew,
    pub instances: InstanceTurns,
    calls: Option<Arc<dyn PluginCalls>>,
    shelf: RwLock<Shelf>,
    ready: Mutex<BTreeMap<(Digest, Kind), Made>>,
    runner_wasm: Cow<'static, [u8]>,
    runner: OnceCell<ScriptRunner>,
    pub warm: WarmRunners,
    allowances: Allowances,
    /// For replays and shadows, so that they take no runner from a live decision.
    pub warm_behind: WarmRunners,
}

impl Sandbox {
    /// Sets the engines up. Nothing is compiled yet.
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
        let crew = match options.threads {
            None => Crew::inline(),
            Some(threads) => Crew::start(threads).map_err(|error| EngineError::new(&error))?,
        };
        Ok(Self(Arc::new(Inner {
            engines: Engines::new(options.allocation)?,
            artefacts: Artefacts::new(options.cache_folder),
            compiler: options.compiler,
            contents: options.contents,
            crew,
            instances: InstanceTurns::default(),
            calls: options.calls,
            shelf: RwLock::new(shelf),
            ready: Mutex::default(),
            runner_wasm,
            runner: OnceCell::new(),
            warm: WarmRunners::at_most(IDLE_RUNNERS),
            warm_behind: WarmRunners::at_most(IDLE_RUNNERS_BEHIND),
            allowances: Allowances::default(),
        })))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// From now on waits and slots are counted in this registry.
    ///
    /// # Errors
    /// They are already.
    pub fn measure(&self, registry: &prometheus::Registry) -> prometheus::Result<()> {
        // The registry outlives nothing: it must not keep the engines alive.
        let inner = Arc::downgrade(&self.0);
        let idle = move || inner.upgrade().map_or(0, |inner| inner.warm.idle());
        self.0.crew.measure(Meters::new(idle, registry)?);
        Ok(())
    }

    /// How instances of a kind get their memory on this machine, for `doctor`.
    pub fn allocation(&self, kind: Kind) -> &Allocation {
        &self.0.engines.of(kind).allocation
    }

    /// How many script runners are idle and warm.
    pub fn idle_runners(&self) -> usize {
        self.0.warm.idle()
    }

    /// Reads a script without installing it.
    ///
    /// # Errors
    /// The runner failed; what is wrong with the script is not an error but the inner result.
    pub async fn check_script(
        &self,
        tenant: TenantKey,
        source: &str,
    ) -> Result<Result<Described, Vec<Diagnostic>>, Fault> {
        if source.len() > SOURCE_BYTES {
            let message = format!("the script has {} bytes; {SOURCE_BYTES} are allowed", source.len());
            return Ok(Err(vec![Diagnostic { line: 0, column: 0, message, hint: None }]));
        }
        self.0.read_script(tenant, source).await
    }

    /// Makes an installed version known under its name. A pin finds it; `name@active` follows what was activated.
    pub fn put(&self, version: Installed) {
        self.0.write_shelf().put(version);
    }

    /// Whether exactly this version was put here.
    pub fn knows(&self, tenant: TenantKey, name: &str, version: &str) -> bool {
        self.0.read_shelf().knows(tenant, name, version)
    }

    /// Makes a known version the one that `name@active` follows.
    ///
    /// # Errors
    /// There is no such version.
    pub fn activate(&self, tenant: TenantKey, name: &str, version: &str) -> Result<(), Fault> {
        self.0.write_shelf().activate(tenant, name, version)
    }

    /// From now on `name@active` follows nothing.
    pub fn deactivate(&self, tenant: TenantKey, name: &str) {
        self.0.write_shelf().deactivate(tenant, name);
    }

    /// A version is not there any more. Its number may come again with other bytes.
    pub fn remove(&self, tenant: TenantKey, name: &str, version: &str) {
        self.0.write_shelf().remove(tenant, name, version);
    }

    /// What a tenant may use, from the next call on.
    pub fn allow(&self, tenant: TenantKey, allowance: Allowance) {
        self.0.crew.allow(tenant, allowance.concurrent_calls());
        self.0.allowances.set(tenant, allowance);
    }

    /// What one call of a prepared component of a tenant may use.
    pub fn limits(&self, tenant: TenantKey, prepared: &Prepared) -> Limits {
        self.0.limits(tenant, prepared.ready.guest())
    }

    /// Everything about settings that the plugin or script would not accept.
    ///
    /// # Errors
    /// It is not there or cannot be asked.
    pub async fn check_settings(
        &self,
        tenant: TenantKey,
        plugin: &PluginRef,
        settings: &Value,
    ) -> Result<Vec<SettingProblem>, Fault> {
        let version = self.0.find(tenant, plugin)?;
        let schema = match &version.body {
            Body::Component { settings, .. } => settings.clone(),
            Body::Script(_) => Some(self.0.described(tenant, &version).await?.settings_schema.clone()),
        };
        Ok(schema::check(settings, schema.as_ref()))
    }

    /// Compiles a component (or finds its artefact), links it and checks the types of what it exports.
    ///
    /// # Errors
    /// It cannot be compiled within the compiler's limits, or does not fit its world.
    pub async fn prepare(&self, wasm: &[u8], digest: Digest, kind: Kind) -> Result<Prepared, Fault> {
        let (ready, artefact_bytes) = self.0.build(Cow::Borrowed(wasm), digest, kind, wasm.len()).await?;
        Ok(Prepared { ready, artefact_bytes })
    }

    /// Calls any function of a prepared component with JSON: conformance cases, an author's fixtures, test runs.
    pub async fn call(
        &self,
        tenant: TenantKey,
        prepared: &Prepared,
        loan: Loan,
        function: &str,
        arguments: &Map<String, Value>,
    ) -> Called<Value> {
        let (inner, ready) = (Arc::clone(&self.0), Arc::clone(&prepared.ready));
        let (function, arguments) = (function.to_owned(), arguments.clone());
        let limits = inner.limits(tenant, ready.guest());
        let call =
            async move { by_name::call(ready.guest(), &inner.engines, loan, limits, &function, &arguments).await };
        let kind = prepared.ready.guest().kind;
        self.0.crew.run(tenant, kind, call).await.unwrap_or_else(Called::not_run)
    }
}

/// A component that is compiled and linked.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) ready: Arc<Ready>,
    /// Size of the compiled artefact, where one was made or kept.
    pub artefact_bytes: Option<u64>,
}

impl Prepared {
    /// What one call of it may use at most; a tenant may be allowed less.
    pub fn limits(&self) -> Limits {
        self.ready.guest().most
    }
}

fn script_fault(found: &[Diagnostic]) -> Fault {
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    Fault::NotReady { what: format!("the script cannot be used: {}", found.join("; ")) }
}

impl Inner {
    fn read_shelf(&self) -> std::sync::RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_shelf(&self) -> std::sync::RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one call of a component may use on behalf of a tenant.
    pub fn limits(&self, tenant: TenantKey, guest: &Guest) -> Limits {
        self.allowances.limits(tenant, guest.kind, guest.most)
    }

    async fn read_script(
        self: &Arc<Self>,
        tenant: TenantKey,
        source: &str,
    ) -> Result<Result<Described, Vec<Diagnostic>>, Fault> {
        // The interpreter is compiled before the call takes a turn.
        self.runner().await?;
        let (inner, source) = (Arc::clone(self), source.to_owned());
        let call = async move {
            let runner = inner.runner().await?;
            runner.check(&inner.engines, inner.limits(tenant, runner.guest()), &source).await
        };
        self.crew.run(tenant, Kind::ScriptRunner, call).await?
    }

    /// What an installed script is.
    async fn described<'a>(self: &Arc<Self>, tenant: TenantKey, version: &'a Version) -> Result<&'a Described, Fault> {
        let read = async || match &version.body {
            Body::Component { .. } => Err(Fault::NotReady { what: "it is no script".to_owned() }),
            Body::Script(source) => self.read_script(tenant, source).await?.map_err(|found| script_fault(&found)),
        };
        version.described.get_or_try_init(read).await
    }

    /// Whether an installed script can be asked this.
    pub async fn plays(self: &Arc<Self>, tenant: TenantKey, version: &Version, role: Role) -> Result<bool, Fault> {
        Ok(self.described(tenant, version).await?.roles.contains(&role))
    }

    /// The version that a reference means now.
    pub fn find(&self, tenant: TenantKey, plugin: &PluginRef) -> Result<Arc<Version>, Fault> {
        self.read_shelf().find(tenant, plugin)
    }

    /// Whether a name means something that the tenant uploaded.
    pub fn has_uploaded(&self, tenant: TenantKey, name: &str) -> bool {
        self.read_shelf().is_own(tenant, name)
    }

    /// The compiled and linked form of a version, made when it is first needed.
    pub async fn ready(&self, version: &Version) -> Result<Arc<Ready>, Fault> {
        let Body::Component { wasm, kind, bytes, .. } = &version.body else {
            return Err(Fault::NotReady { what: format!("{} is a script, not a component", version.reference) });
        };
        let cell = {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(ready.entry((version.digest, *kind)).or_default())
        };
        let made = cell
            .get_or_try_init(async || {
                let known = self.artefacts.load(&self.engines.of(*kind).engine, version.digest);
                let wasm = match (wasm, &self.contents) {
                    (Some(wasm), _) => wasm.clone(),
                    (None, _) if known.is_some() => Cow::Borrowed(&[][..]),
                    (None, Some(contents)) => {
                        contents.content(version.digest).await.map(Cow::Owned).ok_or_else(|| Fault::NotReady {
                            what: format!("the bytes of {} are not in the store", version.reference),
                        })?
                    }
                    (None, None) => {
                        return Err(Fault::NotReady {
                            what: "there is no store to read the component from".to_owned(),
                        });
                    }
                };
                self.build(wasm, version.digest, *kind, *bytes).await.map(|(ready, _)| ready)
            })
            .await?;
        Ok(Arc::clone(made))
    }

    async fn build(
        &self,
        wasm: Cow<'_, [u8]>,
        digest: Digest,
        kind: Kind,
        bytes: usize,
    ) -> Result<(Arc<Ready>, Option<u64>), Fault> {
        let engine = &self.engines.of(kind).engine;
        let (component, size) = self.artefacts.component(engine, &self.compiler, wasm, digest, kind).await?;
        let linked = Guest::link(&self.engines, &component, kind, bytes).and_then(Ready::new);
        Ok((Arc::new(linked.map_err(|error| Fault::not_ready(&error))?), size))
    }

    pub(crate) async fn runner(&self) -> Result<&ScriptRunner, Fault> {
        self.runner
            .get_or_try_init(async || {
                let (wasm, kind) = (Cow::Borrowed(&*self.runner_wasm), Kind::ScriptRunner);
                let digest = Digest::of(&wasm);
                let (engine, bytes) = (&self.engines.of(kind).engine, wasm.len());
                // First-party and trusted: compiled here, so that a first script does not wait for a process.
                let (component, _) = self.artefacts.component(engine, &Compiler::InProcess, wasm, digest, kind).await?;
                Guest::link(&self.engines, &component, kind, bytes)
                    .and_then(|guest| ScriptRunner::new(guest, digest))
                    .map_err(|error| Fault::not_ready(&error))
            })
            .await
    }

    /// The SHA-256 of the script runner, once it was needed.
    pub fn known_runner(&self) -> Option<Arc<str>> {
        self.runner.get().map(|runner| Arc::clone(&runner.sha256))
    }

    /// Tells whoever listens that a call ended.
    pub fn note<T>(
        &self,
        tenant: TenantKey,
        version: &Version,
        instance: &str,
        function: &'static str,
        called: &Called<T>,
    ) {
        let Some(calls) = &self.calls else { return };
        let kind = version.kind();
        let failure = called.answer.as_ref().err().map(|fault| (fault.code_for(kind), fault.to_string()));
        let log = if failure.is_some() { called.log.clone() } else { Vec::new() };
        calls.ended(PluginCall {
            tenant,
            plugin: version.reference.clone(),
            kind,
            instance: instance.to_owned(),
            function,
            usage: called.usage,
            failure,
            log,
        });
    }
}
