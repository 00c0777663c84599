//! The context of one write: its transaction, who wants it, and what it leaves behind.
//!
//! Every write also changes counts, money and the event log. Those are gathered here while the intent works and written
//! once at its end, inside the same savepoint: a claim of fifty leads touches a tenant's balance and its event numbers
//! once, not fifty times. Nothing gathered outlives a write that fails.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use campanile_domain::event;
use campanile_domain::ids::{EventId, TenantKey};
use campanile_domain::ports::store::{Actor, WriteContext};
use campanile_domain::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use rusqlite::{Connection, params};

use super::fault::Done;
use super::lead_room::LeadRoom;
use super::scope::Cache;
use super::tally::{CallLine, CallTally, CallTime, Place, Tally};

/// One entry of the event log that is about to be written.
#[derive(Debug)]
struct Event {
    tenant: i64,
    kind: &'static str,
    campaign: Option<i64>,
    lead: Option<i64>,
    call: Option<i64>,
    data: String,
}

/// What an event is about, by keys.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About {
    /// Its campaign.
    pub campaign: Option<i64>,
    /// Its lead.
    pub lead: Option<i64>,
    /// Its attempt.
    pub call: Option<i64>,
}

/// What changes of a campaign's own sums.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    reserved: i64,
    spent: i64,
    first_call: Option<i64>,
    last_call: Option<i64>,
}

/// One write.
pub(crate) struct Op<'a> {
    /// The connection, inside a transaction.
    pub db: &'a Connection,
    /// Parsed documents.
    pub cache: &'a mut Cache,
    /// Who, when and why.
    pub ctx: WriteContext,
    /// Mints ids.
    pub rng: ChaCha8Rng,
    counts: BTreeMap<Place, i64>,
    attempts: BTreeMap<(i64, u8, u8), Tally>,
    call_times: BTreeMap<CallTime, CallTally>,
    call_lines: BTreeMap<CallLine, CallTally>,
    decided: BTreeMap<(i64, String), CallTally>,
    late: BTreeMap<(i64, u16), i64>,
    sums: BTreeMap<i64, Sums>,
    balances: BTreeMap<i64, i64>,
    events: Vec<Event>,
    /// Leads that may still come, once it was asked.
    pub lead_room: Option<LeadRoom>,
}

