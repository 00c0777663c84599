//! A lead that its owner deletes.
//!
//! One that nobody ever called goes with everything that hangs on it. One that was called cannot: its calls were made and paid
//! for, the gap and the daily caps of its phone count them, and a provider may still tell something of the last one. So its
//! row stays as the name that its calls carry, in a state of its own that no list, search or count of leads shows and that
//! nothing leaves; its phones, its variables and its external id go, so that both may come again as another lead. What
//! its calls came to and cost stays counted in the campaign, and they are read like any other call.
//!
//! A lead of a source stays in the same way, called or not: the source remembers its record by it, and must not bring back
//! what a person threw out. To forget a person is another thing than to delete a lead: what was said in a call and decided
//! after it is kept here until its records are dropped.

use campanile_domain::ids::{CallId, CampaignKey, LeadId, LeadKey};
use rusqlite::{OptionalExtension, params};

use super::{lead, remove};
use crate::sqlite::codes::OPEN;
use crate::sqlite::fault::{Done, broken, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::row::LeadRow;

/// Deletes it; whose it was. Refused while a call of it is not over.
pub(crate) fn delete(op: &mut Op<'_>, id: LeadId) -> Done<CampaignKey> {
    let key = LeadKey(lead::key_of(op.db, op.ctx.tenant, id)?);
    let row = LeadRow::load(op, key)?;
    if let Some(call) = open_call(op, key)? {
        let message = format!(
            "the lead's call {call} is not over; set the lead's status to completed, so that it is not called again, and delete \
             it once the call is over"
        );
        return Err(conflict("lead_in_call", message));
    }
    let campaign = row.campaign;
    if row.dials == 0 && row.last_attempt.is_none() && !is_of_source(op, key)? {
        remove::remove(op, key)?;
    } else {
        bury(op, row)?;
    }
    op.audit("lead.delete", &id)?;
    Ok(campaign)
}

fn open_call(op: &Op<'_>, key: LeadKey) -> Done<Option<CallId>> {
    let found: Option<[u8; 16]> = op
        .db
        .prepare_cached("SELECT public_id FROM attempt WHERE lead = ?1 AND state < ?2")?
        .query_row(params![key.0, OPEN], |row| row.get(0))
        .optional()?;
    Ok(found.map(CallId::from_bytes))
}

fn is_of_source(op: &Op<'_>, key: LeadKey) -> Done<bool> {
    let sql = "SELECT source <> 0 FROM lead_data WHERE lead = ?1";
    Ok(op.db.prepare_cached(sql)?.query_row([key.0], |row| row.get(0))?)
}

/// Leaves nothing of it but the row that its calls and its source name.
fn bury(op: &mut Op<'_>, mut row: LeadRow) -> Done<()> {
    let key = row.key.0;
    row.state = row.state.delete().map_err(|error| broken(error.to_string()))?;
    row.hand = None;
    row.unpark();
    row.save(op)?;
    op.db.prepare_cached("DELETE FROM contact WHERE lead = ?1")?.execute([key])?;
    op.db.prepare_cached("UPDATE lead SET primary_phone = 0 WHERE id = ?1")?.execute([key])?;
    op.db
        .prepare_cached(
            "UPDATE lead_data SET external_id = NULL, variables = '{}', time_zone = NULL, policy_failure = NULL,
                    import = NULL, updated_at = ?2 WHERE lead = ?1",
        )?
        .execute(params![key, op.now().0])?;
    Ok(())
}
