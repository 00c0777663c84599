//! `POST /v1/scripts/test`: cases that an author wrote, put to a draft. Nothing is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::create::{check_source, rejected};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};
use crate::schema::scripts as schema;
use crate::trying::{Bench, Case, CaseResult};

/// Cases of one request.
const MOST: usize = 200;

/// A draft and its cases.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScriptTest {
    /// Rhai; at most 256 KiB.
    source: String,
    /// The cases as they stand in `NAME.cases.json`; see the guide to scripts. At most 200.
    #[schema(value_type = Vec<Object>)]
    cases: Vec<Value>,
}

/// What became of the cases.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScriptTested {
    /// Every case is as expected.
    passed: bool,
    /// In the order of the request.
    #[schema(value_type = Vec<schema::CaseResult>)]
    data: Vec<CaseResult>,
}

/// Puts cases to a draft. A case that is not as expected is an answer and no error; one that cannot be read is.
#[utoipa::path(post, path = "/v1/scripts/test", tag = "scripts",
    request_body(content = ScriptTest, example = json!({"source": "fn decide(lead) { builtin() }",
        "cases": [{"name": "busy", "calls": ["busy"], "expect": {"decision": "retry"}}]})),
    responses((status = 200, body = ScriptTested)), security(("key" = ["plugins:write"])))]
pub(crate) async fn test_script(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Body(request): Body<ScriptTest>,
) -> Result<Json<ScriptTested>, Problem> {
    let ScriptTest { source, cases: written } = request;
    let mut faults: Vec<FieldProblem> = check_source(&source).err().into_iter().collect();
    if written.len() > MOST {
        let message = format!("{} cases were sent; at most {MOST} are put at once", written.len());
        faults.push(FieldProblem::new("/cases", "length", message));
    }
    let mut cases = Vec::with_capacity(written.len());
    for (place, case) in written.into_iter().take(MOST).enumerate() {
        match serde_json::from_value::<Case>(case) {
            Ok(case) => cases.push(case),
            Err(error) => faults.push(FieldProblem::new(format!("/cases/{place}"), "invalid", error.to_string())),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let read = app.scripts.check(key.of(), &source).await.map_err(rejected)?;
    let name = "script@draft".parse().map_err(Problem::internal)?;
    let bench = Bench {
        tenant: key.of(),
        policies: &*app.policies,
        mapper: &*app.mapper,
        scripts: &*app.scripts,
        name,
        source: source.into(),
        roles: &read.roles,
    };
    let mut data = Vec::with_capacity(cases.len());
    for case in &cases {
        data.push(bench.put(case).await);
    }
    Ok(Json(ScriptTested { passed: data.iter().all(|result| result.passed), data }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_case_is_as_expected_or_says_what_is_different() {
        let host = Host::new().await;
        let test = |cases: serde_json::Value| {
            let body = json!({"source": "fn decide(lead) { builtin() }", "cases": cases});
            host.post(Some(&host.live), "/v1/scripts/test", body)
        };
        let case = |decision: &str| json!({"name": decision, "calls": ["busy"], "expect": {"decision": decision, "at": "2026-03-02T10:00"}});
        let tested = test(json!([case("retry"), case("complete")])).await;
        assert_eq!((tested.status, &tested.body["passed"]), (200, &false.into()), "{}", tested.text);
        assert_eq!(tested.body["data"][0]["passed"], true, "{}", tested.text);
        assert_eq!(tested.body["data"][1]["difference"], "the decision is \"retry\", not \"complete\"");
        let wrong = test(json!([case("retry"), {"name": "x", "call": [], "expect": {}}])).await;
        assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/cases/1".to_owned()]), "{}", wrong.text);
        let nothing = test(json!([{"name": "x", "said": ["person: yes"], "expect": {}}])).await;
        let told = nothing.body["data"][0]["difference"].as_str().unwrap();
        assert!(told.contains("does not define evaluate(talk)"), "{told}");
    }

    #[tokio::test]
    async fn what_is_no_script_is_not_tested() {
        let host = Host::new().await;
        let body = json!({"source": "syntax error", "cases": [{"name": "x", "calls": ["busy"], "expect": {}}]});
        assert_eq!(host.post(Some(&host.live), "/v1/scripts/test", body).await.problem(), (422, "CE0022"));
    }
}
