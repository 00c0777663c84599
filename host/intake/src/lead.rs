//! From a row of a file to a lead that can be stored.
//!
//! The one place where the two shapes meet, used by imports over HTTP, by the command line and by rehearsals alike.

use campanile_domain::contact::Contact;
use campanile_domain::ports::store::NewLead;
use campanile_domain::variable::Value;
use campanile_domain::zone::Zone;

use crate::row::LeadRow;

impl LeadRow<'_> {
    /// The lead of this row: contacts in order, every other cell a text variable.
    pub fn to_new_lead(&self) -> NewLead {
        let mut primary = Contact::new(0, self.phone);
        primary.name = self.name.as_deref().map(str::to_owned);
        let secondary = self.secondary.iter().zip(1..).map(|(secondary, position)| {
            let mut contact = Contact::new(position, secondary.phone);
            contact.name = secondary.name.map(str::to_owned);
            contact.label = secondary.label.map(str::to_owned);
            contact
        });
        let mut variables = self.computed.cloned().unwrap_or_default();
        for (name, text) in &self.variables {
            variables.set(name.as_ref(), Value::Text((*text).to_owned()));
        }
        NewLead {
            external_id: self.external_id.map(str::to_owned),
            contacts: std::iter::once(primary).chain(secondary).collect(),
            priority: self.priority,
            not_before: None,
            expires_at: None,
            time_zone: self.time_zone.and_then(|name| Zone::parse(name).ok()),
            variables,
            allow_duplicate: false,
        }
    }
}
