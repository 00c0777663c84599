//! `POST /v1/campaigns/{id}/evaluate`: past calls are read anew.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::CampaignId;
use serde_json::json;

use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::body::Empty;
use crate::codes;
use crate::jobs::{self, Accepted, Task};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::reevaluation::Reevaluation;
use crate::schema::replay as schema;

/// The kind of the job.
const KIND: &str = "evaluate";

/// Has every answered call of the campaign read again by its evaluators as they are now, for example after a new version was
/// activated. What evaluators determined before stands until the new answer is there; what the provider and people
/// determined stays. A lead that waits is completed when its goal turns out to be reached; nobody is called because of it.
/// The work is a job; cancelling it leaves what is in line already.
#[utoipa::path(post, path = "/v1/campaigns/{id}/evaluate", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 202, description = "It runs", body = schema::Job)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn evaluate_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    _: Empty,
) -> Result<Accepted, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    if campaign.config.evaluators.is_empty() {
        let message = "the campaign names no evaluator; PATCH it with evaluators first";
        return Err(Problem::new(&codes::CONFLICT, message).with([FieldProblem::new(
            "/evaluators",
            "no_evaluators",
            message,
        )]));
    }
    let ctx = key.writes(&app);
    let job = app.store.begin_job(&ctx, KIND, json!({ "campaign": id })).await?;
    jobs::start(Arc::clone(&app), key.of(), &job, Task::Reevaluation(Reevaluation { campaign: id }));
    jobs::accepted(job)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_campaign_without_evaluators_has_nobody_to_ask() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}", host.campaign().await);
        let nobody = host.post_empty(Some(&host.live), &format!("{path}/evaluate")).await;
        assert_eq!((nobody.problem(), nobody.codes()), ((409, "CE0015"), vec!["no_evaluators".to_owned()]));
        let unknown = host.patch(Some(&host.live), &path, json!({"evaluators": ["nobody"]})).await;
        let places = ["/evaluators", "/evaluators/0"].map(str::to_owned).to_vec();
        assert_eq!((unknown.status, unknown.pointers()), (422, places), "nothing is asked, and by nobody");
    }

    #[tokio::test]
    async fn the_calls_of_a_campaign_are_put_in_line() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let campaign = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
        let path = format!("/v1/campaigns/{}", campaign.as_str().unwrap());
        let assistant = host.get(Some(&host.live), &path).await.body["assistant"].clone();
        let asks = json!({"variables": [{"name": "booked", "kind": "boolean", "description": "Booked?"}]});
        let assistant = format!("/v1/assistants/{}", assistant.as_str().unwrap());
        assert_eq!(host.patch(Some(&host.live), &assistant, asks).await.status, 200);
        let named = host.patch(Some(&host.live), &path, json!({"evaluators": ["judge@active"]})).await;
        assert_eq!((named.status, &named.body["evaluators"]), (200, &json!(["judge@active"])), "{}", named.text);
        let begun = host.post_empty(Some(&host.live), &format!("{path}/evaluate")).await;
        assert_eq!((begun.status, &begun.body["kind"]), (202, &"evaluate".into()), "{}", begun.text);
        let waits = || async {
            let read = host.get(Some(&host.live), &format!("/v1/calls/{call}")).await.body;
            (!read["evaluation"].is_null()).then_some(read)
        };
        let read = loop {
            match waits().await {
                Some(read) => break read,
                None => tokio::task::yield_now().await,
            }
        };
        assert_eq!(
            (&read["evaluation"]["done"], &read["evaluation"]["failures"]),
            (&false.into(), &0.into()),
            "{read}"
        );
        let cancelled = host.post_empty(Some(&host.live), &format!("{}/cancel", begun.header("location"))).await;
        assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    }
}
