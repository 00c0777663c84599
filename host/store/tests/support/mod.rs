//! A small world to test a store in: one tenant, a simulated gateway, an assistant, a campaign, and a clock by hand.

#![expect(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use campanile_domain::attempt::{AnsweredBy, CallStatus, Failure};
use campanile_domain::campaign::{CampaignConfig, StartFacts, Verb};
use campanile_domain::contact::Contact;
use campanile_domain::event as events;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{CallId, GatewayKey, LeadId, SourceId};
use campanile_domain::money::{Currency, Micros, Tariff};
use campanile_domain::phone::Phone;
use campanile_domain::plugin::Kind;
use campanile_domain::plugin::VersionState;
use campanile_domain::plugin::auth::{AuthBlock, AuthStyle, Credential};
use campanile_domain::plugin::manifest::{Manifest, SecretSpec};
use campanile_domain::plugin::report::{Report, Stage};
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::{
    Assistant, AssistantConfig, Billing, Campaign, Changed, Claim, ClaimRequest, DialResult, Fence, LeadAdded,
    NewGateway, NewLead, NewSink, NewSource, NewSuppression, NewTenant, NewVersion, Order, SinkRow, SourceRow, Store,
    Stored, Suppressed, Tenant, TenantLimits, VerbDone, WriteContext,
};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use campanile_domain::variable::{VariableSpec, Variables};
use campanile_domain::zone::Zone;
use campanile_store::VaultKeys;
use rusqlite::Connection;

/// A Monday morning.
pub const MONDAY: Timestamp = Timestamp(1_772_442_000_000);

/// Waits for a future; no runtime is needed, the stores have threads of their own.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn phone(number: u64) -> Phone {
    format!("+1202555{number:04}").parse().unwrap()
}

pub fn lead(number: u64) -> NewLead {
    NewLead {
        external_id: None,
        contacts: vec![Contact::new(0, phone(number))],
        priority: 0,
        not_before: None,
        expires_at: None,
        time_zone: None,
        variables: Variables::new(),
        allow_duplicate: false,
    }
}

pub fn tariff() -> Tariff {
    Tariff::new(Micros(60_000), 60, 60).unwrap()
}

/// Keys for secrets, the first of which seals; nonces that never repeat.
pub fn vault(keys: &[u8]) -> VaultKeys {
    let count = AtomicU64::new(1);
    let randomness = move |bytes: &mut [u8]| {
        let next = count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.iter_mut().zip(next.iter().cycle()).for_each(|(byte, next)| *byte = *next);
    };
    VaultKeys { keys: keys.iter().map(|byte| [*byte; 32]).collect(), randomness: Arc::new(randomness) }
}

/// What a voice gateway says about itself that asks for these hosts.
pub fn manifest(version: &str, hosts: &[&str]) -> Manifest {
    let secret = SecretSpec { title: "Token".into(), description: String::new(), optional: false };
    let style = AuthStyle::Bearer { token: Credential::Secret("token".into()) };
    Manifest {
        name: "acme-voice".into(),
        version: version.into(),
        kind: Kind::VoiceGateway,
        summary: "Calls through Acme.".into(),
        settings: None,
        secrets: [("token".to_owned(), secret)].into(),
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        auth: [("account".to_owned(), AuthBlock { style, hosts: Vec::new() })].into(),
    }
}

/// An upload that asks for nothing.
pub fn plain(name: &str, kind: Kind, version: &str) -> NewVersion {
    let (secrets, auth) = ([].into(), [].into());
    let manifest = Manifest { name: name.into(), kind, secrets, auth, ..manifest(version, &[]) };
    let mut report = Report::at(Stage::Admission, "", 1);
    report.manifest = Some(manifest);
    NewVersion {
        name: name.into(),
        version: Some(version.to_owned()),
        kind: kind.word().to_owned(),
        content: format!("{name} {version}").into_bytes(),
        report: Some(report),
    }
}

/// An importer's upload that asks for nothing.
pub fn importer(version: &str) -> NewVersion {
    plain("acme-crm", Kind::LeadImporter, version)
}

/// What a world is made with.
#[derive(Clone)]
pub struct Setup {
    pub config: CampaignConfig,
    pub billed: bool,
    pub limits: TenantLimits,
    pub variables: Vec<VariableSpec>,
    pub numbers: Vec<Phone>,
}

impl Default for Setup {
    fn default() -> Self {
        let config = CampaignConfig { calling_hours: CallingHours::always(), ..CampaignConfig::named("March") };
        let limits = TenantLimits { min_gap_minutes: 0, ..TenantLimits::default() };
        Self { config, billed: false, limits, variables: vec![], numbers: vec![phone(9_000), phone(9_001)] }
    }
}

