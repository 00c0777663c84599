//! The duty that asks sources: pages in order, state handed back, failures waited out, one place for each.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::ids::TenantKey;
use campanile_domain::importer::{IncomingContact, IncomingLead, Page, PageMode};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::{Checked, Choice, Kept, PluginAnswer};
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::report::{Report, Stage};
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::plugin::{Kind, VersionState};
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::importer::Importer;
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{
    AssistantConfig, NewGateway, NewSource, NewTenant, NewVersion, Page as Asked, SourceRow, Store, TenantLimits,
    WriteContext,
};
use campanile_domain::time::{MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::Variables;
use campanile_domain::zone::Zone;
use campanile_engine::shell::clock::VirtualClock;
use campanile_engine::shell::{Handle, Importers, SourceDuty};
use campanile_store::{Options, Profile};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const MONDAY: Timestamp = Timestamp(1_772_442_000_000);

/// Answers what it was told to, in order, and tells what it was asked.
struct Scripted {
    answers: Mutex<VecDeque<Result<Page, PluginFailure>>>,
    asked: mpsc::UnboundedSender<(Option<String>, Kept)>,
}

fn answered<T>(answer: Result<T, PluginFailure>, kept: Option<Kept>) -> PluginAnswer<T> {
    PluginAnswer { version: "acme-crm@1.0.0".into(), answer, kept, usage: Usage::default(), log: Vec::new() }
}

#[async_trait]
impl Importer for Scripted {
    async fn check(&self, _: Kept) -> PluginAnswer<Checked> {
        unreachable!("the duty pulls")
    }

    async fn options(&self, _: Kept, _: &str, _: &str) -> PluginAnswer<Vec<Choice>> {
        unreachable!("the duty pulls")
    }

    async fn pull(&self, kept: Kept, cursor: Option<&str>, _: u32) -> PluginAnswer<Page> {
        let pulls = kept.0.get("pulls").map_or(0, |text| text.parse().unwrap()) + 1;
        self.asked.send((cursor.map(str::to_owned), kept)).unwrap();
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| Ok(page(&[], Some("end"), false)));
        let kept = answer.is_ok().then(|| Kept([("pulls".to_owned(), u32::to_string(&pulls))].into()));
        answered(answer, kept)
    }

    async fn receive(&self, _: Kept, webhook: &Webhook) -> PluginAnswer<Page> {
        answered(Ok(page(&[webhook.body.first().copied().unwrap_or_default().into()], None, false)), None)
    }
}

fn page(people: &[u64], cursor: Option<&str>, more: bool) -> Page {
    let lead = |number: &u64| IncomingLead {
        external_id: number.to_string(),
        contacts: vec![IncomingContact {
            phone: format!("+1202555{number:04}"),
            name: None,
            label: None,
            variables: Variables::new(),
        }],
        zone: None,
        country: None,
        region: None,
        postal_code: None,
        language: None,
        do_not_call: false,
        deleted: false,
        consent: None,
        priority: 0,
        updated_at: None,
        variables: Variables::new(),
    };
    let cursor = cursor.map(str::to_owned);
    Page { leads: people.iter().map(lead).collect(), rejected: Vec::new(), mode: PageMode::Delta, cursor, more }
}

/// A source whose importer follows a script.
struct World {
    duty: Arc<SourceDuty>,
    clock: Arc<VirtualClock>,
    store: Arc<dyn Store>,
    importers: Arc<Importers>,
    source: SourceRow,
    asked: mpsc::UnboundedReceiver<(Option<String>, Kept)>,
}

