//! Leads: one by one, in batches, and what happened to them.

pub(crate) mod batch;
pub(crate) mod create;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod of_campaign;
pub(crate) mod patch;
pub(crate) mod timeline;

mod body;
mod filter;

use campanile_domain::campaign::CampaignState;
use campanile_domain::ports::store::Campaign;

use crate::app::App;

/// Leads came into a campaign; one that was completed may be in progress again.
pub(crate) fn tell_engine(app: &App, before: &Campaign) {
    if before.status == CampaignState::Completed {
        app.engine.campaign_changed(before.key);
    }
    app.engine.leads_changed(before.key);
}
