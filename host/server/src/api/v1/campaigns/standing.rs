//! The gates that hold for all leads of a campaign alike, as the domain's one list sees them.
//!
//! The domain explains leads, so a lead is made up that nothing of its own holds back.

use campanile_domain::campaign::CampaignState;
use campanile_domain::explain::Facts;
use campanile_domain::gate::{CampaignFacts, ContactFacts, LeadFacts, Verdict};
use campanile_domain::lead::{LeadState, Wait};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{Campaign, LiveFacts, Tenant};
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;

use crate::app::App;
use crate::problem::Problem;

/// What the host's quarantine says of a campaign.
pub(super) async fn quarantine(app: &App, campaign: &Campaign) -> Result<Verdict, Problem> {
    let interval = campaign.config.retry_interval_minutes;
    Ok(app.store.quarantine().await?.map_or(Verdict::Pass, |known| known.verdict(interval)))
}

/// What the gates look at in a campaign that is in `state`, for a lead that is due at `due`.
pub(super) fn facts<'a>(
    (campaign, zone): (&'a Campaign, &'a Zone),
    tenant: &Tenant,
    (live, quarantine): (&LiveFacts, Verdict),
    state: CampaignState,
    due: Timestamp,
) -> Result<Facts<'a>, Problem> {
    let call = tenant.billing.as_ref().map_or(Micros::ZERO, |billing| billing.tariff.reserve_at_start());
    let left = |budget: Micros| Micros(budget.0.saturating_sub(campaign.spent_micros.0));
    let phone = "+10".parse().map_err(Problem::internal)?;
    Ok(Facts {
        campaign: CampaignFacts {
            quarantine,
            state,
            starts_at: campaign.config.starts_at,
            ends_at: campaign.config.ends_at,
            // A spent budget holds back also where a call costs nothing.
            budget: campaign.config.budget_micros.map(|budget| (left(budget), call.max(Micros(1)))),
            gateway_healthy: live.gateway_healthy,
            rate_opens_at: live.rate_opens_at,
            balance: tenant.billing.as_ref().map(|_| (tenant.available_micros, call)),
            campaign_slots: live.campaign_slots,
            tenant_slots: live.tenant_slots,
            hours: &campaign.config.calling_hours,
            zone,
        },
        lead: LeadFacts {
            state: LeadState::Created,
            not_before: due,
            wait: Wait::None,
            expires_at: None,
            attempts_left: 1,
        },
        contact: Some((
            phone,
            ContactFacts {
                suppressed: false,
                unusable: None,
                last_call_ended: None,
                min_gap_ms: 0,
                calls_today: 0,
                max_calls_per_day: None,
                day_ends_at: due,
                in_call: false,
                caller_id: Ok(()),
            },
        )),
    })
}