async fn installed(store: &Arc<dyn Store>) -> SourceRow {
    let ctx = |tenant, seed| WriteContext::engine(tenant, MONDAY, seed);
    let new = NewTenant { name: "Acme".into(), limits: TenantLimits::default(), billing: None };
    let tenant = store.create_tenant(&ctx(TenantKey(0), 1), new).await.unwrap().key;
    let gateway = NewGateway::built_in("sim", "simulated", serde_json::json!({}));
    let gateway = store.create_gateway(&ctx(tenant, 2), gateway).await.unwrap();
    let assistant = AssistantConfig {
        name: "Ada".into(),
        outbound: true,
        phone_numbers: vec!["+12025550199".parse().unwrap()],
        time_zone: Zone::utc(),
        gateway: gateway.id,
        gateway_ref: None,
        variables: Vec::new(),
        ring_timeout_seconds: 30,
        max_call_seconds: 600,
    };
    let assistant = store.create_assistant(&ctx(tenant, 3), assistant).await.unwrap();
    let campaign = store.create_campaign(&ctx(tenant, 4), assistant.id, CampaignConfig::named("March")).await.unwrap();
    let mut report = Report::at(Stage::Admission, "", 1);
    report.manifest = Some(Manifest {
        name: "acme-crm".into(),
        version: "1.0.0".into(),
        kind: Kind::LeadImporter,
        summary: "For tests.".into(),
        settings: None,
        secrets: [].into(),
        hosts: Vec::new(),
        auth: [].into(),
    });
    let new = NewVersion {
        name: "acme-crm".into(),
        version: Some("1.0.0".into()),
        kind: Kind::LeadImporter.word().into(),
        content: vec![1],
        report: Some(report.clone()),
    };
    let version = store.add_plugin_version(&ctx(tenant, 5), new).await.unwrap().version;
    for (seed, next) in [(6, VersionState::Testing), (7, VersionState::Staged)] {
        store.advance_plugin(&ctx(tenant, seed), version.id, next, report.clone()).await.unwrap();
    }
    store.activate_plugin(&ctx(tenant, 8), "acme-crm", "1.0.0").await.unwrap();
    let new = NewSource {
        campaign: campaign.id,
        name: "CRM".into(),
        plugin: "acme-crm@active".parse().unwrap(),
        settings: serde_json::json!({}),
        secrets: Secrets::default(),
        default_country: None,
        interval_minutes: 15,
        reopen_on_change: false,
        paused: false,
    };
    store.create_source(&ctx(tenant, 9), new).await.unwrap()
}

async fn world(answers: Vec<Result<Page, PluginFailure>>) -> World {
    let options = Options { profile: Profile::Ephemeral, readers: 1, vault: None };
    let store: Arc<dyn Store> = campanile_store::open(&options).unwrap();
    let source = installed(&store).await;
    let (told, asked) = mpsc::unbounded_channel();
    let importers = Arc::new(Importers::default());
    importers.insert(source.key, Arc::new(Scripted { answers: Mutex::new(answers.into()), asked: told }));
    let clock = Arc::new(VirtualClock::starting_at(MONDAY));
    let duty = SourceDuty::new(
        Arc::clone(&store),
        Arc::clone(&importers),
        Arc::clone(&clock) as Arc<dyn EngineClock>,
        Handle::detached(),
        7,
    );
    World { duty: Arc::new(duty), clock, store, importers, source, asked }
}

impl World {
    async fn next(&mut self) -> (Option<String>, Option<String>) {
        let (cursor, kept) = self.asked.recv().await.unwrap();
        (cursor, kept.0.get("pulls").cloned())
    }

    async fn last_run(&self) -> (String, u64, u64) {
        let runs = self.store.source_runs(self.source.tenant, self.source.id, &Asked::default()).await.unwrap();
        let run = &runs.data[0];
        (run.status.clone(), run.counts.pages, run.counts.created)
    }
}

