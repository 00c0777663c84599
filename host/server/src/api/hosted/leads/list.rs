//! `GET /api/user/leads`: by page number, with filters.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Counted, NumberedLeads};

use super::shown::Shown;
use crate::api::hosted::caller::{Asked, Caller};
use crate::api::hosted::given::Given;
use crate::api::hosted::paginator::{self, Paginated, Place};
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::words;
use crate::app::App;
use crate::auth::LeadsRead;

/// Rows on a page when nobody says how many.
const USUAL: u32 = 15;

/// Lists leads, newest first.
pub(crate) async fn list_leads(
    State(app): State<Arc<App>>,
    caller: Caller<LeadsRead>,
    Asked(mut given): Asked,
) -> Result<Json<Paginated<Shown>>, Refusal> {
    let path = format!("{}/api/user/leads", app.config.public_url);
    let names = ["status", "campaign_id", "phone_number", "date_from", "date_to", "per_page"];
    let place = Place::of(path, &given, &names);
    let asked = paginator::Asked::read(&mut given, USUAL);
    let status = given.word("status", &words::lead_words());
    let which = NumberedLeads {
        campaign: given.number("campaign_id"),
        status: status.and_then(|word| words::lead_here(&word)).map(str::to_owned),
        phone: part_of_phone(&mut given),
        since: given.day("date_from").map(|(begins, _)| begins),
        until: given.day("date_to").map(|(_, over)| over),
    };
    given.finish()?;
    let Counted { rows, total } = app.store.leads_numbered(caller.key.of(), &which, asked.slice()).await?;
    let rows = rows.into_iter().map(Shown::from).collect();
    Ok(Json(Paginated::of(&place, asked, Counted { rows, total })))
}

