//! The duty that tells webhooks, with the store on the disk, the door to the world and a receiver on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campanile_domain::campaign::{CampaignConfig, Verb};
use campanile_domain::contact::Contact;
use campanile_domain::ids::{AttemptKey, CampaignId, ConnectionId, TenantKey};
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::ports::gateway::{Refusal, RefusalScope};
use campanile_domain::ports::outbound::{TokenStore, Tokens, TokensUnavailable};
use campanile_domain::ports::post_call::{PostCall, PostCalls};
use campanile_domain::ports::store::{
    AssistantConfig, ClaimRequest, DeliveryStatus, DialResult, Fence, NewGateway, NewLead, NewTenant, Page, Store,
    Stored, TenantLimits, Webhook, WebhookConfig, WebhookDelivery, WriteContext,
};
use campanile_domain::time::{DAY_MS, MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::Variables;
use campanile_domain::webhook::{HOSTED_EVENT, WebhookFormat};
use campanile_domain::zone::Zone;
use campanile_egress::{Authorities, Egress, EgressOptions, Exemptions, SystemResolver};
use campanile_engine::shell::clock::VirtualClock;
use campanile_engine::shell::{Bell, WebhookDuty};
use campanile_store::{Options, Profile, SqliteStore, VaultKeys};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const MONDAY: Timestamp = Timestamp(1_772_442_000_000);

/// A message as it came.
#[derive(Debug)]
struct Heard {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether a secret signed it, computed from the standard and not by our own function.
    fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        mac.update(self.header("webhook-id").as_bytes());
        mac.update(b".");
        mac.update(self.header("webhook-timestamp").as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|one| one == wanted)
    }
}

/// A receiver that answers with a status, or says nothing when it is 0.
struct Receiver {
    port: u16,
    status: Arc<Mutex<u16>>,
    heard: tokio::sync::Mutex<mpsc::UnboundedReceiver<Heard>>,
}

impl Receiver {
    async fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let status = Arc::new(Mutex::new(status));
        let (tell, heard) = mpsc::unbounded_channel();
        let says = Arc::clone(&status);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (says, tell) = (Arc::clone(&says), tell.clone());
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    while let Some(heard) = hear(&mut stream, &mut bytes).await {
                        let _ = tell.send(heard);
                        let status = *says.lock().unwrap();
                        if status == 0 {
                            std::future::pending::<()>().await;
                        }
                        let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 2\r\n\r\nok");
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Self { port, status, heard: heard.into() }
    }

