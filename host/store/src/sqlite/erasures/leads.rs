//! The leads of a person, with all that hangs on them in the main database.
//!
//! A lead that nobody ever called goes whole. One that was called stays as a row without a person, because its calls,
//! their costs and the counts stand on it: no contact, no variable, no external id, and calls without a number. The gaps and
//! daily caps of the number forget those calls too: with the number on the do-not-call list they are not asked, and without
//! it the account wants it to be nobody's.

use std::collections::BTreeMap;

use campanile_domain::erasure::ERASED;
use campanile_domain::ids::{CallId, CampaignKey, ErasureId, LeadKey, TenantKey};
use campanile_domain::lead::{Completion, LeadState};
use campanile_domain::ports::store::ErasedLeads;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::{NOBODY, erasure};
use crate::sqlite::codes::OPEN;
use crate::sqlite::dialling::facts;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::leads::remove;
use crate::sqlite::op::Op;
use crate::sqlite::row::{LeadRow, digits, phone};

/// Leads in one transaction, so that dials pass between two.
pub(super) const PIECE: usize = 20;
/// Calls that are looked at in one question.
const LOOKED_AT: i64 = 50_000;

/// Why a lead becomes nobody's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Why {
    /// Its person is erased: this erasure looks on for what it finds of them.
    Erasure(i64),
    /// It ended longer ago than its account keeps ended leads.
    Retention,
}

impl Why {
    /// Something that is still to be looked for: by an erasure in texts of others, by both in the records.
    fn trace(self, op: &Op<'_>, kind: &str, value: &impl ToSql) -> Done<()> {
        match (self, kind) {
            (Self::Erasure(erasure), _) => erasure::trace(op, erasure, kind, value),
            (Self::Retention, "lead" | "call") => {
                op.db
                    .prepare_cached("INSERT OR IGNORE INTO swept (tenant, kind, key) VALUES (?1, ?2, ?3)")?
                    .execute(params![op.tenant(), kind, value])?;
                Ok(())
            }
            (Self::Retention, _) => Ok(()),
        }
    }
}

