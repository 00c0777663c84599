//! What the API needs from the rest of the host and may not know itself.
//!
//! The sandbox, the gateways and the system's randomness live in rooms that this one must not depend on. These are the
//! questions it asks them, no more; the binary answers.

use async_trait::async_trait;
use campanile_domain::campaign::FieldError;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{Assistant, GatewayRow, PluginVersion};
use serde::Serialize;
use serde_json::Value;
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

    /// A gateway was installed: from now on the engine may dial through it. That it cannot be reached is told by its
    /// health, not here.
    async fn installed(&self, gateway: &GatewayRow);

    /// An assistant was made or changed: a gateway whose provider must know what is asked of a call tells it.
    async fn assistant_changed(&self, assistant: &Assistant);
}

/// Checks scripts.
#[async_trait]
pub trait ScriptChecker: Send + Sync {
    /// Whether the source is a script that can decide.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    async fn check(&self, tenant: TenantKey, source: &str) -> Result<(), Vec<Diagnostic>>;

    /// A version was activated and decides from now on; whoever keeps compiled policies can forget the old one.
    async fn activated(&self, tenant: TenantKey, version: &PluginVersion, source: &str);
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
