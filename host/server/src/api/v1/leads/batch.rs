//! `POST /v1/campaigns/{id}/leads:batch`: up to 1,000 leads, a result for each.
//!
//! Good leads are kept though others are not: a list of a thousand people is not thrown away for one digit.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{CampaignId, LeadId};
use campanile_domain::ports::store::LeadAdded;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{LeadBody, read};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::path::Id;
use crate::phones;
use crate::problem::{FieldProblem, Problem};

const MOST: usize = 1_000;

/// Leads to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// 1 to 1,000.
    #[schema(value_type = Vec<LeadBody>, min_items = 1, max_items = 1000)]
    leads: Vec<Value>,
    /// The country of phones without a country code, two letters; otherwise that of the campaign's zone.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
}

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchDone {
    /// Leads made.
    created: usize,
    /// Leads whose external id was known.
    updated: usize,
    /// Leads whose primary phone the campaign has already.
    duplicates: usize,
    /// Leads that were refused.
    rejected: usize,
    /// One for each lead, in the order they were sent.
    results: Vec<BatchResult>,
}

/// What became of one lead of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchResult {
    /// Its place in the batch, from 0.
    index: usize,
    /// `created`, `updated`, `duplicate` or `rejected`.
    result: &'static str,
    /// The lead, when it was created or updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Option<LeadId>,
    /// The lead that has the phone already, when it is a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    of: Option<LeadId>,
    /// Why it was rejected, with pointers into the batch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<FieldProblem>>)]
    errors: Vec<FieldProblem>,
}

impl BatchResult {
    const fn new(index: usize, result: &'static str) -> Self {
        Self { index, result, id: None, of: None, errors: Vec::new() }
    }
}

/// Adds leads to a campaign. Good ones are kept though others are rejected.
#[utoipa::path(post, path = "/v1/campaigns/{id}/leads:batch", tag = "leads", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = Batch, example = json!({"default_region": "US", "leads": [{"phone": "415-555-2671"}, {"phone": "415-555-2672"}]})),
    responses((status = 200, body = BatchDone)), security(("key" = ["leads:write"])))]
pub(crate) async fn batch_leads(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<CampaignId>,
    Body(batch): Body<Batch>,
) -> Result<Json<BatchDone>, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let given = batch.leads.len();
    if !(1..=MOST).contains(&given) {
        let message = format!("the batch has {given} leads; send 1 to {MOST}, or upload a file with POST /v1/imports");
        return Err(Problem::invalid(vec![FieldProblem::new("/leads", "length", message)]));
    }
    let zone = campaign.config.time_zone.as_ref().map(|zone| zone.name());
    let region = phones::region(batch.default_region.as_deref(), zone, "/default_region");
    let region = region.map_err(|fault| Problem::invalid(vec![fault]))?;
    let mut results = Vec::with_capacity(given);
    let mut good = Vec::new();
    for (index, lead) in batch.leads.into_iter().enumerate() {
        match read(lead, zone, region) {
            Ok(lead) => {
                results.push(BatchResult::new(index, ""));
                good.push(lead);
            }
            Err(faults) => {
                let errors = faults.into_iter().map(|fault| fault.under(&format!("/leads/{index}"))).collect();
                results.push(BatchResult { errors, ..BatchResult::new(index, "rejected") });
            }
        }
    }
    if !good.is_empty() {
        let expected = good.len();
        let added = app.store.add_leads(&key.writes(&app), id, good).await?;
        if added.len() != expected {
            return Err(Problem::internal("a batch was added with another number of results"));
        }
        let open = results.iter_mut().filter(|result| result.errors.is_empty());
        open.zip(added).for_each(|(result, added)| settle(result, &added));
        app.leads_came(&campaign);
    }
    let count = |word: &str| results.iter().filter(|result| result.result == word).count();
    let (created, updated, duplicates, rejected) =
        (count("created"), count("updated"), count("duplicate"), count("rejected"));
    Ok(Json(BatchDone { created, updated, duplicates, rejected, results }))
}

fn settle(result: &mut BatchResult, added: &LeadAdded) {
    (result.result, result.id, result.of) = match added {
        LeadAdded::Created { id } => ("created", Some(*id), None),
        LeadAdded::Updated { id } => ("updated", Some(*id), None),
        LeadAdded::Duplicate { of } => ("duplicate", None, Some(*of)),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn every_lead_has_its_result_and_good_ones_are_kept() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let known = host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}/leads:batch");
        let leads = json!([
            {"phone": "415-555-2672", "external_id": "a"}, {"phone": "12"}, {"phone": "+14155552671"},
            {"phone": "+14155552672", "external_id": "a"}, {"phone": "+14155552673", "colour": "red"}, 7]);
        let done = host.post(Some(&host.live), &path, json!({"leads": leads})).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let words: Vec<_> =
            done.body["results"].as_array().unwrap().iter().map(|result| result["result"].as_str().unwrap()).collect();
        assert_eq!(words, ["created", "rejected", "duplicate", "updated", "rejected", "rejected"]);
        assert_eq!(done.body["results"][2]["of"], known.as_str());
        assert_eq!(done.body["results"][4]["errors"][0]["pointer"], "/leads/4/colour");
        assert_eq!((&done.body["created"], &done.body["rejected"]), (&1.into(), &3.into()));
        let stats = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/stats")).await;
        assert_eq!(stats.body["leads"], 2);
    }

    #[tokio::test]
    async fn a_batch_has_a_size() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/leads:batch", host.campaign().await);
        for count in [0, 1_001] {
            let leads: Vec<Value> = (0..count).map(|_| json!({"phone": "+14155552671"})).collect();
            let answer = host.post(Some(&host.live), &path, json!({"leads": leads})).await;
            assert_eq!((answer.problem(), answer.pointers()), ((422, "CE0007"), vec!["/leads".to_owned()]));
        }
        let strange = json!({"leads": [{"phone": "1"}], "default_region": "Atlantis"});
        assert_eq!(host.post(Some(&host.live), &path, strange).await.pointers(), ["/default_region"]);
    }
}