pub struct World {
    pub store: Arc<dyn Store>,
    pub tenant: Tenant,
    pub gateway: GatewayKey,
    pub assistant: Assistant,
    pub campaign: Campaign,
    seed: AtomicU64,
}

impl World {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with(store, Setup::default())
    }

    pub fn with(store: Arc<dyn Store>, setup: Setup) -> Self {
        wait(Self::build(store, setup, 0))
    }

    /// A tenant beside others in the same store; `nth` tells them apart.
    pub fn beside(store: Arc<dyn Store>, setup: Setup, nth: u64) -> Self {
        wait(Self::build(store, setup, nth * 10_000_000))
    }

    async fn build(store: Arc<dyn Store>, setup: Setup, first: u64) -> Self {
        let seed = AtomicU64::new(first + 1);
        let nobody = WriteContext::engine(campanile_domain::ids::TenantKey(0), MONDAY, first);
        let billing = Billing { currency: Currency::EUR, tariff: tariff() };
        let new = NewTenant { name: "Acme".into(), limits: setup.limits, billing: setup.billed.then_some(billing) };
        let tenant = store.create_tenant(&nobody, new).await.unwrap();
        let ctx = |n| WriteContext::engine(tenant.key, MONDAY, first + n);
        let gateway = NewGateway::built_in("sim", "simulated", serde_json::json!({}));
        let gateway = store.create_gateway(&ctx(1_000_001), gateway).await.unwrap();
        let config = AssistantConfig {
            name: "Ada".into(),
            outbound: true,
            phone_numbers: setup.numbers,
            time_zone: Zone::parse("Europe/Berlin").unwrap(),
            gateway: gateway.id,
            gateway_ref: None,
            variables: setup.variables,
            ring_timeout_seconds: 30,
            max_call_seconds: 600,
        };
        let assistant = store.create_assistant(&ctx(1_000_002), config).await.unwrap();
        let campaign = store.create_campaign(&ctx(1_000_003), assistant.id, setup.config).await.unwrap();
        Self { store, tenant, gateway: gateway.key, assistant, campaign, seed }
    }

    pub fn ctx(&self, now: Timestamp) -> WriteContext {
        WriteContext::engine(self.tenant.key, now, self.seed.fetch_add(1, Ordering::Relaxed))
    }

    pub fn add(&self, leads: Vec<NewLead>) -> Vec<LeadId> {
        self.add_at(MONDAY, leads)
    }

    /// Takes an upload through the gates, unless it went.
    fn in_force(&self, new: NewVersion) {
        let (name, number) = (new.name.clone(), new.version.clone().unwrap());
        if wait(self.store.plugin_versions(Some(self.tenant.key), Some(&name))).unwrap().is_empty() {
            let version = wait(self.store.add_plugin_version(&self.ctx(MONDAY), new)).unwrap().version;
            for next in [VersionState::Testing, VersionState::Staged] {
                let report = version.report.clone().unwrap();
                wait(self.store.advance_plugin(&self.ctx(MONDAY), version.id, next, report)).unwrap();
            }
            wait(self.store.activate_plugin(&self.ctx(MONDAY), &name, &number)).unwrap();
        }
    }

    /// A sink of the campaign that is told the usual events, of the leads of a source or of all.
    pub fn sink(&self, source: Option<SourceId>, backfill: bool) -> SinkRow {
        self.in_force(plain("acme-results", Kind::ResultSink, "1.0.0"));
        let new = NewSink {
            campaign: self.campaign.id,
            source,
            name: "Results".into(),
            plugin: "acme-results@active".parse().unwrap(),
            settings: serde_json::json!({}),
            secrets: Secrets::default(),
            events: events::usual_of_sinks().map(str::to_owned).collect(),
            backfill,
            paused: false,
        };
        wait(self.store.create_sink(&self.ctx(MONDAY), new)).unwrap()
    }

    /// A source of the campaign, whose importer is in force.
    pub fn source(&self, reopen_on_change: bool) -> SourceRow {
        self.in_force(importer("1.0.0"));
        let new = NewSource {
            campaign: self.campaign.id,
            name: "CRM".into(),
            plugin: "acme-crm@active".parse().unwrap(),
            settings: serde_json::json!({}),
            secrets: Secrets::default(),
            default_country: "US".parse().ok(),
            interval_minutes: 15,
            reopen_on_change,
            paused: false,
        };
        wait(self.store.create_source(&self.ctx(MONDAY), new)).unwrap()
    }

    pub fn add_at(&self, now: Timestamp, leads: Vec<NewLead>) -> Vec<LeadId> {
        let added = wait(self.store.add_leads(&self.ctx(now), self.campaign.id, leads)).unwrap();
        let id = |added: LeadAdded| match added {
            LeadAdded::Created { id } | LeadAdded::Updated { id } | LeadAdded::Duplicate { of: id } => id,
        };
        added.into_iter().map(id).collect()
    }

    pub fn facts(&self, now: Timestamp) -> StartFacts {
        wait(self.store.start_facts(self.tenant.key, self.campaign.id, now)).unwrap()
    }

    pub fn verb(&self, now: Timestamp, verb: Verb) -> VerbDone {
        wait(self.store.verb(&self.ctx(now), self.campaign.id, verb, self.facts(now))).unwrap()
    }

    pub fn start(&self) {
        assert!(matches!(self.verb(MONDAY, Verb::Start), VerbDone::Changed(_)));
    }

    pub fn claim(&self, now: Timestamp, slots: u32) -> Claim {
        let request = ClaimRequest { campaign: self.campaign.key, slots };
        wait(self.store.claim(&self.ctx(now), Fence::SOLE, request)).unwrap()
    }

    pub fn claim_one(&self, now: Timestamp) -> Order {
        self.claim(now, 1).orders.into_iter().next().expect("a lead is due")
    }

    pub fn dialled(&self, now: Timestamp, order: &Order, result: DialResult) -> Changed {
        wait(self.store.dialled(&self.ctx(now), Fence::SOLE, order.open.key, result)).unwrap().changed.remove(0)
    }

    pub fn placed(&self, now: Timestamp, order: &Order) -> Changed {
        self.dialled(now, order, DialResult::Placed { provider_call_id: format!("sim-{}", order.open.id) })
    }

    pub fn apply(&self, now: Timestamp, event: CallEvent) -> Option<Changed> {
        wait(self.store.apply(&self.ctx(now), Fence::SOLE, self.gateway, vec![event])).unwrap().changed.pop()
    }

    /// Dials and lets the call come to its end.
    pub fn call(&self, now: Timestamp, status: CallStatus) -> Changed {
        let order = self.claim_one(now);
        self.placed(now, &order);
        self.apply(now + MINUTE_MS, end(&order, now + MINUTE_MS, status)).expect("the call ends")
    }

    /// Puts a number on the do-not-call list.
    pub fn suppress(&self, now: Timestamp, phone: Phone) -> Suppressed {
        let new = NewSuppression { phone, reason: "asked".into() };
        wait(self.store.suppress(&self.ctx(now), vec![new])).unwrap()
    }

    pub fn lead(&self, id: LeadId) -> campanile_domain::ports::store::Lead {
        wait(self.store.lead(self.tenant.key, id)).unwrap()
    }

    pub fn calls(&self, id: LeadId) -> Vec<campanile_domain::ports::store::Call> {
        wait(self.store.calls_of_lead(self.tenant.key, id)).unwrap()
    }

    pub fn done<T>(&self, future: impl Future<Output = Stored<T>>) -> T {
        wait(future).unwrap()
    }
}

