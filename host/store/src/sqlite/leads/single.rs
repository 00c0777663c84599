//! Single calls: the port `SingleCalls`.
//!
//! A call is added as a lead and only then asked about, with the same facts that a claim loads; when a gate is closed, the
//! write fails and takes the lead back with it.

use async_trait::async_trait;
use campanile_domain::campaign::{CampaignConfig, CampaignKind, CampaignState, StatusReason};
use campanile_domain::explain::explain;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{AssistantId, CampaignId, CampaignKey, LeadId, LeadKey};
use campanile_domain::policy::OnPolicyFailure;
use campanile_domain::ports::store::{
    Assistant, Campaign, LiveFacts, NewLead, SingleCall, SingleCalls, StoreError, Stored, WriteContext, explain_facts,
};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::add::{self, Place};
use super::explain as facts;
use crate::sqlite::accounts::once::once;
use crate::sqlite::accounts::{assistants, tenants};
use crate::sqlite::actor::by;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::op::Op;
use crate::sqlite::scope::Scope;
use crate::sqlite::store::SqliteStore;
use crate::sqlite::writer::Lane::Dial;

#[async_trait]
impl SingleCalls for SqliteStore {
    async fn single_calls_of(
        &self,
        ctx: &WriteContext,
        assistant: AssistantId,
        kind: CampaignKind,
    ) -> Stored<(Campaign, bool)> {
        self.write(Dial, ctx, move |op| holder(op, assistant, kind)).await
    }
    async fn single_call(
        &self,
        ctx: &WriteContext,
        campaign: CampaignKey,
        lead: NewLead,
        live: LiveFacts,
    ) -> Stored<SingleCall> {
        // Somebody waits for it.
        self.write(Dial, ctx, move |op| place(op, campaign, &lead, &live)).await
    }
}

/// The campaign that holds them.
fn holder(op: &mut Op<'_>, assistant: AssistantId, kind: CampaignKind) -> Done<(Campaign, bool)> {
    let owner = assistants::one(op.db, op.ctx.tenant, assistant)?;
    let known: Option<i64> = op
        .db
        .prepare_cached(
            "SELECT id FROM campaign WHERE assistant = ?1 AND kind = ?2 AND kind <> 0 AND deleted_at IS NULL",
        )?
        .query_row(params![owner.key.0, kind.code()], |row| row.get(0))
        .optional()?;
    if let Some(key) = known {
        return Ok((campaign::by_key(op.db, CampaignKey(key))?, false));
    }
    let id = CampaignId::mint(op.ctx.now, &mut op.rng);
    let reason =
        StatusReason { code: "single_calls".into(), detail: String::new(), by: by(&op.ctx.actor), at: op.now() };
    op.db
        .prepare_cached(
            "INSERT INTO campaign (public_id, tenant, assistant, kind, state, reason, callable_since, created_at,
                    updated_at, started_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7, ?7)",
        )?
        .execute(params![
            id.to_bytes(),
            op.tenant(),
            owner.key.0,
            kind.code(),
            CampaignState::InProgress.code(),
            serde_json::to_string(&reason)?,
            op.now().0,
        ])?;
    let key = CampaignKey(op.db.last_insert_rowid());
    let most = tenants::by_key(op.db, op.ctx.tenant)?.limits.max_concurrent_calls;
    campaign::keep_config(op, key, 1, &config(&owner, kind, most))?;
    op.audit("campaign.create", &id)?;
    Ok((campaign::by_key(op.db, key)?, true))
}

fn config(owner: &Assistant, kind: CampaignKind, most: u32) -> CampaignConfig {
    let config = CampaignConfig::named(format!("Single calls of {}", owner.config.name));
    CampaignConfig {
        time_zone: Some(owner.config.time_zone.clone()),
        max_concurrent_calls: most,
        max_retries: 0,
        max_attempts_per_lead: Some(1),
        on_policy_failure: OnPolicyFailure::BuiltIn,
        complete_when_no_leads: false,
        calling_hours: match kind {
            CampaignKind::SingleCallsAtAnyHour => CallingHours::always(),
            _ => config.calling_hours.clone(),
        },
        ..config
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    key: i64,
    lead: LeadId,
}

fn place(op: &mut Op<'_>, campaign: CampaignKey, lead: &NewLead, live: &LiveFacts) -> Done<SingleCall> {
    let kept = once(op, |op| {
        let scope = Scope::load(op.db, op.cache, campaign)?;
        let key: i64 =
            op.db.prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM lead")?.query_row([], |row| row.get(0))?;
        let place = Place { campaign, key, order_key: key, source: 0, import: None };
        let id = add::insert(op, place, lead, &add::contacts(&lead.contacts))?;
        asked(op, &scope, id, live)?;
        op.audit("call.place", &id)?;
        Ok(Kept { key, lead: id })
    })?;
    Ok(SingleCall { key: LeadKey(kept.key), lead: kept.lead })
}

/// Every gate, of a lead that was added in this write.
fn asked(op: &mut Op<'_>, scope: &Scope, lead: LeadId, live: &LiveFacts) -> Done<()> {
    let mut facts = facts::explain(op.db, op.cache, op.ctx.tenant, lead, op.now())?;
    // It may be asked for again later, so its own end is not what the answer is about.
    facts.lead.expires_at = None;
    let said = explain(&explain_facts(&facts, &scope.plan.zone, live), op.now());
    if said.callable_now {
        return Ok(());
    }
    let gates = said.gates.into_iter().filter(|gate| !gate.verdict.is_pass()).collect();
    Err(Fault::Store(StoreError::Closed { gates, earliest: said.earliest }))
}
