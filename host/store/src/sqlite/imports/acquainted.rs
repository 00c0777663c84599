//! What a campaign knows of rows before they come in; the same questions that adding them would ask.

use campanile_domain::ids::{CampaignId, LeadId, TenantKey};
use campanile_domain::ports::store::{Acquainted, Candidate};
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::Done;
use crate::sqlite::leads::add::HOLDER;
use crate::sqlite::row::digits;

/// One answer a row.
pub(crate) fn acquainted(
    db: &Connection,
    tenant: TenantKey,
    campaign: CampaignId,
    rows: &[Candidate],
) -> Done<Vec<Acquainted>> {
    let campaign = campaign::key_of(db, tenant, campaign)?;
    let mut by_external = db.prepare_cached(
        "SELECT l.public_id FROM lead_data d JOIN lead l ON l.id = d.lead
         WHERE d.campaign = ?1 AND d.source = 0 AND d.external_id = ?2 AND d.external_id IS NOT NULL",
    )?;
    let mut by_phone = db.prepare_cached(HOLDER)?;
    let mut listed = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM suppression WHERE tenant = ?1 AND phone = ?2)")?;
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        let phone = digits(row.phone);
        let mut lead: Option<[u8; 16]> = match &row.external_id {
            Some(external) => by_external.query_row(params![campaign.0, external], |found| found.get(0)).optional()?,
            None => None,
        };
        if lead.is_none() {
            lead = by_phone.query_row(params![campaign.0, phone], |found| found.get(1)).optional()?;
        }
        let suppressed = listed.query_row(params![tenant.0, phone], |found| found.get(0))?;
        answers.push(Acquainted { lead: lead.map(LeadId::from_bytes), suppressed });
    }
    Ok(answers)
}