pub fn event(attempt: CallId, at: Timestamp, status: CallStatus) -> CallEvent {
    CallEvent {
        attempt: Some(attempt),
        provider_call_id: format!("sim-{attempt}"),
        event_id: format!("{attempt}-{status:?}-{}", at.0),
        at,
        status,
        code: String::new(),
        answered_by: AnsweredBy::Unknown,
        failure: Failure::None,
        talk_ms: None,
        cost_micros: None,
        currency: None,
        transcript: None,
        analysis: None,
    }
}

pub fn end(order: &Order, at: Timestamp, status: CallStatus) -> CallEvent {
    let talk_ms = (status == CallStatus::Completed).then_some(30_000);
    CallEvent { talk_ms, ..event(order.open.id, at, status) }
}

/// Where a text is, as `table.column`; of every table that there is.
pub fn asked(db: &Connection, needles: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let list = |sql: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for table in list("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
        for column in list(&format!("SELECT name FROM pragma_table_info('{table}')")) {
            for needle in needles {
                let sql = format!("SELECT count(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS TEXT), ?1) > 0");
                let n: i64 = db.query_row(&sql, [needle], |row| row.get(0)).unwrap();
                if n > 0 {
                    found.insert(format!("{table}.{column}"));
                }
            }
        }
    }
    found
}

