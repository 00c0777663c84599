//! What a rehearsal is measured by is what its leads and calls came to.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::ids::GatewayId;
use campanile_domain::ports::store::{AssistantConfig, LeadFilter, Page};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::variable::{Role, ValueKind, VariableSpec};
use campanile_domain::zone::Zone;
use campanile_engine::carrier::Scenario;
use campanile_engine::rehearsal::order::Figures;
use futures::executor::block_on;

const LEADS: u32 = 120;
const START: &str = "2026-03-02T15:00:00Z";

fn question(name: &str, role: Role) -> VariableSpec {
    let (description, choices) = ("?".into(), Vec::new());
    VariableSpec { name: name.into(), kind: ValueKind::Boolean, choices, description, required: false, role }
}

#[test]
fn figures_count_what_became_of_leads_and_calls() {
    block_on(async {
        let store = support::store();
        let mut stage = support::stage(&store, START, 50, 3);
        let text = "[rates]\nanswer = 0.6\nunanswered = 0.4\n[talk]\ngoal_rate = 0.3\ngoal_variable = \"booked\"\n\
                    opt_out_rate = 0.2\nopt_out_variable = \"stop\"\n";
        let account = stage.account("alone", text.parse::<Scenario>().unwrap(), None).await.unwrap();
        let assistant = AssistantConfig {
            name: "asks".into(),
            outbound: true,
            phone_numbers: vec!["+12025550100".parse().unwrap()],
            time_zone: Zone::parse("America/New_York").unwrap(),
            gateway: GatewayId(0),
            gateway_ref: None,
            variables: vec![question("booked", Role::None), question("stop", Role::OptOut)],
            ring_timeout_seconds: 30,
            max_call_seconds: 600,
        };
        let config = CampaignConfig {
            max_concurrent_calls: 50,
            retry_until_goal: true,
            goal_variable: Some("booked".into()),
            ..CampaignConfig::named("alone")
        };
        let campaign = stage.campaign_of(&account, assistant, config, &support::leads(0, LEADS, 1)).await.unwrap();
        let start: Timestamp = START.parse().unwrap();
        stage.begin().await.unwrap().run(start + 60 * DAY_MS, &mut |_, _| {}).await.unwrap();
        let page = Page { cursor: None, limit: 200 };
        let leads = store.leads(account.tenant, &LeadFilter::default(), &page).await.unwrap().data;
        let became = |status: &str, reason: &str| {
            leads.iter().filter(|lead| lead.status == status && lead.reason.as_deref() == Some(reason)).count() as i64
        };
        let figures = Figures::of(&store.stats(account.tenant, campaign.id).await.unwrap(), start);
        assert!(figures.opted_out > 5, "{figures:?}");
        assert_eq!(figures.opted_out, became("suppressed", "opt_out"), "{figures:?}");
        assert_eq!(figures.goals_reached, became("completed", "goal_reached"), "{figures:?}");
        let dials: u32 = leads.iter().map(|lead| lead.progress.attempts).sum();
        assert_eq!(figures.calls, i64::from(dials), "{figures:?}");
        assert!(figures.talk_ms > 0 && figures.duration_ms > 0, "{figures:?}");
    });
}
