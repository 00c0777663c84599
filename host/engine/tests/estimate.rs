//! The estimate of a campaign beside rehearsals of the same campaign: within a fifth, whatever binds it.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::estimate::{Estimate, Group, HORIZON_MS, Question, estimate};
use campanile_domain::hours::CallingHours;
use campanile_domain::money::{Currency, Micros, Tariff};
use campanile_domain::policy::ContactStrategy;
use campanile_domain::ports::store::{Billing, TenantLimits};
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use campanile_engine::carrier::Scenario;
use campanile_engine::rehearsal::order::Figures;
use futures::executor::block_on;
use serde_json::json;

/// Monday, 10:00 in New York.
const START: &str = "2026-03-02T15:00:00Z";
/// Rehearsals, each with other people; the middle one counts.
const CASTS: u64 = 5;

struct Play {
    name: &'static str,
    config: CampaignConfig,
    limits: TenantLimits,
    people: &'static str,
    leads: u32,
    contacts: u32,
}

impl Play {
    fn named(name: &'static str) -> Self {
        let limits = TenantLimits { max_concurrent_calls: 1_000, ..TenantLimits::default() };
        Self { name, config: CampaignConfig::named(name), limits, people: "", leads: 100, contacts: 1 }
    }

    fn zone(&self) -> Zone {
        Zone::parse("America/New_York").unwrap()
    }

    fn scenario(&self) -> Scenario {
        self.people.parse::<Scenario>().unwrap().or_time_zone(&self.zone())
    }

    async fn rehearsed(&self, seed: u64) -> Figures {
        let store = support::store();
        let slots = self.config.max_concurrent_calls.min(self.limits.max_concurrent_calls);
        let mut stage = support::stage(&store, START, slots, seed);
        let billing = Some(Billing { currency: Currency::EUR, tariff: tariff() });
        let account = stage.account_within("one", self.scenario(), billing, self.limits.clone()).await.unwrap();
        let leads = support::leads(seed as u32, self.leads, self.contacts);
        let campaign = stage.campaign(&account, &self.zone(), self.config.clone(), &leads).await.unwrap();
        let start: Timestamp = START.parse().unwrap();
        stage.begin().await.unwrap().run(start + HORIZON_MS, &mut |_, _| {}).await.unwrap();
        Figures::of(&store.stats(account.tenant, campaign.id).await.unwrap(), start)
    }

    fn estimated(&self) -> Estimate {
        let start: Timestamp = START.parse().unwrap();
        let group = Group { contacts: self.contacts, round: 1, due: start, leads: u64::from(self.leads) };
        estimate(&Question {
            config: &self.config,
            zone: &self.zone(),
            start,
            slots: self.config.max_concurrent_calls.min(self.limits.max_concurrent_calls),
            calls_per_second: self.limits.calls_per_second,
            max_calls_per_number_per_day: self.limits.max_calls_per_number_per_day,
            caller_ids: 1,
            ring_timeout_ms: 30_000,
            max_call_ms: 600_000,
            tariff: Some(tariff()),
            budget_left: None,
            people: &self.scenario().expected(),
            groups: &[group],
        })
    }

    fn holds(&self) {
        let told = self.estimated();
        let mut all: Vec<Figures> = (1..=CASTS).map(|seed| block_on(self.rehearsed(seed))).collect();
        let mut middle = |of: fn(&Figures) -> i64| {
            all.sort_by_key(of);
            of(&all[all.len() / 2]) as f64
        };
        let hours = 3_600_000.0;
        let mut wrong = Vec::new();
        for (what, told, of, unit) in [
            ("calls", told.calls as f64, (|one| one.calls) as fn(&Figures) -> i64, 1.0),
            ("cost", told.cost_micros.0 as f64, |one| one.cost_micros, 1e6),
            ("talk", told.talk_ms as f64, |one| one.talk_ms, hours),
            ("duration", told.duration_ms as f64, |one| one.duration_ms, hours),
        ] {
            let played = middle(of);
            let off = told / played - 1.0;
            println!(
                "{}: {what} {:.2} told, {:.2} played, {:+.1} %",
                self.name,
                told / unit,
                played / unit,
                off * 100.0
            );
            if off.abs() > 0.2 {
                wrong.push(format!("{what} is {:+.1} % off", off * 100.0));
            }
        }
        assert_eq!((told.unfinished, wrong), (None, vec![]), "{}", self.name);
    }
}

