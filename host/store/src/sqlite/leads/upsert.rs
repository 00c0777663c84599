//! A lead as another system has it now, by that system's name for it.
//!
//! What it says holds: the phones are as it gives them, the variables are merged over what is known, because calls and
//! policies left theirs there too. Where the lead stands stays, unless it ended and is to be called again. Saying the same
//! twice writes nothing, so that a flow that sends everything every hour tells nobody anything.

use campanile_domain::contact::{Contact, Unusable};
use campanile_domain::ids::{CampaignId, CampaignKey, LeadId, LeadKey};
use campanile_domain::ports::store::{LeadAdded, LeadPatch, LeadUpsert, SetStatus};
use rusqlite::{OptionalExtension, params};

use super::patch::{self, Verdict};
use super::{add, contacts};
use crate::sqlite::campaigns::campaign;
use crate::sqlite::dialling::facts;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::{About, Op};
use crate::sqlite::row::{LeadRow, digits};

/// Makes it or brings it up to date.
pub(crate) fn upsert(op: &mut Op<'_>, id: CampaignId, upsert: &LeadUpsert) -> Done<LeadAdded> {
    let campaign = campaign::key_of(op.db, op.ctx.tenant, id)?;
    let Some(external) = &upsert.lead.external_id else { return Err(broken("an upsert without an external id")) };
    let done = match add::by_external_id(op, campaign, external)? {
        Some((key, lead)) => update(op, campaign, (LeadKey(key), lead), upsert)?,
        None => add::one_of(op, campaign, &upsert.lead)?,
    };
    if !matches!(done, LeadAdded::Duplicate { .. }) {
        op.audit("lead.upsert", &id)?;
    }
    Ok(done)
}

fn update(
    op: &mut Op<'_>,
    campaign: CampaignKey,
    (key, id): (LeadKey, LeadId),
    upsert: &LeadUpsert,
) -> Done<LeadAdded> {
    let wanted = add::contacts(&upsert.lead.contacts);
    let Some(primary) = wanted.first().map(|contact| digits(contact.phone)) else {
        return Err(broken("an upsert without a phone"));
    };
    if !upsert.lead.allow_duplicate
        && let Some(of) = holder(op, campaign, key, primary)?
    {
        return Ok(LeadAdded::Duplicate { of });
    }
    let mut row = LeadRow::load(op, key)?;
    let reopens = upsert.reopen && row.state.is_ended();
    let patch = LeadPatch {
        variables: Some(upsert.lead.variables.clone()),
        priority: upsert.priority,
        not_before: upsert.not_before,
        expires_at: upsert.expires_at,
        status: reopens.then_some(SetStatus::Created),
    };
    let other_phones = !same(&facts::contacts_of(op.db, key.0)?.all, &wanted);
    let other_zone = zone(op, key, upsert)?;
    if !other_phones && !other_zone && patch::verdict(op.db, &row, &patch, op.now())? == Verdict::Unchanged {
        return Ok(LeadAdded::Updated { id });
    }
    if other_phones {
        contacts::replace(op, &row, &wanted)?;
        if row.gate != 0 {
            // What parked it was true of its old contacts.
            row.unpark();
        }
    }
    patch::apply(op, &mut row, &patch)?;
    if !reopens && !patch::is_data(&patch) {
        let about = About { campaign: Some(campaign.0), lead: Some(key.0), call: None };
        op.event(op.ctx.tenant, "lead.updated", about, format!(r#"{{"id":"{id}"}}"#));
    }
    Ok(LeadAdded::Updated { id })
}

/// Another lead that has the phone; the one that the lead has already is no news.
fn holder(op: &Op<'_>, campaign: CampaignKey, lead: LeadKey, primary: i64) -> Done<Option<LeadId>> {
    let found: Option<[u8; 16]> = op
        .db
        .prepare_cached(
            "SELECT public_id FROM lead WHERE campaign = ?1 AND primary_phone = ?2 AND state NOT IN (26, 27) AND id <> ?3
               AND NOT EXISTS (SELECT 1 FROM lead WHERE id = ?3 AND primary_phone = ?2) LIMIT 1",
        )?
        .query_row(params![campaign.0, primary, lead.0], |row| row.get(0))
        .optional()?;
    Ok(found.map(LeadId::from_bytes))
}

/// Whether the phones that are not gone are those, in their order, with the same names.
fn same(held: &[Contact], wanted: &[Contact]) -> bool {
    let there = held.iter().filter(|contact| contact.unusable != Some(Unusable::RemovedAtSource));
    let words =
        |contact: &Contact| (contact.phone, contact.name.clone(), contact.label.clone(), contact.variables.clone());
    there.map(words).eq(wanted.iter().map(words))
}

/// Keeps another zone; whether it is another one.
fn zone(op: &Op<'_>, key: LeadKey, upsert: &LeadUpsert) -> Done<bool> {
    let Some(zone) = &upsert.time_zone else { return Ok(false) };
    let changed = op
        .db
        .prepare_cached("UPDATE lead_data SET time_zone = ?2 WHERE lead = ?1 AND time_zone IS NOT ?2")?
        .execute(params![key.0, zone.name()])?;
    Ok(changed > 0)
}
