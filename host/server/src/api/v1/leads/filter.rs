//! Which leads a list shows.

use campanile_domain::ids::CampaignId;
use campanile_domain::phone::{self, Phone};
use campanile_domain::ports::store::LeadFilter;
use campanile_domain::region::Region;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;

const STATUSES: [&str; 7] =
    ["created", "scheduled", "processing", "rescheduled", "completed", "max_retries", "suppressed"];

/// Which leads, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeadsQuery {
    /// `created`, `scheduled`, `processing`, `rescheduled`, `completed`, `max_retries` or `suppressed`.
    status: Option<String>,
    /// With this phone as any contact.
    phone: Option<String>,
    /// With this external id.
    external_id: Option<String>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl LeadsQuery {
    pub(super) fn filter(self, campaign: Option<CampaignId>, region: Option<Region>) -> Result<LeadFilter, Problem> {
        if let Some(status) = self.status.as_ref().filter(|status| !STATUSES.contains(&status.as_str())) {
            let message = format!("{status:?} is not a status of leads; the statuses are: {}", STATUSES.join(", "));
            return Err(Problem::parameter("status", "unknown_value", message));
        }
        let phone = self.phone.map(|text| read_phone(&text, region)).transpose()?;
        Ok(LeadFilter { campaign, status: self.status, phone, external_id: self.external_id })
    }
}

/// A plus in a query means a space, and nobody remembers to escape it.
fn read_phone(text: &str, region: Option<Region>) -> Result<Phone, Problem> {
    let meant = match text.strip_prefix(' ') {
        Some(digits) if digits.starts_with(|first: char| first.is_ascii_digit()) => format!("+{digits}"),
        _ => text.to_owned(),
    };
    phone::parse(&meant, region)
        .map_err(|error| Problem::parameter("phone", error.code(), format!("{error}; {}", error.suggestion())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_those_of_the_domain() {
        use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, SuppressedBy};
        let all = [
            LeadState::Created,
            LeadState::Scheduled,
            LeadState::Processing(Phase::Dialling),
            LeadState::Rescheduled,
            LeadState::Completed(Completion::Contacted),
            LeadState::MaxRetries(Exhaustion::AttemptsUsed),
            LeadState::Suppressed(SuppressedBy::List),
        ];
        assert_eq!(all.map(LeadState::status), STATUSES);
    }
}
