//! Leads that come in.
//!
//! A page of them in one transaction, each with its own result: new, known by its external id, or a duplicate of a lead
//! that has its phone. A campaign that was over goes on when somebody new is there to call.

use campanile_domain::campaign::Happening;
use campanile_domain::contact::{Contact, MAX_CONTACTS};
use campanile_domain::ids::{CampaignId, CampaignKey, LeadId, LeadKey};
use campanile_domain::lead::{LeadState, Wait};
use campanile_domain::ports::store::{LeadAdded, NewLead};
use campanile_domain::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::sqlite::accounts::once::once;
use crate::sqlite::campaigns::{campaign, verbs};
use crate::sqlite::codes::{Code, HELD};
use crate::sqlite::dialling::dispose;
use crate::sqlite::fault::{Done, broken, conflict};
use crate::sqlite::leads::{contacts, order};
use crate::sqlite::op::{About, Op};
use crate::sqlite::row::{LeadRow, digits, queue};
use crate::sqlite::scope::Scope;

/// Who holds a primary phone in a campaign; one that its source removed (26) holds nothing, and one that was deleted (27)
/// is nobody.
pub(crate) const HOLDER: &str =
    "SELECT id, public_id FROM lead WHERE campaign = ?1 AND primary_phone = ?2 AND state NOT IN (26, 27) LIMIT 1";

/// Where leads of files and of the API come from, as far as external ids are concerned.
const NO_SOURCE: i64 = 0;

/// What became of a lead, as it is kept for a repeated request.
#[derive(Serialize, Deserialize)]
enum Kept {
    Created(LeadId),
    Updated(LeadId),
    Duplicate(LeadId),
}

/// Adds leads in their order.
pub(crate) fn add(op: &mut Op<'_>, campaign: CampaignId, leads: &[NewLead]) -> Done<Vec<LeadAdded>> {
    let key = campaign::key_of(op.db, op.ctx.tenant, campaign)?;
    let kept = once(op, |op| {
        let arrival = Arrival { known: OfKnown::UpdateByExternalId, import: None };
        let kept = add_all(op, key, leads, arrival)?;
        op.audit("leads.add", &campaign)?;
        Ok(kept)
    })?;
    Ok(kept.into_iter().map(LeadAdded::from).collect())
}

impl From<Kept> for LeadAdded {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Created(id) => Self::Created { id },
            Kept::Updated(id) => Self::Updated { id },
            Kept::Duplicate(of) => Self::Duplicate { of },
        }
    }
}

/// What becomes of a lead that the campaign has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfKnown {
    /// It stays as it is.
    Skip,
    /// One that is known by its external id is updated; one that has the phone stays.
    UpdateByExternalId,
    /// It is updated.
    Update,
}

/// How leads come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// What becomes of known ones.
    pub known: OfKnown,
    /// Which import brings them.
    pub import: Option<i64>,
}

/// One that is not known by its external id.
pub(super) fn one_of(op: &mut Op<'_>, campaign: CampaignKey, lead: &NewLead) -> Done<LeadAdded> {
    let arrival = Arrival { known: OfKnown::UpdateByExternalId, import: None };
    let added = page(op, campaign, std::slice::from_ref(lead), arrival)?.pop();
    added.ok_or_else(|| broken("a lead was added without a result"))
}

/// A page of an import.
pub(crate) fn page(
    op: &mut Op<'_>,
    campaign: CampaignKey,
    leads: &[NewLead],
    arrival: Arrival,
) -> Done<Vec<LeadAdded>> {
    Ok(add_all(op, campaign, leads, arrival)?.into_iter().map(LeadAdded::from).collect())
}

fn add_all(op: &mut Op<'_>, campaign: CampaignKey, leads: &[NewLead], arrival: Arrival) -> Done<Vec<Kept>> {
    let lead_order = Scope::load(op.db, op.cache, campaign)?.plan.config.order;
    let mut next: i64 =
        op.db.prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM lead")?.query_row([], |row| row.get(0))?;
    let mut kept = Vec::with_capacity(leads.len());
    let mut arrived = 0;
    for lead in leads {
        let order_key = order::key(lead_order, next);
        let place = Place { campaign, key: next, order_key, source: NO_SOURCE, import: arrival.import };
        let one = one(op, place, arrival.known, lead)?;
        if matches!(one, Kept::Created(_)) {
            next += 1;
            arrived += 1;
        }
        kept.push(one);
    }
    if arrived > 0 {
        verbs::happen(op, campaign, Happening::LeadArrived, format!("{arrived} lead(s) came in"))?;
    }
    Ok(kept)
}

/// Where a new lead goes, and where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub campaign: CampaignKey,
    /// Its own, which is free.
    pub key: i64,
    pub order_key: i64,
    /// 0 for none.
    pub source: i64,
    pub import: Option<i64>,
}

