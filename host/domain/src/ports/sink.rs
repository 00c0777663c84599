//! Who writes results back to the system that leads came from.
//!
//! State and overlap as in [`super::importer`]. Deliveries are repeated by the caller until they are acknowledged.

use async_trait::async_trait;

use crate::plugin::instance::{Checked, Choice, Kept, PluginAnswer};
use crate::sink::{Ack, ResultEvent};

/// One installed sink.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Whether it can write. What it writes to its state is forgotten.
    async fn check(&self, kept: Kept) -> PluginAnswer<Checked>;
    /// The choices for a setting, narrowed by what a person typed. What it writes to its state is forgotten.
    async fn options(&self, kept: Kept, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>>;
    /// Delivers; one acknowledgement for each event, in the same order.
    async fn deliver(&self, kept: Kept, events: &[ResultEvent]) -> PluginAnswer<Vec<Ack>>;
}