fn tariff() -> Tariff {
    Tariff::new(Micros(60_000), 30, 6).unwrap()
}

fn hours(written: serde_json::Value) -> CallingHours {
    CallingHours::from_json(&written).unwrap()
}

#[test]
fn bound_by_slots() {
    Play {
        leads: 80,
        config: CampaignConfig { max_retries: 0, ..CampaignConfig::named("slots") },
        ..Play::named("slots")
    }
    .holds();
}

#[test]
fn bound_by_the_retry_interval() {
    let config = CampaignConfig { max_concurrent_calls: 100, ..CampaignConfig::named("retries") };
    Play { config, ..Play::named("retries") }.holds();
}

#[test]
fn bound_by_the_calling_hours() {
    let config = CampaignConfig {
        max_concurrent_calls: 1,
        calling_hours: hours(json!({"start": "09:00", "end": "11:00", "days": ["monday", "wednesday", "friday"]})),
        ..CampaignConfig::named("hours")
    };
    Play { config, leads: 200, ..Play::named("hours") }.holds();
}

#[test]
fn with_the_defaults() {
    Play { leads: 150, ..Play::named("defaults") }.holds();
}

#[test]
fn with_several_contacts_that_are_escalated() {
    let people = "[rates]\nanswer = 0.2\nvoicemail = 0.2\nunanswered = 0.5\nfailed = 0.1\n";
    let config = CampaignConfig { max_concurrent_calls: 5, max_retries: 2, ..CampaignConfig::named("contacts") };
    Play { config, people, leads: 60, contacts: 3, ..Play::named("contacts") }.holds();
}

#[test]
fn with_several_contacts_in_rotation() {
    let contact_strategy = ContactStrategy::Rotate;
    let config = CampaignConfig {
        max_concurrent_calls: 5,
        contact_strategy,
        max_retries: 5,
        ..CampaignConfig::named("rotation")
    };
    Play { config, leads: 60, contacts: 2, ..Play::named("rotation") }.holds();
}

#[test]
fn towards_a_goal_past_voicemails() {
    let config = CampaignConfig {
        max_concurrent_calls: 10,
        retry_until_goal: true,
        goal_variable: Some("booked".into()),
        retry_interval_minutes: 240,
        ..CampaignConfig::named("goal")
    };
    Play { config, leads: 100, ..Play::named("goal") }.holds();
}

#[test]
fn with_people_who_answer_in_the_evening() {
    let people = "[[hours]]\nfrom = \"09:00\"\nto = \"17:00\"\nrates = { answer = 0.1, unanswered = 0.9 }\n\
                  [[hours]]\nfrom = \"17:00\"\nto = \"20:00\"\nrates = { answer = 0.7, unanswered = 0.3 }\n";
    let config = CampaignConfig {
        max_concurrent_calls: 4,
        retry_interval_minutes: 180,
        calling_hours: hours(json!({"start": "09:00", "end": "20:00", "days": ["monday", "tuesday", "wednesday"]})),
        ..CampaignConfig::named("evening")
    };
    Play { config, people, leads: 100, ..Play::named("evening") }.holds();
}

#[test]
fn bound_by_a_rate_and_by_daily_caps() {
    let limits = TenantLimits {
        max_concurrent_calls: 50,
        calls_per_second: Some(0.05),
        max_calls_per_number_per_day: Some(2),
        ..TenantLimits::default()
    };
    let config = CampaignConfig { max_concurrent_calls: 50, ..CampaignConfig::named("caps") };
    Play { config, limits, leads: 100, ..Play::named("caps") }.holds();
    let config = CampaignConfig { max_calls_per_caller_id_per_day: Some(40), ..CampaignConfig::named("caller") };
    Play { config, leads: 60, ..Play::named("caller ids") }.holds();
}
