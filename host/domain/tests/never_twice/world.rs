//! The state of the little world: what is durable, what one process remembers, what travels, and what really rang.
//!
//! Times are milliseconds from now, so that two worlds that differ only in the date are the same state; what can no
//! longer matter is left out by [`crate::forget`]. Nothing here decides; [`crate::step`] does, with the domain.

use campanile_domain::attempt::AttemptState;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::lead::{LeadState, Progress};
use campanile_domain::time::{MINUTE_MS, SECOND_MS};
use campanile_domain::zone::Zone;

use crate::guard::Guard;

/// The retry interval and the gap between two calls to one phone: the least there is.
pub const INTERVAL: i64 = 10 * MINUTE_MS;
/// How long a phone rings at most.
pub const RING: i64 = 30 * SECOND_MS;
/// How long a call lives at most, ringing and talking: longer than the interval on purpose.
pub const LIFE: i64 = RING + 10 * MINUTE_MS;
/// From the intent until a silent call is lost.
pub const SILENCE: i64 = LIFE + campanile_domain::attempt::SILENCE_GRACE_MS;
/// How long a request travels at most.
pub const FLIGHT: i64 = 5 * SECOND_MS;
/// How long the provider's search is blind to a call that rang.
pub const INDEX: i64 = 20 * SECOND_MS;
/// The lag that the gateway states: flight and index, and a little more.
pub const LAG: i64 = 30 * SECOND_MS;
/// How long an order may lie in memory when the process is slow.
pub const STALL: i64 = 40 * SECOND_MS;

/// What does not change during a search.
pub struct Setup {
    pub config: CampaignConfig,
    pub zone: Zone,
    /// The contacts of each lead; leads share phones.
    pub leads: Vec<Vec<Contact>>,
    /// The gateway can find by attempt id; one that cannot says "surely not dialled" all the same.
    pub finds: bool,
    /// Crashes, lost and doubled messages, refusals, slowness: so many in all.
    pub faults: u8,
    /// The guard that is taken away.
    pub without: Option<Guard>,
}

impl Setup {
    pub fn new(leads: &[&[u8]], max_retries: u32, finds: bool, faults: u8) -> Self {
        let contact = |(position, phone): (usize, &u8)| {
            Contact::new(position as u16, format!("+1202555010{phone}").parse().unwrap())
        };
        Self {
            config: CampaignConfig {
                calling_hours: CallingHours::always(),
                retry_interval_minutes: 10,
                max_retries,
                ..CampaignConfig::named("twice?")
            },
            zone: Zone::utc(),
            leads: leads.iter().map(|phones| phones.iter().enumerate().map(contact).collect()).collect(),
            finds,
            faults,
            without: None,
        }
    }

    pub fn has(&self, guard: Guard) -> bool {
        self.without != Some(guard)
    }
}

/// A lead's row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lead {
    pub state: LeadState,
    pub progress: Progress,
    pub due: i64,
}

/// An attempt's row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt {
    pub lead: usize,
    pub contact: u16,
    /// In the database; without [`Guard::IntentFirst`] only once something is known.
    pub durable: bool,
    pub state: AttemptState,
    pub intent: i64,
    /// The provider took it or spoke of it.
    pub spoken: bool,
    /// Unknown since, and the look-ups made.
    pub unknown: Option<(i64, u32)>,
    pub closed: i64,
    /// The events that were taken, one bit for each kind.
    pub events: u8,
    /// Requests to dial that were sent: the truth, not a column.
    pub sent: u8,
}

/// What the plugin answers, and what the host saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    Placed,
    /// A refusal with a 4xx.
    Refused,
    /// "Refused", after a 500.
    RefusedAfter500,
    /// "Refused", and no answer was seen.
    RefusedUnseen,
}

/// What the provider tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    Ringing,
    InProgress,
    Unanswered,
    Completed,
}

/// Where a real call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    Ringing,
    Talking,
    Over(Event),
}

/// A phone that really rang.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    pub attempt: usize,
    pub rang: i64,
    pub stage: Stage,
}

impl Call {
    pub fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Over(_))
    }

    /// When it must have gone on at the latest.
    pub fn deadline(&self) -> Option<i64> {
        match self.stage {
            Stage::Ringing => Some(self.rang + RING),
            Stage::Talking => Some(self.rang + LIFE),
            Stage::Over(_) => None,
        }
    }
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct World {
    pub leads: Vec<Lead>,
    pub attempts: Vec<Attempt>,
    /// The process runs.
    pub up: bool,
    /// In memory: committed and not dialled yet; asked and not answered yet.
    pub orders: Vec<usize>,
    pub asked: Vec<usize>,
    /// On the way: requests with the instant by which they arrive, answers, webhooks.
    pub requests: Vec<(usize, i64)>,
    pub answers: Vec<(usize, Answer)>,
    pub hooks: Vec<(usize, Event)>,
    pub calls: Vec<Call>,
    pub faults: u8,
    /// The promise that was broken.
    pub broken: Option<&'static str>,
}

impl World {
    pub fn start(setup: &Setup) -> Self {
        let lead = Lead { state: LeadState::Created, progress: Progress::FIRST, due: 0 };
        Self {
            leads: vec![lead; setup.leads.len()],
            attempts: Vec::new(),
            up: true,
            orders: Vec::new(),
            asked: Vec::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            hooks: Vec::new(),
            calls: Vec::new(),
            faults: setup.faults,
            broken: None,
        }
    }

    /// Nobody is left to call and nothing is open.
    pub fn is_over(&self) -> bool {
        self.leads.iter().all(|lead| lead.state.is_ended())
            && !self.attempts.iter().any(|attempt| attempt.state.is_open())
    }

    pub fn breaks(&mut self, promise: &'static str) {
        self.broken.get_or_insert(promise);
    }

    /// Time passes.
    pub fn pass(&mut self, ms: i64) {
        self.leads.iter_mut().for_each(|lead| lead.due -= ms);
        self.requests.iter_mut().for_each(|(_, deadline)| *deadline -= ms);
        self.calls.iter_mut().for_each(|call| call.rang -= ms);
        for attempt in &mut self.attempts {
            attempt.intent -= ms;
            attempt.closed -= ms;
            attempt.unknown = attempt.unknown.map(|(since, made)| (since - ms, made));
        }
    }
}
