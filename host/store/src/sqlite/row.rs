//! Rows of the hot tables, and the one function that changes a lead.
//!
//! A lead's state, its place in the queues and its counts are one fact written in three places, so nothing but
//! [`LeadRow::save`] touches them. It also writes the event that the change means.

use campanile_domain::attempt::{AnsweredBy, AttemptState, Failure};
use campanile_domain::gate::Gate;
use campanile_domain::ids::{AttemptKey, CallId, CampaignKey, GatewayKey, LeadId, LeadKey, TenantKey};
use campanile_domain::lead::{Completion, LeadState, Phase, Progress, Wait};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::StoreError;
use campanile_domain::settle::Hand;
use campanile_domain::time::Timestamp;
use rusqlite::{Row, params};

use super::codes::{Code, HELD};
use super::fault::{Done, Fault, broken};
use super::op::{About, Op};
use super::tally::Place;

/// A phone as the database has it.
pub(crate) fn phone(digits: i64) -> Done<Phone> {
    format!("+{digits}").parse().map_err(|error| broken(format!("a stored phone: {error}")))
}

/// What the database has of a phone.
pub(crate) fn digits(phone: Phone) -> i64 {
    phone.digits() as i64
}

/// The numbers of what is of a word, as a JSON list.
pub(crate) fn codes_of<T: Code>(is: impl Fn(T) -> bool) -> String {
    let codes: Vec<_> = (0..=u8::MAX).filter(|code| T::read(*code).is_ok_and(&is)).map(i64::from).collect();
    list(codes)
}

/// Keys as JSON, for `json_each`.
pub(crate) fn list(keys: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("[");
    for key in keys {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&key.to_string());
    }
    text.push(']');
    text
}

/// The hot row of a lead.
#[derive(Clone, Debug)]
pub(crate) struct LeadRow {
    pub key: LeadKey,
    pub id: LeadId,
    pub tenant: TenantKey,
    pub campaign: CampaignKey,
    pub state: LeadState,
    pub gate: u8,
    /// When it may be called; of a lead that ended, when it ended.
    pub due_at: Timestamp,
    pub not_before: Timestamp,
    pub wait: Wait,
    pub priority: i32,
    pub order_key: i64,
    pub progress: Progress,
    pub dials: u32,
    pub expires_at: Option<Timestamp>,
    pub revision: u64,
    pub hand: Option<Hand>,
    pub last_attempt: Option<AttemptKey>,
    /// When it ended, as it is in the database.
    ended_at: Option<Timestamp>,
    /// The state's number as it is in the database.
    code: u8,
    /// The gate as it is in the database.
    counted_gate: u8,
}

/// The columns of [`LeadRow`], of a table called `l`.
pub(crate) const LEAD: &str =
    "l.id, l.public_id, l.tenant, l.campaign, l.state, l.gate, l.due_at, l.not_before, l.wait,
    l.priority, l.order_key, l.era, l.round, l.attempts, l.start, l.tried, l.faults, l.deferrals, l.dials, l.expires_at,
    l.revision, l.hand, l.last_attempt";
/// How many they are.
pub(crate) const LEAD_COLUMNS: usize = 23;

impl LeadRow {
    /// Reads the columns of [`LEAD`] from column `at` on.
    pub(crate) fn read(row: &Row<'_>, at: usize) -> Done<Self> {
        let code: u8 = row.get(at + 4)?;
        let gate: u8 = row.get(at + 5)?;
        let (state, due_at) = (LeadState::read(code)?, Timestamp(row.get(at + 6)?));
        Ok(Self {
            key: LeadKey(row.get(at)?),
            id: LeadId::from_bytes(row.get(at + 1)?),
            tenant: TenantKey(row.get(at + 2)?),
            campaign: CampaignKey(row.get(at + 3)?),
            state,
            gate,
            due_at,
            not_before: Timestamp(row.get(at + 7)?),
            wait: Wait::read(row.get(at + 8)?)?,
            priority: row.get(at + 9)?,
            order_key: row.get(at + 10)?,
            progress: Progress {
                era: row.get(at + 11)?,
                round: row.get(at + 12)?,
                attempts: row.get(at + 13)?,
                start: row.get(at + 14)?,
                tried: row.get(at + 15)?,
                faults: row.get(at + 16)?,
                deferrals: row.get(at + 17)?,
            },
            dials: row.get(at + 18)?,
            expires_at: row.get::<_, Option<i64>>(at + 19)?.map(Timestamp),
            revision: row.get::<_, i64>(at + 20)? as u64,
            hand: Option::<Hand>::read(row.get(at + 21)?)?,
            last_attempt: row.get::<_, Option<i64>>(at + 22)?.map(AttemptKey),
            ended_at: state.is_ended().then_some(due_at),
            code,
            counted_gate: gate,
        })
    }

