//! What tests find when they come: two accounts with keys, and the things they ask for, made through the API where the
//! API can make them and by the store where only the engine can.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use campanile_domain::attempt::{AnsweredBy, CallStatus, Failure};
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{AttemptKey, CallId, CampaignId, CampaignKey, KeyId, LeadId, LeadKey, TenantKey};
use campanile_domain::plugin::allowance::Allowance;
use campanile_domain::ports::gateway::{CallEvent, Speaker, Utterance};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{
    Actor, ClaimRequest, DecisionRecord, DialResult, Document as Record, EvaluationRecord, Fence, NewKey,
    NewSuppression, Store, WriteContext,
};
use campanile_domain::time::Timestamp;
use campanile_engine::shell::clock::VirtualClock;
use campanile_engine::shell::{Bell, Handle};
use campanile_store::VaultKeys;
use prometheus::Registry;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::conforms::DOCUMENT;
use super::desk::{Consenting, Desk};
use super::fakes::{Checker, Counted, Kinds, Letters, Policies, Stopped};
use super::host::{Answer, Host};
use super::mapper::Mapper;
use super::readers::Readers;
use super::rehearsals::Players;
use crate::admission::Admission;
use crate::app::{About, App, Config};
use crate::jobs::line::JobLine;
use crate::line::Line;
use crate::metrics::Metrics;
use crate::secret::{KeyKind, Secret, rng, seed};
use crate::streams::Streams;

/// Monday, 10:00 in New York.
pub(super) const NOW: Timestamp = Timestamp(1_772_463_600_000);

impl Host {
    /// A fresh host.
    pub(crate) async fn new() -> Self {
        super::log::install();
        let folder = tempfile::tempdir().unwrap();
        let options = campanile_store::Options {
            profile: campanile_store::Profile::Ephemeral,
            readers: 1,
            vault: Some(VaultKeys { keys: vec![[7; 32]], randomness: Arc::new(|bytes| bytes.fill(1)) }),
        };
        let store: Arc<dyn Store> = campanile_store::open(&options).unwrap();
        let streams = Streams::default();
        let rung = streams.clone();
        store.ring_on_events(Box::new(move |tenants| rung.ring(tenants)));
        let kinds = Arc::new(Kinds::default());
        let desk = Arc::new(Desk::default());
        let players = Arc::new(Players::default());
        let engine_time = Arc::new(VirtualClock::starting_at(NOW));
        let wall = Arc::new(Stopped(AtomicI64::new(NOW.0)));
        let app = Arc::new(App {
            store: Arc::clone(&store),
            engine: Handle::detached(),
            policies: Arc::new(Policies(Arc::clone(&store))),
            evaluators: Arc::new(Readers),
            evaluations: Bell::default(),
            mapper: Arc::new(Mapper),
            scripts: Arc::new(Checker),
            plugins: desk.clone(),
            consent: Arc::new(Consenting::default()),
            line: Line::default(),
            jobs: JobLine::default(),
            admission: Admission::default(),
            rehearsals: players.clone(),
            gateways: kinds.clone(),
            sources: kinds.clone(),
            sinks: kinds.clone(),
            post: Arc::new(Letters),
            webhooks: Bell::default(),
            streams: streams.clone(),
            engine_clock: engine_time.clone(),
            wall_clock: wall.clone(),
            entropy: Arc::new(Counted::default()),
            metrics: Metrics::new(Registry::new()).unwrap(),
            config: Config {
                public_url: "https://calls.example".into(),
                upload_dir: folder.path().join("uploads"),
                max_upload_bytes: 1 << 20,
                faster_clock: false,
                about: About {
                    version: "1.4.0".into(),
                    commit: Some("3f9c1ab".into()),
                    components: [("contract", "0.1"), ("sqlite", "3.51.0")]
                        .map(|(of, is)| (of.into(), is.into()))
                        .into(),
                },
            },
            background: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        });
        let operator = operator_key(&app).await;
        let router = crate::router(Arc::clone(&app));
        let empty = String::new;
        let document = &*DOCUMENT;
        let (live, test, stranger, tenant) = (empty(), empty(), empty(), empty());
        let mut host = Self {
            app,
            live,
            test,
            stranger,
            operator,
            tenant,
            router,
            kinds,
            desk,
            players,
            wall,
            engine_time,
            document,
            folder,
        };
        // The clock stands still, so nobody gets a request back.
        let many = json!({"requests_burst": 1_000_000});
        let made =
            host.post(Some(&host.operator), "/v1/tenants", json!({"name": "Harbour Dental", "limits": many})).await;
        let text = |pointer: &str| made.body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        (host.live, host.test) = (text("/live_key/secret"), text("/test_key/secret"));
        host.tenant = text("/tenant/id");
        let other =
            host.post(Some(&host.operator), "/v1/tenants", json!({"name": "Lakeside Solar", "limits": many})).await;
        host.stranger = other.body["live_key"]["secret"].as_str().unwrap().to_owned();
        host
    }

