//! `GET /v1/events`: what happens, as it happens or by the page.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use campanile_domain::ids::CampaignId;
use campanile_domain::outbox::Envelope;
use campanile_domain::ports::store::{EventFilter, Listed, StoreError};
use campanile_domain::time::Timestamp;
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use utoipa::IntoParams;

use super::asked;
use super::live::Live;
use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::codes;
use crate::paging::page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;
use crate::streams::MOST_OF_TENANT;

/// How often a stream says that it is alive when nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pieces of the log that one page is looked for in.
const PIECES: u32 = 20;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Names of events, separated by commas: `lead.completed,call.ended`; everything when it is left out.
    #[param(pattern = r"[^,\s]", required = false)]
    types: Option<String>,
    /// `cmp_...`: only events of this campaign.
    campaign: Option<String>,
    /// The number (`sequence`) of the last event that you have; what happened behind it comes next.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Begins with what happened at this instant or later, where `after` is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Of a page: how many events at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Of a page: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Tells what happens in the account, in its order and without gaps: the same events that webhooks carry.
///
/// As server-sent events (`Accept: text/event-stream`, and whatever else is not JSON): `id` is the event's number, `event` its
/// type, `data` the whole event. It begins with what happens from now on, or behind `Last-Event-ID` or `after`; a comment comes
/// every 15 seconds when nothing else does. A reader that takes nothing for half a minute is let go, and every stream ends when
/// the host stops: come back with the last id.
///
/// As a page (`Accept: application/json`): the oldest events that are kept first, or those behind `after` or `cursor`. Whoever
/// polls sends the `sequence` of the last event as `after`.
///
/// Events are told that the key may read: of leads and calls with `leads:read` and `calls:read`, of imports and sources with
/// `leads:read`, of plugins with `plugins:read`, of webhooks with `admin`.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<u64>, Header, description = "Of a stream: like `after`, and before it")),
    responses((status = 200, content((schema::Listed<schema::events::Event> = "application/json"), (serde_json::Value = "text/event-stream")))),
    security(("key" = ["campaigns:read"])))]
pub(crate) async fn read_events(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    if let Some(after @ ..0) = query.after {
        let message = format!("after is {after}; events are numbered from 1, and 0 is before the first");
        return Err(Problem::parameter("after", "range", message));
    }
    let kinds = asked::kinds(&key, query.types.as_deref())?;
    let campaign = query.campaign.as_deref().map(str::parse::<CampaignId>).transpose();
    let campaign = campaign.map_err(|error| Problem::new(&codes::NOT_FOUND, error.to_string()))?;
    if let Some(campaign) = campaign {
        app.store.campaign(key.of(), campaign).await?;
    }
    let filter = EventFilter { kinds, campaign };
    if wants_a_page(&headers) {
        paged(&app, &key, query, filter).await
    } else {
        live(app, key, &headers, query, filter).await
    }
}

/// JSON is for who asks for it and not for a stream.
fn wants_a_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accepted = accepted.collect::<Vec<_>>().join(",").to_ascii_lowercase();
    accepted.contains("application/json") && !accepted.contains("text/event-stream")
}

async fn live(
    app: Arc<App>,
    key: Key<CampaignsRead>,
    headers: &HeaderMap,
    query: EventsQuery,
    filter: EventFilter,
) -> Result<Response, Problem> {
    for (name, is_sent) in [("limit", query.limit.is_some()), ("cursor", query.cursor.is_some())] {
        if is_sent {
            let message =
                format!("a stream has no {name}; leave it out, or send \"Accept: application/json\" for pages");
            return Err(Problem::parameter(name, "not_here", message));
        }
    }
    // From here on whatever is written wakes it, so that nothing falls between its beginning and its first look.
    let Some(listener) = app.streams.listen(key.of()) else {
        let detail = format!(
            "the account has {MOST_OF_TENANT} streams of events, which are the most; close one, or filter one stream at your \
             side for several uses"
        );
        return Err(Problem::new(&codes::TOO_MANY_STREAMS, detail));
    };
    let span = app.store.event_span(key.of()).await?;
    let named = asked::last_event_id(headers)?.or(query.after);
    let after = match (named, query.since) {
        (Some(after), _) => after,
        (None, Some(since)) => app.store.events_before(key.of(), since).await?,
        (None, None) => span.newest,
    };
    asked::goes_on(after, span)?;
    let events = Live { app, key, listener, filter, after }.begin();
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // For proxies that keep answers back until they are whole.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.headers_mut().insert(unbuffered.0, unbuffered.1);
    Ok(response)
}

