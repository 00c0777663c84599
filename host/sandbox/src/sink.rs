//! A sink that a tenant installed: the host's port on one side, a sandboxed component on the other.

use async_trait::async_trait;
use campanile_domain::plugin::instance::{Checked, Choice, Kept, PluginAnswer};
use campanile_domain::ports::sink::Sink;
use campanile_domain::sink::{Ack, ResultEvent};

use crate::convert::{instance, sink as convert};
use crate::installed::{Installation, ask_instance};
use crate::sandbox::Sandbox;

/// The sink of one installation.
pub struct PluginSink {
    sandbox: Sandbox,
    installed: Installation,
}

impl PluginSink {
    /// Nothing is asked yet.
    pub const fn new(sandbox: Sandbox, installed: Installation) -> Self {
        Self { sandbox, installed }
    }
}

#[async_trait]
impl Sink for PluginSink {
    async fn check(&self, kept: Kept) -> PluginAnswer<Checked> {
        let answer = ask_instance!(
            self, Sink, "check", state: State::of(kept.0), calendar: None,
            |live, face| face.call_check(&mut live.store),
            |answer, _limits| instance::checked(answer.map_err(Fault::of_plugin)?)
        );
        PluginAnswer { kept: None, ..answer }
    }

    async fn options(&self, kept: Kept, setting: &str, query: &str) -> PluginAnswer<Vec<Choice>> {
        let (setting, query) = (setting.to_owned(), query.to_owned());
        let answer = ask_instance!(
            self, Sink, "options", state: State::of(kept.0), calendar: None,
            |live, face| face.call_options(&mut live.store, &setting, &query),
            |answer, limits| instance::choices(answer.map_err(Fault::of_plugin)?, limits.output_bytes)
        );
        PluginAnswer { kept: None, ..answer }
    }

    async fn deliver(&self, kept: Kept, events: &[ResultEvent]) -> PluginAnswer<Vec<Ack>> {
        let (delivered, count) = (convert::events(events), events.len());
        ask_instance!(
            self, Sink, "deliver", state: State::of(kept.0), calendar: None,
            |live, face| face.call_deliver(&mut live.store, &delivered),
            |answer, _limits| convert::acks(answer.map_err(Fault::of_plugin)?, count)
        )
    }
}