impl<'a> Op<'a> {
    /// Begins.
    pub(crate) fn new(db: &'a Connection, cache: &'a mut Cache, ctx: WriteContext) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(ctx.seed);
        Self {
            db,
            cache,
            ctx,
            rng,
            counts: BTreeMap::new(),
            attempts: BTreeMap::new(),
            call_times: BTreeMap::new(),
            call_lines: BTreeMap::new(),
            decided: BTreeMap::new(),
            late: BTreeMap::new(),
            sums: BTreeMap::new(),
            balances: BTreeMap::new(),
            events: Vec::new(),
            lead_room: None,
        }
    }

    /// The time of the write.
    pub(crate) fn now(&self) -> Timestamp {
        self.ctx.now
    }

    /// The tenant of the write.
    pub(crate) fn tenant(&self) -> i64 {
        self.ctx.tenant.0
    }

    /// An entry of a tenant's event log, of a kind that the outside can be told of; `data` is JSON.
    pub(crate) fn event(&mut self, tenant: TenantKey, kind: &'static str, about: About, data: String) {
        // In every build: an event that nobody can ask for would be lost without a word.
        assert!(event::kind(kind).is_some(), "{kind} is not in the list of events");
        let About { campaign, lead, call } = about;
        self.events.push(Event { tenant: tenant.0, kind, campaign, lead, call, data });
    }

    /// A row of the audit, when a person or a key did it.
    pub(crate) fn audit(&self, what: &str, target: &impl ToString) -> Done<()> {
        self.audit_row(self.tenant(), what, target.to_string(), None)
    }

    /// The same of another tenant: one that was not there when the write began, or each that a word to the host is about.
    pub(crate) fn audit_of(&self, tenant: i64, what: &str, target: &impl ToString) -> Done<()> {
        self.audit_row(tenant, what, target.to_string(), None)
    }

    /// The same of a change, with the names of what changed.
    pub(crate) fn audit_changes(&self, what: &str, target: &impl ToString, changes: &[String]) -> Done<()> {
        self.audit_row(self.tenant(), what, target.to_string(), Some(serde_json::to_string(changes)?))
    }

    fn audit_row(&self, tenant: i64, what: &str, target: String, changes: Option<String>) -> Done<()> {
        let actor = match self.ctx.actor {
            Actor::Operator => "operator".to_owned(),
            Actor::Key(key) => key.to_string(),
            Actor::Engine | Actor::Gateway(_) => return Ok(()),
        };
        let request = self.ctx.request.map(|request| request.to_bytes());
        self.db
            .prepare_cached(
                "INSERT INTO audit (tenant, actor, request, what, target, at, changes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![tenant, actor, request, what, target, self.now().0, changes])?;
        Ok(())
    }

    /// A lead left a place.
    pub(crate) fn uncount_lead(&mut self, place: Place) {
        *self.counts.entry(place).or_default() -= 1;
    }

    /// A lead came to a place.
    pub(crate) fn count_lead(&mut self, place: Place) {
        *self.counts.entry(place).or_default() += 1;
    }

    /// An attempt that is over is counted (`n` = 1) or taken out again (-1).
    pub(crate) fn count_attempt(&mut self, campaign: i64, state: u8, answered_by: u8, n: i64, talk_ms: i64, cost: i64) {
        let tally = self.attempts.entry((campaign, state, answered_by)).or_default();
        tally.n += n;
        tally.talk_ms += n * talk_ms;
        tally.cost += n * cost;
    }

    /// A call is added to the tables of statistics.
    pub(crate) fn tally_call(&mut self, (time, line): (CallTime, CallLine), tally: CallTally) {
        self.call_times.entry(time).or_default().add(tally);
        self.call_lines.entry(line).or_default().add(tally);
    }

    /// A call was decided about by somebody.
    pub(crate) fn tally_decided(&mut self, campaign: i64, by: &str, tally: CallTally) {
        self.decided.entry((campaign, by.to_owned())).or_default().add(tally);
    }

    /// A lead was taken so late, as a span of `lateness.rs`.
    pub(crate) fn tally_late(&mut self, campaign: i64, bucket: u16) {
        *self.late.entry((campaign, bucket)).or_default() += 1;
    }

    /// The campaign's first or last call.
    pub(crate) fn call_at(&mut self, campaign: i64, began: Option<Timestamp>, ended: Option<Timestamp>) {
        let sums = self.sums.entry(campaign).or_default();
        sums.first_call = sums.first_call.or(began.map(|at| at.0));
        sums.last_call = sums.last_call.max(ended.map(|at| at.0));
    }

    /// Money moves; the ledger's row is written by the caller of this, see `money.rs`.
    pub(crate) fn move_money(&mut self, tenant: i64, available: i64, campaign: Option<i64>, reserved: i64, spent: i64) {
        *self.balances.entry(tenant).or_default() += available;
        if let Some(campaign) = campaign {
            let sums = self.sums.entry(campaign).or_default();
            sums.reserved += reserved;
            sums.spent += spent;
        }
    }

    /// What is not yet written of a tenant's balance.
    pub(crate) fn pending_balance(&self, tenant: i64) -> i64 {
        self.balances.get(&tenant).copied().unwrap_or_default()
    }

    /// Writes what was gathered. May be called in the middle, when the intent reads what it counted.
    pub(crate) fn flush(&mut self) -> Done<()> {
        self.flush_counts()?;
        self.flush_tallies()?;
        self.flush_sums()?;
        self.flush_events()
    }

    fn flush_counts(&mut self) -> Done<()> {
        if !self.counts.is_empty() {
            let mut add = self.db.prepare_cached(
                "INSERT INTO lead_count (campaign, zone_group, state, gate, n) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (campaign, zone_group, state, gate) DO UPDATE SET n = n + excluded.n",
            )?;
            for ((campaign, group, state, gate), n) in std::mem::take(&mut self.counts) {
                if n != 0 {
                    add.execute(params![campaign, group, state, gate, n])?;
                }
            }
        }
        if !self.attempts.is_empty() {
            let mut add = self.db.prepare_cached(
                "INSERT INTO attempt_count (campaign, state, answered_by, n, talk_ms, cost)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (campaign, state, answered_by) DO UPDATE
                 SET n = n + excluded.n, talk_ms = talk_ms + excluded.talk_ms, cost = cost + excluded.cost",
            )?;
            for ((campaign, state, by), tally) in std::mem::take(&mut self.attempts) {
                add.execute(params![campaign, state, by, tally.n, tally.talk_ms, tally.cost])?;
            }
        }
        Ok(())
    }

    fn flush_tallies(&mut self) -> Done<()> {
        static TIMES: LazyLock<String> = LazyLock::new(|| tally_into("call_time_count", &["campaign", "day", "hour"]));
        static LINES: LazyLock<String> =
            LazyLock::new(|| tally_into("call_line_count", &["campaign", "round", "contact", "caller_id"]));
        static DECIDED: LazyLock<String> = LazyLock::new(|| tally_into("decided_count", &["campaign", "by"]));
        for ((campaign, day, hour), tally) in std::mem::take(&mut self.call_times) {
            let CallTally { n, answered, voicemail, goals, talk_ms, cost } = tally;
            let mut add = self.db.prepare_cached(&TIMES)?;
            add.execute(params![n, answered, voicemail, goals, talk_ms, cost, campaign, day, hour])?;
        }
        for ((campaign, round, contact, caller), tally) in std::mem::take(&mut self.call_lines) {
            let CallTally { n, answered, voicemail, goals, talk_ms, cost } = tally;
            let mut add = self.db.prepare_cached(&LINES)?;
            add.execute(params![n, answered, voicemail, goals, talk_ms, cost, campaign, round, contact, caller])?;
        }
        for ((campaign, by), tally) in std::mem::take(&mut self.decided) {
            let CallTally { n, answered, voicemail, goals, talk_ms, cost } = tally;
            let mut add = self.db.prepare_cached(&DECIDED)?;
            add.execute(params![n, answered, voicemail, goals, talk_ms, cost, campaign, by])?;
        }
        for ((campaign, bucket), n) in std::mem::take(&mut self.late) {
            self.db
                .prepare_cached(
                    "INSERT INTO lateness_count (campaign, bucket, n) VALUES (?1, ?2, ?3)
                     ON CONFLICT (campaign, bucket) DO UPDATE SET n = n + excluded.n",
                )?
                .execute(params![campaign, bucket, n])?;
        }
        Ok(())
    }

    fn flush_sums(&mut self) -> Done<()> {
        if !self.sums.is_empty() {
            let mut add = self.db.prepare_cached(
                "UPDATE campaign SET reserved = reserved + ?2, spent = spent + ?3,
                        first_call_at = coalesce(first_call_at, ?4),
                        last_call_at = coalesce(max(last_call_at, ?5), last_call_at, ?5)
                 WHERE id = ?1",
            )?;
            for (campaign, sums) in std::mem::take(&mut self.sums) {
                add.execute(params![campaign, sums.reserved, sums.spent, sums.first_call, sums.last_call])?;
            }
        }
        for (tenant, change) in std::mem::take(&mut self.balances) {
            if change != 0 {
                let is_low: bool = self
                    .db
                    .prepare_cached(
                        "UPDATE tenant SET available = available + ?2 WHERE id = ?1
                         RETURNING low = 0 AND coalesce(available < low_below, 0)",
                    )?
                    .query_row(params![tenant, change], |row| row.get(0))?;
                if is_low {
                    self.tell_low(TenantKey(tenant))?;
                }
            }
        }
        Ok(())
    }

    /// Less is available than the account named. Told once until it is topped up above that.
    pub(crate) fn tell_low(&mut self, tenant: TenantKey) -> Done<()> {
        let (available, below, currency): (i64, i64, Option<String>) = self
            .db
            .prepare_cached(
                "UPDATE tenant SET low = 1 WHERE id = ?1
                 RETURNING available, low_below, json_extract(billing, '$.currency')",
            )?
            .query_row([tenant.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let data =
            serde_json::json!({ "available_micros": available, "low_below_micros": below, "currency": currency });
        self.event(tenant, "balance.low", About::default(), data.to_string());
        Ok(())
    }

    fn flush_events(&mut self) -> Done<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        let events = std::mem::take(&mut self.events);
        let mut next: BTreeMap<i64, i64> = BTreeMap::new();
        for event in &events {
            *next.entry(event.tenant).or_default() += 1;
        }
        self.cache.told.extend(next.keys().copied().map(TenantKey));
        let mut take = self.db.prepare_cached(
            "UPDATE tenant SET event_seq = event_seq + ?2 WHERE id = ?1 RETURNING event_seq - ?2 + 1",
        )?;
        for (tenant, n) in &mut next {
            *n = take.query_row(params![*tenant, *n], |row| row.get(0))?;
        }
        let mut add = self.db.prepare_cached(
            "INSERT INTO event (tenant, seq, id, type, at, campaign, lead, call, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for event in events {
            let Some(seq) = next.get_mut(&event.tenant) else { continue };
            let id = EventId::mint(self.ctx.now, &mut self.rng).to_bytes();
            let Event { tenant, kind, campaign, lead, call, data } = event;
            add.execute(params![tenant, *seq, id, kind, self.ctx.now.0, campaign, lead, call, data])?;
            *seq += 1;
        }
        Ok(())
    }
}

/// Adds a tally, its six sums first, to the counter of a key.
fn tally_into(table: &str, key: &[&str]) -> String {
    let columns = key.join(", ");
    let places: String = (0..key.len()).map(|nth| format!(", ?{}", nth + 7)).collect();
    format!(
        "INSERT INTO {table} (n, answered, voicemail, goals, talk_ms, cost, {columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6{places})
         ON CONFLICT ({columns}) DO UPDATE
         SET n = n + excluded.n, answered = answered + excluded.answered, voicemail = voicemail + excluded.voicemail,
             goals = goals + excluded.goals, talk_ms = talk_ms + excluded.talk_ms, cost = cost + excluded.cost"
    )
}
