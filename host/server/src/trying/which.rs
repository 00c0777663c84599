//! The calls that something is tried on: one, those of a lead, or a random sample of a campaign's.

use campanile_domain::ids::{CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::ports::store::{Call, CallFilter, Page};
use rand_core::Rng;

use crate::app::App;
use crate::problem::{FieldProblem, Problem};
use crate::secret::rng;

/// Calls that are tried at once.
const MOST: usize = 50;
/// The latest calls of a campaign that a sample is drawn from.
const DRAWN_FROM: u64 = 10_000;

/// Which ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// This one.
    Call(CallId),
    /// Those of a lead, the latest ones.
    Lead(LeadId),
    /// So many of a campaign.
    Sample(CampaignId, usize),
}

impl Which {
    /// What a request names.
    pub(crate) fn read(
        call: Option<CallId>,
        lead: Option<LeadId>,
        campaign: Option<CampaignId>,
        sample: Option<usize>,
    ) -> Result<Self, Problem> {
        match (call, lead, campaign) {
            (Some(call), None, None) => Ok(Self::Call(call)),
            (None, Some(lead), None) => Ok(Self::Lead(lead)),
            (None, None, Some(campaign)) => Ok(Self::Sample(campaign, sample.unwrap_or(MOST).min(MOST))),
            _ => {
                let message = "name one of call, lead and campaign: what it is to be tried on";
                Err(Problem::invalid(vec![FieldProblem::new("", "one_of", message)]))
            }
        }
    }

    /// The calls, those of a sample in no order.
    pub(crate) async fn calls(self, app: &App, tenant: TenantKey) -> Result<Vec<Call>, Problem> {
        match self {
            Self::Call(call) => Ok(vec![app.store.call(tenant, call).await?]),
            Self::Lead(lead) => {
                app.store.lead(tenant, lead).await?;
                let mut calls = app.store.calls_of_lead(tenant, lead).await?;
                calls.drain(..calls.len().saturating_sub(MOST));
                Ok(calls)
            }
            Self::Sample(campaign, wanted) => sample(app, tenant, campaign, wanted).await,
        }
    }
}

async fn sample(app: &App, tenant: TenantKey, campaign: CampaignId, wanted: usize) -> Result<Vec<Call>, Problem> {
    app.store.campaign(tenant, campaign).await?;
    let filter = CallFilter { campaign: Some(campaign), ..CallFilter::default() };
    let (mut page, mut seen, mut drawn) = (Page { cursor: None, limit: 200 }, 0, Vec::with_capacity(wanted));
    let mut rng = rng(&*app.entropy);
    while wanted > 0 && seen < DRAWN_FROM {
        let listed = app.store.calls(tenant, &filter, &page).await?;
        for call in listed.data.into_iter().filter(|call| call.ended_at.is_some()) {
            seen += 1;
            if drawn.len() < wanted {
                drawn.push(call);
                continue;
            }
            // Every call has the same chance to be among those that are kept.
            let place = rng.next_u64() % seen;
            if let Some(slot) = usize::try_from(place).ok().and_then(|place| drawn.get_mut(place)) {
                *slot = call;
            }
        }
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    Ok(drawn)
}
