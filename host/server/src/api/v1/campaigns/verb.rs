//! What the four verbs share: the start checks that the database cannot see, and what the engine is told.

use campanile_domain::campaign::{StartFacts, StartProblem, Verb};
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Campaign, VerbDone};

use super::tagged::Tagged;
use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::codes;
use crate::problem::{FieldProblem, Problem};

/// Does what a person asks of a campaign, and shows it.
pub(super) async fn run(
    app: &App,
    key: &Key<CampaignsWrite>,
    id: CampaignId,
    verb: Verb,
) -> Result<Tagged<Campaign>, Problem> {
    act(app, key, id, verb).await.map(Tagged::new)
}

/// Does what a person asks of a campaign.
pub(crate) async fn act(app: &App, key: &Key<CampaignsWrite>, id: CampaignId, verb: Verb) -> Result<Campaign, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    if let Err(invalid) = campaign.status.verb(verb) {
        return Err(Problem::new(&codes::INVALID_VERB, invalid.to_string()));
    }
    let ctx = key.writes(app);
    let mut facts = app.store.start_facts(key.of(), id, ctx.now).await?;
    if matches!(verb, Verb::Start | Verb::Resume) {
        look_outside(app, &campaign, &mut facts).await?;
    }
    let done = match app.store.verb(&ctx, id, verb, facts).await? {
        VerbDone::Refused(problems) => return Err(refused(problems)),
        VerbDone::Changed(campaign) => {
            app.engine.campaign_changed(campaign.key);
            campaign
        }
        VerbDone::Unchanged(campaign) => campaign,
    };
    // Also when it already was paused: stop means that nobody is on the phone any more.
    if verb == Verb::Stop {
        app.engine.stop_calls(done.key);
    }
    Ok(*done)
}

/// Adds to the facts of the start checks what the database cannot see.
pub(super) async fn look_outside(app: &App, campaign: &Campaign, facts: &mut StartFacts) -> Result<(), Problem> {
    let assistant = app.store.assistant(campaign.tenant, campaign.assistant).await?;
    let gateway = app.store.gateway_by_id(assistant.config.gateway).await?;
    facts.gateway = app.engine.gateway_health(gateway.key).await;
    if let Some(policy) = &campaign.config.policy
        && let Err(failure) = app.policies.resolve(campaign.tenant, policy).await
    {
        let name = policy.to_string();
        facts.inactive.retain(|(known, _)| *known != name);
        facts.inactive.push((name, failure.message));
    }
    for used in &campaign.config.evaluators {
        if let Err(failure) = app.evaluators.resolve(campaign.tenant, &used.plugin).await {
            facts.inactive.push((used.plugin.to_string(), failure.message));
        }
    }
    Ok(())
}

fn refused(problems: Vec<StartProblem>) -> Problem {
    let detail = match problems.as_slice() {
        [only] => only.message.clone(),
        all => format!("{} things stand in the way; all of them are in errors", all.len()),
    };
    let errors = problems.into_iter().map(|problem| FieldProblem::new("", problem.code, problem.message));
    Problem::new(&codes::CANNOT_START, detail).with(errors)
}
