//! Where leads come from: another system, behind an installed importer.
//!
//! A call is handed what the instance kept and hands back what it wants kept; storing it together with the result is the
//! caller's. Calls of one instance never overlap: one that is asked while another runs waits for it. Retrying is the
//! caller's too: a failure says how long the other system asked to be left alone.

use async_trait::async_trait;

use super::gateway::Webhook;
use crate::importer::Page;
use crate::plugin::instance::{Checked, Choice, Kept, PluginAnswer};

/// One installed importer.
#[async_trait]
pub trait Importer: Send + Sync {
    /// Whether it can pull. What it writes to its state is forgotten.
    async fn check(&self, kept: Kept) -> PluginAnswer<Checked>;
    /// The choices for a setting, narrowed by what a person typed. What it writes to its state is forgotten.
    async fn options(&self, kept: Kept, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>>;
    /// The page after the cursor, of about `limit` leads.
    async fn pull(&self, kept: Kept, cursor: Option<&str>, limit: u32) -> PluginAnswer<Page>;
    /// Verifies a push from the other system and reads it. One that is forged is a failure.
    async fn receive(&self, kept: Kept, webhook: &Webhook) -> PluginAnswer<Page>;
}
