//! What the gates ask about the candidates of a claim, loaded in sets.
//!
//! One statement per kind of fact for all candidates together; what a batch itself takes is folded in as it goes, so
//! that two leads of one phone do not both pass.

use std::collections::{BTreeMap, BTreeSet};

use campanile_domain::caller_id::{self, CallerId};
use campanile_domain::contact::{Contact, Unusable};
use campanile_domain::gate::ContactFacts;
use campanile_domain::phone::Phone;
use campanile_domain::time::{MINUTE_MS, Timestamp};
use campanile_domain::zone::{Civil, Zone};
use rusqlite::{Connection, Row, params};

use crate::sqlite::codes::Code;
use crate::sqlite::fault::Done;
use crate::sqlite::row::{LeadRow, digits, list, phone};
use crate::sqlite::scope::Scope;

/// The contacts of a lead, and which of them are on the do-not-call list (bit n for position n).
#[derive(Clone, Debug, Default)]
pub(crate) struct Contacts {
    pub all: Vec<Contact>,
    pub suppressed: u16,
}

impl Contacts {
    /// Not on the list.
    pub(crate) fn callable(&self, contact: &Contact) -> bool {
        self.suppressed & (1 << contact.position) == 0
    }

    /// The one at a position.
    pub(crate) fn at(&self, position: u16) -> Option<&Contact> {
        self.all.iter().find(|contact| contact.position == position)
    }

    fn add(&mut self, row: &Row<'_>) -> Done<()> {
        let position: u16 = row.get(1)?;
        let variables: Option<String> = row.get(5)?;
        self.all.push(Contact {
            position,
            phone: phone(row.get(2)?)?,
            name: row.get(3)?,
            label: row.get(4)?,
            variables: variables.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default(),
            unusable: Option::<Unusable>::read(row.get(6)?)?,
        });
        if row.get(7)? {
            self.suppressed |= 1 << position;
        }
        Ok(())
    }
}

/// The contacts of some leads.
pub(crate) fn contacts(db: &Connection, leads: impl IntoIterator<Item = i64>) -> Done<BTreeMap<i64, Contacts>> {
    let mut statement = db.prepare_cached(
        "SELECT c.lead, c.position, c.phone, c.name, c.label, c.variables, c.unusable, s.phone IS NOT NULL
         FROM json_each(?1) k CROSS JOIN contact c ON c.lead = k.value
         LEFT JOIN suppression s ON s.tenant = c.tenant AND s.phone = c.phone
         ORDER BY c.lead, c.position",
    )?;
    let mut rows = statement.query([list(leads)])?;
    let mut found: BTreeMap<i64, Contacts> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        found.entry(row.get(0)?).or_default().add(row)?;
    }
    Ok(found)
}

/// The contacts of one lead.
pub(crate) fn contacts_of(db: &Connection, lead: i64) -> Done<Contacts> {
    let mut statement = db.prepare_cached(
        "SELECT c.lead, c.position, c.phone, c.name, c.label, c.variables, c.unusable, s.phone IS NOT NULL
         FROM contact c LEFT JOIN suppression s ON s.tenant = c.tenant AND s.phone = c.phone
         WHERE c.lead = ?1 ORDER BY c.position",
    )?;
    let mut rows = statement.query([lead])?;
    let mut found = Contacts::default();
    while let Some(row) = rows.next()? {
        found.add(row)?;
    }
    Ok(found)
}

/// The local day of an instant: when it began and when it ends.
pub(crate) fn day(now: Timestamp, zone: &Zone) -> (Timestamp, Timestamp) {
    let Civil { year, month, day, .. } = zone.local(now);
    let midnight = |day| zone.instant(Civil::new(year, month, day, 0, 0, 0));
    (midnight(day), midnight(day + 1))
}

#[derive(Clone, Copy, Debug, Default)]
struct Of {
    last_ended: Option<i64>,
    in_call: bool,
    today: u32,
}

/// What is known of the phones and caller ids of a batch.
#[derive(Debug)]
pub(crate) struct Facts {
    phones: BTreeMap<i64, Of>,
    callers: Vec<CallerId>,
    blocked: BTreeSet<(i64, i64)>,
    day_ends: Timestamp,
}

