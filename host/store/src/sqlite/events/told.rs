//! Entries of the log as the outside is told of them: with their objects.
//!
//! What an entry names is loaded in sets, one question for each kind of object, however many entries there are. Entries name
//! rows, and the row of what was removed may be another's by now: an object is told only if it has the id that was written
//! down.

use std::collections::BTreeMap;

use campanile_domain::event::{self, Subject};
use campanile_domain::ids::{TenantId, TenantKey};
use campanile_domain::outbox::{Envelope, Logged, Objects};
use campanile_domain::ports::store::{Call, Campaign, Lead};
use rusqlite::Connection;

use crate::sqlite::accounts::tenants;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::Done;
use crate::sqlite::leads::{call, lead};

/// An entry and the rows that it names.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) logged: Logged,
    pub(crate) campaign: Option<i64>,
    pub(crate) lead: Option<i64>,
    pub(crate) call: Option<i64>,
}

impl Entry {
    fn subject(&self) -> Option<Subject> {
        event::kind(&self.logged.kind).map(|kind| kind.subject)
    }

    /// Whether an object is the one that the entry is about.
    fn is(&self, id: impl ToString) -> bool {
        self.logged.moved["id"] == id.to_string()
    }
}

/// The leads and calls of entries, by row.
pub(crate) struct People {
    leads: BTreeMap<i64, Lead>,
    calls: BTreeMap<i64, Call>,
}

impl People {
    /// Two questions.
    pub(crate) fn of(db: &Connection, tenant: TenantKey, entries: &[Entry]) -> Done<Self> {
        let keys = |key: fn(&Entry) -> Option<i64>| entries.iter().filter_map(key).collect::<Vec<_>>();
        let leads = lead::by_keys(db, tenant, &keys(|entry| entry.lead))?;
        let calls = call::by_keys(db, tenant, &keys(|entry| entry.call))?;
        Ok(Self { leads, calls })
    }

    /// Those of one entry.
    pub(crate) fn find(&self, entry: &Entry) -> (Option<&Lead>, Option<&Call>) {
        let (lead, call) = (entry.lead.and_then(|key| self.leads.get(&key)), entry.call);
        let call = call.and_then(|key| self.calls.get(&key));
        if entry.subject() == Some(Subject::Call) {
            let call = call.filter(|call| entry.is(call.id));
            return (lead.filter(|lead| call.is_some_and(|call| call.lead == lead.id)), call);
        }
        let lead = lead.filter(|lead| entry.is(lead.id));
        (lead, call.filter(|call| lead.is_some_and(|lead| call.lead == lead.id)))
    }
}

/// The entries with their objects as they are now and what each moved laid over them.
pub(crate) fn envelopes(db: &Connection, tenant: TenantKey, entries: Vec<Entry>) -> Done<Vec<Envelope>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let id: TenantId = tenants::by_key(db, tenant)?.id;
    let people = People::of(db, tenant, &entries)?;
    let campaigns = campaigns(db, tenant, &entries)?;
    let told = entries.into_iter().map(|entry| {
        let objects = match entry.subject() {
            Some(Subject::Lead | Subject::Call) => {
                let (lead, call) = people.find(&entry);
                Objects::Lead(lead, call)
            }
            Some(Subject::Campaign) => {
                let campaign = entry.campaign.and_then(|key| campaigns.get(&key));
                Objects::Campaign(campaign.filter(|campaign| entry.is(campaign.id)))
            }
            _ => Objects::None,
        };
        Envelope::of(entry.logged, id, objects)
    });
    Ok(told.collect())
}

fn campaigns(db: &Connection, tenant: TenantKey, entries: &[Entry]) -> Done<BTreeMap<i64, Campaign>> {
    let about = entries.iter().filter(|entry| entry.subject() == Some(Subject::Campaign));
    let keys: Vec<i64> = about.filter_map(|entry| entry.campaign).collect();
    campaign::by_keys(db, tenant, &keys)
}
