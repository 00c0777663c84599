//! The question that a policy is asked.

use campanile_domain::attempt::{AnsweredBy, AttemptState, Failure};
use campanile_domain::policy::{Decision, PastAttempt, PolicyInput, Trigger};
use campanile_domain::ports::store::Undecided;
use campanile_domain::replay::Standing;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Determinations, Variables};
use rusqlite::Connection;

use super::settling::Settling;
use crate::sqlite::codes::{Code, OPEN};
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::phone;

/// Puts it together. The lead is saved already: the question carries the revision that the answer must meet.
pub(crate) fn undecided(op: &Op<'_>, settling: &Settling<'_>, builtin: Decision, trigger: Trigger) -> Done<Undecided> {
    let (scope, lead) = (settling.scope, &settling.lead);
    let config = &scope.plan.config;
    let variables: String = op
        .db
        .prepare_cached("SELECT variables FROM lead_data WHERE lead = ?1")?
        .query_row([lead.key.0], |row| row.get(0))?;
    let attempts = history(op.db, lead.key.0)?;
    let last = attempts.last();
    let input = PolicyInput {
        trigger,
        now: op.now(),
        campaign: scope.id,
        lead: lead.id,
        zone: scope.plan.zone.clone(),
        era: last.map_or(lead.progress.era, |last| last.era),
        round: last.map_or(lead.progress.round, |last| last.round),
        max_retries: config.max_retries,
        retry_interval_ms: config.retry_interval_ms(),
        retry_on_voicemail: config.retry_on_voicemail,
        retry_until_goal: config.retry_until_goal,
        goal: settling.goal().cloned(),
        strategy: config.contact_strategy,
        attempts_left: settling.facts(op).attempts_left(),
        campaign_ends_at: config.ends_at,
        contacts: settling.contacts.all.clone(),
        attempts,
        lead_variables: serde_json::from_str::<Variables>(&variables)?,
        builtin,
    };
    Ok(Undecided {
        lead: lead.key,
        lead_id: lead.id,
        campaign: lead.campaign,
        tenant: lead.tenant,
        attempt: settling.attempt.key,
        call: settling.attempt.id,
        revision: lead.revision,
        input,
        standing: Standing::of(&settling.facts(op)),
    })
}

/// Every call of the lead that is over, oldest first.
fn history(db: &Connection, lead: i64) -> Done<Vec<PastAttempt>> {
    let mut statement = db.prepare_cached(
        "SELECT number, era, round, contact, phone, state, failure, answered_by, intent_at, ended_at, talk_ms, variables
         FROM attempt WHERE lead = ?1 AND state >= 20 ORDER BY number",
    )?;
    let mut rows = statement.query([lead])?;
    let mut past = Vec::new();
    while let Some(row) = rows.next()? {
        let code: u8 = row.get(5)?;
        let AttemptState::Ended(outcome) = AttemptState::read(code)? else {
            return Err(broken(format!("state {code} above {OPEN} is no end")));
        };
        let variables: Option<String> = row.get(11)?;
        let determined: Option<Determinations> = variables.map(|text| serde_json::from_str(&text)).transpose()?;
        let started_at = Timestamp(row.get(8)?);
        past.push(PastAttempt {
            number: row.get(0)?,
            era: row.get(1)?,
            round: row.get(2)?,
            contact: row.get(3)?,
            phone: phone(row.get(4)?)?,
            outcome,
            failure: Failure::read(row.get(6)?)?,
            answered_by: AnsweredBy::read(row.get(7)?)?,
            started_at,
            ended_at: row.get::<_, Option<i64>>(9)?.map_or(started_at, Timestamp),
            talk_ms: row.get(10)?,
            variables: determined.map(|determined| determined.values()).unwrap_or_default(),
        });
    }
    Ok(past)
}
