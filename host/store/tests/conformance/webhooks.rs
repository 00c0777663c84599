//! Webhooks: what is told to which endpoint, how often, and what became of it.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::ids::{EventId, LeadId, WebhookId};
use campanile_domain::outbox::WAITS_MS;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use campanile_domain::ports::store::{
    DeliveryStatus, EndedCall, EventFilter, HeldDelivery, Page, ReadOn, SecretOwner, Sending, Store, StoreError,
    Webhook, WebhookConfig, WebhookDelivery, WebhookTurn,
};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::webhook::{HOSTED_EVENT, MOST_OF_TENANT, MOST_WAITING, WebhookFormat};
use serde_json::json;

use super::events::all as log;
use crate::support::{MONDAY, Setup, World, lead, wait};

fn secret(text: &str) -> SecretString {
    SecretString::from(format!("whsec_{text}"))
}

pub(super) fn config(events: Option<&[&str]>) -> WebhookConfig {
    WebhookConfig {
        url: "https://hooks.example/campanile".into(),
        events: events.map(|events| events.iter().map(|event| (*event).to_owned()).collect()),
        description: "the flow".into(),
        enabled: true,
        ..WebhookConfig::default()
    }
}

pub(super) fn made(world: &World, config: WebhookConfig) -> Webhook {
    wait(world.store.create_webhook(&world.ctx(MONDAY), config, secret("b25l"))).unwrap()
}

fn now(world: &World, webhook: &Webhook) -> Webhook {
    wait(world.store.webhook(world.tenant.key, webhook.id)).unwrap()
}

/// Reads the log on until there is nothing more to read.
fn read_on(world: &World, at: Timestamp) {
    let mut after = None;
    loop {
        let ReadOn { last, more } = wait(world.store.read_on_for_webhooks(&world.ctx(at), after)).unwrap();
        if !more {
            return;
        }
        after = last;
    }
}

pub(super) fn turn(world: &World, webhook: &Webhook, at: Timestamp) -> WebhookTurn {
    read_on(world, at);
    wait(world.store.webhook_turn(&world.ctx(at), webhook.key, 50)).unwrap().expect("it is told")
}

fn sent(sequence: i64, at: Timestamp, answer: Result<u16, &str>) -> Sending {
    let answer = answer.map(|status| (status, "said".to_owned())).map_err(str::to_owned);
    Sending { sequence, at, duration_ms: 7, answer, retry_after_ms: None }
}

/// Sends what is due and has it answered so; the types of what was sent.
fn told(world: &World, webhook: &Webhook, at: Timestamp, answer: Result<u16, &str>) -> Vec<String> {
    let events = turn(world, webhook, at).events;
    let sendings = events.iter().map(|event| sent(event.sequence, at, answer)).collect();
    wait(world.store.keep_sendings(&world.ctx(at), webhook.key, sendings)).unwrap();
    events.into_iter().map(|event| event.kind).collect()
}

fn deliveries(world: &World, webhook: &Webhook, status: Option<DeliveryStatus>) -> Vec<WebhookDelivery> {
    wait(world.store.webhook_deliveries(world.tenant.key, webhook.id, status, &Page::default())).unwrap().data
}

fn due(world: &World) -> Vec<(i64, i64)> {
    let due = wait(world.store.due_webhooks(10, 10)).unwrap();
    due.into_iter().map(|due| (due.key.0, due.at.since(MONDAY))).collect()
}

fn add(world: &World, at: Timestamp, number: u64) -> LeadId {
    world.add_at(at, vec![lead(number)])[0]
}

