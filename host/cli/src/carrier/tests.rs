//! The process, in this process: dials over a real socket, events on a clock that is moved by hand.

use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use campanile_domain::attempt::CallStatus;
use campanile_domain::ids::CallId;
use campanile_domain::plugin::instance::Health;
use campanile_domain::ports::gateway::{CallEvent, Dial, Finding, Gateway, PlaceAnswer, Refusal, RefusalScope};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use campanile_engine::shell::clock::VirtualClock;
use tokio::sync::mpsc;

use super::*;

const START: Timestamp = Timestamp(1_772_440_000_000);

struct Stage {
    clock: Arc<VirtualClock>,
    carrier: RemoteCarrier,
    carrier_base: String,
    folder: tempfile::TempDir,
    stop: CancellationToken,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn stage(scenario: &str) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(VirtualClock::starting_at(START));
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        log: folder.path().join("dials.jsonl"),
        scenario: scenario.parse().unwrap(),
        seed: 1,
        callback_tries: 50,
    };
    let server = Server::bind(options, clock.clone()).await.unwrap();
    let base = format!("http://{}", server.address());
    let stop = CancellationToken::new();
    tokio::spawn(server.run(stop.clone()));
    Stage { carrier: RemoteCarrier::new(&base, clock.clone()).unwrap(), carrier_base: base, clock, folder, stop }
}

impl Stage {
    fn log(&self) -> Vec<serde_json::Value> {
        lines(&self.folder.path().join("dials.jsonl"))
    }