fn one(op: &mut Op<'_>, place: Place, known: OfKnown, lead: &NewLead) -> Done<Kept> {
    let contacts = contacts(&lead.contacts);
    let Some(primary) = contacts.first() else {
        return Err(conflict("lead_without_contact", "a lead needs at least one phone; add one"));
    };
    let by_external = match &lead.external_id {
        Some(external) => by_external_id(op, place.campaign, external)?,
        None => None,
    };
    if let Some((key, id)) = by_external {
        if known == OfKnown::Skip {
            return Ok(Kept::Duplicate(id));
        }
        update(op, key, id, place.campaign, lead, &contacts)?;
        return Ok(Kept::Updated(id));
    }
    if !lead.allow_duplicate
        && let Some((key, id)) = by_phone(op, place.campaign, primary)?
    {
        if known != OfKnown::Update {
            return Ok(Kept::Duplicate(id));
        }
        update(op, key, id, place.campaign, lead, &contacts)?;
        return Ok(Kept::Updated(id));
    }
    insert(op, place, lead, &contacts).map(Kept::Created)
}

fn by_phone(op: &Op<'_>, campaign: CampaignKey, primary: &Contact) -> Done<Option<(i64, LeadId)>> {
    let found = op
        .db
        .prepare_cached(HOLDER)?
        .query_row(params![campaign.0, digits(primary.phone)], |row| Ok((row.get(0)?, LeadId::from_bytes(row.get(1)?))))
        .optional()?;
    Ok(found)
}

/// The lead that files and the API call so.
pub(super) fn by_external_id(op: &Op<'_>, campaign: CampaignKey, external: &str) -> Done<Option<(i64, LeadId)>> {
    let found = op
        .db
        .prepare_cached(
            "SELECT d.lead, l.public_id FROM lead_data d JOIN lead l ON l.id = d.lead
             WHERE d.campaign = ?1 AND d.source = 0 AND d.external_id = ?2 AND d.external_id IS NOT NULL",
        )?
        .query_row(params![campaign.0, external], |row| Ok((row.get(0)?, LeadId::from_bytes(row.get(1)?))))
        .optional()?;
    Ok(found)
}

/// In order from 0, without a number twice, no more than a lead may have.
pub(crate) fn contacts(given: &[Contact]) -> Vec<Contact> {
    let mut kept: Vec<Contact> = Vec::with_capacity(given.len());
    for contact in given {
        if kept.len() < MAX_CONTACTS && kept.iter().all(|other| other.phone != contact.phone) {
            kept.push(Contact { position: kept.len() as u16, ..contact.clone() });
        }
    }
    kept
}

/// It is known: variables merged, phones as they are now; where it stands stays.
fn update(
    op: &mut Op<'_>,
    key: i64,
    id: LeadId,
    campaign: CampaignKey,
    lead: &NewLead,
    wanted: &[Contact],
) -> Done<()> {
    dispose::merge(op, key, &lead.variables)?;
    let mut row = LeadRow::load(op, LeadKey(key))?;
    contacts::replace(op, &row, wanted)?;
    if row.gate != 0 {
        // What parked it was true of its old contacts.
        row.unpark();
        row.save(op)?;
    }
    let about = About { campaign: Some(campaign.0), lead: Some(key), call: None };
    op.event(op.ctx.tenant, "lead.updated", about, format!(r#"{{"id":"{id}"}}"#));
    Ok(())
}

/// A new lead under a key that is free.
pub(crate) fn insert(op: &mut Op<'_>, place: Place, lead: &NewLead, contacts: &[Contact]) -> Done<LeadId> {
    let Place { campaign, key, order_key, source, import } = place;
    let id = LeadId::mint(op.ctx.now, &mut op.rng);
    let now = op.now();
    let due = lead.not_before.filter(|at| *at > now);
    let (state, wait) = if due.is_some() { (HELD, Wait::Owner) } else { (LeadState::Created.code(), Wait::None) };
    let due = due.unwrap_or(now).0;
    let primary = contacts.first().map(|contact| digits(contact.phone));
    op.db
        .prepare_cached(
            "INSERT INTO lead (id, public_id, tenant, campaign, state, queue, due_at, not_before, wait, priority,
                    order_key, expires_at, primary_phone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            key,
            id.to_bytes(),
            op.tenant(),
            campaign.0,
            state,
            queue(lead.priority, LeadState::Created, wait),
            due,
            wait.code(),
            lead.priority,
            order_key,
            lead.expires_at.map(|at: Timestamp| at.0),
            primary,
        ])?;
    op.db
        .prepare_cached(
            "INSERT INTO lead_data (lead, campaign, source, external_id, variables, time_zone, created_at, updated_at,
                    import)
             VALUES (?1, ?2, ?7, ?3, ?4, ?5, ?6, ?6, ?8)",
        )?
        .execute(params![
            key,
            campaign.0,
            lead.external_id,
            serde_json::to_string(&lead.variables)?,
            lead.time_zone.as_ref().map(|zone| zone.name()),
            now.0,
            source,
            import,
        ])?;
    super::contacts::insert(op, key, contacts)?;
    op.count_lead((campaign.0, 0, state, 0));
    let about = About { campaign: Some(campaign.0), lead: Some(key), call: None };
    op.event(op.ctx.tenant, "lead.created", about, format!(r#"{{"id":"{id}","status":"created"}}"#));
    Ok(id)
}
