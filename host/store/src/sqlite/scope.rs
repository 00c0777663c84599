//! What a campaign's writes need to know of it: its row, its parsed configuration, its tenant's terms.
//!
//! Documents are parsed once per version and kept by that version, so that an edit needs no invalidation. A write that
//! fails clears what is kept, because a version number that was rolled back may come again with other content.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use campanile_domain::campaign::{CampaignConfig, CampaignKind, CampaignState, StatusReason};
use campanile_domain::gate::Verdict;
use campanile_domain::ids::{CampaignId, CampaignKey, GatewayKey, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{AssistantConfig, Billing, CampaignSnapshot, TenantLimits};
use campanile_domain::quarantine::Quarantine;
use campanile_domain::time::{DAY_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::Role;
use campanile_domain::zone::Zone;
use rusqlite::{Connection, Row};

use super::codes::Code;
use super::fault::{Done, not_found};
use super::quarantine_row as quarantine;
use super::shadows::run as shadow_run;

/// Documents kept before all are forgotten.
const MOST: usize = 4_096;

/// Parsed documents by their version.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    plans: BTreeMap<(i64, u32, i64), Arc<Plan>>,
    terms: BTreeMap<(i64, i64), Arc<Terms>>,
    openings: BTreeMap<(i64, u32), (Timestamp, Timestamp)>,
    /// Whose event logs were written to since the last commit.
    pub(crate) told: BTreeSet<TenantKey>,
}

impl Cache {
    /// Forgets every document.
    pub(crate) fn clear(&mut self) {
        *self = Self { told: std::mem::take(&mut self.told), ..Self::default() };
    }

    /// Since when the calling hours are open without a break, when they are open at `now`: what lateness counts from.
    pub(crate) fn open_since(&mut self, scope: &Scope, now: Timestamp) -> Timestamp {
        let key = (scope.key.0, scope.config_version);
        if let Some((since, until)) = self.openings.get(&key)
            && *since <= now
            && now < *until
        {
            return *since;
        }
        let (hours, zone) = (&scope.plan.config.calling_hours, &scope.plan.zone);
        let until = hours.open_until(now, zone).unwrap_or(Timestamp::MAX);
        let mut since = now - 7 * DAY_MS;
        // Every turn goes to the end of an opening that is over; a week has few of them.
        while let Some(opening) = hours.next_allowed(since, zone)
            && opening < now
        {
            since = opening;
            match hours.open_until(opening, zone) {
                Some(end) if end <= now => since = end,
                _ => break,
            }
        }
        let since = since.min(now);
        self.openings.insert(key, (since, until));
        since
    }
}

/// A configuration with everything that follows from it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub config: Arc<CampaignConfig>,
    pub assistant: AssistantConfig,
    pub zone: Zone,
    pub caller_ids: Vec<Phone>,
    /// Something is asked of an answered call, so its settling waits for the answers.
    pub evaluated: bool,
}

/// What binds and bills a tenant.
#[derive(Debug)]
pub(crate) struct Terms {
    pub limits: TenantLimits,
    pub billing: Option<Billing>,
    pub suspended: bool,
}

impl Terms {
    /// What the intent of a call sets aside.
    pub(crate) fn reserve(&self) -> i64 {
        self.billing.as_ref().map_or(0, |billing| billing.tariff.reserve_at_start().0)
    }
}

/// A campaign as a write sees it.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub key: CampaignKey,
    pub id: CampaignId,
    pub tenant: TenantKey,
    pub state: CampaignState,
    pub quarantine: Option<Quarantine>,
    pub kind: CampaignKind,
    pub config_version: u32,
    pub gateway: GatewayKey,
    pub callable_since: Option<Timestamp>,
    pub committed: i64,
    pub available: i64,
    /// The balance did not cover a call, and that was told.
    pub exhausted: bool,
    pub plan: Arc<Plan>,
    pub terms: Arc<Terms>,
    /// The shadow that is asked what it decides.
    pub shadow: Option<i64>,
}

const SELECT: &str = "SELECT c.id, c.public_id, c.tenant, c.state, c.config_version, s.gateway, c.callable_since,
        c.spent + c.reserved, t.available, s.version, t.version, c.assistant, w.id, c.kind,
        q.backup_at, q.began_at, q.released_at, q.released_by, q.resume, t.exhausted
    FROM campaign c JOIN assistant s ON s.id = c.assistant JOIN tenant t ON t.id = c.tenant
         LEFT JOIN shadow w ON w.campaign = c.id AND w.stopped_at IS NULL
         LEFT JOIN quarantine q
    WHERE c.id = ?1";

impl Scope {
    /// Loads it.
    pub(crate) fn load(db: &Connection, cache: &mut Cache, key: CampaignKey) -> Done<Self> {
        let mut statement = db.prepare_cached(SELECT)?;
        let mut rows = statement.query([key.0])?;
        let Some(row) = rows.next()? else { return not_found("campaign") };
        Self::read(db, cache, row)
    }

