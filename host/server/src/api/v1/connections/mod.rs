//! Connections: shared credentials at another system, which a person gives by consenting there.
//!
//! The account keeps them once and several sources, gateways and sinks use them. What is kept is sealed; no answer holds
//! a token or a secret.

pub(crate) mod authorize;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod revoke;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::VersionState;
use campanile_domain::plugin::auth::{AuthBlock, AuthStyle};
use campanile_domain::plugin::hosts::HostPattern;
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::store::{Connection, PendingConsent, PluginVersion, SecretOwner, WriteContext};
use campanile_domain::time::MINUTE_MS;
use serde::Serialize;
use utoipa::ToSchema;

use super::plugins::versions_of;
use crate::app::App;
use crate::ports::ConsentAsk;
use crate::problem::Problem;
use crate::schema::plugins as schema;
use crate::secret::{Token, challenge};

/// How long a person has to consent, in milliseconds.
const PATIENCE_MS: i64 = 15 * MINUTE_MS;

/// A connection that waits for a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentWanted {
    /// The connection.
    #[serde(flatten)]
    #[schema(value_type = schema::Connection, inline)]
    connection: Connection,
    /// Where a person consents, within 15 minutes and once. It leads back to this host.
    authorize_url: String,
}

/// The version of a plugin whose blocks count now: the active one, else the latest that passed every gate.
pub(crate) async fn speaking(app: &App, tenant: TenantKey, plugin: &str) -> Result<PluginVersion, Problem> {
    let mut versions = versions_of(app, tenant, plugin).await?;
    versions.retain(|version| version.state.is_usable());
    versions.sort_by_key(|version| version.state == VersionState::Active);
    versions.pop().ok_or_else(|| {
        Problem::conflict(
            "plugin_not_usable",
            format!("no version of {plugin} has passed every gate; see GET /v1/plugins/{plugin}"),
        )
    })
}

/// The block that a connection fills in, if it asks a person.
pub(crate) fn block<'a>(version: &'a PluginVersion, name: &str) -> Option<&'a AuthBlock> {
    let block = version.manifest.as_ref()?.auth.get(name)?;
    matches!(block.style, AuthStyle::Oauth2AuthorizationCode { .. }).then_some(block)
}

/// The hosts that a version's manifest asks for.
pub(crate) fn hosts(version: &PluginVersion) -> &[HostPattern] {
    version.manifest.as_ref().map_or(&[], |manifest| &manifest.hosts)
}

/// Where the other system sends a person back to.
pub(crate) fn redirect_uri(app: &App, connection: &Connection) -> String {
    format!("{}/hooks/connections/{}/callback", app.config.public_url, connection.id)
}

/// Begins to wait for a person's consent.
async fn ask(
    app: &App,
    ctx: &WriteContext,
    connection: Connection,
    version: &PluginVersion,
    block: &AuthBlock,
) -> Result<ConsentWanted, Problem> {
    let (state, verifier) = (Token::mint(&*app.entropy), Token::mint(&*app.entropy));
    let secrets = app.store.secrets(ctx.tenant, SecretOwner::Connection(connection.id)).await?;
    let redirect_uri = redirect_uri(app, &connection);
    let (hosts, redirect_uri) = (hosts(version), &*redirect_uri);
    let consent_ask = ConsentAsk { connection: &connection, block, hosts, secrets: &secrets, redirect_uri };
    let authorize_url = app
        .consent
        .authorize_url(&consent_ask, &state.0, &challenge(&verifier.0))
        .map_err(|why| Problem::conflict("consent_impossible", why))?;
    let pending = PendingConsent {
        state_hash: state.hash(),
        verifier: SecretString::from(verifier.0),
        expires_at: app.wall_clock.now() + PATIENCE_MS,
    };
    app.store.ask_consent(ctx, connection.id, pending).await?;
    Ok(ConsentWanted { connection, authorize_url })
}