#[tokio::test]
async fn pages_follow_the_cursor_with_what_was_kept_and_a_failure_is_waited_out() {
    let failure =
        PluginFailure { retry_after_ms: Some(120_000), ..PluginFailure::new("http_too_many_requests", "429") };
    let mut world =
        world(vec![Ok(page(&[1, 2], Some("a"), true)), Err(failure), Ok(page(&[3], Some("b"), false))]).await;
    let never = CancellationToken::new();
    world.duty.ask(world.source.tenant, world.source.key, &never).await;
    assert_eq!(world.next().await, (None, None));
    assert_eq!(world.next().await, (Some("a".into()), Some("1".into())));
    assert_eq!(world.last_run().await, ("failed".into(), 1, 2), "what was read before stays");
    let due = world.store.due_sources(1, 1).await.unwrap()[0].at;
    assert!(due >= MONDAY + 120 * SECOND_MS, "it asked to be left alone");
    world.clock.advance_to(due);
    world.duty.ask(world.source.tenant, world.source.key, &never).await;
    assert_eq!(world.next().await, (Some("a".into()), Some("1".into())), "a failed call has kept nothing");
    assert_eq!(world.last_run().await, ("finished".into(), 1, 1));
    assert_eq!(world.store.due_sources(1, 1).await.unwrap()[0].at, due + 15 * MINUTE_MS);
}

#[tokio::test]
async fn it_runs_at_the_interval_when_rung_and_until_stopped() {
    let mut world = world(vec![Ok(page(&[1], Some("a"), false))]).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&world.duty).run(stop.clone()));
    assert_eq!(world.next().await.0, None);
    // Waits for the end of the run: the next is due then.
    while world.store.due_sources(1, 1).await.unwrap()[0].at == MONDAY {
        tokio::task::yield_now().await;
    }
    world.clock.advance_to(MONDAY + 15 * MINUTE_MS);
    assert_eq!(world.next().await.0.as_deref(), Some("a"), "the interval passed");
    let webhook = Webhook {
        method: "POST".into(),
        url: "https://calls.example/hooks/sources/x".into(),
        headers: Vec::new(),
        body: vec![9],
        received_at: MONDAY,
    };
    world.store.put_push(world.clock.now(), world.source.key, webhook).await.unwrap();
    world.importers.ring();
    while !world.store.due_pushes(world.clock.now(), 1).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let leads = world.store.leads(world.source.tenant, &Default::default(), &Asked::default()).await.unwrap().data;
    assert_eq!(leads.len(), 2, "the pulled one and the pushed one");
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_source_without_its_importer_says_so() {
    let world = world(Vec::new()).await;
    world.importers.remove(world.source.key);
    world.duty.ask(world.source.tenant, world.source.key, &CancellationToken::new()).await;
    let runs = world.store.source_runs(world.source.tenant, world.source.id, &Asked::default()).await.unwrap();
    let error = runs.data[0].error.clone().unwrap();
    assert_eq!(error.code, "plugin_not_usable");
    assert!(error.next.contains("grant"), "{error:?}");
}

#[tokio::test]
async fn an_account_that_is_full_fails_the_run_and_keeps_nothing_of_the_page() {
    let world = world(vec![Ok(page(&[1, 2], Some("a"), true)), Ok(page(&[2, 3, 4], Some("b"), false))]).await;
    let tenant = world.store.tenant(world.source.tenant).await.unwrap();
    let limits = |most| TenantLimits { max_leads: most, ..tenant.limits.clone() };
    let ctx = |seed| WriteContext::engine(tenant.key, MONDAY, seed);
    world.store.update_tenant(&ctx(20), limits(Some(3)), false).await.unwrap();
    let never = CancellationToken::new();
    world.duty.ask(tenant.key, world.source.key, &never).await;
    assert_eq!(world.last_run().await, ("failed".into(), 1, 2));
    let runs = world.store.source_runs(tenant.key, world.source.id, &Asked::default()).await.unwrap();
    let error = runs.data[0].error.clone().unwrap();
    assert_eq!(error.code, "max_leads");
    assert!(error.message.contains("2 leads are kept of at most 3"), "{error:?}");
    assert!(error.next.contains("limits.max_leads"), "{error:?}");
    world.store.update_tenant(&ctx(21), limits(None), false).await.unwrap();
    let due = world.store.due_sources(1, 1).await.unwrap()[0].at;
    world.clock.advance_to(due);
    world.duty.ask(tenant.key, world.source.key, &never).await;
    assert_eq!(world.last_run().await.0, "finished", "it went on by itself");
}
