//! What the API needs from the rest of the host and may not know itself.
//!
//! The sandbox, the gateways and the system's randomness live in rooms that this one must not depend on. These are the
//! questions it asks them, no more; the binary answers.

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::evaluation::{Evaluation, EvaluationInput};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::allowance::Allowance;
use campanile_domain::plugin::auth::AuthBlock;
use campanile_domain::plugin::hosts::HostPattern;
use campanile_domain::plugin::instance::{Checked, Choice, PluginAnswer};
use campanile_domain::plugin::report::Report;
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::gateway::GatewayError;
use campanile_domain::ports::outbound::Tokens;
use campanile_domain::ports::policy::Calendar;
use campanile_domain::ports::store::{Assistant, Connection, GatewayRow, PluginVersion, SinkRow, SourceRow};
use campanile_engine::rehearsal::order::{Order, Played};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::ToSchema;

/// The system's randomness; clients must not be able to guess what it gives.
pub trait Entropy: Send + Sync {
    /// Fills all of it.
    fn fill(&self, bytes: &mut [u8]);
}

/// The kinds of gateways that this host can dial through.
#[async_trait]
pub trait GatewayKinds: Send + Sync {
    /// Checks the settings of a kind and returns them as they are kept, defaults filled in.
    ///
    /// # Errors
    /// Every fault, with pointers into the request's body: `/kind`, `/settings/...`.
    fn check(&self, kind: &str, settings: &Value) -> Result<Value, Vec<FieldError>>;

    /// A gateway was installed or changed, or one of its secrets was: from now on the engine dials through it as it is
    /// now. That it cannot be reached is told by its health, not here.
    async fn installed(&self, gateway: &GatewayRow);

    /// A gateway was taken out: nobody dials through it any more.
    async fn removed(&self, gateway: &GatewayRow);

    /// The choices for a setting.
    ///
    /// # Errors
    /// It could not be asked.
    async fn options(&self, gateway: &GatewayRow, setting: &str, query: &str) -> Result<Vec<Choice>, GatewayError>;

    /// An assistant was made or changed: a gateway whose provider must know what is asked of a call tells it.
    async fn assistant_changed(&self, assistant: &Assistant);
}

/// The importers that sources ask.
#[async_trait]
pub trait SourceDesk: Send + Sync {
    /// Whether this host asks sources at all.
    ///
    /// # Errors
    /// It does not, and why.
    fn allowed(&self) -> Result<(), FieldError>;

    /// A source was made or changed, or one of its secrets was: from now on it is asked as it is now.
    async fn installed(&self, source: &SourceRow);

    /// A source was taken out.
    fn removed(&self, source: &SourceRow);

    /// A source is due, or has a webhook to be read.
    fn due(&self);

    /// Whether it can pull, and what is missing. Waits for a page that it is asked for.
    async fn check(&self, source: &SourceRow) -> PluginAnswer<Checked>;

    /// The choices for a setting.
    async fn options(&self, source: &SourceRow, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>>;
}

/// The plugins that sinks are.
#[async_trait]
pub trait SinkDesk: Send + Sync {
    /// Whether this host tells sinks at all.
    ///
    /// # Errors
    /// It does not, and why.
    fn allowed(&self) -> Result<(), FieldError>;

    /// A sink was made or changed, or one of its secrets was: from now on it is told as it is now.
    async fn installed(&self, sink: &SinkRow);

    /// A sink was taken out.
    fn removed(&self, sink: &SinkRow);

    /// A sink has something to be told.
    fn ring(&self);

    /// Whether it can write, and what is missing. Waits for a batch that it is told.
    async fn check(&self, sink: &SinkRow) -> PluginAnswer<Checked>;

    /// The choices for a setting.
    async fn options(&self, sink: &SinkRow, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>>;
}

/// The gates of an upload, and what became of what passed them.
///
/// Reports go on from one gate to the next: whoever compiles or tests begins with the version's own report, to which the
/// store gives back nothing but the manifest, and adds to it.
#[async_trait]
pub trait PluginDesk: Send + Sync {
    /// Reads an upload whole, runs nothing. A report that passed carries the manifest.
    async fn admit(&self, content: &[u8]) -> Report;