    pub(super) fn context(&self, tenant: TenantKey) -> WriteContext {
        WriteContext::engine(tenant, self.app.engine_clock.now(), seed(&*self.app.entropy))
    }

    pub(crate) async fn tenant_key(&self) -> TenantKey {
        self.app.store.tenant_by_id(self.tenant.parse().unwrap()).await.unwrap().key
    }

    /// A key of the account with one scope, put there directly so that it may be expired.
    pub(crate) async fn key(&self, scope: &str, expires_at: Option<&str>) -> String {
        let tenant = self.tenant_key().await;
        let secret = Secret::mint(KeyKind::Live, &*self.app.entropy);
        let new = NewKey {
            id: KeyId::mint(NOW, &mut rng(&*self.app.entropy)),
            tenant: Some(tenant),
            name: "test".into(),
            scopes: vec![scope.into()],
            hash: secret.hash,
            last_four: secret.last_four.clone(),
            expires_at: expires_at.map(|at| at.parse().unwrap()),
            created_at: NOW,
        };
        self.app.store.create_key(&self.context(tenant), new).await.unwrap();
        secret.text
    }

    /// The key of an account that pays 60,000 micros for each started minute and has so much.
    pub(crate) async fn billed_account(&self, balance: i64) -> String {
        let tariff = json!({"per_minute_micros": 60_000, "minimum_seconds": 60, "rounding_seconds": 60});
        let billed = json!({"name": "Lakeside Solar", "billing": {"currency": "EUR", "tariff": tariff}});
        let made = self.post(Some(&self.operator), "/v1/tenants", billed).await;
        let path = format!("/v1/tenants/{}/top_up", made.body["tenant"]["id"].as_str().unwrap());
        let topped = self.post(Some(&self.operator), &path, json!({"amount_micros": balance})).await;
        assert_eq!(topped.status, 200, "{}", topped.text);
        made.body["live_key"]["secret"].as_str().unwrap().to_owned()
    }

    /// Patches the limits of plugins of an account.
    pub(crate) async fn patch_plugins(&self, path: &str, plugins: serde_json::Value) -> Answer {
        self.patch(Some(&self.operator), path, json!({"limits": {"plugins": plugins}})).await
    }

    /// The allowances that whoever runs plugins was told about, other than the default.
    pub(crate) fn allowances(&self) -> Vec<Allowance> {
        self.desk.1.lock().unwrap().values().copied().collect()
    }

    /// The ids of the gateways that the wiring was told about.
    pub(crate) fn installed(&self) -> Vec<String> {
        self.kinds.0.lock().unwrap().clone()
    }

