//! Taking a shadow's answers: only the first difference of a lead is one.

use campanile_domain::ids::CampaignKey;
use campanile_domain::ports::store::ShadowAnswer;
use campanile_domain::replay::{Comparison, MOST_LEADS, compare, word};
use rusqlite::{OptionalExtension, params};

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Counts them, in their order.
pub(crate) fn keep(op: &mut Op<'_>, answers: &[ShadowAnswer], dropped: &[(CampaignKey, u64)]) -> Done<()> {
    for answer in answers {
        one(op, answer)?;
    }
    for (campaign, count) in dropped {
        op.db
            .prepare_cached("UPDATE shadow SET dropped = dropped + ?2 WHERE campaign = ?1 AND stopped_at IS NULL")?
            .execute(params![campaign.0, *count as i64])?;
    }
    Ok(())
}

fn one(op: &Op<'_>, answer: &ShadowAnswer) -> Done<()> {
    let ShadowAnswer { shadow, lead, decided, answered, difference } = answer;
    let runs = op
        .db
        .prepare_cached("SELECT 1 FROM shadow WHERE id = ?1 AND stopped_at IS NULL")?
        .query_row([shadow], |_| Ok(()))
        .optional()?;
    if runs.is_none() {
        return Ok(());
    }
    let Ok(recorded) = decided else { return count(op, *shadow, "not_compared", &word(decided), "") };
    add(op, *shadow, "asked")?;
    let diverged: bool = op
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM shadow_lead WHERE shadow = ?1 AND lead = ?2)")?
        .query_row(params![shadow, lead.0], |row| row.get(0))?;
    if diverged {
        return add(op, *shadow, "after_divergence");
    }
    if let Err(failure) = answered {
        count(op, *shadow, "failed", &failure.code, "")?;
    }
    match answered.as_ref().map(|answered| compare(recorded, answered)) {
        Ok(Comparison::Same) => add(op, *shadow, "same"),
        Ok(Comparison::Reworded) => add(op, *shadow, "reworded"),
        Ok(Comparison::Different) | Err(_) => {
            count(op, *shadow, "change", recorded.word(), &word(answered))?;
            let place: i64 = op
                .db
                .prepare_cached("SELECT diverged FROM shadow WHERE id = ?1")?
                .query_row([shadow], |row| row.get(0))?;
            let shown = ((place as usize) < MOST_LEADS).then(|| serde_json::to_string(difference)).transpose()?;
            op.db
                .prepare_cached("INSERT INTO shadow_lead (shadow, lead, place, difference) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![shadow, lead.0, place, shown])?;
            add(op, *shadow, "diverged")
        }
    }
}

fn add(op: &Op<'_>, shadow: i64, column: &'static str) -> Done<()> {
    op.db.prepare_cached(&format!("UPDATE shadow SET {column} = {column} + 1 WHERE id = ?1"))?.execute([shadow])?;
    Ok(())
}

fn count(op: &Op<'_>, shadow: i64, what: &str, word: &str, other: &str) -> Done<()> {
    op.db
        .prepare_cached(
            "INSERT INTO shadow_count (shadow, what, word, other, n) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (shadow, what, word, other) DO UPDATE SET n = n + 1",
        )?
        .execute(params![shadow, what, word, other])?;
    Ok(())
}
