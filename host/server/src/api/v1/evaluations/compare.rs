//! `POST /v1/evaluations/compare`: several evaluators on the same calls, and where they do not agree. Nothing is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::attempt::Outcome;
use campanile_domain::evaluation::EvaluatorUse;
use campanile_domain::ids::{CallId, CampaignId, LeadId};
use campanile_domain::variable::Value;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};
use crate::trying::Which;

/// Evaluators that are compared at once.
const MOST: usize = 5;
/// Calls on which they differ that are named for a variable.
const NAMED: usize = 20;

/// Who is compared, and on what: one call, those of a lead, or a random sample of a campaign's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareRequest {
    /// Two to five evaluators, written as in a campaign.
    #[schema(value_type = Vec<crate::schema::campaigns::EvaluatorUse>, min_items = 2, max_items = 5)]
    evaluators: Vec<EvaluatorUse>,
    /// `call_...`
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^call_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    call: Option<CallId>,
    /// `lead_...`: its calls, the latest 50.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^lead_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    lead: Option<LeadId>,
    /// `cmp_...`: a random sample of its calls, drawn from the latest 10,000.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// How many calls the sample has; 50 at most and when it is left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50)]
    sample: Option<usize>,
}

/// What they answered about a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compared {
    /// `call_...`
    #[schema(value_type = String)]
    call: CallId,
    /// By variable: what each evaluator answered, in the order of the request; null is undetermined.
    #[schema(value_type = Object)]
    answers: BTreeMap<String, Vec<Value>>,
    /// By the place of the evaluator: why it did not answer. Its answers count as undetermined.
    #[schema(value_type = Object)]
    failures: BTreeMap<usize, String>,
}

/// How far they agree on a variable.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Agreement {
    /// Calls that were asked about.
    calls: u64,
    /// Calls on which all answered the same, undetermined or not.
    agree: u64,
    /// Calls on which two determined it differently.
    contradict: u64,
    /// How often each determined it, in the order of the request.
    determined: Vec<u64>,
    /// The first 20 calls on which they do not agree.
    #[schema(value_type = Vec<String>)]
    disagree_on: Vec<CallId>,
}

/// The comparison.
#[derive(Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// Who answered: `name@version`, in the order of the request.
    evaluators: Vec<String>,
    /// By variable.
    agreement: BTreeMap<String, Agreement>,
    /// By call; only answered calls are read.
    data: Vec<Compared>,
}

/// Asks several evaluators about the same calls, each about every variable as if nobody but the provider had answered. Nothing
/// is kept and no lead is touched; an evaluator that costs money costs it here, too.
#[utoipa::path(post, path = "/v1/evaluations/compare", tag = "calls",
    request_body(content = CompareRequest, example = json!({"evaluators": ["judge@active", "judge@1.0.0"], "call": "call_01k9zr2v9pfb1sxkh5gqd0m8ea"})),
    responses((status = 200, body = Comparison)), security(("key" = ["plugins:write"])))]
pub(crate) async fn compare_evaluators(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Body(request): Body<CompareRequest>,
) -> Result<Json<Comparison>, Problem> {
    let CompareRequest { evaluators: wanted, call, lead, campaign, sample } = request;
    let which = Which::read(call, lead, campaign, sample)?;
    let mut faults = Vec::new();
    if !(2..=MOST).contains(&wanted.len()) {
        let message = format!("{} evaluators are named; name 2 to {MOST}", wanted.len());
        faults.push(FieldProblem::new("/evaluators", "length", message));
    }
    let mut evaluators = Vec::with_capacity(wanted.len());
    for (place, used) in wanted.iter().take(MOST).enumerate() {
        match app.evaluators.resolve(key.of(), &used.plugin).await {
            Ok(reference) => evaluators.push(reference),
            Err(failure) => {
                faults.push(FieldProblem::new(format!("/evaluators/{place}"), failure.code, failure.message))
            }
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let (mut data, mut agreement) = (Vec::new(), BTreeMap::<String, Agreement>::new());
    for call in which.calls(&app, key.of()).await? {
        let (input, calendar) = app.store.question_about(key.of(), call.id).await?;
        if input.talk.outcome != Outcome::Answered {
            continue;
        }
        let (mut answers, mut failures) = (BTreeMap::<String, Vec<Value>>::new(), BTreeMap::new());
        let asked = wanted.iter().map(|used| app.evaluators.evaluate(key.of(), used, &input, calendar.clone()));
        for (place, answer) in join_all(asked).await.into_iter().enumerate() {
            let given = match answer.answer {
                Ok(evaluation) => evaluation.answers,
                Err(failure) => {
                    failures.insert(place, failure.to_string());
                    BTreeMap::new()
                }
            };
            for spec in &input.wanted {
                let value = given.get(&spec.name).map_or(Value::Undetermined, |answer| answer.value.clone());
                answers.entry(spec.name.clone()).or_default().push(value);
            }
        }
        for (name, values) in &answers {
            agreement.entry(name.clone()).or_default().count(call.id, values);
        }
        data.push(Compared { call: call.id, answers, failures });
    }
    Ok(Json(Comparison { evaluators, agreement, data }))
}

impl Agreement {
    fn count(&mut self, call: CallId, values: &[Value]) {
        self.calls += 1;
        self.determined.resize(values.len(), 0);
        for (count, value) in self.determined.iter_mut().zip(values) {
            *count += u64::from(value.is_determined());
        }
        let mut told = values.iter().filter(|value| value.is_determined());
        let first = told.next();
        self.contradict += u64::from(told.any(|value| Some(value) != first));
        if values.windows(2).all(|pair| pair[0] == pair[1]) {
            self.agree += 1;
        } else if self.disagree_on.len() < NAMED {
            self.disagree_on.push(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Host;

    #[test]
    fn agreement_and_contradiction_are_counted_apart() {
        let (yes, no, open) = (Value::Boolean(true), Value::Boolean(false), Value::Undetermined);
        let mut agreement = Agreement::default();
        for (call, values) in [[&yes, &yes], [&yes, &no], [&open, &no], [&open, &open]].into_iter().enumerate() {
            agreement.count(CallId(call as u128), &values.map(Clone::clone));
        }
        assert_eq!((agreement.calls, agreement.agree, agreement.contradict), (4, 2, 1));
        assert_eq!((agreement.determined, agreement.disagree_on), (vec![2, 3], vec![CallId(1), CallId(2)]));
    }

    #[tokio::test]
    async fn two_evaluators_are_asked_about_a_call() {
        let host = Host::new().await;
        let (_, call) = host.called_lead().await;
        let compare = |evaluators: serde_json::Value| {
            let body = json!({"evaluators": evaluators, "call": call});
            host.post(Some(&host.live), "/v1/evaluations/compare", body)
        };
        let compared = compare(json!(["judge", "judge@1.0.0"])).await;
        assert_eq!(
            (compared.status, &compared.body["evaluators"][0]),
            (200, &"judge@1.0.0".into()),
            "{}",
            compared.text
        );
        assert_eq!(compared.body["data"][0]["call"], call.as_str(), "{}", compared.text);
        let wrong = compare(json!(["judge", "nobody"])).await;
        assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/evaluators/1".to_owned()]), "{}", wrong.text);
        assert_eq!(compare(json!(["judge"])).await.pointers(), ["/evaluators"]);
    }
}