    /// Compiles an admitted version within bounds and keeps the artefact. May be asked again for the same version after
    /// a restart.
    async fn compile(&self, tenant: TenantKey, version: &PluginVersion, content: &[u8]) -> Report;

    /// Runs a compiled version against the cases of its kind. The artefact may be missing after a restart; then it is
    /// made again.
    async fn test(&self, tenant: TenantKey, version: &PluginVersion, content: &[u8]) -> Report;

    /// Whether settings are what a version asks for.
    ///
    /// # Errors
    /// Every fault, with pointers into the settings: `/account`.
    async fn check_settings(
        &self,
        tenant: TenantKey,
        plugin: &PluginRef,
        settings: &Value,
    ) -> Result<(), Vec<FieldError>>;

    /// A version came to be staged, active or retired, or its grants changed: whoever runs its plugin looks at the store
    /// again. Of an activation only the new version is told; the one before is no longer active. Scripts are told of too.
    async fn changed(&self, tenant: TenantKey, version: &PluginVersion);

    /// A version, a script's too, is not there any more; its number may come again with other bytes.
    async fn deleted(&self, tenant: TenantKey, version: &PluginVersion);

    /// What a tenant may use of plugins from the next call on.
    fn allowance(&self, tenant: TenantKey, allowance: &Allowance);
}

/// On whose behalf consent is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ConsentAsk<'a> {
    /// The connection, with the settings that the block may name.
    pub connection: &'a Connection,
    /// The block, whose style is the authorisation code.
    pub block: &'a AuthBlock,
    /// The hosts of the block's manifest.
    pub hosts: &'a [HostPattern],
    /// The connection's secrets.
    pub secrets: &'a Secrets,
    /// Where the other system sends the person afterwards.
    pub redirect_uri: &'a str,
}

/// Asks people for consent at other systems (RFC 6749 4.1, with PKCE).
#[async_trait]
pub trait Consent: Send + Sync {
    /// Where the person consents. `challenge` is the S256 of the verifier.
    ///
    /// # Errors
    /// What the block lacks.
    fn authorize_url(&self, ask: &ConsentAsk<'_>, state: &str, challenge: &str) -> Result<String, String>;

    /// Makes tokens of the code that the person came back with. Nothing is kept here.
    ///
    /// # Errors
    /// What the other system said, without secrets.
    async fn exchange(&self, ask: &ConsentAsk<'_>, code: &str, verifier: &str) -> Result<Tokens, String>;
}

/// What a script can be asked, by the function that it defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScriptRole {
    /// `decide(lead)`.
    RetryPolicy,
    /// `evaluate(talk)`.
    CallEvaluator,
    /// `map_row(row)`.
    RowMapping,
}

impl ScriptRole {
    /// The function that makes a script this.
    pub const fn function(self) -> &'static str {
        match self {
            Self::RetryPolicy => "decide(lead)",
            Self::CallEvaluator => "evaluate(talk)",
            Self::RowMapping => "map_row(row)",
        }
    }
}

/// What a script is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScriptRead {
    /// At least one.
    pub roles: Vec<ScriptRole>,
    /// JSON Schema of its own settings.
    pub settings: Value,
}

/// Reads scripts, and has calls read by those that nobody has kept.
#[async_trait]
pub trait Scripts: Send + Sync {
    /// What a source is.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    async fn check(&self, tenant: TenantKey, source: &str) -> Result<ScriptRead, Vec<Diagnostic>>;

    /// Has a call read by a draft.
    async fn evaluate(
        &self,
        tenant: TenantKey,
        source: &str,
        settings: &Value,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> PluginAnswer<Evaluation>;
}

/// One thing wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Diagnostic {
    /// From 1; 0 when it is about the whole.
    pub line: u32,
    /// From 1; 0 when it is about the line.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Plays rehearsals, away from the calls that are under way.
#[async_trait]
pub trait Rehearsals: Send + Sync {
    /// Plays every side with every cast; what came of each is sent when it is over. A future that is dropped ends the work.
    ///
    /// # Errors
    /// It could not be played to the end, and why.
    async fn play(&self, order: Order, played: mpsc::Sender<Played>) -> Result<(), String>;
}
