//! What a rehearsal is made of, out of the store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{JobError, Lead, LeadFilter, NewLead, Page, PastCall, StoreError, Stored};
use campanile_domain::time::DAY_MS;
use campanile_domain::variable::VariableSpec;
use campanile_domain::zone::Zone;
use campanile_engine::carrier::{Scenario, resampled};
use campanile_engine::rehearsal::order::{Order, People, Version, VersionBody};
use serde_json::{Map, Value};

use super::people::{self, Cast, FEWEST, PeopleOf};
use super::report::Unplayed;
use super::{CASTS, LEADS, Other, Rehearsal, Start};
use crate::app::App;

/// A rehearsal that is not over by then is left there.
const HORIZON_MS: i64 = 400 * DAY_MS;
/// What a page of leads holds.
const PAGE: u32 = 200;

/// The order, and the report as far as it is known.
pub(super) async fn of(
    rehearsal: &Rehearsal,
    app: &App,
    tenant: TenantKey,
) -> Stored<Result<(Unplayed, Order), JobError>> {
    let campaign = app.store.campaign(tenant, rehearsal.campaign).await?;
    let assistant = app.store.assistant(tenant, campaign.assistant).await?.config;
    let account = app.store.tenant(tenant).await?;
    let stats = app.store.stats(tenant, campaign.id).await?;
    let start = match (rehearsal.start, stats.first_call_at) {
        (Start::AsItDid, Some(first)) => first,
        _ => app.engine_clock.now(),
    };
    let (people_of, past) = people::past(app, tenant, rehearsal.campaign).await?;
    if rehearsal.start == Start::AsItDid && people_of == PeopleOf::Nobody {
        return Ok(Err(too_few(past.len())));
    }
    let leads = leads(app, tenant, rehearsal).await?;
    if leads.is_empty() {
        let message = "the campaign has no lead to rehearse with; add leads first".to_owned();
        return Ok(Err(JobError { code: "no_leads".into(), message }));
    }
    let zone = campaign.config.time_zone.clone().unwrap_or_else(|| assistant.time_zone.clone());
    let mut versions = Vec::new();
    let mut sides = vec![campaign.config.clone()];
    sides.extend(rehearsal.other.as_ref().map(|other| with(other, &campaign.config)));
    for (nth, side) in sides.iter_mut().enumerate() {
        let draft = rehearsal.other.as_ref().filter(|_| nth == 1).and_then(|other| other.draft.as_deref());
        versions.extend(brought(app, tenant, side, draft).await?);
    }
    let policy = |side: &CampaignConfig| side.policy.as_ref().map_or("builtin".to_owned(), ToString::to_string);
    let report = Unplayed {
        people: Cast { of: people_of, calls: past.len() as u64 },
        start,
        leads: leads.len() as u64,
        leads_left_out: stats.leads.saturating_sub(leads.len() as u64),
        policies: sides.iter().map(policy).collect(),
        currency: account.billing.as_ref().map(|billing| billing.currency),
    };
    let goal = campaign.config.goal_variable.clone();
    let casts = casts(past, zone.clone(), assistant.variables.clone(), goal).await?;
    let horizon = start + HORIZON_MS;
    let (limits, billing) = (account.limits, account.billing);
    let order = Order { start, horizon, zone, limits, billing, assistant, leads, sides, casts, versions };
    Ok(Ok((report, order)))
}

fn too_few(calls: usize) -> JobError {
    let message = format!(
        "the account has {calls} calls that are over, and {FEWEST} are needed to say how its people behave; ask again later"
    );
    JobError { code: "too_few_calls".into(), message }
}

/// Every cast is fitted to the past calls drawn anew; where they are too few, all are the ordinary people.
async fn casts(
    past: Vec<PastCall>,
    zone: Zone,
    variables: Vec<VariableSpec>,
    goal: Option<String>,
) -> Stored<Vec<People>> {
    let draw = move || {
        let past = if past.len() < FEWEST { Vec::new() } else { past };
        let of = |seed| Scenario::fitted(&resampled(&past, seed), &zone, &variables, goal.as_deref());
        (1..=CASTS).map(|seed| People { seed, scenario: of(seed) }).collect()
    };
    tokio::task::spawn_blocking(draw).await.map_err(|error| StoreError::Broken(error.to_string()))
}

/// The campaign as it would be on the other side.
fn with(other: &Other, config: &CampaignConfig) -> CampaignConfig {
    let same = |policy: &PluginRef| config.policy.as_ref().is_some_and(|own| own.name == policy.name);
    let own = other.policy.as_ref().is_some_and(same);
    let kept = if own { config.policy_settings.clone() } else { Value::Object(Map::new()) };
    let policy_settings = other.settings.clone().unwrap_or(kept);
    CampaignConfig { policy: other.policy.clone(), policy_settings, ..config.clone() }
}

/// Pins a side's policy to the version in force, and brings it along unless it ships.
async fn brought(
    app: &App,
    tenant: TenantKey,
    side: &mut CampaignConfig,
    draft: Option<&str>,
) -> Stored<Option<Version>> {
    let Some(policy) = &side.policy else { return Ok(None) };
    if let Some(source) = draft {
        let version = policy.version.clone().unwrap_or_default();
        return Ok(Some(Version { name: policy.name.clone(), version, body: VersionBody::Script(source.to_owned()) }));
    }
    // One that names nothing decides nothing in the rehearsal either, which then tells how that ends.
    let Ok(pinned) = app.policies.resolve(tenant, policy).await else { return Ok(None) };
    let Ok(pinned) = pinned.parse::<PluginRef>() else { return Ok(None) };
    let (name, number) = (pinned.name.clone(), pinned.version.clone().unwrap_or_default());
    side.policy = Some(pinned);
    let found = match app.store.plugin_version(tenant, &name, &number).await {
        Ok(found) => found,
        // What ships is in the binary.
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let content = app.store.plugin_content(tenant, found.id).await?;
    let body = match (found.manifest, String::from_utf8(content)) {
        (None, Ok(source)) => VersionBody::Script(source),
        (None, Err(_)) => return Ok(None),
        (Some(manifest), content) => {
            let bytes = content.map_or_else(|not_text| not_text.into_bytes(), String::into_bytes);
            VersionBody::Component { kind: manifest.kind, wasm: STANDARD.encode(bytes), settings: manifest.settings }
        }
    };
    Ok(Some(Version { name, version: number, body }))
}

/// The campaign's leads as they came.
async fn leads(app: &App, tenant: TenantKey, rehearsal: &Rehearsal) -> Stored<Vec<NewLead>> {
    let filter = LeadFilter { campaign: Some(rehearsal.campaign), ..LeadFilter::default() };
    let (mut found, mut page) = (Vec::new(), Page { cursor: None, limit: PAGE });
    while found.len() < LEADS {
        let listed = app.store.leads(tenant, &filter, &page).await?;
        found.extend(listed.data.into_iter().map(anew));
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    found.truncate(LEADS);
    Ok(found)
}

/// A lead as if nobody had called it yet.
fn anew(lead: Lead) -> NewLead {
    let contacts = lead.contacts.into_iter().map(|mut contact| {
        contact.unusable = None;
        contact
    });
    NewLead {
        external_id: lead.external_id,
        contacts: contacts.collect(),
        priority: lead.priority,
        not_before: None,
        expires_at: lead.expires_at,
        time_zone: lead.time_zone,
        variables: lead.variables,
        allow_duplicate: true,
    }
}
