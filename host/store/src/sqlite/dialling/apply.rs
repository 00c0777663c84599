//! What the provider says.
//!
//! Each event once, by its id; each moves the attempt only forward. The end of a call settles its lead in the same
//! transaction. What comes after the end still counts for a decision that is open, and annotates one that was taken.

use campanile_domain::attempt::{AnsweredBy, Applied, AttemptState, CallStatus, Outcome};
use campanile_domain::ids::{CampaignKey, GatewayKey};
use campanile_domain::policy::Trigger;
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::{After, Changed, Said, Told};
use campanile_domain::time::{DAY_MS, Timestamp};
use rusqlite::params;

use super::evaluation::{self, Heard};
use super::settle;
use super::settling::Settling;
use super::{early, late};
use crate::sqlite::evaluations::waiting;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::{ATTEMPT, AttemptRow};
use crate::sqlite::scope::Scope;

/// How long an event's id is remembered, in milliseconds.
const REMEMBERED_MS: i64 = 14 * DAY_MS;

/// Applies events in their order.
pub(crate) fn apply(op: &mut Op<'_>, gateway: GatewayKey, events: Vec<CallEvent>) -> Done<Told> {
    let mut told = Told::default();
    for event in events {
        if !is_new(op, gateway, &event)? {
            continue;
        }
        match find(op, gateway, &event)? {
            Some(mut attempt) => {
                if attempt.provider_call_id.is_none() && !event.provider_call_id.is_empty() {
                    attempt.provider_call_id = Some(event.provider_call_id.clone());
                    attempt.save(op)?;
                    early(op, &attempt, &mut told)?;
                    attempt = AttemptRow::load(op, attempt.key)?;
                }
                one(op, attempt, event, &mut told)?;
            }
            None if early::may_be_ours(op, gateway, &event)? => early::keep(op, gateway, &event)?,
            None => stray(op, gateway, &event)?,
        }
    }
    Ok(told)
}

/// The provider's name of an attempt has just become known: what came under that name before is applied to it.
pub(crate) fn early(op: &mut Op<'_>, attempt: &AttemptRow, told: &mut Told) -> Done<()> {
    for event in early::take(op, attempt)? {
        let attempt = AttemptRow::load(op, attempt.key)?;
        one(op, attempt, event, told)?;
    }
    Ok(())
}

fn is_new(op: &Op<'_>, gateway: GatewayKey, event: &CallEvent) -> Done<bool> {
    let added = op
        .db
        .prepare_cached("INSERT OR IGNORE INTO seen_event (gateway, event_id, at) VALUES (?1, ?2, ?3)")?
        .execute(params![gateway.0, event.event_id, op.now().0])?;
    if added == 1 && op.db.last_insert_rowid() % 1_024 == 0 {
        op.db
            .prepare_cached(
                "DELETE FROM seen_event WHERE id IN (SELECT id FROM seen_event ORDER BY id LIMIT 4096) AND at < ?1",
            )?
            .execute([op.now().0 - REMEMBERED_MS])?;
    }
    Ok(added == 1)
}

/// The attempt that an event is about. One whose person was erased is not found: what comes late about it is not kept.
fn find(op: &Op<'_>, gateway: GatewayKey, event: &CallEvent) -> Done<Option<AttemptRow>> {
    static BY_ID: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!("SELECT {ATTEMPT} FROM attempt a WHERE a.public_id = ?1 AND a.gateway = ?2 AND a.phone <> 0")
    });
    static BY_NAME: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {ATTEMPT} FROM attempt a WHERE a.gateway = ?1 AND a.provider_call_id = ?2 ORDER BY a.id DESC LIMIT 1"
        )
    });
    match event.attempt {
        Some(id) => AttemptRow::one(op, &BY_ID, params![id.to_bytes(), gateway.0]),
        None => AttemptRow::one(op, &BY_NAME, params![gateway.0, event.provider_call_id]),
    }
}

