//! What is told about every call of a plugin.
//!
//! The sandbox sees each call and keeps nothing; whoever meters, records failures and pauses what is broken listens here.

use crate::ids::TenantKey;
use crate::plugin::Kind;
use crate::ports::policy::Usage;

/// One call of a plugin or a script that came to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginCall {
    /// Whose.
    pub tenant: TenantKey,
    /// `name@version` as it was in force.
    pub plugin: String,
    /// What it is for; a script is what it plays.
    pub kind: Kind,
    /// The installed instance, `gw_...`; empty for policies, which are pinned by campaigns.
    pub instance: String,
    /// The function of the contract.
    pub function: &'static str,
    /// What it used.
    pub usage: Usage,
    /// The code and sentence of its failure.
    pub failure: Option<(String, String)>,
    /// What it logged; kept of calls that failed.
    pub log: Vec<String>,
}

/// Listens. Called on the sandbox's own threads: must not wait.
pub trait PluginCalls: Send + Sync {
    /// A call ended.
    fn ended(&self, call: PluginCall);
}