    fn says(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    async fn next(&self) -> Heard {
        self.heard.lock().await.recv().await.unwrap()
    }

    async fn heard_nothing(&self) -> bool {
        self.heard.lock().await.try_recv().is_err()
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }
}

async fn hear(stream: &mut tokio::net::TcpStream, bytes: &mut Vec<u8>) -> Option<Heard> {
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: Vec<_> = head.split("\r\n").filter_map(pair).collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    while bytes.len() < end + 4 + length {
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = bytes[end + 4..end + 4 + length].to_vec();
    bytes.drain(..end + 4 + length);
    Some(Heard { headers, body })
}

struct NoTokens;

#[async_trait]
impl TokenStore for NoTokens {
    async fn tokens(&self, _: TenantKey, _: ConnectionId) -> Result<Tokens, TokensUnavailable> {
        Err(TokensUnavailable("there are none".into()))
    }
    async fn keep_tokens(&self, _: TenantKey, _: ConnectionId, _: Tokens) -> Result<(), TokensUnavailable> {
        Ok(())
    }
}

struct Wall(Arc<VirtualClock>);

impl WallClock for Wall {
    fn now(&self) -> Timestamp {
        EngineClock::now(self.0.as_ref())
    }
}

/// The words for calls, where the telling is looked at and not what is said.
struct Words(Arc<Mutex<Option<Timestamp>>>);

#[async_trait]
impl PostCalls for Words {
    async fn post_call(&self, _: TenantKey, call: AttemptKey, now: Timestamp) -> Stored<PostCall> {
        let early = self.0.lock().unwrap().filter(|until| now < *until);
        Ok(early.map_or_else(|| PostCall::Ready(json!({ "id": call.0 }).to_string().into_bytes()), PostCall::NotYet))
    }
}

/// One host: a store in a folder, the duty, a clock by hand.
struct Host {
    store: Arc<SqliteStore>,
    clock: Arc<VirtualClock>,
    duty: Arc<WebhookDuty>,
    stop: CancellationToken,
    seed: AtomicU64,
    /// No call is told before.
    early: Arc<Mutex<Option<Timestamp>>>,
}

impl Host {
    fn open(folder: &Path, at: Timestamp, ports: &[u16]) -> Self {
        let randomness = Arc::new(|bytes: &mut [u8]| bytes.fill(9));
        let vault = Some(VaultKeys { keys: vec![[7; 32]], randomness });
        let profile = Profile::Durable { folder: folder.to_owned() };
        let store = campanile_store::open(&Options { profile, readers: 2, vault }).unwrap();
        let clock = Arc::new(VirtualClock::starting_at(at));
        let wall: Arc<dyn WallClock> = Arc::new(Wall(Arc::clone(&clock)));
        let egress = Egress::new(EgressOptions {
            exemptions: Exemptions::parse(ports.iter().map(|port| format!("127.0.0.1:{port}"))).unwrap(),
            authorities: Authorities::default(),
            clock: Arc::clone(&wall),
            resolver: Arc::new(SystemResolver),
            tokens: Arc::new(NoTokens),
        });
        let early = Arc::default();
        let duty = WebhookDuty::new(
            Arc::clone(&store) as Arc<dyn Store>,
            (Arc::new(egress), Arc::new(Words(Arc::clone(&early)))),
            (Arc::clone(&clock) as Arc<dyn EngineClock>, wall),
            Bell::default(),
            at.0 as u64,
        );
        let stop = CancellationToken::new();
        Self { store, clock, duty: Arc::new(duty), stop, seed: AtomicU64::new(at.0 as u64), early }
    }

    fn ctx(&self, tenant: TenantKey) -> WriteContext {
        WriteContext::engine(tenant, EngineClock::now(self.clock.as_ref()), self.seed.fetch_add(1, Ordering::Relaxed))
    }

    async fn account(&self) -> (TenantKey, CampaignId) {
        let new = NewTenant { name: "Acme".into(), limits: TenantLimits::default(), billing: None };
        let tenant = self.store.as_store().create_tenant(&self.ctx(TenantKey(0)), new).await.unwrap().key;
        let store = self.store.as_store();
        let gateway = NewGateway::built_in("sim", "simulated", json!({}));
        let gateway = store.create_gateway(&self.ctx(tenant), gateway).await.unwrap();
        let assistant = AssistantConfig {
            name: "Ada".into(),
            outbound: true,
            phone_numbers: vec!["+12025550100".parse().unwrap()],
            time_zone: Zone::parse("Europe/Berlin").unwrap(),
            gateway: gateway.id,
            gateway_ref: None,
            variables: vec![],
            ring_timeout_seconds: 30,
            max_call_seconds: 600,
        };
        let assistant = store.create_assistant(&self.ctx(tenant), assistant).await.unwrap();
        let campaign = store.create_campaign(&self.ctx(tenant), assistant.id, CampaignConfig::named("March")).await;
        (tenant, campaign.unwrap().id)
    }

    async fn webhook(&self, tenant: TenantKey, url: String, secret: &str) -> Webhook {
        let config = WebhookConfig { url, enabled: true, ..WebhookConfig::default() };
        self.store.as_store().create_webhook(&self.ctx(tenant), config, SecretString::from(secret)).await.unwrap()
    }

    async fn leads(&self, tenant: TenantKey, campaign: CampaignId, numbers: std::ops::Range<u64>) {
        let lead = |number: u64| NewLead {
            external_id: None,
            contacts: vec![Contact::new(0, format!("+1202{:07}", 2_000_000 + number).parse().unwrap())],
            priority: 0,
            not_before: None,
            expires_at: None,
            time_zone: None,
            variables: Variables::new(),
            allow_duplicate: false,
        };
        let leads = numbers.map(lead).collect();
        self.store.as_store().add_leads(&self.ctx(tenant), campaign, leads).await.unwrap();
    }

    /// Begins a call that the gateway refuses: it is over at once.
    async fn refused_call(&self, tenant: TenantKey, campaign: CampaignId) -> AttemptKey {
        let store = self.store.as_store();
        let now = EngineClock::now(self.clock.as_ref());
        let facts = store.start_facts(tenant, campaign, now).await.unwrap();
        store.verb(&self.ctx(tenant), campaign, Verb::Start, facts).await.unwrap();
        let key = store.campaign(tenant, campaign).await.unwrap().key;
        store.stage(&self.ctx(tenant), key, 10).await.unwrap();
        let request = ClaimRequest { campaign: key, slots: 1 };
        let claim = store.claim(&self.ctx(tenant), Fence::SOLE, request).await.unwrap();
        let call = claim.orders[0].open.key;
        let refused = DialResult::Refused(Refusal {
            code: "x".into(),
            message: "no".into(),
            scope: RefusalScope::ThisNumber,
            retry_after_ms: None,
        });
        store.dialled(&self.ctx(tenant), Fence::SOLE, call, refused).await.unwrap();
        call
    }

    /// One round of the duty for a webhook.
    async fn step(&self, webhook: &Webhook) -> bool {
        while self.duty.read_on().await.unwrap() {}
        self.duty.step(webhook.tenant, webhook.key, &self.stop).await.unwrap()
    }

    async fn deliveries(&self, webhook: &Webhook) -> Vec<WebhookDelivery> {
        let page = Page { cursor: None, limit: 200 };
        self.store.as_store().webhook_deliveries(webhook.tenant, webhook.id, None, &page).await.unwrap().data
    }

    fn later(&self, ms: i64) {
        self.clock.advance_to(EngineClock::now(self.clock.as_ref()) + ms);
    }
}

/// The port of a store behind its type.
trait AsStore {
    fn as_store(&self) -> &dyn Store;
}

impl AsStore for Arc<SqliteStore> {
    fn as_store(&self) -> &dyn Store {
        self.as_ref()
    }
}

const ONE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TWO: &str = "whsec_plJ3nmyCDGBKInavdOK15jsl+Y3j9F4f5a0xkQ0sPQE=";

#[tokio::test]
async fn a_message_is_signed_by_what_its_owner_was_shown_and_by_both_while_it_is_replaced() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(200).await);
    let host = Host::open(folder.path(), MONDAY, &[receiver.port]);
    let (tenant, campaign) = host.account().await;
    let webhook = host.webhook(tenant, receiver.url(), ONE).await;
    host.leads(tenant, campaign, 0..1).await;
    host.step(&webhook).await;
    let heard = receiver.next().await;
    assert!(heard.is_signed_by(ONE) && !heard.is_signed_by(TWO), "{heard:?}");
    let body = heard.json();
    assert_eq!(
        (&body["type"], &body["sequence"], &body["id"]),
        (&json!("lead.created"), &json!(1), &json!(heard.header("webhook-id")))
    );
    assert_eq!(heard.header("webhook-timestamp"), (MONDAY.0 / 1_000).to_string());
    let row = &host.deliveries(&webhook).await[0];
    assert_eq!(
        (row.status, row.response_status, row.response.as_deref()),
        (DeliveryStatus::Delivered, Some(200), Some("ok"))
    );
    let (until, ctx) = (MONDAY + DAY_MS, host.ctx(tenant));
    let store = host.store.as_store();
    store.rotate_webhook_secret(&ctx, webhook.id, SecretString::from(TWO), until).await.unwrap();
    for (number, later, signers) in [(1, 0, [true, true]), (2, DAY_MS, [false, true])] {
        host.later(later);
        host.leads(tenant, campaign, number..number + 1).await;
        host.step(&webhook).await;
        let heard = receiver.next().await;
        assert_eq!([heard.is_signed_by(ONE), heard.is_signed_by(TWO)], signers, "{heard:?}");
    }
}

