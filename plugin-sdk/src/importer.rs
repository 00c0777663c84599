//! Lead importers: bring leads in from another system, page by page.
//!
//! An importer says what the other system has; the host turns phones into E.164, finds the lead that an external id names
//! already, and keeps do-not-call. The place to go on from belongs into the page's cursor, because the host keeps it only
//! together with the leads of that page; windows overlap rather than leave a gap, because the host forgets nobody it sees
//! twice. A record that is no lead is told as [`Rejected`], never left out in silence.

use serde::de::DeserializeOwned;

use crate::types::{Checked, Choice, Extra, PluginError, Webhook};

/// The generated bindings; for [`crate::export!`].
#[doc(hidden)]
#[allow(missing_docs, reason = "generated; the contract's own comments are in wit/v0.1/campanile.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        world: "campanile:plugin/lead-importer",
        with: {
            "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types,
            "campanile:plugin/log@0.1.0": crate::bindings::campanile::plugin::log,
            "campanile:plugin/config@0.1.0": crate::bindings::campanile::plugin::config,
            "campanile:plugin/clock@0.1.0": crate::bindings::clock::campanile::plugin::clock,
            "campanile:plugin/state@0.1.0": crate::bindings::state::campanile::plugin::state,
            "campanile:plugin/secret@0.1.0": crate::bindings::secret::campanile::plugin::secret,
            "campanile:plugin/http@0.1.0": crate::bindings::http::campanile::plugin::http,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
    });
}

pub use bindings::exports::campanile::plugin::importer::{
    Consent, IncomingContact, IncomingLead, Mode, Page, Rejected,
};

/// A lead importer. Each method has a body: one that only pulls does not write `receive`, one that is only pushed to does
/// not write `pull`.
pub trait LeadImporter {
    /// What the tenant may set; its JSON Schema stands in `campanile.toml`. `options` is asked while a form is being
    /// filled in: give what it reads a default.
    type Settings: DeserializeOwned;

    /// Whether it can pull: who am I there, what is missing.
    fn check(settings: &Self::Settings) -> Result<Checked, PluginError> {
        let _ = settings;
        Ok(Checked::ready("there is nothing to check"))
    }

    /// The choices for a setting, narrowed by what the person typed; none for a setting that has none.
    fn options(setting: &str, query: &str, settings: &Self::Settings) -> Result<Vec<Choice>, PluginError> {
        let _ = (setting, query, settings);
        Ok(Vec::new())
    }

    /// The page after `cursor`, of about `limit` leads. A page may be shorter and not the last.
    fn pull(cursor: Option<&str>, limit: u32, settings: &Self::Settings) -> Result<Page, PluginError> {
        let _ = (limit, settings);
        Ok(Page { cursor: cursor.map(str::to_owned), ..Page::delta([]) })
    }

    /// A push from the other system: verify it, then read it. A forged one is an error ([`PluginError::forged`]).
    fn receive(webhook: &Webhook, settings: &Self::Settings) -> Result<Page, PluginError> {
        let _ = (webhook, settings);
        Err(PluginError::new("no_webhooks", "this importer does not take webhooks; it pulls"))
    }
}

impl Page {
    /// What changed, with nothing more to come.
    pub fn delta(leads: impl IntoIterator<Item = IncomingLead>) -> Self {
        let leads = leads.into_iter().collect();
        Self { leads, rejected: Vec::new(), mode: Mode::Delta, cursor: None, more: false }
    }

    /// The same, with where the next page or the next run begins, and whether another page is there now.
    #[must_use]
    pub fn and_then(mut self, cursor: impl Into<String>, more: bool) -> Self {
        self.cursor = Some(cursor.into());
        self.more = more;
        self
    }
}

impl IncomingLead {
    /// A lead with one phone and nothing else known.
    pub fn new(external_id: impl Into<String>, phone: impl Into<String>) -> Self {
        Self { contacts: vec![IncomingContact::new(phone)], ..Self::without_phone(external_id) }
    }

    /// A lead whose phone is not told, which the host knows already or cannot call: for `deleted` and `do_not_call`.
    pub fn without_phone(external_id: impl Into<String>) -> Self {
        Self {
            external_id: external_id.into(),
            contacts: Vec::new(),
            zone: None,
            country: None,
            region: None,
            postal_code: None,
            language: None,
            do_not_call: false,
            deleted: false,
            consent: None,
            priority: 0,
            updated_at: None,
            variables: Vec::new(),
            extra: Extra::new(),
        }
    }
}

impl IncomingContact {
    /// A phone, as the other system has it.
    pub fn new(phone: impl Into<String>) -> Self {
        Self { phone: phone.into(), name: None, label: None, variables: Vec::new() }
    }
}

impl Rejected {
    /// A record that is no lead: which one, the field at fault, a code in snake_case and why.
    pub fn new(external_id: impl Into<String>, field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { external_id: external_id.into(), field: field.into(), code: code.into(), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct PushedTo;
    impl LeadImporter for PushedTo {
        type Settings = crate::NoSettings;
    }

    #[test]
    fn what_an_importer_does_not_write_says_so_and_moves_nothing() {
        let none = crate::NoSettings;
        let page = PushedTo::pull(Some("c7"), 100, &none).unwrap();
        assert_eq!(
            (page.cursor.as_deref(), page.more, page.leads.len(), page.mode),
            (Some("c7"), false, 0, Mode::Delta)
        );
        assert_eq!(PushedTo::options("list", "", &none), Ok(Vec::new()));
        let webhook = Webhook {
            method: "POST".into(),
            url: "https://h.example/".into(),
            headers: Vec::new(),
            body: Vec::new(),
            received_at: 0,
        };
        assert_eq!(PushedTo::receive(&webhook, &none).unwrap_err().code, "no_webhooks");
    }
}