fn stray(op: &Op<'_>, gateway: GatewayKey, event: &CallEvent) -> Done<()> {
    op.db
        .prepare_cached(
            "INSERT INTO stray_event (gateway, n, last_event_id, last_at) VALUES (?1, 1, ?2, ?3)
             ON CONFLICT (gateway) DO UPDATE SET n = n + 1, last_event_id = excluded.last_event_id, last_at = excluded.last_at",
        )?
        .execute(params![gateway.0, event.event_id, op.now().0])?;
    Ok(())
}

fn one(op: &mut Op<'_>, attempt: AttemptRow, mut event: CallEvent, told: &mut Told) -> Done<()> {
    let key = attempt.key;
    let lines = event.transcript.take();
    let said = lines.as_ref().is_some_and(|lines| !lines.is_empty());
    if let Some(lines) = lines {
        told.said.push(Said { tenant: attempt.tenant, attempt: key, at: event.at, lines });
    }
    told.changed.extend(moved(op, attempt, event)?);
    if said {
        waiting::said(op, key)?;
    }
    Ok(())
}

fn moved(op: &mut Op<'_>, mut attempt: AttemptRow, event: CallEvent) -> Done<Option<Changed>> {
    keep_cost(op, &attempt, &event)?;
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    let heard = evaluation::hear(op, &scope, &mut attempt, &event)?;
    // A provider's clock may be off; nothing happens before the intent or after now.
    let at = event.at.min(op.now()).max(attempt.intent_at);
    let known_by = if attempt.answered_by == AnsweredBy::Unknown { event.answered_by } else { attempt.answered_by };
    // An end after we began to hang up is ours, whatever the provider calls it.
    let ours = event.status == CallStatus::Completed && attempt.hung_up_at.is_some_and(|began| at >= began);
    let status = if ours { CallStatus::Cancelled } else { event.status };
    match attempt.state.apply(status, known_by) {
        Applied::Moved(AttemptState::Ended(outcome)) => {
            attempt.answered_by = known_by;
            let freed = end(op, &scope, &mut attempt, &event, outcome, at)?;
            finish(op, &scope, attempt, heard, freed).map(Some)
        }
        Applied::Moved(state) => {
            attempt.answered_by = known_by;
            attempt.go_on(op, state, at)?;
            Ok(Some(attempt.changed()))
        }
        Applied::Ignored => {
            attempt.answered_by = known_by;
            attempt.save(op)?;
            Ok(None)
        }
        Applied::Late => late::late(op, &scope, attempt, &event, heard),
    }
}

fn keep_cost(op: &Op<'_>, attempt: &AttemptRow, event: &CallEvent) -> Done<()> {
    if let Some(cost) = event.cost_micros {
        op.db
            .prepare_cached("UPDATE attempt SET provider_cost = ?2, provider_currency = ?3 WHERE id = ?1")?
            .execute(params![attempt.key.0, cost.0, event.currency.map(|currency| currency.to_string())])?;
    }
    Ok(())
}

fn end(
    op: &mut Op<'_>,
    scope: &Scope,
    attempt: &mut AttemptRow,
    event: &CallEvent,
    outcome: Outcome,
    at: Timestamp,
) -> Done<Vec<(CampaignKey, Timestamp)>> {
    attempt.failure = event.failure;
    let answered = attempt.answered_at;
    let talked = answered.map_or(0, |answered| at.since(answered).max(0));
    attempt.talk_ms = match event.status {
        CallStatus::Completed | CallStatus::Cancelled => event.talk_ms.unwrap_or(talked).max(0),
        _ => event.talk_ms.unwrap_or(0).max(0),
    };
    if answered.is_none() && event.status == CallStatus::Completed {
        attempt.answered_at = Some((at - attempt.talk_ms).max(attempt.intent_at));
    }
    attempt.end(op, scope, AttemptState::Ended(outcome), at)
}

/// A call is over: its attempt is counted and its lead settled.
pub(crate) fn finish(
    op: &mut Op<'_>,
    scope: &Scope,
    attempt: AttemptRow,
    heard: Heard,
    freed: Vec<(CampaignKey, Timestamp)>,
) -> Done<Changed> {
    let mut settling = Settling::load(op, scope, &attempt)?;
    settling.count();
    heard.over(&mut settling);
    let after: After = settle::settle(op, settling, Trigger::Settled)?;
    Ok(Changed { after: Some(after), freed, ..attempt.changed() })
}
