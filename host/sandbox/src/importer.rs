//! An importer that a tenant installed: the host's port on one side, a sandboxed component on the other.

use async_trait::async_trait;
use campanile_domain::importer::Page;
use campanile_domain::plugin::instance::{Checked, Choice, Kept, PluginAnswer};
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::importer::Importer;

use crate::convert::{gateway, importer as convert, instance};
use crate::installed::{Installation, ask_instance};
use crate::sandbox::Sandbox;

/// The importer of one installation.
pub struct PluginImporter {
    sandbox: Sandbox,
    installed: Installation,
}

impl PluginImporter {
    /// Nothing is asked yet.
    pub const fn new(sandbox: Sandbox, installed: Installation) -> Self {
        Self { sandbox, installed }
    }
}

#[async_trait]
impl Importer for PluginImporter {
    async fn check(&self, kept: Kept) -> PluginAnswer<Checked> {
        let answer = ask_instance!(
            self, Importer, "check", state: State::of(kept.0), calendar: None,
            |live, face| face.call_check(&mut live.store),
            |answer, _limits| instance::checked(answer.map_err(Fault::of_plugin)?)
        );
        PluginAnswer { kept: None, ..answer }
    }

    async fn options(&self, kept: Kept, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>> {
        let (setting, query) = (setting.to_owned(), query.to_owned());
        let answer = ask_instance!(
            self, Importer, "options", state: State::of(kept.0), calendar: None,
            |live, face| face.call_options(&mut live.store, &setting, &query),
            |answer, limits| instance::choices(answer.map_err(Fault::of_plugin)?, limits.output_bytes)
        );
        PluginAnswer { kept: None, ..answer }
    }

    async fn pull(&self, kept: Kept, cursor: Option<&str>, limit: u32) -> PluginAnswer<Page> {
        let cursor = cursor.map(str::to_owned);
        ask_instance!(
            self, Importer, "pull", state: State::of(kept.0), calendar: None,
            |live, face| face.call_pull(&mut live.store, cursor.as_deref(), limit),
            |answer, limits| convert::page(answer.map_err(Fault::of_plugin)?, limits.output_bytes)
        )
    }

    async fn receive(&self, kept: Kept, webhook: &Webhook) -> PluginAnswer<Page> {
        let webhook = gateway::webhook(webhook);
        ask_instance!(
            self, Importer, "receive", state: State::of(kept.0), calendar: None,
            |live, face| face.call_receive(&mut live.store, &webhook),
            |answer, limits| convert::page(answer.map_err(Fault::of_plugin)?, limits.output_bytes)
        )
    }
}