pub fn what_was_asked_for_is_told_from_now_on_and_nothing_else(store: Arc<dyn Store>) {
    let world = World::new(Arc::clone(&store));
    let other = World::beside(store, Setup::default(), 1);
    add(&world, MONDAY, 1);
    let everything = made(&world, config(None));
    let started = made(&world, config(Some(&["campaign.started"])));
    let elsewhere = wait(other.store.create_webhook(&other.ctx(MONDAY), config(None), secret("b25l"))).unwrap();
    let id = add(&world, MONDAY, 2);
    world.start();
    read_on(&world, MONDAY);
    assert_eq!(due(&world), [(everything.key.0, 0), (started.key.0, 0)]);
    let first = turn(&world, &everything, MONDAY);
    assert_eq!((first.id, first.url.as_str()), (everything.id, "https://hooks.example/campanile"));
    assert_eq!(
        first.events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(),
        ["lead.created", "campaign.started"]
    );
    assert_eq!(first.events[0].data["lead"]["id"], json!(id));
    // A host that died before the answer sends the same events again.
    assert_eq!(turn(&world, &everything, MONDAY).events, first.events);
    assert_eq!(told(&world, &everything, MONDAY, Ok(204)).len(), 2);
    assert_eq!(told(&world, &everything, MONDAY, Ok(204)).len(), 0);
    assert_eq!(told(&world, &started, MONDAY, Ok(200)), ["campaign.started"]);
    assert!(due(&world).is_empty());
    let row = &deliveries(&world, &everything, None)[1];
    assert_eq!((row.event, row.status, row.attempts), (first.events[0].id, DeliveryStatus::Delivered, 1));
    assert_eq!((row.response_status, row.response.as_deref(), row.duration_ms), (Some(204), Some("said"), Some(7)));
    assert_eq!((row.kind.as_deref(), row.created_at, row.next_try_at), (Some("lead.created"), Some(MONDAY), None));
    assert!(deliveries(&other, &elsewhere, None).is_empty(), "a stranger is told nothing");
    // Only what concerns one campaign.
    let campaign = Some(world.campaign.id);
    let narrow = made(&world, WebhookConfig { campaign, ..config(None) });
    world.done(world.store.test_webhook(&world.ctx(MONDAY), narrow.id));
    add(&world, MONDAY, 3);
    assert_eq!(told(&world, &narrow, MONDAY, Ok(200)), ["webhook.test", "lead.created"], "the test, and its campaign");
    assert_eq!(told(&world, &everything, MONDAY, Ok(200)), ["lead.created"], "nobody else is told of a test");
}

pub fn a_message_that_fails_is_sent_again_and_given_up(store: Arc<dyn Store>) {
    let world = World::new(store);
    let webhook = made(&world, config(None));
    add(&world, MONDAY, 1);
    let (mut at, mut failed) = (MONDAY, 0);
    loop {
        assert_eq!(told(&world, &webhook, at, Ok(500)).len(), 1);
        failed += 1;
        let row = &deliveries(&world, &webhook, None)[0];
        assert_eq!((row.attempts, row.response_status), (failed, Some(500)));
        let Some(next) = row.next_try_at else { break };
        let wait_ms = WAITS_MS[failed as usize - 1];
        assert!((wait_ms..=wait_ms + wait_ms / 10).contains(&next.since(at)), "{failed}: {}", next.since(at));
        assert!(turn(&world, &webhook, next + (-1)).events.is_empty());
        assert_eq!(due(&world), [(webhook.key.0, next.since(MONDAY))]);
        at = next;
    }
    let row = now(&world, &webhook);
    assert_eq!((failed, row.waiting, row.failed, row.enabled, row.failing_since), (8, 0, 1, true, Some(MONDAY)));
    let given_up = deliveries(&world, &webhook, Some(DeliveryStatus::Failed)).remove(0);
    let again = wait(world.store.resend_to_webhook(&world.ctx(at), webhook.id, given_up.event)).unwrap();
    assert_eq!((again.status, again.attempts, again.next_try_at), (DeliveryStatus::Waiting, 0, Some(at)));
    assert_eq!(told(&world, &webhook, at, Ok(200)), ["lead.created"]);
    assert_eq!(now(&world, &webhook).failing_since, None);
    let unknown = wait(world.store.resend_to_webhook(&world.ctx(at), webhook.id, EventId(1)));
    assert_eq!(unknown, Err(StoreError::NotFound("delivery")));
}

