//! Many leads at once: taken back from the stage, released from the gates that parked them, ended with their campaign.
//!
//! These are the only statements beside `LeadRow::save` that change a lead's place, and like it they keep the counts.

use campanile_domain::gate::Gate;
use campanile_domain::lead::{Completion, LeadState};
use campanile_domain::time::Timestamp;
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::{LEAD, LeadRow};

/// Moves counts from one place to another.
fn recount(op: &Op<'_>, campaign: i64, from: (u8, u8), to: (u8, u8), n: i64) -> Done<()> {
    if n == 0 || from == to {
        return Ok(());
    }
    let mut add = op.db.prepare_cached(
        "INSERT INTO lead_count (campaign, zone_group, state, gate, n) VALUES (?1, 0, ?2, ?3, ?4)
         ON CONFLICT (campaign, zone_group, state, gate) DO UPDATE SET n = n + excluded.n",
    )?;
    add.execute(params![campaign, from.0, from.1, -n])?;
    add.execute(params![campaign, to.0, to.1, n])?;
    Ok(())
}

/// Staged leads go back to created.
pub(crate) fn unstage(op: &mut Op<'_>, campaign: i64) -> Done<()> {
    let n = op
        .db
        .prepare_cached("UPDATE lead SET state = 0, revision = revision + 1 WHERE campaign = ?1 AND state = 2")?
        .execute([campaign])?;
    recount(op, campaign, (2, 0), (0, 0), n as i64)
}

/// Parked leads are due at their own time again.
pub(crate) fn release(op: &mut Op<'_>, campaign: i64) -> Done<()> {
    let now = op.now().0;
    let moves: Vec<(u8, u8, bool, i64)> = op
        .db
        .prepare_cached(
            "SELECT state, gate, state = 1 AND not_before <= ?2, count(*) FROM lead
             WHERE campaign = ?1 AND gate <> 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        )?
        .query_map(params![campaign, now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    if moves.is_empty() {
        return Ok(());
    }
    op.flush()?;
    for (state, gate, fresh, n) in moves {
        recount(op, campaign, (state, gate), (if fresh { 0 } else { state }, 0), n)?;
    }
    op.db
        .prepare_cached(
            "UPDATE lead SET state = CASE WHEN state = 1 AND not_before <= ?2 THEN 0 ELSE state END, gate = 0,
                    due_at = not_before, revision = revision + 1
             WHERE campaign = ?1 AND gate <> 0",
        )?
        .execute(params![campaign, now])?;
    Ok(())
}

/// Leads that waited for a phone to be free are due when the gap after its call is over. Returns their campaigns.
pub(crate) fn free(
    op: &mut Op<'_>,
    tenant: i64,
    phone: i64,
    due: Timestamp,
) -> Done<Vec<(campanile_domain::ids::CampaignKey, Timestamp)>> {
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {LEAD} FROM contact c JOIN lead l ON l.id = c.lead
             WHERE c.tenant = ?1 AND c.phone = ?2 AND l.gate = ?3 ORDER BY l.id"
        )
    });
    let waiting = {
        let mut statement = op.db.prepare_cached(&SQL)?;
        let mut rows = statement.query(params![tenant, phone, Gate::PhoneFree.number()])?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            waiting.push(LeadRow::read(row, 0)?);
        }
        waiting
    };
    let mut freed = Vec::new();
    for mut lead in waiting {
        lead.unpark();
        lead.due_at = lead.due_at.max(due);
        if lead.due_at > op.now() {
            lead.gate = Gate::PhoneGap.number();
        }
        lead.save(op)?;
        freed.push((lead.campaign, lead.due_at));
    }
    freed.sort_unstable();
    freed.dedup_by_key(|(campaign, _)| *campaign);
    Ok(freed)
}

/// Ends waiting leads of a campaign that is over.
pub(crate) fn end(op: &mut Op<'_>, campaign: i64, limit: u32) -> Done<u32> {
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {LEAD} FROM lead l WHERE l.campaign = ?1 AND l.state IN (0, 1, 2, 3, 4, 14) ORDER BY l.id LIMIT ?2"
        )
    });
    let waiting = {
        let mut statement = op.db.prepare_cached(&SQL)?;
        let mut rows = statement.query(params![campaign, limit])?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            waiting.push(LeadRow::read(row, 0)?);
        }
        waiting
    };
    let n = waiting.len() as u32;
    for mut lead in waiting {
        lead.state = LeadState::Completed(Completion::CampaignEnded);
        lead.unpark();
        lead.save(op)?;
    }
    Ok(n)
}
