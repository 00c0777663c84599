//! One call that is over, described by what differs from the plainest one: Monday 10:00 in UTC, inside the default
//! hours, the first call of a lead with two contacts, nobody answered. It only holds facts and passes them on; a rule
//! written here would be a rule that no test checks.

use campanile_domain::attempt::{AnsweredBy, Failure, Outcome};
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::contact::Contact;
use campanile_domain::lead::Progress;
use campanile_domain::policy::{ContactStrategy, Decision};
use campanile_domain::settle::{self, Assessment, Disposal, Evaluation, Facts, Hand};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::{Effects, Value};
use campanile_domain::zone::Zone;

/// A Monday.
pub fn at(clock: &str) -> Timestamp {
    day("02", clock)
}

/// A day of March 2026; the 2nd is a Monday.
pub fn day(day: &str, clock: &str) -> Timestamp {
    format!("2026-03-{day}T{clock}:00Z").parse().unwrap()
}

pub fn minutes(count: i64) -> i64 {
    count * MINUTE_MS
}

pub fn hours(count: i64) -> i64 {
    count * HOUR_MS
}

pub fn contacts(count: u16) -> Vec<Contact> {
    (0..count)
        .map(|position| Contact::new(position, format!("+1202555{:04}", 100 + position).parse().unwrap()))
        .collect()
}

#[derive(Clone)]
pub struct Call {
    pub config: CampaignConfig,
    pub zone: Zone,
    pub progress: Progress,
    pub contacts: Vec<Contact>,
    pub suppressed: u16,
    pub contact: u16,
    pub outcome: Outcome,
    pub failure: Failure,
    pub ended_at: Timestamp,
    pub roles: Effects,
    pub evaluation: Evaluation,
    pub goal: Option<Value>,
    pub caller_id_left: bool,
    pub expires_at: Option<Timestamp>,
    pub hand: Option<Hand>,
    pub now: Timestamp,
}

impl Call {
    /// The first call of a lead with two contacts, which ended like this at 10:00.
    pub fn ended(outcome: Outcome) -> Self {
        Self {
            config: CampaignConfig::named("March"),
            zone: Zone::utc(),
            progress: Progress::FIRST,
            contacts: contacts(2),
            suppressed: 0,
            contact: 0,
            outcome,
            failure: Failure::None,
            ended_at: at("10:00"),
            roles: Effects::default(),
            evaluation: Evaluation::NotNeeded,
            goal: None,
            caller_id_left: true,
            expires_at: None,
            hand: None,
            now: at("10:00"),
        }
    }

    pub fn failed(failure: Failure) -> Self {
        Self { failure, ..Self::ended(Outcome::Failed) }
    }

    /// With something else about it.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn rotate(self) -> Self {
        self.with(|call| call.config.contact_strategy = ContactStrategy::Rotate)
    }

    /// The same call to the last contact of its round, so that the round is over.
    pub fn last_of_round(self) -> Self {
        self.with(|call| {
            call.contact = call.contacts.len() as u16 - 1;
            call.progress.attempts = u32::from(call.contact);
            for earlier in 0..call.contact {
                call.progress = call.progress.trying(earlier);
            }
        })
    }

    pub fn round(self, round: u32) -> Self {
        self.with(|call| call.progress.round = round)
    }

    /// With a policy, so that 25 attempts bind and not the rounds.
    pub fn policy(self) -> Self {
        self.with(|call| call.config.policy = Some("goal-retry".parse().unwrap()))
    }

    pub fn until_goal(self, goal: Value) -> Self {
        self.with(|call| {
            call.config.retry_until_goal = true;
            call.config.goal_variable = Some("booked".into());
            call.evaluation = Evaluation::Done;
            call.goal = Some(goal);
        })
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            config: &self.config,
            zone: &self.zone,
            progress: settle::counted(self.progress, self.outcome, self.failure, self.caller_id_left),
            contacts: &self.contacts,
            suppressed: self.suppressed,
            contact: self.contact,
            outcome: self.outcome,
            failure: self.failure,
            answered_by: AnsweredBy::Unknown,
            ended_at: self.ended_at,
            roles: self.roles,
            evaluation: self.evaluation.clone(),
            goal: self.goal.as_ref(),
            caller_id_left: self.caller_id_left,
            expires_at: self.expires_at,
            hand: self.hand,
            now: self.now,
        }
    }

    pub fn assess(&self) -> Assessment {
        settle::assess(&self.facts())
    }

    /// Settled as in a campaign without a policy.
    pub fn settle(&self) -> Disposal {
        match self.assess() {
            Assessment::Settled(disposal) => disposal,
            Assessment::Ask(builtin) => settle::dispose(&self.facts(), &builtin, false),
            Assessment::AwaitEvaluation => panic!("waits for its evaluation"),
        }
    }

    /// Settled by a policy's answer.
    pub fn decided(&self, decision: &Decision) -> Disposal {
        assert!(matches!(self.assess(), Assessment::Ask(_)), "nobody is asked about this call");
        settle::dispose(&self.facts(), decision, true)
    }
}

/// The round and the contact that come next.
pub fn next(disposal: &Disposal) -> (u32, Option<u16>) {
    (disposal.progress.round, disposal.progress.start)
}
