//! What a source said of one record, and what follows from what it says now.
//!
//! The membership row remembers by the source's own id; [`super::place`] changes leads. A record that says what is known
//! writes nothing but its mark in a snapshot.

use campanile_domain::contact::Contact;
use campanile_domain::importer::RejectedRecord;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{NewLead, SourceRow};
use campanile_domain::source::{Content, ReadRecord};
use rusqlite::{OptionalExtension, params};

use super::place::{self, Placed};
use super::run::Running;
use crate::sqlite::dialling::dispose;
use crate::sqlite::fault::Done;
use crate::sqlite::leads::add::contacts;
use crate::sqlite::op::Op;
use crate::sqlite::row::digits;

/// A source at work on a page.
pub(super) struct At<'a> {
    pub source: &'a SourceRow,
    pub run: Running,
    /// The number of the newest snapshot.
    pub snapshot: i64,
    /// Whether it is open, so that what is seen has to be marked.
    pub marking: bool,
    /// Leads that can be called now and could not before.
    pub arrived: u64,
}

/// What is remembered of a record.
#[derive(Default)]
struct Known {
    lead: Option<i64>,
    digest: Option<Vec<u8>>,
    names: Vec<String>,
    snapshot: i64,
    gone: bool,
    waiting: bool,
}

/// What is written of a record.
struct Memory<'a> {
    lead: Option<i64>,
    digest: Option<[u8; 32]>,
    names: &'a [String],
    gone: bool,
    waiting: Option<&'a NewLead>,
}

fn known(op: &Op<'_>, source: i64, external: &str) -> Done<Option<Known>> {
    let mut statement = op.db.prepare_cached(
        "SELECT lead, digest, names, snapshot, gone, waiting IS NOT NULL FROM source_lead
         WHERE source = ?1 AND external_id = ?2",
    )?;
    let mut rows = statement.query(params![source, external])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Known {
        lead: row.get(0)?,
        digest: row.get(1)?,
        names: serde_json::from_str(&row.get::<_, String>(2)?)?,
        snapshot: row.get(3)?,
        gone: row.get(4)?,
        waiting: row.get(5)?,
    }))
}