    /// A simulated gateway and the path of its hook.
    pub(crate) async fn gateway_with_hook(&self) -> (String, String) {
        let made = self.post(Some(&self.live), "/v1/gateways", json!({"name": "sim", "kind": "simulated"})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let hook = made.body["hook_url"].as_str().unwrap().strip_prefix("https://calls.example").unwrap();
        (made.body["id"].as_str().unwrap().to_owned(), hook.to_owned())
    }

    /// A simulated gateway.
    pub(crate) async fn gateway(&self) -> String {
        self.gateway_with_hook().await.0
    }

    /// An assistant in New York.
    pub(crate) async fn assistant(&self) -> String {
        let gateway = self.gateway().await;
        let body = json!({"name": "Mara", "time_zone": "America/New_York", "gateway": gateway, "phone_numbers": ["+14155552670"]});
        let made = self.post(Some(&self.live), "/v1/assistants", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// A draft.
    pub(crate) async fn campaign(&self) -> String {
        let body = json!({"assistant": self.assistant().await, "name": "Spring"});
        let made = self.post(Some(&self.live), "/v1/campaigns", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// A lead.
    pub(crate) async fn lead(&self, campaign: &str, phone: &str) -> String {
        let made =
            self.post(Some(&self.live), &format!("/v1/campaigns/{campaign}/leads"), json!({"phone": phone})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// Puts a number on the do-not-call list.
    pub(crate) async fn suppress(&self, phone: &str) {
        let ctx = self.context(self.tenant_key().await);
        let new = NewSuppression { phone: phone.parse().unwrap(), reason: "asked".into() };
        self.app.store.suppress(&ctx, vec![new]).await.unwrap();
    }

    /// An erasure that is finished.
    pub(crate) async fn erasure(&self, phone: &str) -> String {
        let asked = self.post(Some(&self.live), "/v1/erasures", json!({"phone": phone})).await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        self.background_done().await;
        asked.body["id"].as_str().unwrap().to_owned()
    }

    /// A policy of the account, `acme-policy@1.0.0`, in force.
    pub(crate) async fn active_policy(&self) {
        let sent = self.upload("/v1/plugins", "application/wasm", "acme-policy 1.0.0 retry-policy").await;
        assert!(sent.status < 300, "{}", sent.text);
        self.background_done().await;
        let path = "/v1/plugins/acme-policy/versions/1.0.0/activate";
        assert_eq!(self.post_empty(Some(&self.live), path).await.status, 200);
    }

    /// A job that nobody works at.
    pub(crate) async fn running_job(&self) -> String {
        let ctx = self.context(self.tenant_key().await);
        self.app
            .store
            .begin_job(&ctx, "replay", json!({"policy": "acme-policy@1.0.0", "limit": 1_000}))
            .await
            .unwrap()
            .id
            .to_string()
    }

    /// Everything that went on in the background is over.
    pub(crate) async fn background_done(&self) {
        self.app.background.close();
        self.app.background.wait().await;
        self.app.background.reopen();
    }

    /// A lead of +1 415 555 2671 that was called and answered, with its call, as the engine would have left them.
    pub(crate) async fn called_lead(&self) -> (String, String) {
        let campaign = self.campaign().await;
        let lead = self.lead(&campaign, "+14155552671").await;
        let started = self.post_empty(Some(&self.live), &format!("/v1/campaigns/{campaign}/start")).await;
        assert_eq!(started.status, 200, "{}", started.text);
        let tenant = self.tenant_key().await;
        let key = self.app.store.campaign(tenant, campaign.parse().unwrap()).await.unwrap().key;
        let store = &self.app.store;
        store.stage(&self.context(tenant), key, 10).await.unwrap();
        let request = ClaimRequest { campaign: key, slots: 1 };
        let claim = store.claim(&self.context(tenant), Fence::SOLE, request).await.unwrap();
        let open = &claim.orders[0].open;
        let placed = DialResult::Placed { provider_call_id: "p-1".into() };
        store.dialled(&self.context(tenant), Fence::SOLE, open.key, placed).await.unwrap();
        let said = vec![Utterance { at_ms: 0, speaker: Speaker::Person, text: "Hello?".into() }];
        let ended = CallEvent {
            attempt: Some(open.id),
            provider_call_id: "p-1".into(),
            event_id: "e-1".into(),
            at: NOW,
            status: CallStatus::Completed,
            code: String::new(),
            answered_by: AnsweredBy::Human,
            failure: Failure::None,
            talk_ms: Some(30_000),
            cost_micros: None,
            currency: None,
            transcript: Some(said.clone()),
            analysis: None,
        };
        store.apply(&self.context(tenant), Fence::SOLE, open.gateway, vec![ended]).await.unwrap();
        store.keep_transcript(tenant, open.key, NOW, said).await.unwrap();
        let record = decided(tenant, key, open.lead, open.key, open.id, NOW);
        store.keep_decisions(vec![Record::try_from(&record).unwrap()]).await.unwrap();
        (lead, open.id.to_string())
    }
}

impl Host {
    /// The record of an evaluator that read a call.
    pub(crate) async fn read_by(&self, by: &str, call: &str) {
        let (tenant, store) = (self.tenant_key().await, &self.app.store);
        let call = store.call(tenant, call.parse().unwrap()).await.unwrap();
        let lead = store.lead(tenant, call.lead).await.unwrap();
        let record = EvaluationRecord {
            tenant,
            campaign: lead.campaign_key,
            lead: lead.key,
            attempt: call.key,
            at: NOW,
            by: by.into(),
            settings: json!({}),
            wanted: vec!["booked".into()],
            lines: 1,
            output: json!({"answers": {}, "cost": null}),
            usage: Usage::default(),
            log: vec!["read it".into()],
        };
        store.keep_evaluation_records(vec![Record::try_from(&record).unwrap()]).await.unwrap();
    }
}

/// A decision as the first version of a policy left it: in Berlin, asked nothing of the calendar, rounds to be gone on with.
pub(crate) fn decided(
    tenant: TenantKey,
    campaign: CampaignKey,
    lead: LeadKey,
    attempt: AttemptKey,
    call: CallId,
    at: Timestamp,
) -> DecisionRecord {
    let retry = json!({"decision": "retry", "not_before": "2026-03-02T16:00:00Z", "not_after": null, "contact": null,
        "priority": null, "variables": {}, "reason": "busy"});
    let input = json!({"trigger": "settled", "now": at, "campaign": CampaignId(1), "lead": LeadId(u128::from(lead.0.unsigned_abs())),
        "zone": "Europe/Berlin", "era": 1, "round": 1, "max_retries": 3, "retry_interval_ms": 3_600_000,
        "retry_on_voicemail": false, "retry_until_goal": false, "goal": null, "strategy": "escalate", "attempts_left": 5,
        "campaign_ends_at": null, "contacts": [], "attempts": [], "lead_variables": {}, "builtin": retry});
    DecisionRecord {
        tenant,
        campaign,
        lead,
        attempt,
        call: Some(call),
        at,
        by: "acme-policy@1.0.0".into(),
        digest: Some("aa".into()),
        runner: None,
        settings: Some(json!({})),
        calendar: Some(json!({"hours": CallingHours::always(), "zone": "Europe/Berlin", "asked": [], "left_out": 0})),
        standing: None,
        input,
        output: retry,
        usage: Usage::default(),
        elapsed_us: 0,
        log: Vec::new(),
        clamped_by: Vec::new(),
        made: None,
    }
}

pub(super) async fn operator_key(app: &App) -> String {
    let secret = Secret::mint(KeyKind::Operator, &*app.entropy);
    let new = NewKey {
        id: KeyId::mint(NOW, &mut rng(&*app.entropy)),
        tenant: None,
        name: "operator".into(),
        scopes: vec!["admin".into()],
        hash: secret.hash,
        last_four: secret.last_four.clone(),
        expires_at: None,
        created_at: NOW,
    };
    let ctx = WriteContext { actor: Actor::Operator, ..WriteContext::engine(TenantKey(0), NOW, seed(&*app.entropy)) };
    app.store.create_key(&ctx, new).await.unwrap();
    secret.text
}