#[tokio::test]
async fn what_fails_comes_again_with_the_same_id_and_the_time_of_its_sending() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(500).await);
    let host = Host::open(folder.path(), MONDAY, &[receiver.port]);
    let (tenant, campaign) = host.account().await;
    let webhook = host.webhook(tenant, receiver.url(), ONE).await;
    host.leads(tenant, campaign, 0..1).await;
    host.step(&webhook).await;
    let first = receiver.next().await;
    for status in [302, 404] {
        receiver.says(status);
        host.step(&webhook).await;
        assert!(receiver.heard_nothing().await, "not before its time");
        host.later(35 * MINUTE_MS);
        host.step(&webhook).await;
        let again = receiver.next().await;
        assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
        assert_ne!(again.header("webhook-timestamp"), first.header("webhook-timestamp"));
        assert!(again.is_signed_by(ONE));
    }
    receiver.says(410);
    host.later(DAY_MS);
    host.step(&webhook).await;
    receiver.next().await;
    let row = host.store.as_store().webhook(tenant, webhook.id).await.unwrap();
    assert_eq!((row.enabled, row.status_reason.code.as_str()), (false, "gone"));
    let row = &host.deliveries(&webhook).await[0];
    assert_eq!((row.attempts, row.response_status), (4, Some(410)));
}

