//! Puts the rooms together: store, sandbox, gateways, engine, API.
//!
//! The only place that sees all of them. What is opened here is closed here, in the opposite order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::Context;
use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::ports::outbound::{Outbound, TokenStore};
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::ports::post::Post;
use campanile_domain::ports::store::{Accounts, Events, Fence, Plugins, Sinks, Sources, Store};
use campanile_egress::{Authorities, Egress, EgressOptions, Exemptions, SystemResolver};
use campanile_engine::shell::clock::SystemClock;
use campanile_engine::shell::{
    Bell, Engine, EvaluationDuty, Gateways, Handle, Hands, Importers, KeepingDuty, ResultSinks, Shadows, SinkDuty,
    SourceDuty, StallDuty, WebhookDuty, WebhookMeters,
};
use campanile_sandbox::Sandbox;
use campanile_server::{Admission, App, Config, JobLine, Line, Metrics, Streams};
use campanile_store::{Profile, SqliteStore};
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{self, ClockFlags};
use crate::compile_plugin::children;
use crate::consent::AtOtherSystems;
use crate::entropy::{self, SystemEntropy};
use crate::evaluators::CallEvaluators;
use crate::exit::Failure;
use crate::gateway_kinds::Kinds;
use crate::installation::Plugged;
use crate::plugin_counts::{GateCounts, PluginCounts};
use crate::plugin_desk::Desk;
use crate::plugin_meter::PluginMeter;
use crate::rehearse::Children;
use crate::script_checker::Checker;
use crate::shelving::{Shelving, StoredContents};
use crate::sink_kinds::SinkKinds;
use crate::source_kinds::SourceKinds;
use crate::{process_metrics, secret_key, version};

/// What a host is made of.
pub struct Setup {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How the world reaches this host; the listening address when left out.
    pub public_url: Option<String>,
    /// Where the key for secrets lies; in the data folder when left out.
    pub secret_key_file: Option<PathBuf>,
    /// `host:port` pairs that plugins and webhooks may reach over plain http or at private addresses.
    pub plugin_hosts: Vec<String>,
    /// Files with the authorities that those hosts' certificates may come from.
    pub plugin_cas: Vec<PathBuf>,
    /// The clock.
    pub clock: ClockFlags,
    /// Calls at once over all tenants.
    pub max_concurrent_calls: u32,
    /// Where metrics are served without a key; nowhere when left out. The operator's key opens them on `listen`.
    pub metrics_listen: Option<SocketAddr>,
}

/// A running host.
pub struct Host {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it serves metrics without a key.
    pub metrics_address: Option<SocketAddr>,
    /// Its store.
    pub store: Arc<SqliteStore>,
    /// The time that calls live in.
    pub clock: Arc<dyn EngineClock>,
    /// The clock's factor, when it is not the sun's.
    pub clock_factor: Option<f64>,
    /// The engine.
    pub engine: Handle,
    /// The kinds of gateways.
    pub kinds: Arc<Kinds>,
    stop: CancellationToken,
    close_door: CancellationToken,
    engine_task: tokio::task::JoinHandle<anyhow::Result<()>>,
    server_task: tokio::task::JoinHandle<std::io::Result<()>>,
    background: TaskTracker,
}

/// The authorities in the operator's files.
fn authorities(files: &[PathBuf]) -> Result<Authorities, Failure> {
    let mut authorities = Authorities::default();
    for file in files {
        let shown = file.display();
        let pem = std::fs::read(file).map_err(|error| {
            Failure::usage(format!("the authority in {shown} cannot be read: {error}")).next("check --plugin-ca")
        })?;
        authorities.add(&pem).map_err(|error| Failure::usage(format!("--plugin-ca {shown}: {error}")))?;
    }
    Ok(authorities)
}