impl At<'_> {
    fn remember(&self, op: &Op<'_>, external: &str, memory: &Memory<'_>) -> Done<()> {
        let waiting = memory.waiting.map(serde_json::to_string).transpose()?;
        let phone = memory.waiting.and_then(primary).map(digits);
        op.db
            .prepare_cached(
                "INSERT OR REPLACE INTO source_lead
                   (source, external_id, lead, digest, names, snapshot, gone, waiting, waiting_phone)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.source.key.0,
                external,
                memory.lead,
                memory.digest,
                serde_json::to_string(memory.names)?,
                self.snapshot,
                memory.gone,
                waiting,
                phone
            ])?;
        Ok(())
    }

    /// Marks a record as seen in the snapshot that is open.
    fn mark(&self, op: &Op<'_>, external: &str, known: &Known) -> Done<()> {
        if self.marking && known.snapshot != self.snapshot {
            op.db
                .prepare_cached("UPDATE source_lead SET snapshot = ?3 WHERE source = ?1 AND external_id = ?2")?
                .execute(params![self.source.key.0, external, self.snapshot])?;
        }
        Ok(())
    }

    /// A record that the importer could not read: whoever it was stays as known, and was seen.
    pub(super) fn unread(&mut self, op: &Op<'_>, record: &RejectedRecord) -> Done<()> {
        self.run.reject(op, record)?;
        match known(op, self.source.key.0, &record.external_id)? {
            Some(known) => self.mark(op, &record.external_id, &known),
            None => Ok(()),
        }
    }

    /// What follows from a record.
    pub(super) fn record(&mut self, op: &mut Op<'_>, record: &ReadRecord) -> Done<()> {
        let ReadRecord { external_id, content, digest } = record;
        let known = known(op, self.source.key.0, external_id)?;
        let was_known = known.is_some();
        let known = known.unwrap_or_default();
        let same = known.digest.as_deref() == Some(digest.as_slice()) && !known.gone && !known.waiting;
        match content {
            Content::Rejected(why) => {
                self.run.reject(op, why)?;
                self.leave(op, external_id, &known, was_known, Some(*digest), false)
            }
            Content::Gone if !was_known || known.gone => {
                self.run.counts.unchanged += 1;
                Ok(())
            }
            Content::Gone => self.leave(op, external_id, &known, was_known, None, true),
            Content::Lead(_) | Content::DoNotCall(_) if same => {
                self.run.counts.unchanged += 1;
                self.mark(op, external_id, &known)
            }
            Content::DoNotCall(phones) => {
                self.suppress(op, &known, phones)?;
                let memory =
                    Memory { lead: known.lead, digest: Some(*digest), names: &known.names, gone: false, waiting: None };
                self.remember(op, external_id, &memory)
            }
            Content::Lead(lead) => self.lead(op, external_id, &known, lead, *digest),
        }
    }

    /// The other system has the record no more, or it cannot be called any more: its lead is called no more.
    fn leave(
        &mut self,
        op: &mut Op<'_>,
        external: &str,
        known: &Known,
        was_known: bool,
        digest: Option<[u8; 32]>,
        gone: bool,
    ) -> Done<()> {
        if let Some(lead) = known.lead
            && place::remove(op, lead)?
        {
            self.run.counts.removed += 1;
        }
        if was_known {
            let memory = Memory { lead: known.lead, digest, names: &known.names, gone, waiting: None };
            self.remember(op, external, &memory)?;
        }
        Ok(())
    }

    fn suppress(&mut self, op: &mut Op<'_>, known: &Known, phones: &[Phone]) -> Done<()> {
        let mut all = phones.to_vec();
        if let Some(lead) = known.lead {
            all.extend(place::phones(op, lead)?);
        }
        let reason = "the system that the lead came from says: do not call";
        let added = dispose::suppress(op, op.tenant(), &all, reason, &self.source.id.to_string())?;
        self.run.counts.suppressed += added;
        if let Some(lead) = known.lead {
            place::suppressed(op, lead)?;
        }
        Ok(())
    }

    /// Somebody to call: a new lead, a known one that changed, or one that waits for its phone.
    fn lead(&mut self, op: &mut Op<'_>, external: &str, known: &Known, new: &NewLead, digest: [u8; 32]) -> Done<()> {
        let names: Vec<String> = new.variables.iter().map(|(name, _)| name.to_owned()).collect();
        let wanted: Vec<Contact> = contacts(&new.contacts);
        let changed = known.digest.as_deref() != Some(digest.as_slice());
        let placed = place::place(op, self.source, known.lead, &known.names, new, &wanted, changed)?;
        let mut memory = Memory { lead: known.lead, digest: Some(digest), names: &names, gone: false, waiting: None };
        let counts = &mut self.run.counts;
        match placed {
            Placed::Created(lead) => {
                memory.lead = Some(lead);
                counts.created += 1;
                self.arrived += 1;
            }
            Placed::Updated => counts.updated += 1,
            Placed::Reopened => {
                counts.reopened += 1;
                self.arrived += 1;
            }
            Placed::Deleted => counts.unchanged += 1,
            Placed::Taken => {
                counts.duplicates += 1;
                memory.waiting = Some(new);
                // Its variables are still those of before.
                memory.names = &known.names;
                // A known lead is not called on the phone that it had.
                if let Some(lead) = known.lead
                    && place::remove(op, lead)?
                {
                    self.run.counts.removed += 1;
                }
            }
        }
        self.remember(op, external, &memory)
    }

    /// A lead that waited for its phone, which is free now.
    pub(super) fn take_place(&mut self, op: &mut Op<'_>, external: &str, waiting: &str) -> Done<()> {
        let new: NewLead = serde_json::from_str(waiting)?;
        let known = known(op, self.source.key.0, external)?.unwrap_or_default();
        let digest = known.digest.as_deref().and_then(|digest| digest.try_into().ok()).unwrap_or_default();
        self.lead(op, external, &known, &new, digest)
    }

    /// A record that a whole snapshot did not show.
    pub(super) fn missing(&mut self, op: &mut Op<'_>, external: &str) -> Done<()> {
        match known(op, self.source.key.0, external)? {
            Some(known) => self.leave(op, external, &known, true, None, true),
            None => Ok(()),
        }
    }
}

fn primary(lead: &NewLead) -> Option<Phone> {
    lead.contacts.first().map(|contact| contact.phone)
}

/// The numbers of the source's snapshots: the newest, and whether it is open.
pub(super) fn snapshot(op: &Op<'_>, source: &SourceRow) -> Done<(i64, bool)> {
    let found: Option<(i64, bool)> = op
        .db
        .prepare_cached("SELECT snapshot, snapshot_open FROM source WHERE id = ?1")?
        .query_row([source.key.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or_default())
}
