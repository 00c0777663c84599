//! One question about a call, and what becomes of the answer.
//!
//! Each evaluator is asked only what is still open, one after the other, each answer its own transaction: a dear one in the
//! middle is not asked again because a later one fails. The last answer settles the lead in the same transaction, with the
//! roles of the answers acting before any policy is asked.

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::evaluation::{EvaluationInput, TRANSCRIPT_WAIT_MS, Talk};
use campanile_domain::ids::{AttemptKey, CallId, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::setback;
use campanile_domain::policy::Trigger;
use campanile_domain::ports::policy::Calendar;
use campanile_domain::ports::store::{Changed, Evaluated, EvaluationError, EvaluationTurn};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Determinations, DeterminedBy, VariableSpec, Variables};
use rand_core::Rng;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::dialling::facts;
use crate::sqlite::dialling::late;
use crate::sqlite::dialling::settle;
use crate::sqlite::dialling::settling::Settling;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::row::{ATTEMPT, AttemptRow, LeadRow};
use crate::sqlite::scope::{Cache, Scope};

/// A turn with what finding the transcript needs.
pub(crate) struct Found {
    pub turn: EvaluationTurn,
    pub tenant: TenantKey,
    /// A transcript that came and is not kept is waited for until then.
    pub waits_until: Timestamp,
}

/// What is determined; `again`: without what evaluators determined, which gives way.
fn held(attempt: &AttemptRow, again: bool) -> Done<Determinations> {
    let mut held: Determinations =
        attempt.variables.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    if again {
        held.0.retain(|_, determined| !matches!(determined.by, DeterminedBy::Evaluator(_)));
    }
    Ok(held)
}

/// The place of who is asked next, whether a transcript came and whether it is asked anew; `None`: it does not wait.
fn waiting(db: &Connection, key: AttemptKey) -> Done<Option<(u32, bool, bool)>> {
    let found = db
        .prepare_cached("SELECT next, said, again FROM evaluation WHERE attempt = ?1 AND done_at IS NULL")?
        .query_row([key.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(found)
}

fn attempt(db: &Connection, key: AttemptKey) -> Done<Option<AttemptRow>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {ATTEMPT} FROM attempt a WHERE a.id = ?1 AND a.phone <> 0"))?;
    let mut rows = statement.query([key.0])?;
    rows.next()?.map(AttemptRow::read).transpose()
}

/// The next question and whether a transcript came; its lines are kept elsewhere.
pub(crate) fn turn(db: &Connection, cache: &mut Cache, key: AttemptKey) -> Done<Option<(Found, bool)>> {
    let (Some((place, said, again)), Some(attempt)) = (waiting(db, key)?, attempt(db, key)?) else { return Ok(None) };
    let scope = Scope::load(db, cache, attempt.campaign)?;
    let config = &scope.plan.config;
    let wanted: Vec<VariableSpec> = held(&attempt, again)?.open(&scope.plan.assistant.variables).cloned().collect();
    let evaluator = config.evaluators.get(place as usize).filter(|_| !wanted.is_empty()).cloned();
    let found = Found {
        tenant: attempt.tenant,
        waits_until: attempt.ended_at.unwrap_or(attempt.intent_at) + TRANSCRIPT_WAIT_MS,
        turn: EvaluationTurn {
            campaign: attempt.campaign,
            lead: attempt.lead,
            call: attempt.id,
            evaluator,
            place,
            calendar: Calendar::new(config.calling_hours.clone(), scope.plan.zone.clone()),
            input: EvaluationInput { talk: talk(db, &scope, &attempt)?, wanted, goal: config.goal_variable.clone() },
            transcript_is_coming: false,
        },
    };
    Ok(Some((found, said)))
}

/// Everything that could be asked about a call, without its transcript.
pub(crate) fn question(
    db: &Connection,
    cache: &mut Cache,
    tenant: TenantKey,
    id: CallId,
) -> Done<(EvaluationInput, Calendar, AttemptKey)> {
    let key: Option<i64> = db
        .prepare_cached("SELECT id FROM attempt WHERE public_id = ?1 AND tenant = ?2")?
        .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0))
        .optional()?;
    let Some(attempt) = key.map(|key| attempt(db, AttemptKey(key))).transpose()?.flatten() else {
        return not_found("call");
    };
    let scope = Scope::load(db, cache, attempt.campaign)?;
    let config = &scope.plan.config;
    let wanted = scope.plan.assistant.variables.clone();
    let input = EvaluationInput { talk: talk(db, &scope, &attempt)?, wanted, goal: config.goal_variable.clone() };
    Ok((input, Calendar::new(config.calling_hours.clone(), scope.plan.zone.clone()), attempt.key))
}