/// Read connections of the store.
const READERS: usize = 2;
/// How long answers under way are waited for once the door is closed: whoever does not read its own must not keep the host.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// Opens everything and listens.
pub async fn start(setup: Setup) -> Result<Host, Failure> {
    let environment = std::env::var(secret_key::VARIABLE).ok();
    let options = campanile_store::Options {
        profile: Profile::Durable { folder: setup.data.clone() },
        readers: READERS,
        vault: Some(secret_key::find(&setup.data, environment.as_deref(), setup.secret_key_file.as_deref())?),
    };
    let chosen = clock::choose(&setup.data, &setup.clock)?;
    let store = campanile_store::open(&options).map_err(|error| Failure::other(error.to_string()))?;
    let listener = TcpListener::bind(setup.listen).await.map_err(|error| {
        Failure::unavailable(format!("cannot listen on {}: {error}", setup.listen)).next("choose another --listen")
    })?;
    let address = listener.local_addr().map_err(|error| Failure::other(error.to_string()))?;
    let metrics_listener = match setup.metrics_listen {
        None => None,
        Some(wanted) => Some(TcpListener::bind(wanted).await.map_err(|error| {
            Failure::unavailable(format!("cannot listen on {wanted}: {error}")).next("choose another --metrics-listen")
        })?),
    };
    let public_url = setup.public_url.unwrap_or_else(|| format!("http://{address}"));
    let wall_clock: Arc<dyn WallClock> = Arc::new(SystemClock);
    let exemptions = Exemptions::parse(&setup.plugin_hosts).map_err(|error| Failure::usage(error.to_string()))?;
    let egress = Arc::new(Egress::new(EgressOptions {
        exemptions,
        authorities: authorities(&setup.plugin_cas)?,
        clock: Arc::clone(&wall_clock),
        resolver: Arc::new(SystemResolver),
        tokens: Arc::clone(&store) as Arc<dyn TokenStore>,
    }));
    let registry = Registry::new();
    let meter = Arc::new(PluginMeter::default());
    let contents = Arc::new(StoredContents::default());
    contents.read_from(Arc::clone(&store) as Arc<dyn Plugins>);
    let sandbox = sandbox(&setup.data, Arc::clone(&contents), Arc::clone(&meter))?;
    let gateways = Arc::new(Gateways::default());
    let stop = CancellationToken::new();
    let background = TaskTracker::new();
    let plugged = Plugged {
        sandbox: sandbox.clone(),
        outbound: Arc::clone(&egress) as Arc<dyn Outbound>,
        clock: Arc::clone(&wall_clock),
        faster_clock: chosen.factor.is_some(),
    };
    let sources = Arc::new(SourceKinds {
        importers: Arc::new(Importers::default()),
        store: Arc::clone(&store) as Arc<dyn Store>,
        plugged: plugged.clone(),
    });
    let sinks = Arc::new(SinkKinds {
        sinks: Arc::new(ResultSinks::default()),
        store: Arc::clone(&store) as Arc<dyn Store>,
        plugged: plugged.clone(),
    });
    let evaluators = Arc::new(CallEvaluators { store: Arc::clone(&store) as Arc<dyn Store>, plugged: plugged.clone() });
    let kinds = Arc::new(Kinds {
        gateways: Arc::clone(&gateways),
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: Arc::clone(&chosen.engine),
        engine: OnceLock::new(),
        public_url: public_url.clone(),
        tasks: background.clone(),
        stop: stop.clone(),
        plugged,
        simulated: Mutex::default(),
    });
    let desk = Arc::new(Desk {
        sandbox: sandbox.clone(),
        shelving: Shelving::new(sandbox.clone(), Arc::clone(&store) as Arc<dyn Plugins>, contents),
        kinds: Arc::clone(&kinds),
        sources: Arc::clone(&sources),
        sinks: Arc::clone(&sinks),
        clock: Arc::clone(&wall_clock),
        counts: GateCounts::new(&registry).map_err(unmeasured)?,
    });
    desk.shelving.shelve(None, None).await.map_err(|error| Failure::other(error.to_string()))?;
    let shadows = Shadows::new(
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::new(sandbox.clone()) as Arc<dyn PolicyRunner>,
        background.clone(),
        stop.clone(),
    );
    let bell = Bell::default();
    let hands = Hands {
        store: Arc::clone(&store) as Arc<dyn Store>,
        policies: Arc::new(sandbox.clone()) as Arc<dyn PolicyRunner>,
        gateways,
        clock: Arc::clone(&chosen.engine),
        fence: Fence::SOLE,
        records: true,
        shadows: Some(shadows),
        evaluations: bell.clone(),
    };
    let (mut engine, handle) = Engine::new(hands, setup.max_concurrent_calls, entropy::seed());
    meter.measure(PluginCounts::new(&registry).map_err(unmeasured)?);
    store.measure(&registry).map_err(unmeasured)?;
    egress.measure(&registry).map_err(unmeasured)?;
    sandbox.measure(&registry).map_err(unmeasured)?;
    engine.measure(&registry).map_err(unmeasured)?;
    let meters = WebhookMeters::new(&registry).map_err(unmeasured)?;
    process_metrics::register(&registry, wall_clock.now()).map_err(unmeasured)?;
    let _ = kinds.engine.set(handle.clone());
    let rows = store.gateways(None).await.map_err(|error| Failure::other(error.to_string()))?;
    for row in &rows {
        kinds.revive(row).await;
    }
    for row in &store.sources(None).await.map_err(|error| Failure::other(error.to_string()))? {
        sources.revive(row).await;
    }
    for row in &store.sinks(None).await.map_err(|error| Failure::other(error.to_string()))? {
        sinks.revive(row).await;
    }
    teach(&kinds, &sandbox, store.as_ref()).await?;
    let rehearsals = Arc::new(Children::new(setup.data.join("cache"))?);
    let (post, webhooks, streams) = (Arc::clone(&egress) as Arc<dyn Post>, Bell::default(), Streams::default());
    let app = App {
        store: Arc::clone(&store) as Arc<dyn Store>,
        engine: handle.clone(),
        policies: Arc::new(sandbox.clone()) as Arc<dyn PolicyRunner>,
        scripts: Arc::new(Checker(sandbox.clone())),
        mapper: Arc::new(sandbox),
        evaluators: Arc::clone(&evaluators) as Arc<_>,
        evaluations: bell.clone(),
        plugins: desk,
        consent: Arc::new(AtOtherSystems(egress)),
        line: Line::default(),
        jobs: JobLine::default(),
        admission: Admission::default(),
        rehearsals,
        gateways: Arc::clone(&kinds) as Arc<_>,
        sources: Arc::clone(&sources) as Arc<_>,
        sinks: Arc::clone(&sinks) as Arc<_>,
        post: Arc::clone(&post),
        webhooks: webhooks.clone(),
        streams: streams.clone(),
        engine_clock: Arc::clone(&chosen.engine),
        wall_clock: Arc::clone(&wall_clock),
        entropy: Arc::new(SystemEntropy),
        metrics: Metrics::new(registry).map_err(unmeasured)?,
        config: Config {
            public_url,
            upload_dir: setup.data.join("uploads"),
            max_upload_bytes: Config::DEFAULT_UPLOAD_BYTES,
            faster_clock: chosen.factor.is_some(),
            about: version::about(),
        },
        background: background.clone(),
        shutdown: stop.clone(),
    };
    let counting = meter.run(
        Arc::clone(&store) as Arc<dyn Plugins>,
        Arc::new(SystemClock),
        Arc::clone(&chosen.engine),
        stop.clone(),
    );
    background.spawn(counting);
    let duty = EvaluationDuty::new(
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::clone(&evaluators) as Arc<_>,
        Arc::clone(&chosen.engine),
        (handle.clone(), Fence::SOLE, bell),
        entropy::seed(),
    );
    background.spawn(Arc::new(duty).run(stop.clone()));
    let duty = KeepingDuty::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&chosen.engine), entropy::seed());
    background.spawn(duty.run(stop.clone()));
    let duty = StallDuty::new(
        Arc::clone(&store) as Arc<dyn Store>,
        handle.clone(),
        Arc::clone(&chosen.engine),
        entropy::seed(),
    );
    background.spawn(duty.run(stop.clone()));
    let (rung, told) = (Arc::clone(&sinks.sinks), webhooks.clone());
    store.ring_on_events(Box::new(move |tenants| {
        streams.ring(tenants);
        rung.ring();
        told.ring();
    }));
    // On a faster clock no source is asked and nobody outside is told, see source_kinds.rs and sink_kinds.rs.
    if chosen.factor.is_none() {
        let duty = SourceDuty::new(
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::clone(&sources.importers),
            Arc::clone(&chosen.engine),
            handle.clone(),
            entropy::seed(),
        );
        background.spawn(Arc::new(duty).run(stop.clone()));
        let duty = SinkDuty::new(
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::clone(&sinks.sinks),
            Arc::clone(&chosen.engine),
            entropy::seed(),
        );
        background.spawn(Arc::new(duty).run(stop.clone()));
        let mut duty = WebhookDuty::new(
            Arc::clone(&store) as Arc<dyn Store>,
            (post, Arc::new(campanile_server::HostedPostCalls::new(Arc::clone(&store) as Arc<dyn Store>))),
            (Arc::clone(&chosen.engine), wall_clock),
            webhooks,
            entropy::seed(),
        );
        duty.measure(meters);
        background.spawn(Arc::new(duty).run(stop.clone()));
    }
    let engine_stop = stop.clone();
    let engine_task = tokio::spawn(async move { engine.run(engine_stop).await.context("the engine stopped") });
    let app = Arc::new(app);
    campanile_server::interrupt_jobs(&app).await.map_err(|error| Failure::other(error.to_string()))?;
    campanile_server::resume_plugins(&app).await.map_err(|error| Failure::other(error.to_string()))?;
    campanile_server::imports::resume_imports(&app).await.map_err(|error| Failure::other(error.to_string()))?;
    campanile_server::resume_erasures(&app).await.map_err(|error| Failure::other(error.to_string()))?;
    let close_door = CancellationToken::new();
    let metrics_address = metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok());
    if let Some(listener) = metrics_listener {
        let (router, closing) = (campanile_server::metrics_router(Arc::clone(&app)), close_door.clone());
        let served = axum::serve(listener, router).with_graceful_shutdown(async move { closing.cancelled().await });
        background.spawn(async move {
            if let Err(error) = served.await {
                tracing::error!(%error, "metrics are not served any more");
            }
        });
    }
    let router = campanile_server::router(app);
    let closing = close_door.clone();
    let server_task = tokio::spawn(async move {
        axum::serve(listener, router).with_graceful_shutdown(async move { closing.cancelled().await }).await
    });
    Ok(Host {
        address,
        metrics_address,
        store,
        clock: chosen.engine,
        clock_factor: chosen.factor,
        engine: handle,
        kinds,
        stop,
        close_door,
        engine_task,
        server_task,
        background,
    })
}

