//! The carrier behind its port: driven by hand as a rehearsal does, and by a clock as a server does.

use campanile_domain::attempt::CallStatus;
use campanile_domain::time::HOUR_MS;

use super::*;
use crate::shell::clock::VirtualClock;

const START: Timestamp = Timestamp(1_772_440_000_000);

fn gateway(text: &str) -> (Arc<SimulatedGateway>, Arc<VirtualClock>) {
    let clock = Arc::new(VirtualClock::starting_at(START));
    (Arc::new(SimulatedGateway::new(text.parse().unwrap(), 1, clock.clone())), clock)
}

fn dial(attempt: u128) -> Dial {
    Dial {
        attempt: CallId(attempt),
        number: 1,
        caller_id: "+493099999".parse().unwrap(),
        to: "+49300000001".parse().unwrap(),
        assistant_ref: Some("a1".to_owned()),
        callback_url: "https://example.test/hooks/1".to_owned(),
        ring_timeout_ms: 30_000,
        max_call_ms: 600_000,
        variables: Default::default(),
    }
}

const GOAL: &str = "[[script]]\nphone = \"+49300000001\"\noutcomes = [\"goal\"]";

#[tokio::test]
async fn a_rehearsal_takes_what_is_due_and_reads_it_back() {
    let (gateway, clock) = gateway(GOAL);
    assert_eq!(gateway.next_event_at(), None);
    assert!(matches!(gateway.place(&dial(1)).await, PlaceAnswer::Placed { .. }));
    let mut told = Vec::new();
    while let Some(at) = gateway.next_event_at() {
        clock.advance_to(at);
        for webhook in gateway.take_due(at) {
            assert_eq!((webhook.url.as_str(), webhook.received_at), ("https://example.test/hooks/1", at));
            told.extend(gateway.receive(&webhook).await.unwrap());
        }
    }
    let statuses: Vec<_> = told.iter().map(|event| event.status).collect();
    assert_eq!(statuses, [CallStatus::Ringing, CallStatus::InProgress, CallStatus::Completed]);
    assert_eq!(gateway.look_up(&told[2].provider_call_id).await.as_ref(), Ok(&told[2]));
}

#[tokio::test]
async fn a_server_is_woken_by_the_clock_and_by_a_dial_made_meanwhile() {
    let (gateway, clock) = gateway(GOAL);
    let waiting = tokio::spawn({
        let gateway = Arc::clone(&gateway);
        async move { gateway.due().await }
    });
    tokio::task::yield_now().await;
    gateway.place(&dial(1)).await;
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    clock.advance_to(START + HOUR_MS);
    assert_eq!(waiting.await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_assistant_that_was_told_of_is_asked_its_own_questions() {
    let (gateway, _) = gateway(GOAL);
    gateway.learn(Some("a1"), &[]);
    gateway.place(&dial(1)).await;
    let end = gateway.take_due(START + HOUR_MS).pop().unwrap();
    let events = gateway.receive(&end).await.unwrap();
    assert!(events[0].analysis.as_ref().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_event_of_the_carrier_is_refused() {
    let (gateway, _) = gateway("");
    let hook = |method: &str, body: &str| Webhook {
        method: method.to_owned(),
        url: String::new(),
        headers: Vec::new(),
        body: body.into(),
        received_at: START,
    };
    assert_eq!(gateway.receive(&hook("POST", "{}")).await.unwrap_err().code, "not_an_event");
    assert_eq!(gateway.receive(&hook("GET", "[]")).await.unwrap_err().code, "wrong_method");
    assert_eq!(gateway.receive(&hook("POST", " []")).await, Ok(Vec::new()));
    assert_eq!(gateway.look_up("sim_x").await.unwrap_err().code, "unknown_call");
    assert_eq!(gateway.hang_up("sim_x").await.unwrap_err().code, "unknown_call");
}
