//! What those platforms send after a call, for webhooks of the format `hosted`.
//!
//! One message for a call, when it is over. What it says is read when it is sent, by the numbers that the routes of the door
//! answer for. The platforms contradict each other about where the campaign stands, beside the lead or within it; a flow that
//! was made for either finds it. A recording is not kept here, so its address is null.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::evaluation::TRANSCRIPT_WAIT_MS;
use campanile_domain::ids::{AttemptKey, TenantKey};
use campanile_domain::ports::gateway::{Speaker, Utterance};
use campanile_domain::ports::post_call::{PostCall, PostCalls};
use campanile_domain::ports::store::{Campaign, Lead, NumberedCall, Store, StoreError, Stored};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::Variables;
use serde::Serialize;
use serde_json::Value;

use super::calls::{finished_at, seconds};
use super::campaigns::Shown as ShownCampaign;
use super::words;

/// How long what evaluators find out is waited for, in milliseconds from the end of the call. An evaluator that fails for longer
/// holds up its lead, and not whoever waits to hear of the call.
const EVALUATED_WITHIN_MS: i64 = HOUR_MS;
/// The shortest and the longest time until it is asked again, in milliseconds; between them, as long as it has taken so far.
const AGAIN_MS: (i64, i64) = (2 * SECOND_MS, 5 * MINUTE_MS);

/// A call that is over.
#[derive(Debug, Serialize)]
struct Body {
    id: i64,
    customer_phone: Option<String>,
    assistant_phone: String,
    duration: i64,
    status: &'static str,
    extracted_variables: BTreeMap<String, Value>,
    input_variables: Variables,
    transcript: String,
    recording_url: Option<String>,
    created_at: String,
    finished_at: String,
    lead: Option<OfLead>,
    campaign: Option<ShownCampaign>,
}

/// The lead that a campaign called.
#[derive(Debug, Serialize)]
struct OfLead {
    id: i64,
    phone_number: String,
    variables: Variables,
    status: &'static str,
    created_at: String,
    updated_at: String,
    campaign: Option<ShownCampaign>,
}

/// Writes them.
pub struct HostedPostCalls {
    store: Arc<dyn Store>,
}

impl HostedPostCalls {
    /// Of the calls of a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }
}

#[async_trait]
impl PostCalls for HostedPostCalls {
    async fn post_call(&self, tenant: TenantKey, call: AttemptKey, now: Timestamp) -> Stored<PostCall> {
        let numbered = self.store.call_numbered(tenant, call.0).await?;
        let said = self.store.transcript(tenant, call).await?.unwrap_or_default();
        let evaluation = self.store.evaluation_of(tenant, call).await?;
        let call = &numbered.call;
        let past = now.since(finished_at(call)).max(0);
        let is_read = evaluation.is_some_and(|evaluation| !evaluation.done);
        let is_coming = call.state == AttemptState::Ended(Outcome::Answered) && said.is_empty();
        if let Some(wait) = waits(is_read, is_coming, past) {
            return Ok(PostCall::NotYet(now + wait));
        }
        // Whoever was called by a single call belongs to no campaign that these clients know.
        let (lead, campaign) = match numbered.campaign_name {
            None => (None, None),
            Some(_) => (
                kept(self.store.lead(tenant, numbered.call.lead).await)?,
                kept(self.store.campaign(tenant, numbered.call.campaign).await)?,
            ),
        };
        let body = body(numbered, &said, lead, campaign);
        serde_json::to_vec(&body).map(PostCall::Ready).map_err(|error| StoreError::Broken(error.to_string()))
    }
}

