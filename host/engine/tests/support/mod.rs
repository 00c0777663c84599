//! What the engine's tests share: a store in memory, nobody who decides, made-up leads.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::contact::Contact;
use campanile_domain::ids::TenantKey;
use campanile_domain::phone::Phone;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::policy::{PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner};
use campanile_domain::ports::store::{NewLead, Store};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Variables;
use campanile_engine::rehearsal::Stage;
use campanile_store::{Options, Profile};

/// Only the built-in table decides.
pub struct NoPolicies;

fn none() -> PolicyFailure {
    PolicyFailure { code: "policy_not_found".into(), message: "there are no policies here".into() }
}

#[async_trait]
impl PolicyRunner for NoPolicies {
    async fn decide(&self, _: &PolicyCall) -> PolicyAnswer {
        PolicyAnswer::without_a_run("none", Err(none()))
    }

    async fn consider(&self, call: &PolicyCall, _: Option<&str>) -> PolicyAnswer {
        self.decide(call).await
    }

    async fn resolve(&self, _: TenantKey, _: &PluginRef) -> Result<String, PolicyFailure> {
        Err(none())
    }
}

/// A store in memory.
pub fn store() -> Arc<dyn Store> {
    campanile_store::open(&Options { profile: Profile::Ephemeral, readers: 1, vault: None }).unwrap()
}

/// A stage on it.
pub fn stage(store: &Arc<dyn Store>, start: &str, slots: u32, seed: u64) -> Stage {
    let start: Timestamp = start.parse().unwrap();
    Stage::new(Arc::clone(store), Arc::new(NoPolicies), start, slots, seed)
}

/// The phone number `index` of a series.
pub fn phone(series: u32, index: u32) -> Phone {
    format!("+1{}55{:05}", 201 + series, index % 100_000).parse().unwrap()
}

/// So many leads with so many contacts each, none shared.
pub fn leads(series: u32, count: u32, contacts: u32) -> Vec<NewLead> {
    (0..count)
        .map(|index| NewLead {
            external_id: None,
            contacts: (0..contacts)
                .map(|contact| Contact::new(contact as u16, phone(series, index * contacts + contact)))
                .collect(),
            priority: 0,
            not_before: None,
            expires_at: None,
            time_zone: None,
            variables: Variables::default(),
            allow_duplicate: false,
        })
        .collect()
}