    async fn find(&self, attempt: u128) -> Finding {
        let to = "+49300000001".parse().unwrap();
        self.carrier.find(CallId(attempt), &to, START, self.clock.now()).await.unwrap()
    }
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn script(outcomes: &str) -> String {
    format!("[[script]]\nphone = \"+49300000001\"\noutcomes = [{outcomes}]\n[faults]\nfind_lag_seconds = 60")
}

fn dial(attempt: u128, callback_url: &str) -> Dial {
    Dial {
        attempt: CallId(attempt),
        number: 1,
        caller_id: "+493099999".parse().unwrap(),
        to: "+49300000001".parse().unwrap(),
        assistant_ref: None,
        callback_url: callback_url.to_owned(),
        ring_timeout_ms: 30_000,
        max_call_ms: 600_000,
        variables: [("first_name".to_owned(), "Anna".into())].into_iter().collect(),
    }
}

/// A hook that answers as the statuses say, 200 when they run out, and passes on what it took.
async fn hook(statuses: Vec<u16>) -> (String, mpsc::UnboundedReceiver<CallEvent>) {
    type Taken = (Arc<std::sync::Mutex<Vec<u16>>>, mpsc::UnboundedSender<CallEvent>);
    async fn take(State((statuses, told)): State<Taken>, axum::Json(event): axum::Json<CallEvent>) -> StatusCode {
        let status = statuses.lock().unwrap().pop().unwrap_or(200);
        if status == 200 {
            told.send(event).unwrap();
        }
        StatusCode::from_u16(status).unwrap()
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let state: Taken = (Arc::new(std::sync::Mutex::new(statuses)), sender);
    let routes = axum::Router::new().route("/hook", axum::routing::post(take)).with_state(state);
    tokio::spawn(axum::serve(listener, routes).into_future());
    (url, receiver)
}

#[tokio::test]
async fn a_dial_is_in_the_log_when_it_is_answered() {
    let stage = stage(&script("\"busy\"")).await;
    for attempt in 1..=3 {
        let answer = stage.carrier.place(&dial(attempt, "")).await;
        let log = stage.log();
        assert_eq!(log.len() as u128, attempt);
        let line = &log[attempt as usize - 1];
        assert_eq!(line["attempt"], CallId(attempt).to_string());
        assert_eq!((&line["kind"], &line["to"]), (&"dial".into(), &"+49300000001".into()));
        assert_eq!(
            (&line["answer"], &line["rings"], &line["outcome"]),
            (&"placed".into(), &true.into(), &"busy".into())
        );
        assert_eq!(line["at"], START.to_string());
        assert!(matches!(answer, PlaceAnswer::Placed { provider_call_id } if line["call"] == provider_call_id));
    }
}

#[tokio::test]
async fn a_lost_answer_is_unsure_rings_and_is_found_after_the_lag() {
    let stage = stage(&script(&["\"lost_answer\""; 12].join(", "))).await;
    for attempt in 1..=12 {
        let answer = stage.carrier.place(&dial(attempt, "")).await;
        assert!(matches!(answer, PlaceAnswer::Unsure { .. }), "{answer:?}");
    }
    assert!(stage.log().iter().all(|line| line["answer"] == "lost_answer" && line["rings"] == true));
    assert!(!stage.carrier.able().finds_by_attempt);
    assert_eq!(stage.find(1000).await, Finding::SurelyNotDialled);
    assert_eq!((stage.carrier.able().finds_by_attempt, stage.carrier.able().find_lag_ms), (true, 60_000));
    stage.clock.advance_to(START + MINUTE_MS);
    for attempt in 1..=12 {
        let Finding::Found(event) = stage.find(attempt).await else { panic!("{attempt} was dialled") };
        assert_eq!(event.attempt, Some(CallId(attempt)));
        assert_eq!(stage.carrier.look_up(&event.provider_call_id).await.unwrap(), *event);
    }
    assert_eq!(stage.find(99).await, Finding::SurelyNotDialled);
}

#[tokio::test]
async fn a_lost_request_is_unsure_and_never_rings() {
    let stage = stage(&script(&["\"lost_request\""; 8].join(", "))).await;
    for attempt in 1..=8 {
        assert!(matches!(stage.carrier.place(&dial(attempt, "")).await, PlaceAnswer::Unsure { .. }));
        assert_eq!(stage.find(attempt).await, Finding::SurelyNotDialled);
    }
    assert!(stage.log().iter().all(|line| line["rings"] == false));
}

#[tokio::test]
async fn refusals_come_with_their_scope_and_do_not_ring() {
    let stage = stage(&script("\"refused\", \"refused_number\", \"refused_caller_id\", \"refused_account\"")).await;
    let scopes =
        [RefusalScope::ThisMoment, RefusalScope::ThisNumber, RefusalScope::ThisCallerId, RefusalScope::ThisAccount];
    for (attempt, scope) in (1..).zip(scopes) {
        let answer = stage.carrier.place(&dial(attempt, "")).await;
        assert!(matches!(&answer, PlaceAnswer::Refused(refusal) if refusal.scope == scope), "{answer:?}");
    }
    assert!(stage.log().iter().all(|line| line["rings"] == false && line["call"].is_null()));
}

#[tokio::test]
async fn a_carrier_that_is_not_there_has_surely_not_dialled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let clock = Arc::new(VirtualClock::starting_at(START));
    let carrier = RemoteCarrier::new(&base, clock.clone()).unwrap();
    assert!(!carrier.able().finds_by_attempt);
    assert_eq!(carrier.check().await.unwrap_err().code, Refusal::UNREACHABLE);
    let answer = carrier.place(&dial(1, "")).await;
    assert!(matches!(&answer, PlaceAnswer::Refused(refusal) if refusal.code == Refusal::UNREACHABLE), "{answer:?}");
    for wrong in ["carrier:7070", "https://carrier", "carrier"] {
        assert!(RemoteCarrier::new(wrong, clock.clone()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_carrier_in_another_time_is_not_healthy() {
    let stage = stage("").await;
    assert_eq!(stage.carrier.check().await.unwrap().health, Health::Ready);
    let yesterday = Arc::new(VirtualClock::starting_at(START + -25 * HOUR_MS));
    let stranger = RemoteCarrier::new(&stage.carrier_base, yesterday).unwrap();
    assert_eq!(stranger.check().await.unwrap_err().code, "clocks_differ");
    assert!(!stranger.able().finds_by_attempt);
}

#[tokio::test]
async fn events_are_told_by_the_clock_and_again_to_a_server_that_was_down() {
    let stage = stage(&script("{ outcome = \"goal\", ring_seconds = 5, talk_seconds = 60 }")).await;
    let (url, mut told) = hook(vec![503, 500, 503]).await;
    let PlaceAnswer::Placed { provider_call_id } = stage.carrier.place(&dial(1, &url)).await else { panic!() };
    stage.clock.advance_to(START + HOUR_MS);
    let mut statuses = Vec::new();
    while statuses.last() != Some(&CallStatus::Completed) {
        statuses.push(told.recv().await.unwrap().status);
    }
    assert_eq!(statuses, [CallStatus::Ringing, CallStatus::InProgress, CallStatus::Completed]);
    assert_eq!(stage.carrier.look_up(&provider_call_id).await.unwrap().talk_ms, Some(60_000));
}

#[tokio::test]
async fn a_hung_up_call_is_cancelled_and_logged() {
    let stage = stage(&script("{ outcome = \"goal\", ring_seconds = 5, talk_seconds = 60 }")).await;
    let (url, mut told) = hook(Vec::new()).await;
    let PlaceAnswer::Placed { provider_call_id } = stage.carrier.place(&dial(1, &url)).await else { panic!() };
    stage.clock.advance_to(START + 20_000);
    for _ in 0..2 {
        stage.carrier.hang_up(&provider_call_id).await.unwrap();
    }
    stage.clock.advance_to(START + HOUR_MS);
    let mut last = told.recv().await.unwrap();
    while last.status != CallStatus::Cancelled {
        last = told.recv().await.unwrap();
    }
    assert_eq!(last.at, START + 20_000);
    let log = stage.log();
    assert_eq!((log.len(), &log[1]["kind"], &log[1]["call"]), (2, &"hung_up".into(), &provider_call_id.into()));
    assert_eq!(stage.carrier.hang_up("sim_nobody").await.unwrap_err().code, "unknown_call");
}

#[tokio::test]
async fn the_analysis_answers_the_goal_that_the_scenario_names() {
    let stage = stage(&format!("talk.goal_variable = \"booked\"\n{}", script("\"goal\""))).await;
    let PlaceAnswer::Placed { provider_call_id } = stage.carrier.place(&dial(1, "")).await else { panic!() };
    stage.clock.advance_to(START + HOUR_MS);
    let analysis = stage.carrier.look_up(&provider_call_id).await.unwrap().analysis.unwrap();
    assert_eq!(analysis.get("booked"), Some(&true.into()));
}

#[test]
fn a_clock_started_later_with_the_same_origin_shows_the_same() {
    assert_eq!((parse_factor("x600"), parse_factor("2.5")), (Ok(600.0), Ok(2.5)));
    assert!(parse_factor("x0").is_err() && parse_factor("fast").is_err() && parse_factor("xNaN").is_err());
    let args = Args {
        listen: "127.0.0.1:0".parse().unwrap(),
        log: PathBuf::new(),
        scenario: None,
        seed: 1,
        clock: Some(600.0),
        clock_start: Some(START),
        clock_origin: Some(Timestamp(5_000)),
        callback_tries: 1,
    };
    let shown = clock(&args, Timestamp(7_000)).now();
    assert!(shown.since(START + 1_200_000) >= 0 && shown.since(START + 1_200_000) < 600_000, "{shown}");
}