/// What is known of the call, without its transcript.
fn talk(db: &Connection, scope: &Scope, attempt: &AttemptRow) -> Done<Talk> {
    let (id, variables): ([u8; 16], String) = db
        .prepare_cached(
            "SELECT l.public_id, d.variables FROM lead l JOIN lead_data d ON d.lead = l.id WHERE l.id = ?1",
        )?
        .query_row([attempt.lead.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut lead_variables: Variables = serde_json::from_str(&variables)?;
    let contacts = facts::contacts_of(db, attempt.lead.0)?;
    if let Some(contact) = contacts.at(attempt.contact) {
        for (name, value) in contact.variables.iter() {
            lead_variables.set(name, value.clone());
        }
    }
    let mut provided = Variables::default();
    for (name, determined) in held(attempt, false)?.0 {
        if matches!(determined.by, DeterminedBy::Gateway(_)) {
            provided.set(name, determined.value);
        }
    }
    let language = lead_variables.get("language").and_then(|value| value.as_text()).map(str::to_owned);
    Ok(Talk {
        call: attempt.id,
        lead: campanile_domain::ids::LeadId::from_bytes(id),
        campaign: scope.id,
        started_at: attempt.intent_at,
        zone: scope.plan.zone.clone(),
        language,
        outcome: match attempt.state {
            AttemptState::Ended(outcome) => outcome,
            _ => Outcome::Unknown,
        },
        answered_by: attempt.answered_by,
        talk_ms: attempt.talk_ms,
        transcript: Vec::new(),
        provided,
        lead_variables,
    })
}

/// Keeps an answer; the last one settles.
pub(crate) fn evaluated(op: &mut Op<'_>, key: AttemptKey, evaluated: &Evaluated) -> Done<Option<Changed>> {
    let mut attempt = AttemptRow::load(op, key)?;
    let Some((_, _, again)) = waiting(op.db, key)?.filter(|(place, ..)| *place == evaluated.place) else {
        return Ok(None);
    };
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    let mut determined = held(&attempt, again)?;
    for (name, answer) in &evaluated.evaluation.answers {
        determined.offer(name, answer.clone().by(&evaluated.by));
    }
    attempt.variables = Some(serde_json::to_string(&determined)?);
    let next = evaluated.place + 1;
    let is_open = determined.open(&scope.plan.assistant.variables).next().is_some();
    let done = evaluated.by.is_empty() || !is_open || next as usize >= scope.plan.config.evaluators.len();
    let cost = evaluated.evaluation.cost;
    op.db
        .prepare_cached(
            "UPDATE evaluation SET next = ?2, due = ?3, again = 0, failures = 0, error = NULL, cost = cost + ?4,
                    currency = coalesce(?5, currency), done_at = CASE WHEN ?6 THEN ?3 END
             WHERE attempt = ?1",
        )?
        .execute(params![
            key.0,
            next,
            op.now().0,
            cost.map_or(0, |cost| cost.amount.0),
            cost.map(|cost| cost.currency.to_string()),
            done
        ])?;
    attempt.save(op)?;
    if !done {
        return Ok(None);
    }
    attempt.tell(op, "call.evaluated", None);
    let lead = LeadRow::load(op, attempt.lead)?;
    let waits = lead.last_attempt == Some(attempt.key) && settle::is_open(lead.state);
    let settling = Settling::load(op, &scope, &attempt)?;
    if waits {
        let after = settle::settle(op, settling, Trigger::Evaluated)?;
        return Ok(Some(Changed { after: Some(after), ended: None, ..attempt.changed() }));
    }
    late::after_the_decision(op, settling)
}

/// An evaluator did not answer.
pub(crate) fn failed(op: &mut Op<'_>, key: AttemptKey, evaluator: &str, failure: &PluginFailure) -> Done<()> {
    let failures: Option<u32> = op
        .db
        .prepare_cached("SELECT failures FROM evaluation WHERE attempt = ?1 AND done_at IS NULL")?
        .query_row([key.0], |row| row.get(0))
        .optional()?;
    let Some(failures) = failures.map(|before| before + 1) else { return Ok(()) };
    let jitter = f64::from(op.rng.next_u32()) / f64::from(u32::MAX);
    let wait = setback::back_off_ms(failures, failure.retry_after_ms, jitter);
    let error = EvaluationError {
        evaluator: evaluator.to_owned(),
        code: failure.code.clone(),
        message: failure.message.clone(),
    };
    op.db
        .prepare_cached("UPDATE evaluation SET failures = ?2, due = ?3, error = ?4 WHERE attempt = ?1")?
        .execute(params![key.0, failures, (op.now() + wait).0, serde_json::to_string(&error)?])?;
    Ok(())
}
