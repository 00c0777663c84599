//! A refusal for every code: the document's examples of problems.
//!
//! Each is brought about on a host of its own, as somebody would who did not mean to. The few that need a broken machine or another
//! host are written by the code that would write them.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use campanile_domain::ports::store::{EventSpan, StoreError};
use http::{Request, header};
use serde_json::{Value, json};

use super::{Host, names};
use crate::api::v1::events::asked;
use crate::codes;
use crate::problem::Problem;
use crate::streams::MOST_OF_TENANT;

/// A request id of the document.
const REQUEST: &str = "req_01k9zr2v9pfb1sxkh5gqd0m8ea";

/// A problem for each code, with the document's names.
pub(super) async fn refusals() -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for code in codes::all() {
        let problem = refusal(&mut Host::new().await, code.code).await;
        assert_eq!(problem["code"], code.code, "{problem:#}");
        all.insert(code.code.to_owned(), names::shown(&problem, &[]));
    }
    all
}

/// A problem as [`crate::frame`] would write it.
async fn written(problem: Problem) -> Value {
    let body = to_bytes(problem.write(REQUEST).into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

async fn refusal(host: &mut Host, code: &str) -> Value {
    let (live, nobody) = (host.live.clone(), "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea");
    let live = Some(live.as_str());
    let raw = |kind: &'static str, body: String| host.send_raw("POST", "/v1/campaigns", kind, body);
    let answer = match code {
        "CE0001" => host.get(None, "/v1/campaigns").await,
        "CE0002" => {
            let reader = host.key("leads:read", None).await;
            host.post(Some(&reader), "/v1/scripts", json!({})).await
        }
        "CE0003" => host.get(Some(&host.operator), "/v1/campaigns").await,
        "CE0004" => host.get(live, &format!("/v1/campaigns/{nobody}")).await,
        "CE0005" => host.get(live, "/v1/campaign").await,
        "CE0006" => host.delete(live, "/v1/campaigns").await,
        "CE0007" => {
            let path = format!("/v1/campaigns/{}/leads", host.campaign().await);
            host.post(live, &path, json!({"phone": "+1 415 555", "varaibles": {"first_name": "Ann"}})).await
        }
        "CE0008" => raw("application/json", "{\"name\": \"Spring\",}".into()).await,
        "CE0009" => raw("text/plain", "{}".into()).await,
        "CE0010" => raw("application/json", format!("{{\"name\": \"{}\"}}", "x".repeat(2 << 20))).await,
        "CE0011" => host.get(live, "/v1/campaigns?limit=1000").await,
        "CE0012" => {
            let path = format!("/v1/campaigns/{}/start", host.campaign().await);
            host.post_empty(live, &path).await
        }
        "CE0013" => {
            let path = format!("/v1/campaigns/{}/pause", host.campaign().await);
            host.post_empty(live, &path).await
        }
        "CE0014" => {
            let path = format!("/v1/campaigns/{}", host.campaign().await);
            let tag = host.get(live, &path).await.header("etag");
            host.patch(live, &path, json!({"max_retries": 1})).await;
            host.patch_if(&host.live, &path, &tag, json!({"max_retries": 2})).await
        }
        "CE0015" => {
            let campaign = host.get(live, &format!("/v1/campaigns/{}", host.campaign().await)).await;
            host.delete(live, &format!("/v1/assistants/{}", campaign.body["assistant"].as_str().unwrap())).await
        }
        "CE0016" => {
            let carrier = json!({"name": "Acme", "kind": "plugin", "plugin": "acme-voice@active"});
            host.post(Some(&host.test), "/v1/gateways", carrier).await
        }
        "CE0017" => return written(StoreError::Unwritable("the disk is full".into()).into()).await,
        "CE0018" => host.post(live, "/v1/scripts", json!({"name": "bad", "source": "panic"})).await,
        "CE0019" => {
            host.app.shutdown.cancel();
            host.get(None, "/readyz").await
        }
        "CE0020" => {
            let path = format!("/v1/campaigns/{}/leads", host.campaign().await);
            host.post_once(&host.live, &path, "order-1042", &json!({"phone": "+14155552671"})).await;
            host.post_once(&host.live, &path, "order-1042", &json!({"phone": "+14155552672"})).await
        }
        "CE0021" => return written(StoreError::Stale.into()).await,
        "CE0022" => host.post(live, "/v1/scripts", json!({"name": "mine", "source": "syntax error"})).await,
        "CE0023" => {
            let campaign = host.campaign().await;
            host.lead(&campaign, "+14155552671").await;
            host.post(live, &format!("/v1/campaigns/{campaign}/leads"), json!({"phone": "+14155552671"})).await
        }
        "CE0024" => {
            let path = format!("/v1/imports?campaign={}", host.campaign().await);
            host.upload(&path, "application/pdf", "%PDF-1.7 ...").await
        }
        "CE0025" => {
            // A file is in the way of the folder.
            std::fs::write(&host.app.config.upload_dir, "").unwrap();
            let path = format!("/v1/imports?campaign={}", host.campaign().await);
            host.upload(&path, "text/csv", "phone\n+14155552671\n").await
        }
        "CE0026" => host.upload("/v1/plugins", "application/wasm", "no component").await,
        "CE0027" => {
            host.staged_plugin("1.0.0").await;
            host.post_empty(live, "/v1/plugins/acme-voice/versions/1.0.0/activate").await
        }
        "CE0028" => {
            host.active_plugin("1.0.0").await;
            host.plugin_gateway("acme-voice@active").await;
            host.staged_plugin("2.0.0").await;
            host.grant_all("2.0.0").await;
            host.post_empty(live, "/v1/plugins/acme-voice/versions/2.0.0/activate").await
        }
        "CE0029" => {
            let (id, _) = host.connection().await;
            host.get(None, &format!("/hooks/connections/{id}/callback?code=good&state=guessed")).await
        }
        "CE0030" => {
            let (id, state) = host.connection().await;
            host.get(None, &format!("/hooks/connections/{id}/callback?code=bad&state={state}")).await
        }
        "CE0031" | "CE0032" => {
            let limits = match code {
                "CE0031" => json!({"stored_bytes": 40}),
                _ => json!({"unfinished_uploads": 1}),
            };
            host.patch_plugins(&format!("/v1/tenants/{}", host.tenant), limits).await;
            host.upload("/v1/plugins", "application/wasm", "acme-voice 1.0.0 voice-gateway").await;
            host.upload("/v1/plugins", "application/wasm", "acme-voice 1.0.1 voice-gateway").await
        }
        "CE0033" => {
            let path = format!("/v1/sources/{}/options?setting=broken", host.source().await);
            host.get(live, &path).await
        }
        "CE0034" => {
            let path = format!("/v1/sinks/{}/options?setting=broken", host.sink().await);
            host.get(live, &path).await
        }
        "CE0035" => {
            let assistant = host.assistant().await;
            // A Saturday.
            host.engine_later(5 * 24 * 3_600_000);
            host.post(live, "/v1/calls", json!({"assistant": assistant, "phone": "+14155552671"})).await
        }
        "CE0036" => {
            let limits = json!({"limits": {"requests_per_second": 1, "requests_burst": 1}});
            host.patch(Some(&host.operator), &format!("/v1/tenants/{}", host.tenant), limits).await;
            host.get(live, "/v1/me").await;
            host.get(live, "/v1/me").await
        }
        "CE0037" => {
            let campaign = host.campaign().await;
            let limits = json!({"limits": {"max_leads": 1}});
            host.patch(Some(&host.operator), &format!("/v1/tenants/{}", host.tenant), limits).await;
            host.lead(&campaign, "+14155552671").await;
            host.post(live, &format!("/v1/campaigns/{campaign}/leads"), json!({"phone": "+14155552672"})).await
        }
        "CE0038" => {
            let request = Request::post("/mcp").header(header::HOST, "calls.example");
            let request = request.header(header::ORIGIN, "https://somebody.example");
            host.call(request.body(Body::empty()).unwrap()).await
        }
        "CE0039" => {
            let gone = asked::goes_on(1_041, EventSpan { oldest: 20_311, newest: 88_120 });
            return written(gone.expect_err("it is not kept any more")).await;
        }
        "CE0040" => {
            let stream = [("accept", "text/event-stream")];
            let mut open = Vec::new();
            for _ in 0..MOST_OF_TENANT {
                open.push(host.listen(&host.live, "/v1/events", &stream).await);
            }
            host.get_with(&host.live, "/v1/events", &stream).await
        }
        "CE0041" => {
            let path = format!("/v1/gateways/{}/options?setting=broken", host.gateway().await);
            host.get(live, &path).await
        }
        new => panic!("{new} is new: bring it about in testing/refusals.rs, so that the document has an example of it"),
    };
    answer.problem();
    answer.body
}
