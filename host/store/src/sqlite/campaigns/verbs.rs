//! What moves a campaign: a person's verbs and what the engine finds out.
//!
//! The table of states is the domain's; here the row, its reason, its staged leads and its event change together.

use campanile_domain::campaign::{CampaignConfig, CampaignState, Happening, StartFacts, StatusReason, Verb};
use campanile_domain::ids::{CampaignId, CampaignKey, TenantKey};
use campanile_domain::ports::store::{Campaign, VerbDone};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::ValueKind;
use rusqlite::{Connection, params};

use super::campaign::{by_id, by_key, is_deleted, key_of};
use crate::sqlite::actor::by;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::leads::park;
use crate::sqlite::op::{About, Op};
use crate::sqlite::scope::{Cache, Scope};
use crate::sqlite::sources::feeds::feeds;

/// What the start checks look at, as far as the database knows.
pub(crate) fn start_facts(db: &Connection, tenant: TenantKey, id: CampaignId, now: Timestamp) -> Done<StartFacts> {
    let key = key_of(db, tenant, id)?;
    facts(db, &Scope::load(db, &mut Cache::default(), key)?, now)
}

fn facts(db: &Connection, scope: &Scope, now: Timestamp) -> Done<StartFacts> {
    let callable: i64 = db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state < 20")?
        .query_row([scope.key.0], |row| row.get(0))?;
    let assistant = &scope.plan.assistant;
    let goal = scope.plan.config.goal_variable.as_deref();
    let kind = goal.and_then(|name| assistant.variables.iter().find(|spec| spec.name == name)).map(|spec| spec.kind);
    Ok(StartFacts {
        assistant_outbound: assistant.outbound,
        caller_ids: scope.plan.caller_ids.len(),
        gateway: Ok(()),
        balance: scope.balance(),
        callable_leads: callable.max(0) as u64,
        has_source: feeds(db, scope.key)?,
        inactive: Vec::new(),
        goal_is_boolean: kind.map(|kind| kind == ValueKind::Boolean),
        now,
    })
}

/// A person's verb.
pub(crate) fn verb(op: &mut Op<'_>, id: CampaignId, verb: Verb, outside: StartFacts) -> Done<VerbDone> {
    let before = by_id(op.db, op.ctx.tenant, id)?;
    let to = match before.status.verb(verb) {
        Ok(Some(to)) => to,
        Ok(None) => return Ok(VerbDone::Unchanged(Box::new(before))),
        Err(invalid) => return Err(conflict("campaign_state", invalid.to_string())),
    };
    if to == CampaignState::InProgress {
        let scope = Scope::load(op.db, op.cache, before.key)?;
        let inside = facts(op.db, &scope, op.now())?;
        let all = StartFacts {
            gateway: outside.gateway,
            inactive: outside.inactive,
            has_source: inside.has_source,
            ..inside
        };
        let problems = scope.plan.config.start_problems(&all);
        if !problems.is_empty() {
            return Ok(VerbDone::Refused(problems));
        }
    }
    let kind = if to == CampaignState::InProgress { "campaign.started" } else { "campaign.paused" };
    let reason = reason(op, verb.as_str(), String::new());
    set(op, &before, to, reason, kind)?;
    op.audit(&format!("campaign.{}", verb.as_str()), &id)?;
    Ok(VerbDone::Changed(Box::new(by_key(op.db, before.key)?)))
}

/// The engine's.
pub(crate) fn happen(
    op: &mut Op<'_>,
    campaign: CampaignKey,
    happening: Happening,
    detail: String,
) -> Done<Option<Campaign>> {
    let before = by_key(op.db, campaign)?;
    let Some(to) = before.status.happen(happening) else { return Ok(None) };
    if is_deleted(op.db, campaign)? {
        return Ok(None);
    }
    if happening == Happening::LeadArrived && has_ended(&before.config, op.now()) {
        return Ok(None);
    }
    if happening == Happening::NoLeadsLeft && (live(op, campaign)? > 0 || feeds(op.db, campaign)?) {
        // A lead or a source came between the engine's look and this write.
        return Ok(None);
    }
    let kind = match to {
        CampaignState::InProgress => "campaign.reopened",
        CampaignState::Completed => "campaign.completed",
        _ => "campaign.paused",
    };
    let reason = reason(op, happening.code(), detail);
    set(op, &before, to, reason, kind)?;
    by_key(op.db, campaign).map(Some)
}

fn has_ended(config: &CampaignConfig, now: Timestamp) -> bool {
    config.ends_at.is_some_and(|end| now >= end)
}

fn live(op: &mut Op<'_>, campaign: CampaignKey) -> Done<i64> {
    op.flush()?;
    let live = op
        .db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state < 20")?
        .query_row([campaign.0], |row| row.get(0))?;
    Ok(live)
}

fn reason(op: &Op<'_>, code: &str, detail: String) -> StatusReason {
    StatusReason { code: code.into(), detail, by: by(&op.ctx.actor), at: op.now() }
}

fn set(op: &mut Op<'_>, before: &Campaign, to: CampaignState, reason: StatusReason, kind: &'static str) -> Done<()> {
    let now = op.now().0;
    let begins = to == CampaignState::InProgress;
    op.db
        .prepare_cached(
            "UPDATE campaign SET state = ?2, reason = ?3, revision = revision + 1, updated_at = ?4,
                    stalled_gate = NULL, stalled_since = NULL, stalled_told = 0,
                    callable_since = CASE WHEN ?5 THEN ?4 ELSE callable_since END,
                    started_at = CASE WHEN ?5 THEN coalesce(started_at, ?4) ELSE started_at END,
                    completed_at = CASE WHEN ?6 THEN ?4 ELSE completed_at END
             WHERE id = ?1",
        )?
        .execute(params![
            before.key.0,
            to.code(),
            serde_json::to_string(&reason)?,
            now,
            begins,
            to == CampaignState::Completed
        ])?;
    if !begins {
        park::unstage(op, before.key.0)?;
    }
    let data = serde_json::json!({
        "id": before.id, "status": to.as_str(), "status_reason": reason, "previous": { "status": before.status.as_str() },
    });
    op.event(before.tenant, kind, About { campaign: Some(before.key.0), ..About::default() }, data.to_string());
    Ok(())
}
