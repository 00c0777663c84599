//! A lead that was never called goes, with everything that hangs on it.

use campanile_domain::ids::LeadKey;

use crate::sqlite::fault::Done;
use crate::sqlite::op::{About, Op};
use crate::sqlite::row::LeadRow;

/// Removes it. The caller has made sure that no attempt was ever made for it.
pub(crate) fn remove(op: &mut Op<'_>, key: LeadKey) -> Done<()> {
    let row = LeadRow::load(op, key)?;
    for sql in [
        "DELETE FROM contact WHERE lead = ?1",
        "DELETE FROM lead_data WHERE lead = ?1",
        "DELETE FROM lead WHERE id = ?1",
    ] {
        op.db.prepare_cached(sql)?.execute([key.0])?;
    }
    op.uncount_lead(row.place());
    let about = About { campaign: Some(row.campaign.0), lead: Some(key.0), call: None };
    op.event(row.tenant, "lead.removed", about, format!(r#"{{"id":"{}"}}"#, row.id));
    Ok(())
}
