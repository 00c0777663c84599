//! Plays a life through the domain: claim, count, assess, decide, dispose, as the store does, with the hours always
//! open so that every wait that is seen is a rule's.

use campanile_domain::attempt::{AnsweredBy, Failure, Outcome};
use campanile_domain::campaign::{CampaignConfig, OnGoalUndetermined};
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, Progress};
use campanile_domain::policy::{ContactStrategy, Decision, Retry};
use campanile_domain::round::{self, Next};
use campanile_domain::settle::{self, Assessment, Evaluation, Facts};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use campanile_domain::variable::{Effects, Value};
use campanile_domain::zone::Zone;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    Answered { goal: Option<bool> },
    WrongPerson,
    Unanswered,
    Busy,
    Voicemail,
    NumberInvalid,
    Rejected,
    OtherFailure,
    ProviderFault,
    CallerIdBlocked { another: bool },
    Unknown,
}

/// What a policy answers; `after` in minutes.
#[derive(Clone, Copy, Debug)]
pub enum Word {
    Complete,
    GiveUp,
    NextContact,
    Retry { contact: Option<u16>, after: i64 },
}

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Contacted,
    GoalReached,
    Voicemail,
    ByPolicy,
    AttemptsUsed,
    GaveUpByPolicy,
    NoContactLeft,
    /// It is not over, but nothing more is told about it.
    RanOut,
}

/// A life before it is lived.
#[derive(Clone, Debug)]
pub struct Plan {
    pub contacts: u16,
    pub strategy: ContactStrategy,
    pub max_retries: u32,
    pub on_voicemail: bool,
    pub until_goal: bool,
    pub undetermined_is_enough: bool,
    pub cap: Option<u32>,
    /// What the policy answers, one word a question, from the start again when they are used up.
    pub policy: Option<Vec<Word>>,
    /// What happens, one for each dial.
    pub happened: Vec<Happened>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            contacts: 1,
            strategy: ContactStrategy::Escalate,
            max_retries: 3,
            on_voicemail: false,
            until_goal: false,
            undetermined_is_enough: false,
            cap: None,
            policy: None,
            happened: Vec::new(),
        }
    }
}

impl Plan {
    pub fn interval_ms(&self) -> i64 {
        60 * MINUTE_MS
    }

    /// From the text: rounds x contacts, 25 with a policy, at most 100.
    pub fn most_attempts(&self) -> u32 {
        let natural = if self.policy.is_some() { 25 } else { (self.max_retries + 1) * u32::from(self.contacts) };
        self.cap.unwrap_or(natural).min(100)
    }

    fn config(&self) -> CampaignConfig {
        let undetermined =
            if self.undetermined_is_enough { OnGoalUndetermined::Complete } else { OnGoalUndetermined::Retry };
        CampaignConfig {
            calling_hours: CallingHours::always(),
            max_retries: self.max_retries,
            retry_on_voicemail: self.on_voicemail,
            retry_until_goal: self.until_goal,
            goal_variable: self.until_goal.then(|| "booked".into()),
            on_goal_undetermined: undetermined,
            contact_strategy: self.strategy,
            policy: self.policy.is_some().then(|| "goal-retry".parse().unwrap()),
            max_attempts_per_lead: self.cap,
            ..CampaignConfig::named("lives")
        }
    }
}

/// One dial, as it was seen.
#[derive(Clone, Copy, Debug)]
pub struct Dial {
    pub round: u32,
    pub contact: u16,
    pub at: Timestamp,
    pub ended_at: Timestamp,
    /// It used an attempt.
    pub counted: bool,
    /// It repeats the dial before it, by the engine's own motion.
    pub repeated: bool,
    pub unknown: bool,
    pub proved_dead: bool,
}

fn outcome(happened: Happened) -> (Outcome, Failure) {
    match happened {
        Happened::Answered { .. } | Happened::WrongPerson => (Outcome::Answered, Failure::None),
        Happened::Unanswered => (Outcome::Unanswered, Failure::None),
        Happened::Busy => (Outcome::Busy, Failure::None),
        Happened::Voicemail => (Outcome::Voicemail, Failure::None),
        Happened::NumberInvalid => (Outcome::Failed, Failure::NumberInvalid),
        Happened::Rejected => (Outcome::Failed, Failure::CalleeRejected),
        Happened::OtherFailure => (Outcome::Failed, Failure::Other),
        Happened::ProviderFault => (Outcome::Failed, Failure::ProviderFault),
        Happened::CallerIdBlocked { .. } => (Outcome::Failed, Failure::CallerIdBlocked),
        Happened::Unknown => (Outcome::Unknown, Failure::None),
    }
}