pub fn an_endpoint_that_is_gone_or_fails_for_days_is_disabled(store: Arc<dyn Store>) {
    let world = World::new(store);
    let watches = made(&world, config(Some(&["webhook.disabled"])));
    let (gone, broken) = (made(&world, config(Some(&["lead.created"]))), made(&world, config(Some(&["lead.created"]))));
    add(&world, MONDAY, 1);
    assert_eq!(told(&world, &gone, MONDAY, Ok(410)), ["lead.created"]);
    let row = now(&world, &gone);
    assert_eq!((row.enabled, row.status_reason.code.as_str(), row.waiting), (false, "gone", 1));
    assert!(wait(world.store.webhook_turn(&world.ctx(MONDAY), gone.key, 50)).unwrap().is_none());
    for (hours, is_told) in [(0, true), (100, true), (120, false)] {
        let at = MONDAY + hours * HOUR_MS;
        add(&world, at, 10 + hours as u64);
        assert!(!told(&world, &broken, at, Ok(503)).is_empty());
        assert_eq!(now(&world, &broken).enabled, is_told, "after {hours} hours");
    }
    assert_eq!(now(&world, &broken).status_reason.code, "failed_for_days");
    let events = turn(&world, &watches, MONDAY + 6 * DAY_MS).events;
    let of: Vec<_> = events.iter().map(|event| &event.data["webhook"]["id"]).collect();
    assert_eq!(of, [&json!(gone.id), &json!(broken.id)], "who watches is told");
    assert_eq!(events[0].previous, Some(json!({"enabled": true})));
    // One that took something in between is not given up.
    let flaky = made(&world, config(Some(&["lead.created"])));
    for (day, status) in [(6, 500), (9, 200), (12, 500), (15, 500)] {
        let at = MONDAY + day * DAY_MS;
        add(&world, at, 500 + day as u64);
        told(&world, &flaky, at, Ok(status));
    }
    assert_eq!((now(&world, &flaky).enabled, now(&world, &flaky).failing_since), (true, Some(MONDAY + 12 * DAY_MS)));
}

pub fn one_that_cannot_be_reached_is_left_alone(store: Arc<dyn Store>) {
    let world = World::new(store);
    let webhook = made(&world, config(None));
    for number in 0..5 {
        add(&world, MONDAY, number);
    }
    let keep = |sendings| wait(world.store.keep_sendings(&world.ctx(MONDAY), webhook.key, sendings)).unwrap();
    let events = turn(&world, &webhook, MONDAY).events;
    assert_eq!(events.len(), 5);
    assert!(!keep(vec![sent(events[0].sequence, MONDAY, Err("no answer in time"))]));
    assert_eq!(due(&world), [(webhook.key.0, 5_000)]);
    let probe = turn(&world, &webhook, MONDAY).events;
    assert_eq!(probe.len(), 1, "one message tells whether it is there again");
    assert!(!keep(vec![sent(probe[0].sequence, MONDAY, Err("no answer in time"))]));
    assert_eq!(due(&world), [(webhook.key.0, 10_000)]);
    let probe = turn(&world, &webhook, MONDAY).events;
    assert!(keep(vec![sent(probe[0].sequence, MONDAY, Ok(500))]), "who answers is asked on");
    let rest = turn(&world, &webhook, MONDAY).events;
    assert_eq!(rest.len(), 2);
    let busy = Sending { retry_after_ms: Some(90_000), ..sent(rest[0].sequence, MONDAY, Ok(429)) };
    assert!(!keep(vec![busy]));
    assert_eq!(due(&world), [(webhook.key.0, 90_000)], "it asked for a pause");
    let waits: Vec<_> = deliveries(&world, &webhook, None).into_iter().map(|row| (row.status, row.detail)).collect();
    assert_eq!(waits.iter().filter(|(_, detail)| detail.as_deref() == Some("no answer in time")).count(), 2);
    // Another address begins without a past.
    let moved = WebhookConfig { url: "https://new.example/".into(), ..config(None) };
    wait(world.store.update_webhook(&world.ctx(MONDAY), webhook.id, moved)).unwrap();
    assert_eq!((due(&world), now(&world, &webhook).failing_since), (vec![(webhook.key.0, 0)], None));
}