/// Sums that must agree in every state of the database: a question, and its answer.
pub const SUMS: &[(&str, &str)] = &[
    (
        // Every lead is counted where it stands, and nothing else is.
        "SELECT count(*) || '' FROM (
           SELECT campaign, state, gate, n FROM lead_count WHERE n <> 0
           EXCEPT SELECT campaign, state, gate, count(*) FROM lead GROUP BY 1, 2, 3
           UNION ALL
           SELECT * FROM (SELECT campaign, state, gate, count(*) FROM lead GROUP BY 1, 2, 3
           EXCEPT SELECT campaign, state, gate, n FROM lead_count WHERE n <> 0))",
        "0",
    ),
    ("SELECT count(*) || '' FROM (SELECT lead FROM attempt WHERE state < 10 GROUP BY lead HAVING count(*) > 1)", "0"),
    (
        "SELECT count(*) || '' FROM (SELECT tenant, phone FROM attempt WHERE state < 10 GROUP BY 1, 2 HAVING count(*) > 1)",
        "0",
    ),
    // A lead is dialling when it has an open attempt, and only then.
    (
        "SELECT count(*) || '' FROM lead l
         WHERE (l.state = 10) <> EXISTS (SELECT 1 FROM attempt a WHERE a.lead = l.id AND a.state < 10)",
        "0",
    ),
    // What was topped up is available, set aside or spent.
    (
        "SELECT count(*) || '' FROM tenant t WHERE t.available
           + (SELECT coalesce(sum(reserved), 0) FROM attempt WHERE tenant = t.id)
           + (SELECT coalesce(sum(cost), 0) FROM attempt WHERE tenant = t.id)
           <> (SELECT coalesce(sum(amount), 0) FROM ledger WHERE tenant = t.id AND kind = 'top_up')",
        "0",
    ),
    // The ledger says the same, line by line, and its lines add up.
    (
        "SELECT count(*) || '' FROM tenant t WHERE t.available
           <> coalesce((SELECT available_after FROM ledger WHERE tenant = t.id ORDER BY id DESC LIMIT 1), 0)
           OR t.available <> (SELECT coalesce(sum(CASE kind WHEN 'top_up' THEN amount WHEN 'release' THEN amount
               WHEN 'settle' THEN 0 ELSE -amount END), 0) FROM ledger WHERE tenant = t.id)",
        "0",
    ),
    // Campaigns know the same of their attempts.
    (
        "SELECT count(*) || '' FROM campaign c WHERE (c.reserved, c.spent) <>
           (SELECT coalesce(sum(reserved), 0), coalesce(sum(cost), 0) FROM attempt WHERE campaign = c.id)",
        "0",
    ),
    // The event log of a tenant has no gap.
    (
        "SELECT count(*) || '' FROM tenant t
         WHERE t.event_seq <> (SELECT count(*) FROM event WHERE tenant = t.id)
            OR t.event_seq <> (SELECT coalesce(max(seq), 0) FROM event WHERE tenant = t.id)",
        "0",
    ),
    // Attempts that are over are counted by how they ended.
    (
        "SELECT count(*) || '' FROM (
           SELECT campaign, state, answered_by, n FROM attempt_count WHERE n <> 0
           EXCEPT SELECT campaign, state, answered_by, count(*) FROM attempt WHERE state >= 10 GROUP BY 1, 2, 3)",
        "0",
    ),
    // Calls are in the tables of statistics once, with what they came to; and taken at the latest when they were.
    (
        "SELECT count(*) || '' FROM (
           SELECT campaign, round, contact, caller_id, sum(n), sum(answered), sum(voicemail), sum(talk_ms), sum(cost)
           FROM call_line_count GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0
           EXCEPT SELECT campaign, round, contact, caller_id, count(*), sum(state = 20), sum(state = 21), sum(talk_ms), sum(cost)
           FROM attempt WHERE state >= 20 GROUP BY 1, 2, 3, 4)",
        "0",
    ),
    (
        "SELECT ((SELECT coalesce(sum(n), 0) FROM call_line_count) - (SELECT count(*) FROM attempt WHERE state >= 20)) || ' '
             || ((SELECT coalesce(sum(n + answered + talk_ms), 0) FROM call_time_count)
               - (SELECT coalesce(sum(1 + (state = 20) + talk_ms), 0) FROM attempt WHERE state >= 20)) || ' '
             || ((SELECT coalesce(sum(n), 0) FROM lateness_count) - (SELECT count(*) FROM attempt)) || ' '
             || ((SELECT coalesce(sum(n), 0) FROM decided_count)
               - (SELECT count(*) FROM attempt WHERE state >= 20 AND decision IS NOT NULL))",
        "0 0 0 0",
    ),
    // Every lead has its other half and the phone that it is known by: the first, unless its source gave it another. A
    // deleted one has no phone and no contact; one whose person was erased neither, nor a call to a phone, and both are over.
    (
        "SELECT count(*) || '' FROM lead l WHERE NOT EXISTS (SELECT 1 FROM lead_data WHERE lead = l.id)
            OR (l.primary_phone <> 0
                AND NOT EXISTS (SELECT 1 FROM contact WHERE lead = l.id AND phone = l.primary_phone))
            OR (l.primary_phone = 0 AND (EXISTS (SELECT 1 FROM contact WHERE lead = l.id)
                OR (l.state <> 27 AND EXISTS (SELECT 1 FROM attempt WHERE lead = l.id AND phone <> 0)) OR l.state < 20))
                OR (l.primary_phone <> 0 AND l.state = 27)",
        "0",
    ),
];