async fn paged(
    app: &App,
    key: &Key<CampaignsRead>,
    query: EventsQuery,
    filter: EventFilter,
) -> Result<Response, Problem> {
    let asked = page(query.limit, query.cursor)?;
    let span = app.store.event_span(key.of()).await?;
    let mut read_to = match (asked.cursor, query.after, query.since) {
        (Some(cursor), _, _) => cursor.parse().map_err(|_| StoreError::BadCursor)?,
        (None, Some(after), _) => after,
        (None, None, Some(since)) => app.store.events_before(key.of(), since).await?,
        (None, None, None) => span.oldest - 1,
    };
    asked::goes_on(read_to, span)?;
    let mut data: Vec<Envelope> = Vec::new();
    let mut more = true;
    for _ in 0..PIECES {
        let room = asked.limit - data.len() as u32;
        if room == 0 || !more {
            break;
        }
        let piece = app.store.events(key.of(), read_to, filter.clone(), room).await?;
        data.extend(piece.events);
        (read_to, more) = (piece.read_to, piece.more);
    }
    Ok(Json(Listed { data, next_cursor: more.then(|| read_to.to_string()) }).into_response())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use campanile_domain::ids::TenantKey;
    use campanile_domain::ports::store::Store;
    use serde_json::{Value, json};

    use crate::streams::MOST_OF_TENANT;
    use crate::testing::Host;

    const JSON: (&str, &str) = ("accept", "application/json");

    async fn numbers(host: &Host, path: &str) -> Vec<i64> {
        let page = host.get_with(&host.live, path, &[JSON]).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.body["data"].as_array().unwrap().iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
    }

    async fn problem(host: &Host, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let answer = host.get_with(&host.live, path, headers).await;
        let (status, code) = answer.problem();
        (status, code.to_owned())
    }

    #[tokio::test]
    async fn a_page_begins_with_the_oldest_and_goes_on_behind_the_last() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        for number in 0..5 {
            host.lead(&campaign, &format!("+1415555268{number}")).await;
        }
        let first = host.get_with(&host.live, "/v1/events?limit=2", &[JSON]).await;
        let event = &first.body["data"][0];
        assert_eq!(
            (&event["type"], &event["sequence"], &event["tenant"]),
            (&json!("lead.created"), &json!(1), &json!(host.tenant))
        );
        assert_eq!(event["data"]["lead"]["campaign"], json!(campaign));
        let mut seen = vec![1, 2];
        let mut cursor = first.body["next_cursor"].as_str().map(str::to_owned);
        while let Some(next) = cursor {
            let page = host.get_with(&host.live, &format!("/v1/events?limit=2&cursor={next}"), &[JSON]).await;
            seen.extend(page.body["data"].as_array().unwrap().iter().map(|event| event["sequence"].as_i64().unwrap()));
            cursor = page.body["next_cursor"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        assert_eq!(numbers(&host, "/v1/events?after=3").await, [4, 5]);
        assert_eq!(numbers(&host, "/v1/events?after=5").await, [0; 0]);
        assert_eq!(numbers(&host, "/v1/events?types=lead.completed,call.ended").await, [0; 0]);
        assert_eq!(numbers(&host, &format!("/v1/events?types=lead.created&campaign={campaign}&limit=1")).await, [1]);
        assert_eq!(numbers(&host, "/v1/events?since=2026-03-02T15:00:00Z").await.len(), 5);
        assert_eq!(numbers(&host, "/v1/events?since=2026-03-02T15:00:01Z").await, [0; 0]);
        let none = host.get_with(&host.stranger, "/v1/events", &[JSON]).await;
        assert_eq!((&none.body["data"], &none.body["next_cursor"]), (&json!([]), &Value::Null));
    }

    #[tokio::test]
    async fn what_cannot_be_asked_for_is_refused() {
        let host = Host::new().await;
        for (path, headers, told) in [
            ("/v1/events?types=lead.lost", [JSON], (400, "CE0011")),
            ("/v1/events?types=,", [JSON], (400, "CE0011")),
            ("/v1/events?after=7", [JSON], (400, "CE0011")),
            ("/v1/events?cursor=x", [JSON], (400, "CE0011")),
            ("/v1/events?limit=0", [JSON], (400, "CE0011")),
            ("/v1/events?campaign=cmp_00000000000000000000000000", [JSON], (404, "CE0004")),
            ("/v1/events?limit=5", [("accept", "text/event-stream")], (400, "CE0011")),
            ("/v1/events", [("last-event-id", "evt_1")], (400, "CE0011")),
            ("/v1/events", [("last-event-id", "7")], (400, "CE0011")),
        ] {
            assert_eq!(problem(&host, path, &headers).await, (told.0, told.1.to_owned()), "{path}");
        }
        let theirs = host.campaign().await;
        let path = format!("/v1/events?campaign={theirs}");
        assert_eq!(host.get_with(&host.stranger, &path, &[JSON]).await.problem(), (404, "CE0004"));
    }

    #[tokio::test]
    async fn a_key_is_told_what_it_may_read() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552681").await;
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/start")).await;
        let narrow = host.key("campaigns:read", None).await;
        let page = host.get_with(&narrow, "/v1/events", &[JSON]).await;
        let told: Vec<_> = page.body["data"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
        assert_eq!(told, ["campaign.started"], "{}", page.text);
        assert!(!page.text.contains("4155552681"));
        let refused = host.get_with(&narrow, "/v1/events?types=campaign.started,lead.created", &[JSON]).await;
        assert_eq!(refused.problem(), (403, "CE0002"));
        assert!(refused.body["detail"].as_str().unwrap().contains("leads:read"), "{}", refused.text);
    }

    #[tokio::test]
    async fn a_stream_begins_now_and_tells_each_account_its_own() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552681").await;
        let mut mine = host.listen(&host.live, "/v1/events", &[]).await;
        let mut theirs = host.listen(&host.stranger, "/v1/events", &[]).await;
        let mut narrow = host.listen(&host.live, "/v1/events?types=campaign.started", &[]).await;
        assert_eq!(mine.comment().await, "behind 1");
        host.lead(&campaign, "+14155552682").await;
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/start")).await;
        let event = mine.next(&host).await.unwrap();
        assert_eq!((event.id, event.kind.as_str()), (2, "lead.created"));
        assert_eq!((&event.data["sequence"], &event.data["tenant"]), (&json!(2), &json!(host.tenant)));
        assert_eq!(mine.next(&host).await.unwrap().kind, "campaign.started");
        assert_eq!(narrow.next(&host).await.unwrap().id, 3);
        assert_eq!(theirs.comment().await, "behind 0");
        assert!(theirs.is_quiet().await, "a stranger is told nothing");
    }

    #[tokio::test]
    async fn as_many_as_an_account_may_have_and_a_place_is_free_when_one_goes() {
        let host = Host::new().await;
        let mut open = Vec::new();
        for _ in 0..MOST_OF_TENANT {
            open.push(host.listen(&host.live, "/v1/events", &[]).await);
        }
        let full = host.get_with(&host.live, "/v1/events", &[("accept", "text/event-stream")]).await;
        assert_eq!(full.problem(), (429, "CE0040"));
        assert!(!full.header("retry-after").is_empty());
        drop(host.listen(&host.stranger, "/v1/events", &[]).await);
        drop(open.pop());
        host.settled().await;
        drop(host.listen(&host.live, "/v1/events", &[]).await);
    }

    #[tokio::test]
    async fn a_stream_ends_with_the_host_and_with_its_key() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let key = host.key("admin", None).await;
        let mut revoked = host.listen(&key, "/v1/events", &[]).await;
        let mut mine = host.listen(&host.live, "/v1/events", &[]).await;
        let keys = host.get(Some(&host.live), "/v1/keys").await;
        let named = keys.body["data"].as_array().unwrap().iter().find(|row| row["name"] == "test").unwrap();
        let gone = host.delete(Some(&host.live), &format!("/v1/keys/{}", named["id"].as_str().unwrap())).await;
        assert_eq!(gone.status, 204, "{}", gone.text);
        host.lead(&campaign, "+14155552681").await;
        assert!(revoked.next(&host).await.is_none(), "nothing is told to a key that was revoked");
        assert_eq!(mine.next(&host).await.unwrap().id, 1);
        host.app.shutdown.cancel();
        assert!(mine.next(&host).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_let_go() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let stuck = host.listen(&host.live, "/v1/events", &[]).await;
        for number in 0..40 {
            host.lead(&campaign, &format!("+141555526{:02}", number + 10)).await;
        }
        host.engine_later(200);
        host.settled().await;
        assert_eq!(host.app.streams.listening(host.tenant_key().await), 1);
        tokio::time::advance(Duration::from_secs(31)).await;
        host.settled().await;
        assert_eq!(host.app.streams.listening(host.tenant_key().await), 0);
        let mut read = 0;
        let mut stuck = stuck;
        while let Some(event) = stuck.next(&host).await {
            read += 1;
            assert_eq!(event.id, read, "what was handed over is whole");
        }
        assert!((1..40).contains(&read), "{read}");
    }

    /// Somebody writes all the time, a reader comes and goes, and in the end it has seen every event once, in order.
    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn who_comes_back_misses_nothing_and_sees_nothing_twice() {
        const LEADS: u64 = 1_800;
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let (tenant, store): (TenantKey, Arc<dyn Store>) = (host.tenant_key().await, Arc::clone(&host.app.store));
        let (id, clock) = (campaign.parse().unwrap(), host.engine_clock());
        let context = host.contexts(tenant);
        let writer = tokio::spawn(async move {
            for number in 0..LEADS / 3 {
                let leads =
                    (0..3).map(|nth| Host::new_lead(&format!("+1415{:07}", 2_000_000 + number * 3 + nth))).collect();
                store.add_leads(&context(), id, leads).await.unwrap();
                clock.advance_to(campanile_domain::ports::clock::EngineClock::now(clock.as_ref()) + 50);
                tokio::task::yield_now().await;
            }
        });
        let mut seen: Vec<i64> = Vec::new();
        let mut rounds = 0;
        while (seen.len() as u64) < LEADS {
            let last = seen.last().copied().unwrap_or(0).to_string();
            let mut stream = host.listen(&host.live, "/v1/events", &[("last-event-id", last.as_str())]).await;
            // Another number each time, so that it goes at every point of a piece, and stays for more than one now and then.
            let stays = if rounds % 5 == 4 { 250 } else { (rounds * 7) % 23 };
            for _ in 0..=stays {
                if seen.len() as u64 == LEADS {
                    break;
                }
                seen.push(stream.next(&host).await.unwrap().id);
            }
            drop(stream);
            host.settled().await;
            rounds += 1;
        }
        writer.await.unwrap();
        assert_eq!(seen, (1..=LEADS as i64).collect::<Vec<_>>(), "{rounds} connections");
        assert!(rounds > 20);
    }
}