fn decision(word: Word, now: Timestamp) -> Decision {
    let reason = String::from("so");
    match word {
        Word::Complete => Decision::Complete { reason },
        Word::GiveUp => Decision::GiveUp { reason },
        Word::NextContact => Decision::NextContact { reason },
        Word::Retry { contact, after } => {
            Decision::Retry(Retry { contact, ..Retry::at(now + after * MINUTE_MS, reason) })
        }
    }
}

fn ended(state: LeadState) -> Option<End> {
    Some(match state {
        LeadState::Rescheduled | LeadState::Processing(Phase::Deferred) => return None,
        LeadState::Completed(Completion::Contacted) => End::Contacted,
        LeadState::Completed(Completion::GoalReached) => End::GoalReached,
        LeadState::Completed(Completion::Voicemail) => End::Voicemail,
        LeadState::Completed(Completion::ByPolicy) => End::ByPolicy,
        LeadState::MaxRetries(Exhaustion::AttemptsUsed) => End::AttemptsUsed,
        LeadState::MaxRetries(Exhaustion::GaveUpByPolicy) => End::GaveUpByPolicy,
        LeadState::MaxRetries(Exhaustion::NoContactLeft) => End::NoContactLeft,
        other => panic!("no call of these lives leads to {other:?}"),
    })
}

/// Lives the plan.
pub fn play(plan: &Plan) -> (Vec<Dial>, End) {
    let (config, zone) = (plan.config(), Zone::utc());
    let mut contacts: Vec<Contact> = (0..plan.contacts)
        .map(|position| Contact::new(position, format!("+1202555{:04}", 100 + position).parse().unwrap()))
        .collect();
    let mut words = plan.policy.iter().flatten().cycle();
    let (mut state, mut progress, mut now) = (LeadState::Created, Progress::FIRST, Timestamp(1_772_000_000_000));
    let mut dials: Vec<Dial> = Vec::new();
    for happened in &plan.happened {
        let Next::Dial(contact) = round::next(plan.strategy, &contacts, |_| true, &progress) else {
            panic!("a lead that waits has nobody to call: {progress:?}");
        };
        let repeated = state == LeadState::Processing(Phase::Deferred);
        state = state.claim().unwrap();
        let ((outcome, failure), ended_at) = (outcome(*happened), now + MINUTE_MS);
        let another = *happened == Happened::CallerIdBlocked { another: true };
        let goal = match happened {
            Happened::Answered { goal } => goal.map_or(Value::Undetermined, Value::Boolean),
            _ => Value::Undetermined,
        };
        let facts = Facts {
            config: &config,
            zone: &zone,
            progress: settle::counted(progress, outcome, failure, another),
            contacts: &contacts,
            suppressed: 0,
            contact,
            outcome,
            failure,
            answered_by: AnsweredBy::Unknown,
            ended_at,
            roles: Effects { wrong_person: *happened == Happened::WrongPerson, ..Effects::default() },
            evaluation: Evaluation::Done,
            goal: plan.until_goal.then_some(&goal),
            caller_id_left: another,
            expires_at: None,
            hand: None,
            now: ended_at,
        };
        let disposal = match settle::assess(&facts) {
            Assessment::Settled(disposal) => disposal,
            Assessment::Ask(builtin) => match words.next() {
                Some(word) => settle::dispose(&facts, &decision(*word, ended_at), true),
                None => settle::dispose(&facts, &builtin, false),
            },
            Assessment::AwaitEvaluation => panic!("the evaluation is there"),
        };
        let counted = facts.progress.attempts > progress.attempts;
        let proved_dead = disposal.unusable.is_some();
        let (round, unknown) = (progress.round, outcome == Outcome::Unknown);
        dials.push(Dial { round, contact, at: now, ended_at, counted, repeated, unknown, proved_dead });
        if let Some((position, why)) = disposal.unusable {
            contacts[usize::from(position)].unusable = Some(why);
        }
        state = state.settle(disposal.state).unwrap();
        if let Some(end) = ended(state) {
            return (dials, end);
        }
        (progress, now) = (disposal.progress, disposal.not_before);
    }
    (dials, End::RanOut)
}