impl Host {
    /// Completes when the engine or the server ends by itself, with why.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            ended = &mut self.engine_task => match ended {
                Ok(Ok(())) => anyhow::anyhow!("the engine ended"),
                Ok(Err(error)) => error,
                Err(error) => error.into(),
            },
            ended = &mut self.server_task => match ended {
                Ok(Ok(())) => anyhow::anyhow!("the server ended"),
                Ok(Err(error)) => error.into(),
                Err(error) => error.into(),
            },
        }
    }

    /// Claims nothing more, finishes what is under way, closes the door, then the store. Until the engine is done requests
    /// are answered: `/readyz` says no, so that no new ones are sent here, and a provider's webhooks are still kept.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.engine_task.await;
        self.close_door.cancel();
        let _ = tokio::time::timeout(LAST_ANSWERS, self.server_task).await;
        self.background.close();
        self.background.wait().await;
        let store = self.store;
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }
}

/// A name of a metric is there twice: a mistake of this build, noticed at its first start.
fn unmeasured(error: prometheus::Error) -> Failure {
    Failure::other(format!("what this host does cannot be counted: {error}"))
}

/// Tells the simulated carriers what the assistants ask, and the sandbox what each tenant may use.
async fn teach(kinds: &Kinds, sandbox: &Sandbox, store: &dyn Store) -> Result<(), Failure> {
    let failed = |error: campanile_domain::ports::store::StoreError| Failure::other(error.to_string());
    for tenant in store.tenants().await.map_err(failed)? {
        sandbox.allow(tenant.key, tenant.limits.plugins);
        for assistant in store.assistants(tenant.key).await.map_err(failed)? {
            kinds.learn(&assistant);
        }
    }
    Ok(())
}

/// Threads that guests run on, at least: one tenant never holds all of them.
const LEAST_GUEST_THREADS: usize = 2;

/// The sandbox, still without what tenants installed.
fn sandbox(data: &Path, contents: Arc<StoredContents>, meter: Arc<PluginMeter>) -> Result<Sandbox, Failure> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = campanile_sandbox::Options {
        cache_folder: Some(data.join("cache")),
        threads: Some(processors.max(LEAST_GUEST_THREADS)),
        compiler: children()?,
        contents: Some(contents),
        calls: Some(meter),
        ..Default::default()
    };
    Sandbox::new(options)
        .map_err(|error| Failure::other(format!("plugins cannot run here: {error}")).next("campanile doctor"))
}