    /// One lead.
    pub(crate) fn load(op: &Op<'_>, key: LeadKey) -> Done<Self> {
        static SQL: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| format!("SELECT {LEAD} FROM lead l WHERE l.id = ?1"));
        let mut statement = op.db.prepare_cached(&SQL)?;
        let mut rows = statement.query([key.0])?;
        match rows.next()? {
            Some(row) => Self::read(row, 0),
            None => super::fault::not_found("lead"),
        }
    }

    /// The number of the state now.
    fn code_now(&self, now: Timestamp) -> u8 {
        if self.state == LeadState::Created && (self.gate != 0 || self.due_at > now) { HELD } else { self.state.code() }
    }

    /// Its place among what is due: the priority first, then callbacks and calls that go on, then fresh leads, then
    /// retries.
    fn queue(&self) -> i64 {
        queue(self.priority, self.state, self.wait)
    }

    /// Due again at its own time, at no gate.
    pub(crate) fn unpark(&mut self) {
        self.gate = 0;
        self.due_at = self.not_before;
    }

    /// Out of the way until a gate opens.
    pub(crate) fn park(&mut self, gate: Gate, until: Timestamp) {
        self.state = self.state.unstage();
        self.gate = gate.number();
        self.due_at = until;
    }

    /// Writes the row and what hangs on it: its revision, the counts, and the event of a change that people see.
    pub(crate) fn save(&mut self, op: &mut Op<'_>) -> Done<()> {
        let was = LeadState::read(self.code)?;
        if self.state.is_ended() {
            // Whatever is changed of a lead that ended, it ended when it did.
            self.due_at = self.ended_at.filter(|_| was == self.state).unwrap_or(op.now());
        }
        self.ended_at = self.state.is_ended().then_some(self.due_at);
        let code = self.code_now(op.now());
        self.revision += 1;
        let Progress { era, round, attempts, start, tried, faults, deferrals } = self.progress;
        op.db
            .prepare_cached(
                "UPDATE lead SET state = ?2, gate = ?3, queue = ?4, due_at = ?5, not_before = ?6, wait = ?7,
                        priority = ?8, order_key = ?9, era = ?10, round = ?11, attempts = ?12, start = ?13, tried = ?14,
                        faults = ?15, deferrals = ?16, dials = ?17, expires_at = ?18, revision = ?19, hand = ?20,
                        last_attempt = ?21
                 WHERE id = ?1",
            )?
            .execute(params![
                self.key.0,
                code,
                self.gate,
                self.queue(),
                self.due_at.0,
                self.not_before.0,
                self.wait.code(),
                self.priority,
                self.order_key,
                era,
                round,
                attempts,
                start,
                tried,
                faults,
                deferrals,
                self.dials,
                self.expires_at.map(|at| at.0),
                self.revision as i64,
                self.hand.code(),
                self.last_attempt.map(|key| key.0),
            ])?;
        if (code, self.gate) != (self.code, self.counted_gate) {
            op.uncount_lead(self.place());
            op.count_lead((self.campaign.0, 0, code, self.gate));
        }
        (self.code, self.counted_gate) = (code, self.gate);
        if let Some(kind) = event_of(was, self.state) {
            let data = self.event_data(was);
            op.event(self.tenant, kind, self.about(), data);
        }
        Ok(())
    }

    /// Where it is counted.
    pub(crate) fn place(&self) -> Place {
        (self.campaign.0, 0, self.code, self.counted_gate)
    }

    /// What its events are about: with the last call, because most of what happens to a lead follows from one.
    pub(crate) fn about(&self) -> About {
        let call = self.last_attempt.map(|key| key.0);
        About { campaign: Some(self.campaign.0), lead: Some(self.key.0), call }
    }

    /// What its events say that moved.
    pub(crate) fn event_data(&self, was: LeadState) -> String {
        let reason = self.state.reason().map_or("null".to_owned(), |reason| format!("\"{reason}\""));
        let due = if self.state == LeadState::Rescheduled { format!("\"{}\"", self.not_before) } else { "null".into() };
        let Progress { era, round, attempts, .. } = self.progress;
        format!(
            r#"{{"id":"{}","status":"{}","reason":{reason},"not_before":{due},"era":{era},"round":{round},"attempts":{attempts},"previous":{{"status":"{}"}}}}"#,
            self.id,
            self.state.status(),
            was.status()
        )
    }
}

/// See [`LeadRow::queue`].
pub(crate) fn queue(priority: i32, state: LeadState, wait: Wait) -> i64 {
    let class = match (state, wait) {
        (LeadState::Created | LeadState::Scheduled, Wait::Callback) => 0,
        (LeadState::Created | LeadState::Scheduled, _) => 1,
        (_, Wait::Retry | Wait::Owner) => 2,
        _ => 0,
    };
    -i64::from(priority) * 4 + class
}

