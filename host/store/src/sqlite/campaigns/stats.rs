//! Counts: what a progress bar needs, and how many leads wait at which gate.
//!
//! Both come from tables that every change keeps up to date; a GROUP BY over a million leads would take a tenth of a
//! second and be asked for every few of them.

use std::collections::BTreeMap;

use campanile_domain::attempt::{AnsweredBy, AttemptState};
use campanile_domain::gate::Gate;
use campanile_domain::ids::{CampaignId, TenantKey};
use campanile_domain::lead::{Completion, LeadState};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{GateCount, Stats};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::campaign::key_of;
use crate::sqlite::codes::Code;
use crate::sqlite::dialling::queue;
use crate::sqlite::fault::Done;

/// What a progress bar needs.
pub(crate) fn stats(db: &Connection, tenant: TenantKey, id: CampaignId) -> Done<Stats> {
    let key = key_of(db, tenant, id)?;
    let mut stats = Stats::default();
    let mut statement = db.prepare_cached(
        "SELECT state, sum(n) FROM lead_count WHERE campaign = ?1 AND state <> 27 GROUP BY state HAVING sum(n) <> 0 ORDER BY state",
    )?;
    let mut rows = statement.query([key.0])?;
    while let Some(row) = rows.next()? {
        let (state, n) = (LeadState::read(row.get(0)?)?, row.get::<_, i64>(1)?.max(0) as u64);
        stats.leads += n;
        let reasons = stats.by_status.entry(state.status().to_owned()).or_default();
        *reasons.entry(state.reason().unwrap_or_default().to_owned()).or_default() += n;
        if state == LeadState::Completed(Completion::GoalReached) {
            stats.goals_reached += n;
        }
    }
    calls(db, key.0, &mut stats)?;
    Ok(stats)
}

fn calls(db: &Connection, key: i64, stats: &mut Stats) -> Done<()> {
    let mut statement = db.prepare_cached(
        "SELECT state, answered_by, n, talk_ms, cost FROM attempt_count WHERE campaign = ?1 ORDER BY state, answered_by",
    )?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        let state = AttemptState::read(row.get(0)?)?;
        let n = row.get::<_, i64>(2)?.max(0) as u64;
        if n == 0 {
            continue;
        }
        let word = match state {
            AttemptState::Ended(outcome) => outcome.as_str(),
            other => other.reason().unwrap_or_else(|| other.public_status()),
        };
        *stats.attempts.entry(word.to_owned()).or_default() += n;
        stats.talk_ms += row.get::<_, i64>(3)?;
        stats.cost_micros.0 += row.get::<_, i64>(4)?;
        if matches!(word, "answered" | "voicemail") {
            let by = match AnsweredBy::read(row.get(1)?)? {
                AnsweredBy::Human => "human",
                AnsweredBy::Machine => "machine",
                AnsweredBy::Unknown => "unknown",
            };
            *stats.answered_by.entry(by.to_owned()).or_default() += n;
        }
    }
    let dialling: i64 = db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state = 10")?
        .query_row([key], |row| row.get(0))?;
    stats.open_attempts = dialling.max(0) as u64;
    let (first, last): (Option<i64>, Option<i64>) = db
        .prepare_cached("SELECT first_call_at, last_call_at FROM campaign WHERE id = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    (stats.first_call_at, stats.last_call_at) = (first.map(Timestamp), last.map(Timestamp));
    stats.cost_micros = Micros(stats.cost_micros.0);
    Ok(())
}

/// How many leads wait at which gate.
pub(crate) fn gate_counts(db: &Connection, tenant: TenantKey, id: CampaignId, now: Timestamp) -> Done<Vec<GateCount>> {
    let key = key_of(db, tenant, id)?.0;
    let mut gates: BTreeMap<Option<Gate>, (u64, Option<Timestamp>)> = BTreeMap::new();
    let mut add = |gate, n: u64, until: Option<Timestamp>| {
        let entry = gates.entry(gate).or_default();
        entry.0 += n;
        entry.1 = match (entry.1, until) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
    };
    let mut statement = db.prepare_cached(
        "SELECT gate, sum(n) FROM lead_count WHERE campaign = ?1 AND gate <> 0 GROUP BY gate HAVING sum(n) > 0",
    )?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        let number: u8 = row.get(0)?;
        let first: Option<i64> = db
            .prepare_cached("SELECT min(due_at) FROM lead WHERE campaign = ?1 AND gate = ?2 AND gate <> 0")?
            .query_row(params![key, number], |row| row.get(0))?;
        let until = first.map(Timestamp).filter(|at| *at < Timestamp::MAX);
        add(Gate::from_number(number), row.get::<_, i64>(1)?.max(0) as u64, until);
    }
    let fresh: i64 = db
        .prepare_cached(
            "SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state IN (0, 2) AND gate = 0",
        )?
        .query_row([key], |row| row.get(0))?;
    add(None, fresh.max(0) as u64, None);
    for queue in queue::queues(db, key)? {
        let due: i64 = db
            .prepare_cached(
                "SELECT count(*) FROM lead WHERE campaign = ?1 AND zone_group = 0 AND queue = ?2 AND due_at <= ?3
                 AND (state = 1 OR state = 3 OR state = 4) AND gate = 0",
            )?
            .query_row(params![key, queue, now.0], |row| row.get(0))?;
        let (later, first): (i64, Option<i64>) = db
            .prepare_cached(
                "SELECT count(*), min(due_at) FROM lead WHERE campaign = ?1 AND zone_group = 0 AND queue = ?2
                 AND due_at > ?3 AND (state = 1 OR state = 3 OR state = 4) AND gate = 0",
            )?
            .query_row(params![key, queue, now.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        add(None, due.max(0) as u64, None);
        let gate = if queue.rem_euclid(4) == 1 { Gate::LeadNotBefore } else { Gate::LeadRetryWait };
        add(Some(gate), later.max(0) as u64, first.map(Timestamp));
    }
    let code = |gate: Option<Gate>| gate.map_or("ready", Gate::code).to_owned();
    let counts = gates.into_iter().filter(|(_, (leads, _))| *leads > 0);
    Ok(counts.map(|(gate, (leads, until))| GateCount { gate: code(gate), leads, until }).collect())
}