/// Erases some of those that have the number.
pub(super) fn piece(op: &mut Op<'_>, id: ErasureId) -> Done<ErasedLeads> {
    let (_, Some(number)) = erasure::running(op.db, op.ctx.tenant, id)? else { return Ok(ErasedLeads::default()) };
    let of = |open: &str| {
        format!(
            "SELECT DISTINCT c.lead FROM contact c WHERE c.tenant = ?1 AND c.phone = ?2
             AND {open} EXISTS (SELECT 1 FROM attempt a WHERE a.lead = c.lead AND a.state < 10) ORDER BY c.lead LIMIT ?3"
        )
    };
    let leads: Vec<i64> = op
        .db
        .prepare_cached(&of("NOT"))?
        .query_map(params![op.tenant(), number, PIECE as i64], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let waiting =
        op.db.prepare_cached(&of(""))?.query_map(params![op.tenant(), number, i64::MAX], |_| Ok(()))?.count() as u64;
    let erased = these(op, id, &leads)?;
    Ok(ErasedLeads { more: leads.len() == PIECE, waiting, ..erased })
}

/// Leads that were called on the number and were not erased, from a call on; and where to look on.
pub(super) fn once_called(
    db: &Connection,
    tenant: TenantKey,
    id: ErasureId,
    from: i64,
) -> Done<(Vec<i64>, Option<i64>)> {
    let (_, Some(number)) = erasure::running(db, tenant, id)? else { return Ok((Vec::new(), None)) };
    let last: i64 = db.prepare_cached("SELECT coalesce(max(id), 0) FROM attempt")?.query_row([], |row| row.get(0))?;
    let until = from + LOOKED_AT;
    let found = db
        .prepare_cached(
            "SELECT DISTINCT lead FROM attempt WHERE tenant = ?1 AND id > ?2 AND id <= ?3 AND phone = ?4 ORDER BY lead",
        )?
        .query_map(params![tenant.0, from, until, number], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok((found, (until < last).then_some(until)))
}

/// Erases these leads, but not those with a call under way.
pub(super) fn these(op: &mut Op<'_>, id: ErasureId, leads: &[i64]) -> Done<ErasedLeads> {
    let (key, _) = erasure::running(op.db, op.ctx.tenant, id)?;
    let (mut erased, mut counts) = (ErasedLeads::default(), BTreeMap::new());
    for lead in leads {
        let open: bool = op
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM attempt WHERE lead = ?1 AND state < ?2)")?
            .query_row(params![lead, OPEN], |row| row.get(0))?;
        if open {
            erased.waiting += 1;
            continue;
        }
        erased.campaigns.push(one(op, Why::Erasure(key), LeadKey(*lead), &mut counts)?);
    }
    erased.campaigns.sort_unstable();
    erased.campaigns.dedup();
    erasure::add(op, id, &counts)?;
    Ok(erased)
}

/// Makes a lead nobody's. One that was never called goes whole when its person is erased; for the counts it stays when only its
/// time is over.
pub(crate) fn one(
    op: &mut Op<'_>,
    why: Why,
    key: LeadKey,
    counts: &mut BTreeMap<&'static str, u64>,
) -> Done<CampaignKey> {
    let row = LeadRow::load(op, key)?;
    let campaign = row.campaign;
    let mut count = |kind: &'static str, n: usize| *counts.entry(kind).or_default() += n as u64;
    let contacts = facts::contacts_of(op.db, key.0)?.all;
    if let Why::Erasure(_) = why {
        for contact in &contacts {
            why.trace(op, "phone", &digits(contact.phone))?;
            op.db
                .prepare_cached("UPDATE suppression SET reason = ?3 WHERE tenant = ?1 AND phone = ?2")?
                .execute(params![op.tenant(), digits(contact.phone), ERASED])?;
        }
        why.trace(op, "word", &row.id.to_string())?;
        count("source_records", at_source(op, why, key)?);
    }
    count("contacts", contacts.len());
    count("leads", 1);
    count("calls", calls(op, why, key)?);
    count(
        "events",
        execute(
            op,
            "UPDATE event SET data = json_set(data, '$.phone', NULL)
         WHERE lead = ?1 AND type = 'call.initiated' AND tenant = ?2 AND json_extract(data, '$.phone') IS NOT NULL",
            key,
        )?,
    );
    count(
        "deliveries",
        execute(
            op,
            "UPDATE sink_delivery INDEXED BY sink_delivery_of_lead SET detail = NULL
         WHERE sink IN (SELECT id FROM sink WHERE tenant = ?2) AND lead = ?1 AND detail IS NOT NULL",
            key,
        )?,
    );
    count(
        "reports",
        execute(
            op,
            "UPDATE shadow_lead SET difference = NULL
         WHERE shadow IN (SELECT id FROM shadow WHERE tenant = ?2) AND lead = ?1 AND difference IS NOT NULL",
            key,
        )?,
    );
    if matches!(why, Why::Erasure(_)) && row.dials == 0 && row.last_attempt.is_none() {
        remove::remove(op, key)?;
        return Ok(campaign);
    }
    why.trace(op, "lead", &key.0)?;
    without_a_person(op, row)?;
    Ok(campaign)
}

fn execute(op: &Op<'_>, sql: &str, lead: LeadKey) -> Done<usize> {
    Ok(op.db.prepare_cached(sql)?.execute(params![lead.0, op.tenant()])?)
}

/// What its source remembers of it.
fn at_source(op: &Op<'_>, why: Why, key: LeadKey) -> Done<usize> {
    let known: Option<(i64, String)> = op
        .db
        .prepare_cached("SELECT source, external_id FROM lead_data WHERE lead = ?1 AND external_id IS NOT NULL")?
        .query_row([key.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((source, external)) = known else { return Ok(0) };
    why.trace(op, "word", &external)?;
    Ok(op
        .db
        .prepare_cached("DELETE FROM source_lead WHERE source = ?1 AND external_id = ?2")?
        .execute(params![source, external])?)
}

/// Its calls keep when, how and for how much, not with whom.
fn calls(op: &Op<'_>, why: Why, key: LeadKey) -> Done<usize> {
    let calls: Vec<(i64, [u8; 16], i64, Option<String>)> = op
        .db
        .prepare_cached("SELECT id, public_id, phone, provider_call_id FROM attempt WHERE lead = ?1 ORDER BY id")?
        .query_map([key.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let mut erased = 0;
    for (call, id, number, at_provider) in calls {
        if number == NOBODY {
            continue;
        }
        erased += 1;
        // A number that the lead had then and has no more.
        why.trace(op, "phone", &digits(phone(number)?))?;
        why.trace(op, "call", &call)?;
        why.trace(op, "word", &CallId::from_bytes(id).to_string())?;
        if let Some(name) = at_provider {
            why.trace(op, "word", &name)?;
        }
        op.db
            .prepare_cached(
                "UPDATE attempt SET phone = ?2, variables = NULL, detail = NULL, provider_call_id = NULL,
                        decision = json_set(decision, '$.reason', ?3)
                 WHERE id = ?1",
            )?
            .execute(params![call, NOBODY, ERASED])?;
        op.db
            .prepare_cached("UPDATE evaluation SET error = NULL, done_at = coalesce(done_at, ?2) WHERE attempt = ?1")?
            .execute(params![call, op.now().0])?;
    }
    Ok(erased)
}

/// The row stays, ended, with nothing in it.
fn without_a_person(op: &mut Op<'_>, mut row: LeadRow) -> Done<()> {
    let key = row.key.0;
    op.db.prepare_cached("DELETE FROM contact WHERE lead = ?1")?.execute([key])?;
    op.db
        .prepare_cached(
            "UPDATE lead_data SET external_id = NULL, variables = '{}', time_zone = NULL, policy_failure = NULL,
                    updated_at = ?2
             WHERE lead = ?1",
        )?
        .execute(params![key, op.now().0])?;
    op.db.prepare_cached("UPDATE lead SET primary_phone = ?2 WHERE id = ?1")?.execute(params![key, NOBODY])?;
    if !row.state.is_ended() {
        let end = LeadState::Completed(Completion::Erased);
        row.state = row.state.settle(end).map_err(|error| broken(error.to_string()))?;
        row.hand = None;
        row.unpark();
    }
    row.save(op)?;
    let data = format!(r#"{{"id":"{}"}}"#, row.id);
    op.event(row.tenant, "lead.erased", row.about(), data);
    Ok(())
}
