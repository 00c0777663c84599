//! `POST /v1/suppressions:batch`: up to 1,000 numbers, a result for each.
//!
//! Good numbers are taken though others are not. They are written a hundred at a time, because each may end leads and a dial
//! waits for one write at most.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::NewSuppression;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{SuppressionBody, read, tell};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::phones;
use crate::problem::{FieldProblem, Problem};

const MOST: usize = 1_000;
/// Numbers in one write.
const PIECE: usize = 100;

/// Numbers that are to be called no more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressionsBatch {
    /// 1 to 1,000.
    #[schema(value_type = Vec<SuppressionBody>, min_items = 1, max_items = 1000)]
    suppressions: Vec<Value>,
    /// The country of phones without a country code, two letters.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
}

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct SuppressionsDone {
    /// Numbers that are on the list now and were not.
    added: usize,
    /// Numbers that were on it.
    already: usize,
    /// Numbers that cannot be read.
    rejected: usize,
    /// One for each number, in the order they were sent.
    results: Vec<SuppressionResult>,
}

/// What became of one number of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct SuppressionResult {
    /// Its place in the batch, from 0.
    index: usize,
    /// `added`, `already` or `rejected`.
    result: &'static str,
    /// The number in E.164, when it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    phone: Option<Phone>,
    /// Why it was rejected, with pointers into the batch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<FieldProblem>>)]
    errors: Vec<FieldProblem>,
}

/// Puts numbers on the do-not-call list. Good ones are taken though others are rejected; sending the batch again is harmless.
#[utoipa::path(post, path = "/v1/suppressions:batch", tag = "suppressions",
    request_body(content = SuppressionsBatch, example = json!({"default_region": "US", "suppressions": [{"phone": "415-555-0156"}, {"phone": "+49 30 23125144", "reason": "complained"}]})),
    responses((status = 200, body = SuppressionsDone)), security(("key" = ["leads:write"])))]
pub(crate) async fn batch_suppressions(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Body(batch): Body<SuppressionsBatch>,
) -> Result<Json<SuppressionsDone>, Problem> {
    let given = batch.suppressions.len();
    if !(1..=MOST).contains(&given) {
        let message = format!("the batch has {given} numbers; send 1 to {MOST}");
        return Err(Problem::invalid(vec![FieldProblem::new("/suppressions", "length", message)]));
    }
    let region = phones::region(batch.default_region.as_deref(), None, "/default_region");
    let region = region.map_err(|fault| Problem::invalid(vec![fault]))?;
    let mut results = Vec::with_capacity(given);
    let mut good: Vec<NewSuppression> = Vec::new();
    for (index, one) in batch.suppressions.into_iter().enumerate() {
        let mut result = SuppressionResult { index, result: "rejected", phone: None, errors: Vec::new() };
        match read(one, region) {
            Ok(new) => {
                result.phone = Some(new.phone);
                good.push(new);
            }
            Err(faults) => {
                let place = format!("/suppressions/{index}");
                result.errors = faults.into_iter().map(|fault| fault.under(&place)).collect();
            }
        }
        results.push(result);
    }
    let mut added = Vec::with_capacity(good.len());
    for piece in good.chunks(PIECE) {
        let done = app.store.suppress(&key.writes(&app), piece.to_vec()).await?;
        tell(&app, &done);
        added.extend(done.added);
    }
    let open = results.iter_mut().filter(|result| result.errors.is_empty());
    open.zip(added).for_each(|(result, new)| result.result = if new { "added" } else { "already" });
    let count = |word: &str| results.iter().filter(|result| result.result == word).count();
    let (added, already, rejected) = (count("added"), count("already"), count("rejected"));
    Ok(Json(SuppressionsDone { added, already, rejected, results }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn every_number_has_its_result() {
        let host = Host::new().await;
        host.suppress("+14155552671").await;
        let numbers = json!([{"phone": "415 555 2671"}, {"phone": "415 555 2672"}, {"phone": "12"},
            {"phone": "+14155552672"}, {"phone": "030 23125144", "default_region": "DE"}, {"number": 1}]);
        let body = json!({"default_region": "US", "suppressions": numbers});
        let done = host.post(Some(&host.live), "/v1/suppressions:batch", body).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let words: Vec<_> = done.body["results"].as_array().unwrap().iter().map(|one| &one["result"]).collect();
        assert_eq!(words, ["already", "added", "rejected", "already", "added", "rejected"]);
        assert_eq!(done.body["results"][4]["phone"], "+493023125144");
        assert_eq!(done.body["results"][2]["errors"][0]["pointer"], "/suppressions/2/phone");
        assert_eq!(
            (&done.body["added"], &done.body["already"], &done.body["rejected"]),
            (&2.into(), &2.into(), &2.into())
        );
    }

    #[tokio::test]
    async fn a_thousand_are_taken_and_no_more() {
        let host = Host::new().await;
        let numbers = |count: u32| -> Value {
            (0..count).map(|n| json!({"phone": format!("+1415555{:04}", 2000 + n)})).collect()
        };
        for count in [0, 1_001] {
            let answer =
                host.post(Some(&host.live), "/v1/suppressions:batch", json!({"suppressions": numbers(count)})).await;
            assert_eq!((answer.problem(), answer.pointers()), ((422, "CE0007"), vec!["/suppressions".to_owned()]));
        }
        let all = host.post(Some(&host.live), "/v1/suppressions:batch", json!({"suppressions": numbers(1_000)})).await;
        assert_eq!(all.body["added"], 1_000, "{}", all.text);
    }
}
