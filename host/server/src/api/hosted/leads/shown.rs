//! A lead as it is answered.
//!
//! Where those platforms keep a further contact as a lead of its own, here it belongs to its lead. So it stands where the lead
//! stands, and its id is negative: it tells contacts apart and names nothing, and nobody changes another lead with it.

use campanile_domain::contact::{Contact, MAX_CONTACTS};
use campanile_domain::ports::store::NumberedLead;
use campanile_domain::variable::Variables;
use serde::Serialize;

use crate::api::hosted::words;

/// A lead.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    id: i64,
    campaign_id: i64,
    phone_number: String,
    variables: Variables,
    status: &'static str,
    created_at: String,
    updated_at: String,
    campaign: OfCampaign,
    secondary_contacts: Vec<Secondary>,
}

#[derive(Debug, Serialize)]
struct OfCampaign {
    id: i64,
    name: String,
}

#[derive(Debug, Serialize)]
struct Secondary {
    id: i64,
    phone_number: String,
    variables: Variables,
    status: &'static str,
    created_at: String,
    updated_at: String,
}

impl From<NumberedLead> for Shown {
    fn from(NumberedLead { lead, campaign_name }: NumberedLead) -> Self {
        let status = words::lead(lead.state);
        let (created_at, updated_at) = (words::date(lead.created_at), words::date(lead.updated_at));
        let number = lead.key.0;
        let secondary = |contact: Contact| Secondary {
            id: -(number.saturating_mul(MAX_CONTACTS as i64) + i64::from(contact.position)),
            phone_number: contact.phone.to_string(),
            variables: contact.variables,
            status,
            created_at: created_at.clone(),
            updated_at: updated_at.clone(),
        };
        let mut contacts = lead.contacts.into_iter();
        Self {
            id: number,
            campaign_id: lead.campaign_key.0,
            phone_number: contacts.next().map(|primary| primary.phone.to_string()).unwrap_or_default(),
            variables: lead.variables,
            status,
            campaign: OfCampaign { id: lead.campaign_key.0, name: campaign_name },
            secondary_contacts: contacts.map(secondary).collect(),
            created_at: created_at.clone(),
            updated_at: updated_at.clone(),
        }
    }
}
