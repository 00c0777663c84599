//! `POST /v1/erasures`: nothing is kept of a person any more.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Erasure;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::erasing;
use crate::phones;
use crate::problem::Problem;
use crate::schema::privacy as schema;

/// Who is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewErasure {
    /// A number of the person, as people write it.
    phone: String,
    /// The country of a phone without a country code, two letters.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
    /// Keep exactly this number on the do-not-call list; otherwise the next import that has it calls the person again.
    #[serde(default = "yes")]
    #[schema(default = true)]
    keep_suppressed: bool,
}

const fn yes() -> bool {
    true
}

/// Erases a person: every lead of the account that has this number as any contact goes with all its numbers, variables,
/// transcripts, records and what others sent about it. Counts, costs and the ledger stay without the person. Look at
/// `GET /v1/leads?phone=` first: a number that many share is many leads. Answered at once; `GET` the erasure until it is
/// `finished`. Refused while a call with the person is under way, or while a lead file waits or is read.
#[utoipa::path(post, path = "/v1/erasures", tag = "erasures",
    request_body(content = NewErasure, example = json!({"phone": "+1 415-555-0123", "keep_suppressed": true})),
    responses((status = 202, description = "It runs", body = schema::Erasure),
        (status = 409, description = "A call with the person is under way, or a lead file is open")),
    security(("key" = ["admin"])))]
pub(crate) async fn create_erasure(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Body(new): Body<NewErasure>,
) -> Result<(StatusCode, HeaderMap, Json<Erasure>), Problem> {
    let invalid = |fault| Problem::invalid(vec![fault]);
    let region = phones::region(new.default_region.as_deref(), None, "/default_region").map_err(invalid)?;
    let phone = phones::read(&new.phone, region, "/phone").map_err(invalid)?;
    erasing::refuse_open_files(&app, key.of()).await?;
    let erasure = app.store.begin_erasure(&key.writes(&app), phone, new.keep_suppressed).await?;
    erasing::start(&app, key.of(), erasure.id);
    let place = HeaderValue::from_str(&format!("/v1/erasures/{}", erasure.id)).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, HeaderMap::from_iter([(header::LOCATION, place)]), Json(erasure)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_person_is_gone_and_the_call_stays() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        host.read_by("judge@1", &call).await;
        let asked =
            host.post(Some(&host.live), "/v1/erasures", json!({"phone": "415 555 2671", "default_region": "US"})).await;
        assert_eq!((asked.status, &asked.body["status"]), (202, &"running".into()), "{}", asked.text);
        host.background_done().await;
        let done = host.get(Some(&host.live), &asked.header("location")).await;
        assert_eq!(done.body["status"], "finished", "{}", done.text);
        let erased = &done.body["erased"];
        for kind in ["leads", "contacts", "calls", "transcripts", "decisions", "evaluations"] {
            assert_eq!(erased[kind], 1, "{kind} in {erased}");
        }
        let read = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await;
        assert_eq!((&read.body["contacts"], &read.body["variables"]), (&json!([]), &json!({})), "{}", read.text);
        let call = host.get(Some(&host.live), &format!("/v1/calls/{call}")).await;
        assert_eq!((&call.body["phone"], &call.body["talk_ms"]), (&json!(null), &30_000.into()), "{}", call.text);
        assert!(!call.text.contains("Hello?"));
        let timeline = host.get(Some(&host.live), &format!("/v1/leads/{lead}/timeline")).await;
        assert!(timeline.status == 200 && !timeline.text.contains("4155552671") && !timeline.text.contains("Berlin"));
        let listed = host.get(Some(&host.live), "/v1/suppressions").await;
        assert_eq!(listed.body["data"][0]["reason"], "erased");
        let hand = host.patch(Some(&host.live), &format!("/v1/leads/{lead}"), json!({"status": "created"})).await;
        assert_eq!((hand.problem(), hand.codes()), ((409, "CE0015"), vec!["lead_erased".to_owned()]));
    }

    #[tokio::test]
    async fn without_the_list_the_number_is_anybodys() {
        let host = Host::new().await;
        host.lead(&host.campaign().await, "+14155552671").await;
        let body = json!({"phone": "+14155552671", "keep_suppressed": false});
        assert_eq!(host.post(Some(&host.live), "/v1/erasures", body).await.status, 202);
        host.background_done().await;
        assert_eq!(host.get(Some(&host.live), "/v1/suppressions").await.body["data"], json!([]));
        assert_eq!(
            host.get(Some(&host.live), "/v1/leads").await.body["data"],
            json!([]),
            "who was never called goes whole"
        );
    }

    #[tokio::test]
    async fn an_open_lead_file_comes_first() {
        let host = Host::new().await;
        let import = host.uploaded_import().await;
        let body = json!({"phone": "+14155552671"});
        let refused = host.post(Some(&host.live), "/v1/erasures", body.clone()).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["import_open".to_owned()]));
        assert!(refused.body["detail"].as_str().unwrap().contains(&import));
        assert_eq!(host.delete(Some(&host.live), &format!("/v1/imports/{import}")).await.status, 204);
        assert_eq!(host.post(Some(&host.live), "/v1/erasures", body).await.status, 202);
    }

    #[tokio::test]
    async fn rejected_rows_and_samples_of_files_go() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let file = "phone,name,mail\n415 555 2671,Ann Lovelace,ann@example.com\n415 555 2672,Bob Marley,bob@example.com\n12,Cy Twombly,1 415 555 2671\n99,Di Prince,none\n";
        let path = format!("/v1/imports?campaign={campaign}&confirm=true&default_region=US");
        let sent = host.upload(&path, "text/csv", file).await;
        assert!(sent.status < 300, "{}", sent.text);
        host.background_done().await;
        let import = format!("/v1/imports/{}", sent.body["id"].as_str().unwrap());
        let rejects = format!("{import}/rejects");
        assert!(host.get(Some(&host.live), &rejects).await.text.contains("Twombly"));
        assert!(host.get(Some(&host.live), &import).await.text.contains("Lovelace"), "a sample");
        assert_eq!(host.post(Some(&host.live), "/v1/erasures", json!({"phone": "+14155552671"})).await.status, 202);
        host.background_done().await;
        let left = host.get(Some(&host.live), &rejects).await.text;
        assert!(left.contains("Prince") && !left.contains("Twombly") && !left.contains("2671"), "{left}");
        let shown = host.get(Some(&host.live), &import).await;
        assert!(!shown.text.contains("Lovelace") && !shown.text.contains("555 2671"), "{}", shown.text);
    }

    #[tokio::test]
    async fn one_that_a_host_left_in_the_middle_is_gone_on_with() {
        let host = Host::new().await;
        let tenant = host.tenant_key().await;
        let lead = host.lead(&host.campaign().await, "+14155552671").await;
        let ctx = host.app.context(tenant);
        let begun = host.app.store.begin_erasure(&ctx, "+14155552671".parse().unwrap(), true).await.unwrap();
        crate::resume_erasures(&host.app).await.unwrap();
        host.background_done().await;
        let done = host.get(Some(&host.live), &format!("/v1/erasures/{}", begun.id)).await;
        assert_eq!(done.body["status"], "finished");
        assert_eq!(host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.problem(), (404, "CE0004"));
    }
}