pub fn what_was_missed_is_recovered_and_what_was_taken_is_not_sent_twice(store: Arc<dyn Store>) {
    let world = World::new(store);
    add(&world, MONDAY, 1);
    let webhook = made(&world, config(Some(&["lead.created"])));
    for minute in 1..=4 {
        add(&world, MONDAY + minute * MINUTE_MS, 1 + minute as u64);
    }
    let at = MONDAY + 5 * MINUTE_MS;
    let events = turn(&world, &webhook, at).events;
    let sendings = vec![sent(events[0].sequence, at, Ok(200)), sent(events[1].sequence, at, Ok(200))];
    wait(world.store.keep_sendings(&world.ctx(at), webhook.key, sendings)).unwrap();
    let mut late = at;
    for _ in 0..8 {
        late = late + DAY_MS / 2;
        told(&world, &webhook, late, Ok(500));
    }
    assert_eq!((now(&world, &webhook).waiting, now(&world, &webhook).failed), (0, 2));
    add(&world, late, 9);
    let recovery = wait(world.store.recover(&world.ctx(late), webhook.id, MONDAY + 2 * MINUTE_MS)).unwrap();
    let numbers: Vec<i64> = log(&world, &EventFilter::default(), 50).iter().map(|event| event.sequence).collect();
    assert_eq!((recovery.after_sequence, recovery.until_sequence), (numbers[1], numbers[4]));
    let again = turn(&world, &webhook, late).events;
    let wanted: Vec<i64> = [&events[2], &events[3]].map(|event| event.sequence).to_vec();
    assert_eq!(again.iter().map(|event| event.sequence).collect::<Vec<_>>(), [wanted, vec![numbers[5]]].concat());
    assert!(told(&world, &webhook, late, Ok(200)).len() == 3);
    // From the beginning: only what was never told because it was before the webhook.
    wait(world.store.recover(&world.ctx(late), webhook.id, MONDAY)).unwrap();
    let before = turn(&world, &webhook, late).events;
    assert_eq!(before.iter().map(|event| event.sequence).collect::<Vec<_>>(), [numbers[0]]);
    let old = wait(world.store.recover(&world.ctx(MONDAY + 40 * DAY_MS), webhook.id, MONDAY));
    assert!(matches!(old, Err(StoreError::Conflict { code: "since_too_old", .. })), "{old:?}");
}