#[tokio::test]
async fn a_call_is_told_in_other_words_once_everything_about_it_is_known() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(200).await);
    let host = Host::open(folder.path(), MONDAY, &[receiver.port]);
    let (tenant, campaign) = host.account().await;
    let config = WebhookConfig {
        url: receiver.url(),
        events: Some(vec![HOSTED_EVENT.to_owned()]),
        format: WebhookFormat::Hosted,
        enabled: true,
        ..WebhookConfig::default()
    };
    let store = host.store.as_store();
    let webhook = store.create_webhook(&host.ctx(tenant), config, SecretString::from(ONE)).await.unwrap();
    host.leads(tenant, campaign, 0..1).await;
    let call = host.refused_call(tenant, campaign).await;
    *host.early.lock().unwrap() = Some(MONDAY + MINUTE_MS);
    for _ in 0..3 {
        host.step(&webhook).await;
    }
    assert!(receiver.heard_nothing().await, "it is too early");
    let row = &host.deliveries(&webhook).await[0];
    assert_eq!((row.status, row.attempts), (DeliveryStatus::Waiting, 0));
    assert_eq!(row.next_try_at, Some(MONDAY + MINUTE_MS));
    host.later(MINUTE_MS);
    host.step(&webhook).await;
    let heard = receiver.next().await;
    assert!(heard.is_signed_by(ONE), "{heard:?}");
    assert_eq!((heard.json(), heard.header("webhook-id")), (json!({"id": call.0}), row.event.to_string().as_str()));
    assert_eq!(host.deliveries(&webhook).await[0].status, DeliveryStatus::Delivered);
    host.step(&webhook).await;
    assert!(receiver.heard_nothing().await, "once");
}

#[tokio::test]
async fn where_nobody_may_go_nothing_is_sent() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(200).await);
    // The operator lists nothing.
    let host = Host::open(folder.path(), MONDAY, &[]);
    let (tenant, campaign) = host.account().await;
    let webhook = host.webhook(tenant, receiver.url(), ONE).await;
    host.leads(tenant, campaign, 0..3).await;
    assert!(!host.step(&webhook).await, "the first tells enough");
    assert!(receiver.heard_nothing().await);
    let rows = host.deliveries(&webhook).await;
    let tried: Vec<_> = rows.iter().filter(|row| row.attempts > 0).collect();
    assert!(
        !tried.is_empty() && tried.iter().all(|row| row.detail.as_deref().is_some_and(|why| why.starts_with("denied")))
    );
}

#[tokio::test]
async fn a_host_that_dies_between_sending_and_keeping_sends_again_and_loses_nothing() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(0).await);
    let (webhook, tenant, campaign) = {
        let host = Host::open(folder.path(), MONDAY, &[receiver.port]);
        let (tenant, campaign) = host.account().await;
        let webhook = host.webhook(tenant, receiver.url(), ONE).await;
        host.leads(tenant, campaign, 0..9).await;
        while host.duty.read_on().await.unwrap() {}
        // It is dropped while four messages are under way, like a process that is killed.
        let mut step = Box::pin(host.duty.step(tenant, webhook.key, &host.stop));
        for _ in 0..4 {
            tokio::select! {
                _ = &mut step => panic!("nobody answered"),
                _ = receiver.next() => {}
            }
        }
        drop(step);
        host.leads(tenant, campaign, 9..12).await;
        host.store.close();
        (webhook, tenant, campaign)
    };
    receiver.says(200);
    let host = Host::open(folder.path(), MONDAY + SECOND_MS, &[receiver.port]);
    host.leads(tenant, campaign, 12..13).await;
    while host.step(&webhook).await {}
    let mut numbers = Vec::new();
    while numbers.len() < 13 {
        numbers.push(receiver.next().await.json()["sequence"].as_i64().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=13).collect::<Vec<_>>());
    assert!(receiver.heard_nothing().await);
    assert!(host.deliveries(&webhook).await.iter().all(|row| row.status == DeliveryStatus::Delivered));
}

#[tokio::test]
async fn one_that_never_answers_delays_nobody() {
    let (folder, slow, well) = (tempfile::tempdir().unwrap(), Receiver::start(0).await, Receiver::start(204).await);
    let host = Host::open(folder.path(), MONDAY, &[slow.port, well.port]);
    let (tenant, campaign) = host.account().await;
    let (stranger, theirs) = host.account().await;
    for _ in 0..12 {
        host.webhook(tenant, slow.url(), ONE).await;
    }
    let good = host.webhook(stranger, well.url(), TWO).await;
    let bell = host.duty.bell.clone();
    host.store.as_store().ring_on_events(Box::new(move |_| bell.ring()));
    let running = tokio::spawn(Arc::clone(&host.duty).run(host.stop.clone()));
    host.leads(tenant, campaign, 0..50).await;
    host.leads(stranger, theirs, 0..50).await;
    let mut numbers = Vec::new();
    while numbers.len() < 50 {
        // What gathers waits for the clock, which stands still between its steps.
        host.later(200);
        tokio::select! {
            heard = well.next() => {
                assert!(heard.is_signed_by(TWO));
                assert_eq!(heard.json()["data"]["lead"]["campaign"], json!(theirs), "nobody is told of a stranger's");
                numbers.push(heard.json()["sequence"].as_i64().unwrap());
            }
            () = tokio::task::yield_now() => {}
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
    host.stop.cancel();
    running.abort();
    assert!(host.store.as_store().webhook(stranger, good.id).await.unwrap().enabled);
}