/// What was deleted meanwhile is left out.
fn kept<T>(found: Stored<T>) -> Stored<Option<T>> {
    match found {
        Err(StoreError::NotFound(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// For how long it is too early, in milliseconds: evaluators read the call, or its transcript may still come. `past`: so long
/// it has been over.
fn waits(is_read: bool, is_coming: bool, past: i64) -> Option<i64> {
    let waits = (is_read && past < EVALUATED_WITHIN_MS) || (is_coming && past < TRANSCRIPT_WAIT_MS);
    waits.then(|| past.clamp(AGAIN_MS.0, AGAIN_MS.1))
}

fn body(numbered: NumberedCall, said: &[Utterance], lead: Option<Lead>, campaign: Option<Campaign>) -> Body {
    let NumberedCall { call, given, .. } = numbered;
    let campaign = campaign.map(ShownCampaign::from);
    Body {
        id: call.key.0,
        customer_phone: call.phone.map(|phone| phone.to_string()),
        assistant_phone: call.caller_id.to_string(),
        duration: seconds(&call),
        status: words::call(call.state),
        created_at: words::date(call.started_at),
        finished_at: words::date(finished_at(&call)),
        extracted_variables: call.variables.0.into_iter().map(|(name, told)| (name, told.value.to_json())).collect(),
        input_variables: given,
        transcript: said.iter().map(line).collect::<Vec<_>>().join("\n"),
        recording_url: None,
        lead: lead.map(|lead| of_lead(lead, campaign.clone())),
        campaign,
    }
}

fn of_lead(lead: Lead, campaign: Option<ShownCampaign>) -> OfLead {
    OfLead {
        id: lead.key.0,
        phone_number: lead.contacts.first().map(|primary| primary.phone.to_string()).unwrap_or_default(),
        status: words::lead(lead.state),
        created_at: words::date(lead.created_at),
        updated_at: words::date(lead.updated_at),
        variables: lead.variables,
        campaign,
    }
}

fn line(said: &Utterance) -> String {
    let who = match said.speaker {
        Speaker::Assistant => "AI",
        Speaker::Person | Speaker::Other => "Customer",
    };
    format!("{who}: {}", said.text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Host;

    async fn told(host: &Host, call: &Value) -> PostCall {
        let writes = HostedPostCalls::new(Arc::clone(&host.app.store));
        let (call, now) = (AttemptKey(call.as_i64().unwrap()), host.app.engine_clock.now());
        writes.post_call(host.tenant_key().await, call, now).await.unwrap()
    }

    async fn body_of(host: &Host, call: &Value) -> Value {
        match told(host, call).await {
            PostCall::Ready(body) => serde_json::from_slice(&body).unwrap(),
            early => panic!("{early:?}"),
        }
    }

    #[tokio::test]
    async fn a_call_is_told_with_every_field_and_by_the_numbers_of_the_routes() {
        let host = Host::new().await;
        let (lead, _) = host.called_lead().await;
        let variables = json!({"variables": {"customer_name": "Ann"}});
        host.patch(Some(&host.live), &format!("/v1/leads/{lead}"), variables).await;
        let call = host.get(Some(&host.live), "/api/user/calls").await.body["data"][0].clone();
        let lead = host.get(Some(&host.live), "/api/user/leads").await.body["data"][0].clone();
        let campaign = host.get(Some(&host.live), "/api/user/campaigns").await.body[0].clone();
        let expected = json!({
            "id": call["id"], "customer_phone": "+14155552671", "assistant_phone": "+14155552670", "duration": 30,
            "status": "completed", "extracted_variables": {}, "input_variables": {"customer_name": "Ann"},
            "transcript": "Customer: Hello?", "recording_url": null,
            "created_at": call["created_at"], "finished_at": call["updated_at"],
            "lead": {"id": lead["id"], "phone_number": "+14155552671", "variables": {"customer_name": "Ann"},
                "status": lead["status"], "created_at": lead["created_at"], "updated_at": lead["updated_at"],
                "campaign": campaign},
            "campaign": campaign});
        assert_eq!(body_of(&host, &call["id"]).await, expected);
        for field in ["id", "name", "status", "allowed_hours_start_time", "allowed_days", "retry_interval"] {
            assert!(!campaign[field].is_null(), "{field}");
        }
        // What is gone is left out, and the call is told all the same.
        let deleted = host.delete(Some(&host.live), &format!("/api/user/leads/{}", lead["id"])).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        let body = body_of(&host, &call["id"]).await;
        assert_eq!((&body["lead"], &body["campaign"]["id"]), (&Value::Null, &campaign["id"]));
    }

    #[test]
    fn what_is_still_found_out_is_waited_for_and_not_for_ever() {
        assert_eq!(waits(false, false, 0), None);
        // A transcript that has not come.
        assert_eq!(waits(false, true, 0), Some(AGAIN_MS.0));
        assert_eq!(waits(false, true, 10_000), Some(10_000));
        assert_eq!(waits(false, true, TRANSCRIPT_WAIT_MS), None);
        // An evaluator that has not answered.
        assert_eq!(waits(true, false, MINUTE_MS), Some(MINUTE_MS));
        assert_eq!(waits(true, true, 30 * MINUTE_MS), Some(AGAIN_MS.1));
        assert_eq!(waits(true, true, EVALUATED_WITHIN_MS), None);
    }
}