pub fn a_secret_signs_for_a_while_after_it_was_replaced(store: Arc<dyn Store>) {
    let world = World::new(store);
    let webhook = made(&world, config(None));
    let signs = |at| {
        let secrets = turn(&world, &webhook, at).secrets;
        secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(signs(MONDAY), ["whsec_b25l"]);
    let rotate =
        |text, until| wait(world.store.rotate_webhook_secret(&world.ctx(MONDAY), webhook.id, secret(text), until));
    let until = MONDAY + DAY_MS;
    assert_eq!(rotate("dHdv", until).unwrap().old_secret_until, Some(until));
    assert_eq!(signs(until + (-1)), ["whsec_dHdv", "whsec_b25l"]);
    assert_eq!(signs(until), ["whsec_dHdv"]);
    rotate("dGhyZWU=", until).unwrap();
    assert_eq!(signs(MONDAY), ["whsec_dGhyZWU=", "whsec_dHdv"], "the last two");
    wait(world.store.delete_webhook(&world.ctx(MONDAY), webhook.id)).unwrap();
    let names = wait(world.store.secret_names(world.tenant.key, SecretOwner::Webhook(webhook.id)));
    assert_eq!(names, Err(StoreError::NotFound("webhook")));
}

pub fn one_that_is_disabled_misses_what_happens_meanwhile(store: Arc<dyn Store>) {
    let world = World::new(store);
    let webhook = made(&world, config(None));
    add(&world, MONDAY, 1);
    read_on(&world, MONDAY);
    let set = |enabled, at| {
        let config = WebhookConfig { enabled, ..config(None) };
        wait(world.store.update_webhook(&world.ctx(at), webhook.id, config)).unwrap()
    };
    assert_eq!(set(false, MONDAY).status_reason.code, "by_hand");
    add(&world, MONDAY + 1, 2);
    assert!(due(&world).is_empty());
    assert!(wait(world.store.webhook_turn(&world.ctx(MONDAY), webhook.key, 50)).unwrap().is_none());
    for refused in [
        wait(world.store.test_webhook(&world.ctx(MONDAY), webhook.id)).err(),
        wait(world.store.recover(&world.ctx(MONDAY), webhook.id, MONDAY)).err(),
        wait(world.store.resend_to_webhook(
            &world.ctx(MONDAY),
            webhook.id,
            deliveries(&world, &webhook, None)[0].event,
        ))
        .err(),
    ] {
        assert!(matches!(refused, Some(StoreError::Conflict { code: "webhook_disabled", .. })), "{refused:?}");
    }
    set(true, MONDAY + 2);
    add(&world, MONDAY + 3, 3);
    let numbers =
        |events: Vec<campanile_domain::outbox::Envelope>| events.iter().map(|e| e.sequence).collect::<Vec<_>>();
    assert_eq!(numbers(turn(&world, &webhook, MONDAY + 3).events), [1, 3], "what waited, and what happens now");
    told(&world, &webhook, MONDAY + 3, Ok(200));
    wait(world.store.recover(&world.ctx(MONDAY + 3), webhook.id, MONDAY)).unwrap();
    assert_eq!(numbers(turn(&world, &webhook, MONDAY + 3).events), [2], "what it missed, once it is asked for");
}

pub fn a_long_log_is_read_on_by_the_piece_and_waits_where_much_waits(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (one, other) = (made(&world, config(None)), made(&world, config(Some(&["campaign.started"]))));
    let many = |from: u64| {
        (from..from + 500).map(|number| {
            let mut new = lead(0);
            new.contacts[0].phone = format!("+1202{:07}", 2_000_000 + number).parse().unwrap();
            new
        })
    };
    for page in 0..25 {
        world.add(many(page * 500).collect());
    }
    let first = wait(world.store.read_on_for_webhooks(&world.ctx(MONDAY), None)).unwrap();
    assert_eq!((first.last, first.more), (Some(other.key), true));
    assert_eq!(now(&world, &one).waiting, 1_000, "a piece");
    read_on(&world, MONDAY);
    assert_eq!(now(&world, &one).waiting as i64, MOST_WAITING, "the rest waits in the log");
    let first = turn(&world, &one, MONDAY).events;
    wait(world.store.keep_sendings(&world.ctx(MONDAY), one.key, vec![sent(first[0].sequence, MONDAY, Ok(200))]))
        .unwrap();
    read_on(&world, MONDAY);
    assert_eq!(now(&world, &one).waiting as i64, MOST_WAITING + 999);
    // What it leaves when it is taken out goes by the piece, too, and its place is free.
    wait(world.store.delete_webhook(&world.ctx(MONDAY), one.id)).unwrap();
    read_on(&world, MONDAY);
    let read = wait(world.store.read_on_for_webhooks(&world.ctx(MONDAY), None)).unwrap();
    assert_eq!(read, ReadOn::default(), "nothing is left of it");
    for _ in 1..MOST_OF_TENANT {
        made(&world, config(None));
    }
    let full = wait(world.store.create_webhook(&world.ctx(MONDAY), config(None), secret("b25l")));
    assert!(matches!(full, Err(StoreError::Conflict { code: "too_many_webhooks", .. })), "{full:?}");
}

pub fn the_end_of_calls_is_told_of_one_assistant(store: Arc<dyn Store>) {
    let world = World::new(store);
    let another = world.done(world.store.create_assistant(&world.ctx(MONDAY), world.assistant.config.clone()));
    let after_calls = |assistant, only_completed| WebhookConfig {
        format: WebhookFormat::Hosted,
        assistant,
        only_completed,
        ..config(Some(&[HOSTED_EVENT]))
    };
    let anybody = made(&world, after_calls(None, false));
    let answered = made(&world, after_calls(Some(world.assistant.id), true));
    let elsewhere = made(&world, after_calls(Some(another.id), false));
    assert_eq!((answered.assistant, answered.format), (Some(world.assistant.id), WebhookFormat::Hosted));
    assert!(answered.only_completed && !elsewhere.only_completed);
    let twice =
        wait(world.store.create_webhook(&world.ctx(MONDAY), after_calls(answered.assistant, false), secret("b25l")));
    assert!(matches!(twice, Err(StoreError::Conflict { code: "webhook_of_assistant", .. })), "{twice:?}");
    let events = made(&world, WebhookConfig { assistant: Some(another.id), ..config(None) });
    let people: Vec<_> = (1..=3).map(|number| add(&world, MONDAY, number)).collect();
    world.start();
    for status in [CallStatus::Completed, CallStatus::Busy, CallStatus::Failed] {
        world.call(MONDAY, status);
    }
    let later = MONDAY + HOUR_MS;
    // The last one that came is called first.
    let ended: Vec<_> = people.iter().rev().map(|lead| world.calls(*lead)[0].key).collect();
    let calls = |webhook: &Webhook, at| {
        let turn = turn(&world, webhook, at);
        assert!(turn.events.is_empty(), "{:?}", turn.events);
        turn.calls
    };
    let keys = |calls: Vec<EndedCall>| calls.iter().map(|call| call.call).collect::<Vec<_>>();
    assert_eq!(keys(calls(&anybody, later)), ended);
    assert_eq!(keys(calls(&answered, later)), ended[..1]);
    assert_eq!(keys(calls(&elsewhere, later)), []);
    assert!(turn(&world, &events, later).events.is_empty(), "nothing that concerns another assistant");
    // What is too early waits, and costs no try; what was taken meanwhile stays so.
    let [first, second] = [calls(&anybody, later)[0].sequence, calls(&anybody, later)[1].sequence];
    let until = later + MINUTE_MS;
    world.done(world.store.keep_sendings(&world.ctx(later), anybody.key, vec![sent(second, later, Ok(200))]));
    let held = [first, second].map(|sequence| HeldDelivery { sequence, until }).to_vec();
    world.done(world.store.hold_deliveries(&world.ctx(later), anybody.key, held));
    assert_eq!(keys(calls(&anybody, later)), ended[2..]);
    assert_eq!(keys(calls(&anybody, until)), [ended[2], ended[0]]);
    let rows = deliveries(&world, &anybody, None);
    let of = |sequence| rows.iter().find(|row| row.sequence == sequence).unwrap();
    assert_eq!((of(first).attempts, of(first).next_try_at), (0, Some(until)));
    assert_eq!((of(second).status, of(second).attempts), (DeliveryStatus::Delivered, 1));
    // It can be changed but for what it is, and nothing else can be sent to it.
    let wider = WebhookConfig { only_completed: false, assistant: None, ..config(Some(&[HOSTED_EVENT])) };
    let wider = world.done(world.store.update_webhook(&world.ctx(later), answered.id, wider));
    assert_eq!((wider.only_completed, wider.assistant, wider.format), (false, answered.assistant, answered.format));
    let tried = wait(world.store.test_webhook(&world.ctx(later), answered.id));
    assert!(matches!(tried, Err(StoreError::Conflict { code: "webhook_format", .. })), "{tried:?}");
    world.done(world.store.recover(&world.ctx(later), answered.id, MONDAY));
    assert_eq!(keys(calls(&answered, later)), [ended[0], ended[1], ended[2]]);
    // They go with the assistant.
    world.done(world.store.delete_assistant(&world.ctx(later), another.id));
    for gone in [elsewhere, events] {
        assert_eq!(wait(world.store.webhook(world.tenant.key, gone.id)), Err(StoreError::NotFound("webhook")));
    }
}

pub fn a_stranger_finds_no_webhook(store: Arc<dyn Store>) {
    let (world, other) = (World::new(Arc::clone(&store)), World::beside(store, Setup::default(), 1));
    let webhook = made(&world, config(None));
    add(&world, MONDAY, 1);
    let event = turn(&world, &webhook, MONDAY).events[0].id;
    let (ctx, id) = (other.ctx(MONDAY), webhook.id);
    let none = StoreError::NotFound("webhook");
    assert_eq!(wait(other.store.webhook(other.tenant.key, id)), Err(none.clone()));
    assert_eq!(wait(other.store.update_webhook(&ctx, id, config(None))), Err(none.clone()));
    assert_eq!(wait(other.store.delete_webhook(&ctx, id)), Err(none.clone()));
    assert_eq!(wait(other.store.rotate_webhook_secret(&ctx, id, secret("dHdv"), MONDAY)), Err(none.clone()));
    assert_eq!(wait(other.store.recover(&ctx, id, MONDAY)), Err(none.clone()));
    assert_eq!(wait(other.store.test_webhook(&ctx, id)), Err(none.clone()));
    assert_eq!(wait(other.store.resend_to_webhook(&ctx, id, event)), Err(none.clone()));
    assert_eq!(wait(other.store.webhook_deliveries(other.tenant.key, id, None, &Page::default())), Err(none.clone()));
    assert_eq!(wait(other.store.webhook(other.tenant.key, WebhookId(1))), Err(none));
    assert!(wait(other.store.webhooks(other.tenant.key)).unwrap().is_empty());
    let theirs = WebhookConfig { campaign: Some(world.campaign.id), ..config(None) };
    let made = wait(other.store.create_webhook(&ctx, theirs, secret("dHdv")));
    assert_eq!(made, Err(StoreError::NotFound("campaign")));
}