/// The event that a change of state means; staging and the phases of a call are nobody's news.
fn event_of(was: LeadState, state: LeadState) -> Option<&'static str> {
    if was == state {
        return None;
    }
    Some(match state {
        LeadState::Scheduled => return None,
        LeadState::Processing(Phase::PolicyFailed) => "lead.updated",
        LeadState::Processing(_) => return None,
        LeadState::Created if was == LeadState::Scheduled => return None,
        LeadState::Created => "lead.updated",
        LeadState::Rescheduled => "lead.rescheduled",
        LeadState::Completed(Completion::GoalReached) => "lead.goal_reached",
        LeadState::Completed(Completion::Deleted) => "lead.removed",
        LeadState::Completed(_) => "lead.completed",
        LeadState::MaxRetries(_) => "lead.max_retries",
        LeadState::Suppressed(_) => "lead.suppressed",
    })
}

/// An attempt, as far as its transitions need it.
#[derive(Clone, Debug)]
pub(crate) struct AttemptRow {
    pub key: AttemptKey,
    pub id: CallId,
    pub tenant: TenantKey,
    pub campaign: CampaignKey,
    pub lead: LeadKey,
    pub gateway: GatewayKey,
    pub contact: u16,
    pub era: u32,
    pub round: u32,
    pub phone: Phone,
    pub caller_id: i64,
    pub state: AttemptState,
    pub failure: Failure,
    pub answered_by: AnsweredBy,
    pub intent_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub unknown_since: Option<Timestamp>,
    pub look_ups: u32,
    pub talk_ms: i64,
    pub reserved: i64,
    pub cost: i64,
    pub provider_call_id: Option<String>,
    pub ring_timeout_ms: i64,
    pub max_call_ms: i64,
    pub variables: Option<String>,
    /// When we began to hang it up.
    pub hung_up_at: Option<Timestamp>,
}

/// The columns of [`AttemptRow`], of a table called `a`.
pub(crate) const ATTEMPT: &str =
    "a.id, a.public_id, a.tenant, a.campaign, a.lead, a.gateway, a.contact, a.phone, a.era,
    a.state, a.failure, a.answered_by, a.intent_at, a.answered_at, a.ended_at, a.unknown_since, a.look_ups, a.talk_ms,
    a.reserved, a.cost, a.provider_call_id, a.ring_timeout_ms, a.max_call_ms, a.variables, a.hung_up_at,
    a.round, a.caller_id";

impl AttemptRow {
    /// Reads the columns of [`ATTEMPT`].
    pub(crate) fn read(row: &Row<'_>) -> Done<Self> {
        let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
        Ok(Self {
            key: AttemptKey(row.get(0)?),
            id: CallId::from_bytes(row.get(1)?),
            tenant: TenantKey(row.get(2)?),
            campaign: CampaignKey(row.get(3)?),
            lead: LeadKey(row.get(4)?),
            gateway: GatewayKey(row.get(5)?),
            contact: row.get(6)?,
            phone: phone(row.get(7)?)?,
            era: row.get(8)?,
            state: AttemptState::read(row.get(9)?)?,
            failure: Failure::read(row.get(10)?)?,
            answered_by: AnsweredBy::read(row.get(11)?)?,
            intent_at: Timestamp(row.get(12)?),
            answered_at: at(13)?,
            ended_at: at(14)?,
            unknown_since: at(15)?,
            look_ups: row.get(16)?,
            talk_ms: row.get(17)?,
            reserved: row.get(18)?,
            cost: row.get(19)?,
            provider_call_id: row.get(20)?,
            ring_timeout_ms: row.get(21)?,
            max_call_ms: row.get(22)?,
            variables: row.get(23)?,
            hung_up_at: at(24)?,
            round: row.get(25)?,
            caller_id: row.get(26)?,
        })
    }

    /// One attempt by its key. `Stale` when its person was erased meanwhile: nothing follows from it any more.
    pub(crate) fn load(op: &Op<'_>, key: AttemptKey) -> Done<Self> {
        static SQL: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| format!("SELECT {ATTEMPT} FROM attempt a WHERE a.id = ?1 AND a.phone <> 0"));
        Self::one(op, &SQL, [key.0])?.ok_or(Fault::Store(StoreError::Stale))
    }

    /// The attempt that a statement finds.
    pub(crate) fn one(op: &Op<'_>, sql: &str, params: impl rusqlite::Params) -> Done<Option<Self>> {
        let mut statement = op.db.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(Self::read).transpose()
    }

    /// What its events are about.
    pub(crate) fn about(&self) -> About {
        About { campaign: Some(self.campaign.0), lead: Some(self.lead.0), call: Some(self.key.0) }
    }
}
