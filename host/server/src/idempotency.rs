//! `Idempotency-Key`: a request that is sent twice is done once.
//!
//! A client that got no answer cannot know whether its request arrived. With a key of its own choosing it may send it again:
//! what the first one made is answered, for a day, and the same key with another request is refused (CE0020). The promise
//! covers the method, the path and the body; it is kept by the store, in the transaction of the write itself.
//!
//! Only the paths in [`TAKES_KEY`] take one. On the others that need a key the header is refused rather than ignored: some show a
//! secret once and could not answer the same again, and the rest may be repeated as they are, because they ask for a state.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use campanile_domain::ports::store::IdempotencyKey;
use http::{HeaderName, Method, Uri};
use sha2::{Digest, Sha256};

use crate::codes;
use crate::problem::{FieldProblem, Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// The paths that take a key when something is posted to them.
pub(crate) const TAKES_KEY: [&str; 10] = [
    "/v1/assistants",
    "/v1/calls",
    "/v1/campaigns",
    "/v1/campaigns/{id}/clone",
    "/v1/campaigns/{id}/leads",
    "/v1/campaigns/{id}/leads:batch",
    "/v1/gateways",
    "/v1/sinks",
    "/v1/sources",
    "/v1/tenants/{id}/top_up",
];

/// What the client promised. The body is not read before it is known who asks, so its part comes later.
#[derive(Debug)]
pub(crate) struct Promise {
    key: String,
    method: Method,
    uri: Uri,
    digest: OnceLock<[u8; 32]>,
}

impl Promise {
    /// The body is known.
    pub(crate) fn seal(&self, body: &[u8]) {
        let mut digest = Sha256::new();
        for part in [self.method.as_str().as_bytes(), self.uri.to_string().as_bytes(), body] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let _ = self.digest.set(digest.finalize().into());
    }

    /// For the store, once the body is known.
    pub(crate) fn kept(&self) -> Option<IdempotencyKey> {
        self.digest.get().map(|digest| IdempotencyKey { key: self.key.clone(), digest: *digest })
    }
}

fn refused(code: &str, detail: String) -> Problem {
    Problem::new(&codes::INVALID_PARAMETER, detail.clone()).with([FieldProblem::new("", code, detail)])
}

fn promised(request: &Request) -> Result<Option<Promise>, Problem> {
    let Some(sent) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if request.method() != Method::POST || !TAKES_KEY.contains(&route) {
        let paths = TAKES_KEY.join(", ");
        let detail = format!("this request takes no Idempotency-Key; leave the header out. POST takes one at {paths}");
        return Err(refused("not_here", detail));
    }
    let visible = |key: &&str| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = sent.to_str().ok().filter(visible).map(str::to_owned);
    let key = key.ok_or_else(|| {
        let detail = format!("an Idempotency-Key is 1 to {LONGEST} visible ASCII characters; send a UUID, for example");
        refused("key", detail)
    })?;
    let (method, uri) = (request.method().clone(), request.uri().clone());
    Ok(Some(Promise { key, method, uri, digest: OnceLock::new() }))
}

/// A header that cannot be taken. Who asks is known before it is said, and a method that the path does not have comes first.
#[derive(Clone, Debug)]
pub(crate) struct Broken(pub Problem);

/// Reads the header of every request, and puts the promise where [`crate::auth`] and [`crate::body`] find it.
pub(crate) async fn read(mut request: Request, next: Next) -> Response {
    match promised(&request) {
        Ok(Some(promise)) => {
            request.extensions_mut().insert(Arc::new(promise));
        }
        Ok(None) => {}
        Err(problem) => {
            request.extensions_mut().insert(Broken(problem));
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn the_same_request_twice_is_one_and_another_under_its_key_is_refused() {
        let host = Host::new().await;
        let body = |name: &str, assistant: &str| json!({"assistant": assistant, "name": name});
        let assistant = host.assistant().await;
        let spring = body("Spring", &assistant);
        let first = host.post_once(&host.live, "/v1/campaigns", "k-1", &spring).await;
        let again = host.post_once(&host.live, "/v1/campaigns", "k-1", &spring).await;
        assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
        assert_eq!(first.body, again.body);
        let other = host.post_once(&host.live, "/v1/campaigns", "k-1", &body("Summer", &assistant)).await;
        assert_eq!(other.problem(), (409, "CE0020"));
        let fresh = host.post_once(&host.live, "/v1/campaigns", "k-2", &spring).await;
        assert_ne!(fresh.body["id"], first.body["id"]);
        let campaigns = host.get(Some(&host.live), "/v1/campaigns").await;
        assert_eq!(campaigns.body["data"].as_array().map(Vec::len), Some(2));
        let theirs = host.post_once(&host.stranger, "/v1/campaigns", "k-1", &spring).await;
        assert_eq!(theirs.status, 422, "another account's key is another key: {}", theirs.text);
    }

    #[tokio::test]
    async fn money_and_leads_come_once() {
        let host = Host::new().await;
        let billing =
            json!({"currency": "EUR", "tariff": {"per_minute_micros": 1, "minimum_seconds": 1, "rounding_seconds": 1}});
        let made = host.post(Some(&host.operator), "/v1/tenants", json!({"name": "Paid", "billing": billing})).await;
        let path = format!("/v1/tenants/{}/top_up", made.body["tenant"]["id"].as_str().unwrap());
        for _ in 0..3 {
            let topped = host.post_once(&host.operator, &path, "pay-1", &json!({"amount_micros": 500})).await;
            assert_eq!((topped.status, &topped.body["available_micros"]), (200, &500.into()), "{}", topped.text);
        }
        let path = format!("/v1/campaigns/{}/leads", host.campaign().await);
        let lead = json!({"phone": "+14155552671"});
        let first = host.post_once(&host.live, &path, "l", &lead).await;
        let again = host.post_once(&host.live, &path, "l", &lead).await;
        assert_eq!((first.status, again.status, &first.body["id"]), (201, 201, &again.body["id"]), "no duplicate");
        let batch = json!({"leads": [{"phone": "+14155552672"}, {"phone": "nobody"}]});
        let path = format!("{path}:batch");
        let first = host.post_once(&host.live, &path, "b", &batch).await;
        assert_eq!(first.body, host.post_once(&host.live, &path, "b", &batch).await.body);
        assert_eq!((&first.body["created"], &first.body["rejected"]), (&1.into(), &1.into()));
    }

    #[tokio::test]
    async fn what_is_installed_comes_once() {
        let host = Host::new().await;
        host.active_results().await;
        host.active_crm().await;
        let campaign = host.campaign().await;
        let installed = [
            ("/v1/gateways", json!({"name": "sim", "kind": "simulated"})),
            (
                "/v1/sinks",
                json!({"name": "Results", "campaign": campaign, "plugin": "acme-results@active", "secrets": {"token": "t"}}),
            ),
            (
                "/v1/sources",
                json!({"name": "CRM", "campaign": campaign, "plugin": "acme-crm@active", "secrets": {"client_secret": "s"}}),
            ),
        ];
        for (path, body) in installed {
            let count = async || host.get(Some(&host.live), path).await.body["data"].as_array().map_or(0, Vec::len);
            let before = count().await;
            let first = host.post_once(&host.live, path, path, &body).await;
            let again = host.post_once(&host.live, path, path, &body).await;
            assert_eq!((first.status, &first.body), (201, &again.body), "{path}: {}", first.text);
            assert_eq!(count().await, before + 1, "{path}");
        }
    }

    #[tokio::test]
    async fn where_it_is_not_taken_it_is_refused() {
        let host = Host::new().await;
        let key = json!({"name": "reader", "scopes": ["campaigns:read"]});
        let refused = host.post_once(&host.live, "/v1/keys", "k", &key).await;
        assert_eq!((refused.problem(), refused.codes()), ((400, "CE0011"), vec!["not_here".to_owned()]));
        let long = host.post_once(&host.live, "/v1/campaigns", &"k".repeat(256), &json!({})).await;
        assert_eq!((long.problem(), long.codes()), ((400, "CE0011"), vec!["key".to_owned()]));
        let spaced = host.post_once(&host.live, "/v1/campaigns", "a b", &json!({})).await;
        assert_eq!((spaced.problem(), spaced.codes()), ((400, "CE0011"), vec!["key".to_owned()]));
    }

    #[tokio::test]
    async fn who_asks_and_whether_there_is_such_a_method_come_first() {
        let host = Host::new().await;
        let long = "k".repeat(256);
        let nobody = host.post_once("cpn_live_nobody", "/v1/campaigns", &long, &json!({})).await;
        assert_eq!(nobody.problem(), (401, "CE0001"));
        let no_method = host.post_once(&host.live, "/v1/me", &long, &json!({})).await;
        assert_eq!(no_method.problem(), (405, "CE0006"));
    }
}