impl Facts {
    /// Loads them for the phones that would be dialled and the leads that they belong to.
    pub(crate) fn load<'a>(
        db: &Connection,
        scope: &Scope,
        now: Timestamp,
        phones: impl IntoIterator<Item = i64>,
        leads: impl IntoIterator<Item = &'a LeadRow>,
    ) -> Done<Self> {
        let (began, day_ends) = day(now, &scope.plan.zone);
        let called = leads.into_iter().filter(|lead| lead.dials > 0).map(|lead| lead.key.0);
        Ok(Self {
            phones: of_phones(db, scope, began, phones)?,
            callers: callers(db, scope, began)?,
            blocked: blocked(db, called)?,
            day_ends,
        })
    }

    /// The contact scope of a lead's next call, and the number it would come from.
    pub(crate) fn of(
        &self,
        scope: &Scope,
        lead: &LeadRow,
        contact: &Contact,
        suppressed: bool,
    ) -> (ContactFacts, Option<Phone>) {
        let of = self.phones.get(&digits(contact.phone)).copied().unwrap_or_default();
        let config = &scope.plan.config;
        let chosen = caller_id::choose(
            &self.callers,
            config.caller_id_strategy,
            lead.key.0,
            lead.progress.attempts,
            config.max_calls_per_caller_id_per_day,
            |number| self.blocked.contains(&(lead.key.0, digits(*number))),
        );
        let facts = ContactFacts {
            suppressed,
            unusable: contact.unusable,
            last_call_ended: of.last_ended.map(Timestamp),
            min_gap_ms: i64::from(scope.terms.limits.min_gap_minutes) * MINUTE_MS,
            calls_today: of.today,
            max_calls_per_day: scope.terms.limits.max_calls_per_number_per_day,
            day_ends_at: self.day_ends,
            in_call: of.in_call,
            caller_id: chosen.as_ref().map(|_| ()).map_err(|capped| capped.then_some(self.day_ends)),
        };
        (facts, chosen.ok().copied())
    }

    /// A call of the batch takes a phone and a caller id.
    pub(crate) fn take(&mut self, phone: Phone, caller: Phone) {
        self.phones.entry(digits(phone)).or_default().in_call = true;
        if let Some(number) = self.callers.iter_mut().find(|number| number.phone == caller) {
            number.calls_today += 1;
        }
    }
}

fn of_phones(
    db: &Connection,
    scope: &Scope,
    day_began: Timestamp,
    phones: impl IntoIterator<Item = i64>,
) -> Done<BTreeMap<i64, Of>> {
    let counted = scope.terms.limits.max_calls_per_number_per_day.is_some();
    let mut statement = db.prepare_cached(
        "SELECT k.value,
                (SELECT a.ended_at FROM attempt a WHERE a.tenant = ?2 AND a.phone = k.value AND a.rang = 1
                 ORDER BY a.intent_at DESC LIMIT 1),
                EXISTS (SELECT 1 FROM attempt a WHERE a.tenant = ?2 AND a.phone = k.value AND a.state < 10),
                CASE WHEN ?3 THEN (SELECT count(*) FROM attempt a WHERE a.tenant = ?2 AND a.phone = k.value
                    AND a.rang = 1 AND a.intent_at >= ?4) ELSE 0 END
         FROM json_each(?1) k",
    )?;
    let mut rows = statement.query(params![list(phones), scope.tenant.0, counted, day_began.0])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        found.insert(row.get(0)?, Of { last_ended: row.get(1)?, in_call: row.get(2)?, today: row.get(3)? });
    }
    Ok(found)
}

fn callers(db: &Connection, scope: &Scope, day_began: Timestamp) -> Done<Vec<CallerId>> {
    let numbers = &scope.plan.caller_ids;
    if scope.plan.config.max_calls_per_caller_id_per_day.is_none() {
        return Ok(numbers.iter().map(|phone| CallerId { phone: *phone, calls_today: 0 }).collect());
    }
    let mut count = db.prepare_cached(
        "SELECT count(*) FROM attempt WHERE tenant = ?1 AND caller_id = ?2 AND intent_at >= ?3
         AND state NOT IN (10, 11, 12)",
    )?;
    let of = |phone: &Phone| {
        let calls_today = count.query_row(params![scope.tenant.0, digits(*phone), day_began.0], |row| row.get(0))?;
        Ok(CallerId { phone: *phone, calls_today })
    };
    numbers.iter().map(of).collect()
}

/// Numbers that were blocked for a lead.
fn blocked(db: &Connection, leads: impl Iterator<Item = i64>) -> Done<BTreeSet<(i64, i64)>> {
    let leads = list(leads);
    if leads == "[]" {
        return Ok(BTreeSet::new());
    }
    let mut statement = db.prepare_cached(
        "SELECT a.lead, a.caller_id FROM json_each(?1) k CROSS JOIN attempt a ON a.lead = k.value AND a.failure = 3",
    )?;
    let found = statement.query_map([leads], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// Whether another caller id is left for a lead.
pub(crate) fn caller_id_left(db: &Connection, scope: &Scope, lead: i64) -> Done<bool> {
    let blocked = blocked(db, std::iter::once(lead))?;
    Ok(scope.plan.caller_ids.iter().any(|number| !blocked.contains(&(lead, digits(*number)))))
}
