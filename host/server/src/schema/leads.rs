//! Leads.

use serde::Serialize;
use utoipa::ToSchema;

/// A lead as its owner sees it.
#[derive(ToSchema)]
pub struct Lead {
    /// `lead_...`
    pub id: String,
    /// `cmp_...`
    pub campaign: String,
    /// From its source.
    pub external_id: Option<String>,
    /// `created`, `scheduled`, `processing`, `rescheduled`, `completed`, `max_retries` or `suppressed`.
    pub status: String,
    /// The phase of `processing`, or why the lead ended.
    pub reason: Option<String>,
    /// From 1; "call again" begins the next one.
    pub era: u32,
    /// The round of the next attempt, from 1.
    pub round: u32,
    /// Attempts used in this era.
    pub attempts: u32,
    /// The contact that the next attempt begins with, when something named one.
    pub start: Option<u16>,
    /// Which contacts were tried in this round: bit n for position n.
    pub tried: u16,
    /// Provider faults in a row.
    pub faults: u32,
    /// Refusals "for this moment" in a row.
    pub deferrals: u32,
    /// Higher first.
    pub priority: i32,
    /// Due then, before calling hours are looked at; null when nothing waits.
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
    /// Whose wait that is: `none`, `owner`, `retry`, `callback`, `deferral`.
    pub wait: String,
    /// Not called from then on.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// Kept with the lead; for now the campaign's zone applies.
    pub time_zone: Option<String>,
    /// The primary first.
    pub contacts: Vec<Contact>,
    /// Named data.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
    /// Counts every change.
    pub revision: u64,
    /// When it came.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// One phone of a lead.
#[derive(ToSchema)]
pub struct Contact {
    /// 0 for the primary.
    pub position: u16,
    /// E.164.
    pub phone: String,
    /// Whose phone it is; left out when unknown.
    pub name: Option<String>,
    /// What its owner calls it; left out when unknown.
    pub label: Option<String>,
    /// Merged over the lead's variables when this contact is dialled.
    #[schema(value_type = Option<Object>)]
    pub variables: Option<serde_json::Value>,
    /// Why it is not called any more: `number_invalid`, `wrong_person`, `by_hand`.
    pub unusable: Option<String>,
}

/// A lead as another system has it now. Either `phone` or `contacts` has to be sent; of the rest, what is left out stays.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeadUpsert {
    /// The primary phone, as people write it.
    pub phone: Option<String>,
    /// All phones, the primary first.
    #[schema(nullable = false, min_items = 1)]
    pub contacts: Option<Vec<NewContact>>,
    /// Further phones, in the order they are tried; at most ten.
    #[schema(nullable = false)]
    pub secondary_contacts: Option<Vec<NewContact>>,
    /// Merged into the lead's.
    #[schema(value_type = Option<std::collections::BTreeMap<String, crate::schema::VariableValue>>, nullable = false)]
    pub variables: Option<serde_json::Value>,
    /// Higher first.
    #[schema(nullable = false)]
    pub priority: Option<i32>,
    /// Not called before; counts while the lead waits.
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
    /// Not called from then on.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// An IANA name, kept with the lead; for now the campaign's zone applies.
    pub time_zone: Option<String>,
    /// Take the primary phone also when another lead of the campaign has it.
    #[schema(nullable = false)]
    pub allow_duplicate: Option<bool>,
    /// The country of phones without a country code, two letters; otherwise that of the campaign's zone.
    #[schema(pattern = "^[A-Za-z]{2}$")]
    pub default_region: Option<String>,
    /// Call a lead again that has ended, in a new era; otherwise it stays ended.
    #[schema(nullable = false)]
    pub reopen: Option<bool>,
}

/// A phone of a lead that comes in.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// As people write it.
    pub phone: String,
    /// Whose phone it is.
    pub name: Option<String>,
    /// What you call it: "mobile", "office".
    pub label: Option<String>,
    /// Merged over the lead's variables when this contact is dialled.
    #[schema(value_type = Option<std::collections::BTreeMap<String, crate::schema::VariableValue>>, nullable = false)]
    pub variables: Option<serde_json::Value>,
}

/// A change of a lead; what is left out or null stays.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeadPatch {
    /// Merged into the lead's.
    #[schema(value_type = Option<std::collections::BTreeMap<String, crate::schema::VariableValue>>)]
    pub variables: Option<serde_json::Value>,
    /// Higher first.
    pub priority: Option<i32>,
    /// Not called before.
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
    /// Not called from then on.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// `created`: call again, in a new era. `completed`: stop. While a call is under way both take effect when it is over.
    #[schema(pattern = "^(created|completed)$")]
    pub status: Option<String>,
}