/// A part of a phone has a digit at least; another text would match everybody.
pub(in crate::api::hosted) fn part_of_phone(given: &mut Given) -> Option<String> {
    let text = given.text("phone_number", 64)?;
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Some(text);
    }
    given.refuse("phone_number", "The phone number field must have a digit of the number that is looked for.");
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    async fn ids(host: &Host, query: &str) -> Vec<String> {
        let listed = host.get(Some(&host.live), &format!("/api/user/leads?{query}")).await;
        assert_eq!(listed.status, 200, "{query}: {}", listed.text);
        let leads = listed.body["data"].as_array().unwrap();
        assert_eq!(listed.body["total"], leads.len(), "{query}");
        leads.iter().map(|lead| lead["phone_number"].as_str().unwrap()[8..].to_owned()).collect()
    }

    #[tokio::test]
    async fn filters_find_what_they_say() {
        let host = Host::new().await;
        let (old, new) = (host.campaign().await, host.campaign().await);
        let campaigns = host.get(Some(&host.live), "/api/user/campaigns").await.body;
        let (new_number, old_number) = (campaigns[0]["id"].clone(), campaigns[1]["id"].clone());
        let done = host.lead(&old, "+14155552671").await;
        host.lead(&old, "+14155552672").await;
        host.engine_later(24 * 3_600_000);
        host.lead(&new, "+14155552673").await;
        host.patch(Some(&host.live), &format!("/v1/leads/{done}"), json!({"status": "completed"})).await;
        assert_eq!(ids(&host, "").await, ["2673", "2672", "2671"]);
        assert_eq!(ids(&host, &format!("campaign_id={old_number}")).await, ["2672", "2671"]);
        assert_eq!(ids(&host, &format!("campaign_id={new_number}&status=completed")).await, [""; 0]);
        assert_eq!(ids(&host, "campaign_id=4000").await, [""; 0]);
        assert_eq!(ids(&host, "status=completed").await, ["2671"]);
        assert_eq!(ids(&host, "status=created&campaign_id=").await, ["2673", "2672"]);
        for part in ["%2B14155552672", "14155552672", "+1415555%202672", "52672"] {
            assert_eq!(ids(&host, &format!("phone_number={part}")).await, ["2672"], "{part}");
        }
        assert_eq!(ids(&host, "phone_number=415").await.len(), 3);
        assert_eq!(ids(&host, "date_from=2026-03-03").await, ["2673"]);
        assert_eq!(ids(&host, "date_to=2026-03-02").await, ["2672", "2671"]);
        assert_eq!(ids(&host, "date_from=2026-03-02&date_to=2026-03-03&unknown=1").await.len(), 3);
        for status in ["scheduled", "processing", "rescheduled", "reached-max-retries", "blacklisted"] {
            assert_eq!(ids(&host, &format!("status={status}")).await, [""; 0], "{status}");
        }
    }

    #[tokio::test]
    async fn pages_have_edges() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        for number in 0..16 {
            host.lead(&campaign, &format!("+1415555{:04}", 2600 + number)).await;
        }
        let page = |query: &str| {
            let path = format!("/api/user/leads?{query}");
            let host = &host;
            async move { host.get(Some(&host.live), &path).await }
        };
        let first = page("").await.body;
        assert_eq!((&first["per_page"], &first["total"], &first["last_page"]), (&15.into(), &16.into(), &2.into()));
        assert_eq!(
            (&first["from"], &first["to"], first["data"].as_array().unwrap().len()),
            (&1.into(), &15.into(), 15)
        );
        let next = "https://calls.example/api/user/leads?page=2";
        assert_eq!(
            (&first["next_page_url"], &first["path"]),
            (&next.into(), &"https://calls.example/api/user/leads".into())
        );
        let second = page("page=2").await.body;
        assert_eq!((&second["from"], &second["to"], &second["next_page_url"]), (&16.into(), &16.into(), &Value::Null));
        let beyond = page("page=3&per_page=15").await;
        assert_eq!((beyond.status, &beyond.body["data"], &beyond.body["from"]), (200, &json!([]), &Value::Null));
        assert_eq!(beyond.body["prev_page_url"], "https://calls.example/api/user/leads?per_page=15&page=2");
        assert_eq!(page("per_page=100").await.body["data"].as_array().unwrap().len(), 16);
        assert_eq!(page("page=2147483647&per_page=100").await.status, 200);
        let wrong = [
            "per_page=0",
            "per_page=101",
            "per_page=many",
            "page=0",
            "page=-1",
            "page=2147483648",
            "status=done",
            "date_from=monday",
            "date_to=2026-02-30",
            "campaign_id=x",
            "phone_number=abc",
        ];
        for query in wrong {
            let refused = page(query).await;
            let field = query.split('=').next().unwrap();
            assert_eq!(refused.status, 422, "{query}: {}", refused.text);
            assert!(refused.body["errors"][field].is_array(), "{query}: {}", refused.text);
        }
    }

    #[tokio::test]
    async fn a_lead_that_stands_for_a_single_call_is_no_lead_here() {
        let host = Host::new().await;
        host.assistant().await;
        let assistant = host.get(Some(&host.live), "/api/user/assistants").await.body[0]["id"].clone();
        let body = json!({"assistant_id": assistant, "phone_number": "+14155552671"});
        // Nobody dials in a test, so the call is taken back; its lead stays.
        assert_eq!(host.post(Some(&host.live), "/api/user/make_call", body).await.status, 503);
        let here = host.get(Some(&host.live), "/v1/leads").await;
        assert_eq!(here.body["data"].as_array().unwrap().len(), 1);
        let listed = host.get(Some(&host.live), "/api/user/leads").await;
        assert_eq!((&listed.body["total"], &listed.body["data"]), (&0.into(), &json!([])));
        assert_eq!(host.get(Some(&host.live), "/api/user/leads?phone_number=415").await.body["total"], 0);
        assert_eq!(host.send(Some(&host.live), "PUT", "/api/leads/1", Some(json!({}))).await.status, 404);
        assert_eq!(host.get(Some(&host.live), "/api/user/campaigns").await.body, json!([]));
    }
}
