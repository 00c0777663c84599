//! What an importer brings: leads as another system has them, page by page.
//!
//! These are the engine's own types; the plugin contract has records of the same shape, and one file of the sandbox
//! converts between the two. Nothing here is a lead yet: phones are texts, zones and countries are names that may not
//! exist. [`crate::source`] turns one into a lead or says why it is none.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::variable::Variables;

/// Leads in one page that are taken; a page with more is an error, because the host asks for a number and a page is one
/// transaction.
pub const PAGE_LEADS: usize = 5_000;
/// The longest id of a lead in the other system, in bytes.
pub const EXTERNAL_ID_BYTES: usize = 255;
/// The longest cursor, in bytes.
pub const CURSOR_BYTES: usize = 16 << 10;

/// A phone as the other system has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncomingContact {
    /// As it is written there; read by the lead's country.
    pub phone: String,
    /// Whose phone it is.
    pub name: Option<String>,
    /// "mobile", "office".
    pub label: Option<String>,
    /// Merged over the lead's when this contact is dialled.
    pub variables: Variables,
}

/// On what ground the person may be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// In the other system's words: "opt-in", "contract".
    pub basis: String,
    /// Where it was recorded.
    pub source: String,
    /// When it was given.
    pub at: Option<Timestamp>,
}

/// One record of the other system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncomingLead {
    /// The other system's own id: the same one again is the same lead. 1 to [`EXTERNAL_ID_BYTES`] bytes.
    pub external_id: String,
    /// The first is the primary one. May be empty: then it is no lead that can be called.
    pub contacts: Vec<IncomingContact>,
    /// An IANA zone name, if the other system knows it.
    pub zone: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Of the country, as the other system writes it.
    pub region: Option<String>,
    /// As the other system writes it.
    pub postal_code: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Never call this person.
    pub do_not_call: bool,
    /// Gone from the other system.
    pub deleted: bool,
    /// On what ground the person may be called.
    pub consent: Option<Consent>,
    /// Higher is called first.
    pub priority: i32,
    /// When the other system last changed it.
    pub updated_at: Option<Timestamp>,
    /// What else is known.
    pub variables: Variables,
}

/// A record of the other system that is no lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRecord {
    /// Which one; may be empty, when not even that could be read.
    pub external_id: String,
    /// The field at fault.
    pub field: String,
    /// Stable, for machines.
    pub code: String,
    /// For people.
    pub message: String,
}

/// What a page is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageMode {
    /// What changed since the cursor.
    Delta,
    /// A piece of the whole.
    SnapshotPart,
    /// The last piece of the whole: who was not seen in it is gone.
    SnapshotEnd,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// At most [`PAGE_LEADS`], no id twice.
    pub leads: Vec<IncomingLead>,
    /// At most [`PAGE_LEADS`].
    pub rejected: Vec<RejectedRecord>,
    /// What it is a part of.
    pub mode: PageMode,
    /// Where the next page, or the next run, begins. At most [`CURSOR_BYTES`]; set when there is more.
    pub cursor: Option<String>,
    /// Another page is there now.
    pub more: bool,
}