    fn read(db: &Connection, cache: &mut Cache, row: &Row<'_>) -> Done<Self> {
        let (key, tenant): (i64, i64) = (row.get(0)?, row.get(2)?);
        let config_version = row.get(4)?;
        let plan = plan(db, cache, (key, config_version, row.get(9)?), row.get(11)?)?;
        Ok(Self {
            key: CampaignKey(key),
            id: CampaignId::from_bytes(row.get(1)?),
            tenant: TenantKey(tenant),
            state: CampaignState::read(row.get(3)?)?,
            kind: CampaignKind::read(row.get(13)?)?,
            quarantine: quarantine::read(row, 14)?,
            config_version,
            gateway: GatewayKey(row.get(5)?),
            callable_since: row.get::<_, Option<i64>>(6)?.map(Timestamp),
            committed: row.get(7)?,
            available: row.get(8)?,
            exhausted: row.get(19)?,
            plan,
            terms: terms(db, cache, (tenant, row.get(10)?))?,
            shadow: row.get(12)?,
        })
    }

    /// What the host's quarantine says of it.
    pub(crate) fn held(&self) -> Verdict {
        let interval = self.plan.config.retry_interval_minutes;
        self.quarantine.as_ref().map_or(Verdict::Pass, |quarantine| quarantine.verdict(interval))
    }

    /// With a budget: what is left of it and what one call needs.
    pub(crate) fn budget(&self) -> Option<(Micros, Micros)> {
        let budget = self.plan.config.budget_micros?;
        Some((Micros(budget.0.saturating_sub(self.committed)), Micros(self.terms.reserve())))
    }

    /// With billing on: what is available and what one call needs.
    pub(crate) fn balance(&self) -> Option<(Micros, Micros)> {
        self.terms.billing.as_ref().map(|_| (Micros(self.available), Micros(self.terms.reserve())))
    }

    /// What the engine keeps of it.
    pub(crate) fn snapshot(&self, db: &Connection) -> Done<CampaignSnapshot> {
        let live_leads: i64 = db
            .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state < 20")?
            .query_row([self.key.0], |row| row.get(0))?;
        Ok(CampaignSnapshot {
            key: self.key,
            id: self.id,
            tenant: self.tenant,
            state: self.state,
            quarantine: self.held(),
            config: Arc::clone(&self.plan.config),
            config_version: self.config_version,
            zone: self.plan.zone.clone(),
            gateway: self.gateway,
            ring_timeout_ms: i64::from(self.plan.assistant.ring_timeout_seconds) * SECOND_MS,
            max_call_ms: i64::from(self.plan.assistant.max_call_seconds) * SECOND_MS,
            live_leads: live_leads.max(0) as u64,
            shadow: self.shadow.map(|key| shadow_run::of(db, key)).transpose()?,
            fed: super::sources::feeds::feeds(db, self.key)?,
        })
    }
}

fn plan(db: &Connection, cache: &mut Cache, version: (i64, u32, i64), assistant: i64) -> Done<Arc<Plan>> {
    if let Some(plan) = cache.plans.get(&version) {
        return Ok(Arc::clone(plan));
    }
    let (config, assistant): (String, String) = db
        .prepare_cached(
            "SELECT v.config, s.config FROM campaign_config v, assistant s
             WHERE v.campaign = ?1 AND v.version = ?2 AND s.id = ?3",
        )?
        .query_row((version.0, version.1, assistant), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let config: CampaignConfig = serde_json::from_str(&config)?;
    let assistant: AssistantConfig = serde_json::from_str(&assistant)?;
    let asked = |spec: &campanile_domain::variable::VariableSpec| spec.required || spec.role != Role::None;
    let plan = Arc::new(Plan {
        zone: config.time_zone.clone().unwrap_or_else(|| assistant.time_zone.clone()),
        caller_ids: config.caller_ids.clone().unwrap_or_else(|| assistant.phone_numbers.clone()),
        evaluated: config.goal_variable.is_some()
            || !config.evaluators.is_empty()
            || assistant.variables.iter().any(asked),
        config: Arc::new(config),
        assistant,
    });
    if cache.plans.len() >= MOST {
        cache.plans.clear();
    }
    cache.plans.insert(version, Arc::clone(&plan));
    Ok(plan)
}

/// A tenant's terms at a version.
pub(crate) fn terms(db: &Connection, cache: &mut Cache, version: (i64, i64)) -> Done<Arc<Terms>> {
    if let Some(terms) = cache.terms.get(&version) {
        return Ok(Arc::clone(terms));
    }
    let (limits, billing, suspended): (String, Option<String>, bool) = db
        .prepare_cached("SELECT limits, billing, suspended FROM tenant WHERE id = ?1")?
        .query_row([version.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let terms = Arc::new(Terms {
        limits: serde_json::from_str(&limits)?,
        billing: billing.map(|billing| serde_json::from_str(&billing)).transpose()?,
        suspended,
    });
    if cache.terms.len() >= MOST {
        cache.terms.clear();
    }
    cache.terms.insert(version, Arc::clone(&terms));
    Ok(terms)
}

/// A tenant's terms as they are now.
pub(crate) fn current_terms(db: &Connection, cache: &mut Cache, tenant: TenantKey) -> Done<Arc<Terms>> {
    let mut statement = db.prepare_cached("SELECT version FROM tenant WHERE id = ?1")?;
    let mut rows = statement.query([tenant.0])?;
    let Some(row) = rows.next()? else { return not_found("tenant") };
    terms(db, cache, (tenant.0, row.get(0)?))
}

/// Why a campaign stands where it does, as the database has it.
pub(crate) fn reason(text: &str) -> Done<StatusReason> {
    Ok(serde_json::from_str(text)?)
}
