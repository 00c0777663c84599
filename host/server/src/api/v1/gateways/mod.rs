//! Voice gateways: through what calls are placed. Kinds and their settings are the wiring's to know, see
//! [`crate::GatewayKinds`].

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod options;
pub(crate) mod patch;
pub(crate) mod put_secret;

use campanile_domain::ids::{GatewayId, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::gateway::GatewayError;
use campanile_domain::ports::store::GatewayRow;

use crate::api::v1::installing::unanswered;
use crate::app::App;
use crate::problem::Problem;

/// The kind of gateways that are plugins.
const PLUGIN: &str = "plugin";

/// The account's gateway of that id.
async fn owned(app: &App, tenant: TenantKey, id: GatewayId) -> Result<GatewayRow, Problem> {
    let gateway = app.store.gateway_by_id(id).await?;
    if gateway.tenant == tenant { Ok(gateway) } else { Err(Problem::not_found("gateway")) }
}

/// What a gateway fails at when it is asked by a person.
fn failed(error: &GatewayError) -> Problem {
    let failure = PluginFailure::new(error.code.clone(), error.message.clone());
    unanswered(&crate::codes::GATEWAY_FAILED, "gateway", &failure)
}
