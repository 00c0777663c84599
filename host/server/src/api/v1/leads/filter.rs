//! Which leads are meant: by the query of a list, or by the filter of a bulk update. The words are the same in both, and a
//! word that no lead can have is a fault: it would mean nobody, and nobody would see why.

use campanile_domain::gate::Gate;
use campanile_domain::ids::CampaignId;
use campanile_domain::lead::LeadState;
use campanile_domain::phone::{self, Phone};
use campanile_domain::ports::store::{LeadFilter, LeadSort, WaitsAt};
use campanile_domain::region::Region;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Variables;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::body::typed;
use crate::phones;
use crate::problem::{FieldProblem, Problem};

const STATUSES: [&str; 7] =
    ["created", "scheduled", "processing", "rescheduled", "completed", "max_retries", "suppressed"];
/// The word for a lead that only needs a slot.
const READY: &str = "ready";
/// The most phones or external ids in one filter.
const MOST_NAMES: usize = 1_000;
/// The most variables in one filter.
const MOST_VARIABLES: usize = 10;

/// Which leads, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeadsQuery {
    /// `created`, `scheduled`, `processing`, `rescheduled`, `completed`, `max_retries` or `suppressed`.
    #[param(pattern = "^(created|scheduled|processing|rescheduled|completed|max_retries|suppressed)$")]
    status: Option<String>,
    /// The phase of `processing`, or why leads ended: `dialling`, `goal_reached`, `attempts_used`.
    reason: Option<String>,
    /// What keeps leads that wait from their call: a gate's code, or `ready` for those that only need a slot.
    gate: Option<String>,
    /// With this phone as any contact.
    phone: Option<String>,
    /// With this external id.
    external_id: Option<String>,
    /// Made at or after.
    #[param(value_type = Option<String>, format = DateTime)]
    created_since: Option<Timestamp>,
    /// Made before.
    #[param(value_type = Option<String>, format = DateTime)]
    created_until: Option<Timestamp>,
    /// `newest` first, or `oldest`; newest if it is left out.
    #[param(pattern = "^(newest|oldest)$")]
    sort: Option<String>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl LeadsQuery {
    pub(super) fn filter(
        self,
        campaign: Option<CampaignId>,
        region: Option<Region>,
        now: Timestamp,
    ) -> Result<LeadFilter, Problem> {
        let fault = |name: &'static str| move |message: String| Problem::parameter(name, "unknown_value", message);
        let phone = self.phone.map(|text| read_phone(&text, region)).transpose()?;
        Ok(LeadFilter {
            campaign,
            status: self.status.map(status).transpose().map_err(fault("status"))?,
            reason: self.reason.map(reason).transpose().map_err(fault("reason"))?,
            waits_at: self.gate.map(|text| gate(&text, now)).transpose().map_err(fault("gate"))?,
            phones: phone.into_iter().collect(),
            external_ids: self.external_id.into_iter().collect(),
            created_since: self.created_since,
            created_until: self.created_until,
            variables: Variables::new(),
            not_reached: false,
            sort: self.sort.map_or(Ok(LeadSort::Newest), sort).map_err(fault("sort"))?,
        })
    }
}

/// Which leads of a campaign a bulk update changes: those that meet every condition.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadsMeant {
    /// `created`, `scheduled`, `processing`, `rescheduled`, `completed`, `max_retries` or `suppressed`.
    #[serde(default)]
    #[schema(pattern = "^(created|scheduled|processing|rescheduled|completed|max_retries|suppressed)$")]
    status: Option<String>,
    /// The phase of `processing`, or why leads ended.
    #[serde(default)]
    reason: Option<String>,
    /// What keeps leads that wait from their call: a gate's code, or `ready`.
    #[serde(default)]
    gate: Option<String>,
    /// With one of these phones as any contact, as people write them; at most 1,000.
    #[serde(default)]
    #[schema(max_items = 1000)]
    phones: Vec<String>,
    /// With one of these external ids; at most 1,000.
    #[serde(default)]
    #[schema(max_items = 1000)]
    external_ids: Vec<String>,
    /// Made at or after.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    created_since: Option<Timestamp>,
    /// Made before.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    created_until: Option<Timestamp>,
    /// With variables of just these values; at most 10.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, crate::schema::VariableValue>)]
    variables: Variables,
}

