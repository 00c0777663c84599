//! An attempt's own transitions, written: its row, its money, its counts, its events.
//!
//! Nothing here knows what becomes of the lead.

use campanile_domain::attempt::{AttemptState, Failure, Outcome};
use campanile_domain::ids::CampaignKey;
use campanile_domain::ports::store::{Changed, OpenAttempt};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use campanile_domain::zone::Civil;
use rusqlite::params;

use super::money;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::Done;
use crate::sqlite::leads::park;
use crate::sqlite::op::Op;
use crate::sqlite::row::{AttemptRow, digits};
use crate::sqlite::scope::Scope;
use crate::sqlite::tally::{CallLine, CallTally, CallTime};

/// The phone may have rung: such calls count for gaps and daily caps.
pub(crate) fn rang(state: AttemptState, failure: Failure) -> bool {
    match state {
        AttemptState::Ended(Outcome::Failed) => {
            matches!(failure, Failure::None | Failure::CalleeRejected | Failure::Other)
        }
        AttemptState::Ended(_) => true,
        _ => false,
    }
}

impl AttemptRow {
    /// Writes what can change.
    pub(crate) fn save(&self, op: &Op<'_>) -> Done<()> {
        op.db
            .prepare_cached(
                "UPDATE attempt SET state = ?2, failure = ?3, answered_by = ?4, rang = ?5, answered_at = ?6, ended_at = ?7,
                        unknown_since = ?8, look_ups = ?9, talk_ms = ?10, reserved = ?11, cost = ?12,
                        provider_call_id = ?13, variables = ?14
                 WHERE id = ?1",
            )?
            .execute(params![
                self.key.0,
                self.state.code(),
                self.failure.code(),
                self.answered_by.code(),
                rang(self.state, self.failure),
                self.answered_at.map(|at| at.0),
                self.ended_at.map(|at| at.0),
                self.unknown_since.map(|at| at.0),
                self.look_ups,
                self.talk_ms,
                self.reserved,
                self.cost,
                self.provider_call_id,
                self.variables,
            ])?;
        Ok(())
    }

    /// Keeps why, for a person.
    pub(crate) fn keep_detail(&self, op: &Op<'_>, detail: &str) -> Done<()> {
        op.db
            .prepare_cached("UPDATE attempt SET detail = CASE WHEN detail IS NULL THEN ?2 ELSE detail || char(10) || ?2 END WHERE id = ?1")?
            .execute(params![self.key.0, detail])?;
        Ok(())
    }

    /// An event of the call, which was in another state before if `was` is one.
    pub(crate) fn tell(&self, op: &mut Op<'_>, kind: &'static str, was: Option<AttemptState>) {
        let previous =
            was.map_or_else(String::new, |was| format!(r#","previous":{{"status":"{}"}}"#, was.public_status()));
        let reason = self.state.reason().map_or("null".to_owned(), |reason| format!("\"{reason}\""));
        let data = format!(
            r#"{{"id":"{}","status":"{}","reason":{reason},"talk_ms":{},"cost_micros":{}{previous}}}"#,
            self.id,
            self.state.public_status(),
            self.talk_ms,
            self.cost
        );
        op.event(self.tenant, kind, self.about(), data);
    }

    /// Moves it to a state that is not its end.
    pub(crate) fn go_on(&mut self, op: &mut Op<'_>, state: AttemptState, at: Timestamp) -> Done<()> {
        self.unknown_since = None;
        let was = self.state;
        let kind = match state {
            AttemptState::Ringing => Some("call.ringing"),
            AttemptState::InProgress => {
                self.answered_at = Some(at);
                Some("call.answered")
            }
            AttemptState::Unknown => {
                (self.unknown_since, self.look_ups) = (Some(at), 0);
                Some("call.unknown")
            }
            _ => None,
        };
        self.state = state;
        self.save(op)?;
        if let Some(kind) = kind {
            self.tell(op, kind, Some(was));
        }
        Ok(())
    }

    /// Ends it: money, counts, event, and the leads that waited for its phone. Returns their campaigns.
    pub(crate) fn end(
        &mut self,
        op: &mut Op<'_>,
        scope: &Scope,
        state: AttemptState,
        at: Timestamp,
    ) -> Done<Vec<(CampaignKey, Timestamp)>> {
        let was = std::mem::replace(&mut self.state, state);
        self.ended_at = Some(at);
        self.unknown_since = None;
        self.cost = money::settle(op, self, &scope.terms, self.talk_ms)?.0;
        self.reserved = 0;
        self.save(op)?;
        op.count_attempt(self.campaign.0, state.code(), self.answered_by.code(), 1, self.talk_ms, self.cost);
        op.tally_call(self.kind(scope), self.tally());
        op.call_at(self.campaign.0, None, Some(at));
        self.tell(op, "call.ended", Some(was));
        let gap = if rang(state, self.failure) { i64::from(scope.terms.limits.min_gap_minutes) * MINUTE_MS } else { 0 };
        park::free(op, self.tenant.0, digits(self.phone), at + gap)
    }

    /// What tells it apart in tables of statistics.
    pub(crate) fn kind(&self, scope: &Scope) -> (CallTime, CallLine) {
        let Civil { year, month, day, hour, .. } = scope.plan.zone.local(self.intent_at);
        let day = i64::from(year) * 10_000 + i64::from(month) * 100 + i64::from(day);
        ((self.campaign.0, day, hour), (self.campaign.0, self.round, self.contact, self.caller_id))
    }

    /// What it adds to them: nothing, unless it was a call.
    pub(crate) fn tally(&self) -> CallTally {
        let AttemptState::Ended(outcome) = self.state else { return CallTally::default() };
        CallTally {
            n: 1,
            answered: i64::from(outcome == Outcome::Answered),
            voicemail: i64::from(outcome == Outcome::Voicemail),
            goals: 0,
            talk_ms: self.talk_ms,
            cost: self.cost,
        }
    }

    /// What the engine keeps of it.
    pub(crate) fn open(&self) -> OpenAttempt {
        OpenAttempt {
            key: self.key,
            id: self.id,
            tenant: self.tenant,
            campaign: self.campaign,
            lead: self.lead,
            gateway: self.gateway,
            phone: self.phone,
            state: self.state,
            intent_at: self.intent_at,
            answered_at: self.answered_at,
            unknown: self.unknown_since.map(|since| (since, self.look_ups)),
            provider_call_id: self.provider_call_id.clone(),
            ring_timeout_ms: self.ring_timeout_ms,
            max_call_ms: self.max_call_ms,
        }
    }

    /// What the engine is told, with nothing that follows.
    pub(crate) fn changed(&self) -> Changed {
        let technical = self.failure.is_technical();
        Changed {
            attempt: self.key,
            campaign: self.campaign,
            lead: self.lead,
            state: self.state,
            answered_at: self.answered_at,
            ended: match self.state {
                AttemptState::Ended(outcome) => Some((outcome, outcome == Outcome::Failed && technical)),
                AttemptState::Refused => Some((Outcome::Failed, technical)),
                _ => None,
            },
            after: None,
            happening: None,
            freed: Vec::new(),
        }
    }
}
