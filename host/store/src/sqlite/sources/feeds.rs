//! What campaigns ask of sources.

use campanile_domain::ids::CampaignKey;
use rusqlite::Connection;

use crate::sqlite::fault::Done;

/// Whether an active source may bring a campaign more leads.
pub(crate) fn feeds(db: &Connection, campaign: CampaignKey) -> Done<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM source WHERE campaign = ?1 AND status = 'active' AND deleted_at IS NULL)";
    Ok(db.prepare_cached(sql)?.query_row([campaign.0], |row| row.get(0))?)
}