/// Reads the filter of a bulk update.
pub(in crate::api::v1) fn meant(
    body: Value,
    campaign: CampaignId,
    region: Option<Region>,
    now: Timestamp,
) -> Result<LeadFilter, Vec<FieldProblem>> {
    let body: LeadsMeant = typed(body)?;
    let mut faults = Vec::new();
    let mut fault = |pointer: &str, code: &str, message: String| faults.push(FieldProblem::new(pointer, code, message));
    for (field, count, most) in [
        ("/phones", body.phones.len(), MOST_NAMES),
        ("/external_ids", body.external_ids.len(), MOST_NAMES),
        ("/variables", body.variables.iter().count(), MOST_VARIABLES),
    ] {
        if count > most {
            fault(
                field,
                "too_many",
                format!("{count} are named; name at most {most}, and send the rest in another request"),
            );
        }
    }
    let mut word = |pointer: &str, read: Result<Option<()>, String>| {
        if let Err(message) = read {
            fault(pointer, "unknown_value", message);
        }
    };
    word("/status", body.status.clone().map(status).transpose().map(|read| read.map(drop)));
    word("/reason", body.reason.clone().map(reason).transpose().map(|read| read.map(drop)));
    let waits_at = body.gate.as_deref().map(|text| gate(text, now)).transpose();
    let waits_at = waits_at.map_err(|message| word("/gate", Err(message))).unwrap_or_default();
    let mut phones = Vec::new();
    for (index, written) in body.phones.iter().take(MOST_NAMES).enumerate() {
        match phones::read(written, region, &format!("/phones/{index}")) {
            Ok(phone) => phones.push(phone),
            Err(found) => faults.push(found),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(LeadFilter {
        campaign: Some(campaign),
        status: body.status,
        reason: body.reason,
        waits_at,
        phones,
        external_ids: body.external_ids,
        created_since: body.created_since,
        created_until: body.created_until,
        variables: body.variables,
        not_reached: false,
        sort: LeadSort::Oldest,
    })
}

fn status(text: String) -> Result<String, String> {
    if STATUSES.contains(&text.as_str()) {
        return Ok(text);
    }
    Err(format!("{text:?} is not a status of leads; the statuses are: {}", STATUSES.join(", ")))
}

fn reason(text: String) -> Result<String, String> {
    let mut known: Vec<&str> = LeadState::ALL.into_iter().filter_map(LeadState::reason).collect();
    // Nobody finds a lead that was deleted.
    known.retain(|reason| *reason != "deleted");
    if known.contains(&text.as_str()) {
        return Ok(text);
    }
    known.sort_unstable();
    known.dedup();
    Err(format!("{text:?} is not a reason of leads; the reasons are: {}", known.join(", ")))
}

fn gate(text: &str, now: Timestamp) -> Result<(WaitsAt, Timestamp), String> {
    if text == READY {
        return Ok((WaitsAt::Nothing, now));
    }
    if let Some(gate) = Gate::ALL.into_iter().find(|gate| gate.code() == text) {
        return Ok((WaitsAt::Gate(gate), now));
    }
    let known = Gate::ALL.map(Gate::code).join(", ");
    Err(format!("{text:?} is not a gate; the gates are: {READY}, {known}"))
}

fn sort(text: String) -> Result<LeadSort, String> {
    match text.as_str() {
        "newest" => Ok(LeadSort::Newest),
        "oldest" => Ok(LeadSort::Oldest),
        _ => Err(format!("{text:?} is not an order of leads; send newest or oldest")),
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

    #[test]
    fn words_that_no_lead_can_have_are_told() {
        let body = serde_json::json!({"status": "done", "reason": "deleted", "gate": "door", "phones": ["12"],
            "variables": {"a": 1}, "external_ids": vec!["x"; 1_001]});
        let faults = meant(body, CampaignId(1), None, Timestamp(0)).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/external_ids", "/status", "/reason", "/gate", "/phones/0"]);
    }
}
