//! `GET /api/user/calls`: by page number, with filters.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Counted, NumberedCalls};

use super::shown::Shown;
use crate::api::hosted::caller::{Asked, Caller};
use crate::api::hosted::leads::list::part_of_phone;
use crate::api::hosted::paginator::{self, Paginated, Place};
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::words;
use crate::app::App;
use crate::auth::CallsRead;

/// Rows on a page when nobody says how many.
const USUAL: u32 = 15;
const TYPES: [&str; 3] = ["inbound", "outbound", "web"];

/// Lists calls, newest first.
pub(crate) async fn list_calls(
    State(app): State<Arc<App>>,
    caller: Caller<CallsRead>,
    Asked(mut given): Asked,
) -> Result<Json<Paginated<Shown>>, Refusal> {
    let path = format!("{}/api/user/calls", app.config.public_url);
    let names = ["status", "type", "phone_number", "assistant_id", "campaign_id", "date_from", "date_to", "per_page"];
    let place = Place::of(path, &given, &names);
    let asked = paginator::Asked::read(&mut given, USUAL);
    let status = given.word("status", &words::call_words());
    let kind = given.word("type", &TYPES);
    let which = NumberedCalls {
        campaign: given.number("campaign_id"),
        assistant: given.number("assistant_id"),
        status: status.as_deref().and_then(words::call_here).map(str::to_owned),
        phone: part_of_phone(&mut given),
        since: given.day("date_from").map(|(begins, _)| begins),
        until: given.day("date_to").map(|(_, over)| over),
    };
    given.finish()?;
    // Calls only go out of this host, and none ends in those other words.
    let is_never = kind.is_some_and(|kind| kind != "outbound") || (status.is_some() && which.status.is_none());
    let counted = if is_never {
        Counted { rows: Vec::new(), total: 0 }
    } else {
        app.store.calls_numbered(caller.key.of(), &which, asked.slice()).await?
    };
    let keys = counted.rows.iter().map(|row| row.call.key).collect();
    let mut said = app.store.transcripts(caller.key.of(), keys).await?;
    let assistants = app.store.assistants(caller.key.of()).await?;
    let rows = counted.rows.into_iter().map(|row| {
        let said = said.remove(&row.call.key).unwrap_or_default();
        let assistant = assistants.iter().find(|assistant| assistant.key == row.assistant);
        Shown::new(row, said, assistant)
    });
    Ok(Json(Paginated::of(&place, asked, Counted { rows: rows.collect(), total: counted.total })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn filters_find_what_they_say() {
        let host = Host::new().await;
        host.called_lead().await;
        let campaign = host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["id"].clone();
        let assistant = host.get(Some(&host.live), "/api/user/assistants").await.body[0]["id"].clone();
        let found = [
            String::new(),
            "status=completed&type=outbound".into(),
            "phone_number=4155552671".into(),
            "phone_number=%2B1415".into(),
            format!("campaign_id={campaign}&assistant_id={assistant}"),
            format!("assistant_id={assistant}"),
            "date_from=2026-03-02&date_to=2026-03-02&per_page=100".into(),
        ];
        for query in found {
            let listed = host.get(Some(&host.live), &format!("/api/user/calls?{query}")).await;
            assert_eq!((listed.status, &listed.body["total"]), (200, &1.into()), "{query}: {}", listed.text);
            assert_eq!(listed.body["data"][0]["transcript"][0]["text"], "Hello?");
        }
        let none = [
            "type=inbound",
            "type=web",
            "status=ended",
            "status=ended_by_customer",
            "status=ended_by_assistant",
            "status=busy",
            "status=no-answer",
            "status=in-progress",
            "status=initiated",
            "status=ringing",
            "status=failed",
            "phone_number=999",
            "campaign_id=4000",
            "assistant_id=4000",
            "date_from=2026-03-03",
            "date_to=2026-03-01",
            "page=2",
        ];
        for query in none {
            let listed = host.get(Some(&host.live), &format!("/api/user/calls?{query}")).await;
            assert_eq!((listed.status, &listed.body["data"]), (200, &json!([])), "{query}: {}", listed.text);
        }
        let wrong = [
            "status=unanswered",
            "type=sms",
            "phone_number=x",
            "campaign_id=x",
            "assistant_id=0",
            "date_from=x",
            "per_page=0",
            "per_page=101",
            "page=0",
        ];
        for query in wrong {
            let refused = host.get(Some(&host.live), &format!("/api/user/calls?{query}")).await;
            let field = query.split('=').next().unwrap();
            assert_eq!((refused.status, refused.body["errors"][field].is_array()), (422, true), "{}", refused.text);
        }
        for other in [&host.stranger, &host.test] {
            assert_eq!(host.get(Some(other), "/api/user/calls").await.body["total"], 0);
            let theirs = format!("/api/user/calls?campaign_id={campaign}&assistant_id={assistant}");
            assert_eq!(host.get(Some(other), &theirs).await.body["total"], 0);
        }
    }
}
