//! How many leads an account may still have.
//!
//! Every way in ends in one insert, and it asks here: a lead by hand, a batch, a page of a file, a page of a source. What is held is
//! read once in a write, out of the counts that are kept anyway, and only where there is a limit.

use campanile_domain::ports::store::StoreError;

use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::lead_room::LeadRoom;
use crate::sqlite::op::Op;
use crate::sqlite::scope::current_terms;

/// Takes the place of one more lead.
pub(crate) fn take(op: &mut Op<'_>) -> Done<()> {
    let mut room = match op.lead_room {
        Some(room) => room,
        None => ask(op)?,
    };
    room.added += 1;
    op.lead_room = Some(room);
    match room.most {
        Some(most) if room.held + room.added > most => {
            let message = format!(
                "{} leads are kept of at most {most} over all campaigns, those that ended included, and this would pass it: send \
                 at most {} more, take back an import that is not needed (POST /v1/imports/{{id}}/undo), or ask the operator, who \
                 sets limits.max_leads",
                room.held,
                most.saturating_sub(room.held)
            );
            Err(Fault::Store(StoreError::AccountFull { limit: "max_leads", message }))
        }
        _ => Ok(()),
    }
}

fn ask(op: &mut Op<'_>) -> Done<LeadRoom> {
    let Some(most) = current_terms(op.db, op.cache, op.ctx.tenant)?.limits.max_leads else {
        return Ok(LeadRoom { most: None, held: 0, added: 0 });
    };
    op.flush()?;
    let held: i64 = op
        .db
        .prepare_cached(
            "SELECT coalesce(sum(k.n), 0) FROM campaign c JOIN lead_count k ON k.campaign = c.id WHERE c.tenant = ?1
                AND k.state <> 27",
        )?
        .query_row([op.tenant()], |row| row.get(0))?;
    Ok(LeadRoom { most: Some(most), held: held.max(0).unsigned_abs(), added: 0 })
}
