//! What the API stands on.
//!
//! Everything a handler may use is a field here and comes from whoever wires the host, clocks and randomness included;
//! a handler that needs something else has to say so in this file. The struct owns nothing that needs a shutdown of its
//! own: long work runs in `background` and listens to `shutdown`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::ports::evaluator::Evaluators;
use campanile_domain::ports::mapper::RowMapper;
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::ports::post::Post;
use campanile_domain::ports::store::{Campaign, Store, WriteContext};
use campanile_engine::shell::{Bell, Handle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::jobs::line::JobLine;
use crate::line::Line;
use crate::metrics::Metrics;
use crate::ports::{Consent, Entropy, GatewayKinds, PluginDesk, Rehearsals, Scripts, SinkDesk, SourceDesk};
use crate::secret::seed;
use crate::streams::Streams;

/// Everything that handlers use.
pub struct App {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The running engine.
    pub engine: Handle,
    /// Resolves the policies that campaigns name.
    pub policies: Arc<dyn PolicyRunner>,
    /// Reads scripts before they are kept.
    pub scripts: Arc<dyn Scripts>,
    /// Resolves the evaluators that campaigns name.
    pub evaluators: Arc<dyn Evaluators>,
    /// Rung when calls are to be read anew.
    pub evaluations: Bell,
    /// Asks scripts what the rows of a file mean.
    pub mapper: Arc<dyn RowMapper>,
    /// The gates of what is uploaded.
    pub plugins: Arc<dyn PluginDesk>,
    /// Asks people for consent at other systems.
    pub consent: Arc<dyn Consent>,
    /// Where uploads wait for their turn at the gates.
    pub line: Line,
    /// Where jobs wait for their turn.
    pub jobs: JobLine,
    /// Plays rehearsals.
    pub rehearsals: Arc<dyn Rehearsals>,
    /// Which kinds of gateways there are.
    pub gateways: Arc<dyn GatewayKinds>,
    /// The importers that are installed.
    pub sources: Arc<dyn SourceDesk>,
    /// The plugins that sinks are.
    pub sinks: Arc<dyn SinkDesk>,
    /// Knows where webhooks may go.
    pub post: Arc<dyn Post>,
    /// Rung when webhooks may have something to be told.
    pub webhooks: Bell,
    /// Who listens to event logs now; whoever wires the host lets the store's writer ring them.
    pub streams: Streams,
    /// The time that calls live in.
    pub engine_clock: Arc<dyn EngineClock>,
    /// The time of keys and of webhooks' arrival.
    pub wall_clock: Arc<dyn WallClock>,
    /// Secrets and ids come from here.
    pub entropy: Arc<dyn Entropy>,
    /// What is remembered of those who were let in.
    pub admission: Admission,
    /// What is counted, here and in the other rooms.
    pub metrics: Metrics,
    /// What an operator configures.
    pub config: Config,
    /// Imports and the gates of uploads run here; close it and wait for it before the store goes away.
    pub background: TaskTracker,
    /// Cancelled when the host begins to stop: `/readyz` says no, an import ends after the page it is at, marked failed,
    /// an upload goes on at the next start. Requests are answered until the engine has finished what is under way.
    pub shutdown: CancellationToken,
}

impl App {
    /// The engine's own writes.
    pub(crate) fn context(&self, tenant: TenantKey) -> WriteContext {
        WriteContext::engine(tenant, self.engine_clock.now(), seed(&*self.entropy))
    }

    /// Tells the engine that leads came into a campaign; one that was completed may be in progress again.
    pub(crate) fn leads_came(&self, before: &Campaign) {
        if before.status == CampaignState::Completed {
            self.engine.campaign_changed(before.key);
        }
        self.engine.leads_changed(before.key);
    }
}

/// What an operator configures of the API.
#[derive(Clone, Debug)]
pub struct Config {
    /// How the world reaches this host, without a slash at the end; hooks' URLs begin with it.
    pub public_url: String,
    /// Where uploads lie while they are read; on the same disk as the data, so that a full disk is noticed early.
    pub upload_dir: PathBuf,
    /// The largest lead file, in bytes.
    pub max_upload_bytes: u64,
    /// The clock that calls live in is faster than the sun's: other systems are told of nothing that happens there.
    pub faster_clock: bool,
    /// What `/version` tells.
    pub about: About,
}

impl Config {
    /// The largest JSON body, in bytes.
    pub const MAX_JSON_BYTES: usize = 2 << 20;
    /// The largest webhook of a provider, in bytes.
    pub const MAX_HOOK_BYTES: usize = 1 << 20;
    /// What [`Config::max_upload_bytes`] is unless somebody says otherwise: 2 GiB.
    pub const DEFAULT_UPLOAD_BYTES: u64 = 2 << 30;
}

/// What this build is.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The product's version.
    pub version: String,
    /// The commit it was built from, where the build knew.
    pub commit: Option<String>,
    /// Versions of what matters besides: `sqlite`, `phone_metadata`, `contract`.
    pub components: BTreeMap<String, String>,
}
